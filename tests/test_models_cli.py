"""The command semeq-models: one line for every mistake, a file for a build."""

import subprocess
import sys
from pathlib import Path

import pytest


def semeq_models(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from semeq_models.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120, check=False
    )


def test_missing_data_is_one_line_and_exit_1(tmp_path: Path) -> None:
    done = semeq_models("build", "--data", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("semeq-models: the data files")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["bild"], ["build", "--dta", "x"], ["evaluate", "--folds", "1"]])
def test_a_wrong_request_is_one_line_and_exit_2(words: list[str]) -> None:
    done = semeq_models(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("semeq-models: ")
    assert done.stderr.count("\n") == 1


def test_the_three_commands_are_named_in_the_help() -> None:
    done = semeq_models("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("build", "evaluate", "card"))


def test_importing_the_package_loads_no_torch_and_no_scipy() -> None:
    code = "import sys, semeq_models; print([name for name in ('torch', 'scipy.optimize') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
