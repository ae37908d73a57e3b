#!/bin/sh
# The built wheel, alone in a fresh environment: it must bring all it needs and pass the tests without the source tree.
set -eu
python=${PYTHON:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$python" -m venv "$place/env"
wheel=$(ls "$root"/dist/semeq-*.whl)
"$place/env/bin/pip" install --quiet "$wheel[plot]" hypothesis jsonschema psutil pytest
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
if [ -d "$SEMEQ_DATA" ]; then # the installed maker makes the very model that is shipped
    semeq-models build -o "$place/built.safetensors" >/dev/null
    cmp "$place/built.safetensors" env/lib/python3*/site-packages/semeq_models/weights/default.safetensors
fi
# What only the source tree has (the card, README's links) is tested there.
pytest tests -m "not slow" --ignore-glob='tests/test_models_*' \
    --deselect tests/test_readme.py::test_every_link_into_the_tree_leads_somewhere
