# Everything a fresh machine needs: `make demo` hears it, `make test` proves it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo test lint format bench docs library wheel models clean
help:
	@echo "make demo   make a small piece of music warmer, with numbers and pictures in demo/"
	@echo "make test   run all tests"
	@echo "make lint   ruff, mypy and pyright"
	@echo "make bench  benchmark tables"
	@echo "make docs   draw the picture in README again"
	@echo "make library  write presets/library again, after words or formats have changed"
	@echo "make wheel  build the wheel and test it in an environment of its own"
	@echo "make models train every shipped model again, judge them and write their cards (an hour)"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "semeq needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "no venv in this Python: install it (Debian: apt install python3-venv)"; exit 1; }

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable '.[plot]'
	@$(BIN)/python -m compileall -q semeq models bridge presets
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet -c constraints.txt --editable '.[dev]'
	@$(BIN)/python -m compileall -q semeq models bridge presets
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/semeq demo -o demo --force

test: $(VENV)/.dev
	$(BIN)/pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	@for bench in tests/bench/bench_*.py; do echo; echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

docs: $(VENV)/.demo
	$(BIN)/semeq eq "70% warm + 30% full" --plot docs/warm-full.png

library: $(VENV)/.demo
	@$(BIN)/python -m semeq_presets.library presets/library

wheel: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	PYTHON=$(BIN)/python bash tests/wheel.sh

NAMES := default v1 v2 v3 v2-vae socialfx
EARS := audio-default audio-cnn
WEIGHTS := models/semeq_models/weights
models: $(VENV)/.dev
	@for name in $(NAMES); do \
		$(BIN)/semeq-models train $$name -o $(WEIGHTS)/$$name.safetensors --run build/models/$$name --force || exit 1; done
	$(BIN)/semeq-models evaluate $(NAMES) --splits 3 --workers 2 -o models/cards/bench.json >/dev/null
	$(BIN)/semeq-models card $(NAMES)
	@for name in $(EARS); do \
		$(BIN)/semeq-models train $$name -o $(WEIGHTS)/$$name.safetensors --run build/models/$$name --force || exit 1; done
	$(BIN)/semeq-models evaluate --audio $(EARS) $(RECORDINGS) -o models/cards/audio.json >/dev/null
	$(BIN)/semeq-models card $(EARS)

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
