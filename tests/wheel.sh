#!/usr/bin/env bash
# The built wheel, alone in a fresh environment: it must bring all it needs and pass the tests without the source tree.
set -eu
python=${PYTHON:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$python" -m venv "$place/env"
wheel=$(ls "$root"/dist/semeq-*.whl)
"$place/env/bin/pip" install --quiet "$wheel[plot,midi,discovery,camilladsp,live]" hypothesis jsonschema psutil pytest python-osc
cp -r "$root/tests" "$root/examples" "$root/README.md" "$place/"
cat >"$place/pytest.ini" <<INI
[pytest]
addopts = --strict-markers -q --import-mode=importlib
pythonpath = .
filterwarnings = error
testpaths = tests
markers =
    peer: starts a real program
    slow: takes more than a few seconds
INI
cd "$place"
env/bin/python - <<PY
import semeq, semeq_bridge, semeq_models, semeq_presets
from pathlib import Path
for package in (semeq, semeq_bridge, semeq_models, semeq_presets):
    folder = Path(package.__file__).parent
    assert "site-packages" in str(folder), folder
    assert (folder / "py.typed").is_file(), folder
PY
for command in semeq semeq-models semeq-presets semeq-bridge; do env/bin/$command --help >/dev/null; done
SEMEQ_DATA=${SEMEQ_DATA:-$root/../shared/data}
export SEMEQ_DATA PATH="$place/env/bin:$PATH"
semeq-models list
semeq-models export v3 --format c-header -o "$place/v3.h" >/dev/null
semeq eq warm --model v3 --json >/dev/null
if [ -d "$SEMEQ_DATA" ]; then
    semeq-models data describe >/dev/null
    # no torch here: one line that says how to get it
    if said=$(semeq-models train v3 -o "$place/v3.safetensors" 2>&1); then exit 1; fi
    echo "$said" | grep -q 'training needs torch: pip install "semeq\[train\]"'
fi
# What could be missing from a wheel: data, weights, schemas, entry points, extras. The tests that reach each of them, not
# those of arithmetic, which is the same; what only the source tree has, and other programs, are tested there.
pytest -m "not slow and not peer" tests/test_{apply,bridge_core,bridge_osc,bridge_recall,bridge_serve,cli,demo,doors}.py \
    tests/test_{examples,hearing_cli,model_files,network,personal,plot}.py \
    tests/test_{presets,presets_cli,readme,suggest,surface,terminal,variants}.py \
    --deselect tests/test_readme.py::test_every_link_into_the_tree_leads_somewhere \
    --deselect 'tests/test_examples.py::test_an_example_runs_and_prints[train_your_own]'
