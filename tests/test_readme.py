"""What README promises works as pasted."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from semeq import demo
from semeq.artefact import load_model, shipped_models
from semeq_presets import FORMATS
from semeq_presets.table import Proof
from tests.sound import write

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


ONE_LINERS = [line for line in "".join(blocks("sh")).splitlines() if line.startswith(("semeq ", "semeq-presets "))]


def test_there_are_five_one_liners_seven_that_listen_and_six_for_presets() -> None:
    assert len(ONE_LINERS) == 5 + 7 + 6


@pytest.mark.parametrize("line", ONE_LINERS)
def test_a_one_liner_works_as_pasted(line: str, tmp_path: Path) -> None:
    music = demo.music(4.0).astype(float)
    write(tmp_path / "mix.wav", music)
    (tmp_path / "album").mkdir()
    for number in range(3):
        write(tmp_path / "album" / f"{number}.flac", music * (1 - number / 10))
    if line.startswith(("semeq compare", "semeq ab")):
        write(tmp_path / "warm.wav", music * 0.5)
    (tmp_path / "headphones.txt").write_text("Preamp: -4 dB\nFilter 1: ON LSC Fc 105 Hz Gain 4 dB Q 0.7")
    place = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        line,
        shell=True,  # pasted into a shell is what is tested
        cwd=tmp_path,
        env=os.environ | {"PATH": place, "PYTHONIOENCODING": "utf-8", "SEMEQ_CONFIG": str(tmp_path / "config")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_python_example_runs(tmp_path: Path) -> None:
    (example,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "dB bell at" in done.stdout
    assert "do not agree" in done.stdout


def test_every_link_into_the_tree_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_table_of_models_counts_the_words_that_are_there() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| [^|]+ \| (\d+)(?: English, (\d+) Spanish)? \|$", README, re.MULTILINE)
    told = {name: (int(en), int(es or 0)) for names, en, es in rows for name in re.findall(r"`([^`]+)`", names)}
    models = {name: load_model(name) for name in shipped_models()}
    assert told == {name: (len(it.vocabulary("en")), len(it.vocabularies.get("es", ()))) for name, it in models.items()}


def test_the_table_of_formats_has_every_format_by_how_far_it_was_verified() -> None:
    rows = dict(
        re.findall(r"^\| (played by|by its own|bytes as|experimental)[^|]*\| ([^|]+) \|$", README, re.MULTILINE)
    )
    told = {head: set(re.findall(r"`([^`]+)`", names)) for head, names in rows.items()}
    real = {proof: {name for name, form in FORMATS.items() if form.proof == proof} for proof in get_args(Proof)}
    assert told["played by"] | told["by its own"] == real["rendered"]
    assert told["played by"] - {"semeq"} == {name for name, form in FORMATS.items() if form.peer}
    assert (told["bytes as"], told["experimental"]) == (real["structure"], real["experimental"])
