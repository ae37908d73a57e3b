"""What the packages show: names, type information, and a light import."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import semeq
import semeq_bridge
import semeq_models
import semeq_presets

PACKAGES = (semeq, semeq_bridge, semeq_models, semeq_presets)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_init_holds_imports_and_all_only_and_they_agree(package: ModuleType) -> None:
    tree = ast.parse(Path(str(package.__file__)).read_text(encoding="utf-8"))
    imported: list[str] = []
    for statement in tree.body:
        match statement:
            case ast.ImportFrom(names=names):
                imported += [alias.asname or alias.name for alias in names]
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case _:
                pytest.fail(f"line {statement.lineno} of {package.__file__}")
    assert sorted(imported) == sorted(getattr(package, "__all__", []))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_type_information_is_shipped(package: ModuleType) -> None:
    assert Path(str(package.__file__)).with_name("py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_importing_is_silent_and_brings_nothing_heavy(package: ModuleType) -> None:
    code = f"import sys, {package.__name__}; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(ast.literal_eval(done.stdout))
    assert not loaded & {"torch", "scipy", "matplotlib", "pedalboard", "soundfile", "mido", "typer", "semeq_models.cli"}
    assert done.stderr == ""


def test_the_arrows_point_to_semeq() -> None:
    """No module of semeq imports a package that stands on it."""
    for module in Path(str(semeq.__file__)).parent.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert "import semeq_" not in text, module
        assert "from semeq_" not in text, module
