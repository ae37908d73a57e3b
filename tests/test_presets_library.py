"""The library in the tree is what the exporter writes, and its README leads everywhere."""

import re
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from semeq.response import log_grid_hz, response_db
from semeq_presets import PresetError, library, load

HERE = Path(__file__).parents[1] / "presets" / "library"
README = (HERE / "README.md").read_text("utf-8")


def test_made_again_it_is_the_same_byte_for_byte() -> None:
    """After a change of words or formats: make library."""
    there = {str(path.relative_to(HERE)): path.read_bytes() for path in HERE.rglob("*") if path.is_file()}
    made = library.files()
    assert sorted(there) == sorted(made)
    assert [name for name in made if made[name] != there[name]] == []


def test_there_are_24_words_at_two_strengths_in_every_proven_format_and_for_reaper() -> None:
    assert len(library.words()) == 24
    for name in ("apo", "easyeffects", "ffmpeg", "sox", "pipewire", "camilladsp", "ir-wav", "reaper"):
        assert len(list((HERE / name).iterdir())) == 48
    for name in ("lv2-calf", "lv2-lsp", "lv2-x42", "lv2-aeq", "lv2-eq10q"):
        (manifest,) = HERE.glob(f"{name}/*.lv2/manifest.ttl")
        assert len(set(re.findall(r'rdfs:label "([^"]+)"', manifest.read_text("utf-8")))) == 48


def test_every_word_was_used_by_at_least_four_people_and_is_listed() -> None:
    assert all(word.contributors >= 4 for word in library.words())
    assert re.findall(r"^\| (\w+) \| `", README, re.MULTILINE) == [word.name for word in library.words()]


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 60
    for link in links:
        assert (HERE / unquote(link)).exists(), link


@pytest.mark.parametrize("name", ["apo", "easyeffects", "camilladsp", "reaper"])
def test_what_is_there_is_the_word(name: str) -> None:
    grid = log_grid_hz(points=100)
    for entry in library.entries():
        (path,) = (path for path in (HERE / name).iterdir() if path.stem == entry.name)
        back = load(path).settings.with_preamp(0.0)
        assert np.abs(response_db(back, grid) - response_db(entry.settings, grid)).max() < 0.02


def test_it_is_never_written_over_something_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(PresetError, match="not empty"):
        library.write(tmp_path)
    assert library.write(tmp_path / "new") == len(library.files())
    assert library.write(tmp_path / "new") == len(library.files())
