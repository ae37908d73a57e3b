"""The command semeq-presets: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from semeq import eq
from semeq.response import log_grid_hz, response_db
from semeq_presets import FORMATS, load
from semeq_presets.cli import main
from tests.curves import wild_settings

Run = Callable[..., tuple[int, str, str]]
GRID = log_grid_hz(points=50)


@pytest.fixture
def presets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command in an empty folder with a configuration of its own; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEMEQ_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr("sys.platform", "linux")

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["semeq-presets", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        code = left.value.code
        return code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err

    return run


def settings_file(folder: Path, seed: int) -> Path:
    path = folder / "wild.json"
    path.write_text(wild_settings(seed).to_json())
    return path


def test_without_formats_it_writes_apo_and_what_was_once_chosen(presets: Run, tmp_path: Path) -> None:
    presets("export", "warm", "-o", "a")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["apo"]
    assert presets("default", "rockbox,lv2-calf")[0] == 0
    presets("export", "warm", "-o", "b")
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["apo", "lv2-calf", "rockbox"]


def test_words_amounts_and_opposites_are_the_curves_that_were_asked_for(presets: Run, tmp_path: Path) -> None:
    presets("export", "warm", "70% warm + 30% full", "--amounts", "50,100", "--format", "semeq", "-o", ".")
    presets("export", "warm", "-i", "0.7", "--invert", "--format", "semeq", "--name", "other", "-o", ".")
    wanted = {"warm": eq("warm"), "warm 50%": eq("warm", 0.5), "70% warm + 30% full": eq("70% warm + 30% full")}
    wanted["other"] = eq("warm", 0.7).inverted()
    for name, settings in wanted.items():
        back = load(tmp_path / "semeq" / f"{name}.json").settings.with_preamp(0.0)
        assert np.abs(response_db(back, GRID) - response_db(settings, GRID)).max() < 1e-6


def test_every_file_is_told_with_its_error_and_every_clamp(presets: Run, tmp_path: Path) -> None:
    curve = eq("warm").to_dict()
    curve["bands"][2]["q"] = 8.0
    (tmp_path / "narrow.json").write_text(json.dumps(curve))
    _, out, _ = presets("export", "narrow.json", "--format", "lv2-x42", "-o", ".")
    assert "max " in out
    assert "bell 2 Q 8 -> 7.1" in out
    _, out, _ = presets("export", "narrow.json", "--format", "lv2-x42", "-o", ".", "--json")
    (row,) = json.loads(out)["presets"] if isinstance(json.loads(out), dict) else json.loads(out)
    assert row["clamps"] == ["bell 2 Q 8 -> 7.12"] or row["clamps"][0].startswith("bell 2 Q 8 -> 7.1")
    assert row["error_db"] > 0


def test_strict_refuses_what_is_off_by_more_than_half_a_db_and_writes_nothing(presets: Run, tmp_path: Path) -> None:
    wild = settings_file(tmp_path, 3)
    code, _, err = presets("export", wild, "--format", "apo,vstpreset", "--strict", "-o", "out")
    assert (code, err.count("\n")) == (1, 1)
    assert "more than --strict allows (0.5)" in err
    assert not (tmp_path / "out").exists()
    assert presets("export", wild, "--format", "apo,lv2-calf", "--strict", "-o", "out")[0] == 0
    code, _, err = presets("export", "warm", "--format", "logic-pst", "--strict", "-o", "out")
    assert code == 1
    assert "experimental" in err


def test_refit_comes_nearer(presets: Run, tmp_path: Path) -> None:
    wild = settings_file(tmp_path, 5)

    def error_db(*more: str) -> float:
        _, out, _ = presets("export", wild, "--format", "proq3", "-o", "out", "--force", "--json", *more)
        said = json.loads(out)
        return float((said["presets"] if isinstance(said, dict) else said)[0]["error_db"])

    assert error_db("--refit") < 0.7 * error_db()


@pytest.mark.parametrize(("preamp", "said_db"), [("none", 0.0), ("-3", -3.0)])
def test_the_preamp_is_what_was_asked_for(presets: Run, tmp_path: Path, preamp: str, said_db: float) -> None:
    presets("export", "warm", "--preamp", preamp, "-o", ".")
    assert load(tmp_path / "apo" / "warm.txt").settings.preamp_db == said_db


def test_a_bank_is_one_file_for_all(presets: Run, tmp_path: Path) -> None:
    presets("export", "warm", "bright", "--amounts", "50,100", "--format", "reaper-rpl", "--bank", "-o", ".")
    (path,) = (tmp_path / "reaper-rpl").iterdir()
    assert path.read_text().count("<PRESET `") == 4
    assert "the first of 4 presets" in load(path).notes


def test_import_and_convert_tell_what_was_lost(presets: Run, tmp_path: Path) -> None:
    lines = [f"Filter {n}: ON PK Fc {60 * 2**n} Hz Gain {(-1) ** n * 3} dB Q 2" for n in range(8)]
    (tmp_path / "many.txt").write_text("\n".join(lines))
    code, out, err = presets("import", "many.txt", "-o", "many.json")
    assert code == 0
    assert "8 filters fitted to five bands, off by up to" in out + err
    assert load(tmp_path / "many.json").settings.gains_db != (0,) * 5
    code, out, err = presets("convert", "many.txt", "many.yml")
    assert code == 0
    assert "8 filters fitted to five bands" in out + err
    assert load(tmp_path / "many.yml").format == "camilladsp"


def test_installing_can_be_tried_first_and_taken_back(presets: Run, tmp_path: Path) -> None:
    _, out, _ = presets("install", "warm", "--format", "pipewire", "--dry-run")
    assert "would be: " in out
    assert not (tmp_path / "xdg").exists()
    presets("install", "warm", "--format", "pipewire")
    (path,) = (tmp_path / "xdg").rglob("*.conf")
    assert path.name == "semeq warm.conf"
    presets("uninstall")
    assert not list((tmp_path / "xdg").rglob("*.conf"))


def test_two_formats_that_would_write_one_file_are_refused_and_plug_ins_do_not_meet(
    presets: Run, tmp_path: Path
) -> None:
    code, _, err = presets("install", "warm", "--format", "pipewire,pipewire-old")
    assert code == 2
    assert "install one of them" in err
    presets("export", "warm", "--format", "lv2-calf,lv2-lsp,lv2-x42,lv2-aeq,lv2-eq10q", "-o", ".")
    bundles = [path.name for path in tmp_path.rglob("*.lv2")]
    assert len(bundles) == len(set(bundles)) == 5


def test_the_list_of_formats_says_how_far_each_was_verified(presets: Run) -> None:
    rows = {row["name"]: row for row in json.loads(presets("formats", "--json")[1])}
    assert set(rows) == set(FORMATS)
    assert {row["proof"] for row in rows.values()} == {"rendered", "structure", "experimental"}
    assert all(row["evidence"] for row in rows.values())
    text = presets("formats")[1]
    assert all(f"verified: {form.evidence}" in text for form in FORMATS.values())


@pytest.mark.peer
@pytest.mark.parametrize("name", ["sox", "ffmpeg", "lv2-calf"])
def test_check_plays_a_format_or_a_file_and_prints_the_real_error(presets: Run, name: str) -> None:
    code, out, err = presets("check", name)
    if code and "install it" in err:
        pytest.skip(err)
    assert "off by 0.00" in out
    presets("export", "warm", "--format", f"semeq,{name}", "-o", ".")
    path = next(path for path in Path(name).iterdir())
    _, out, _ = presets("check", path, "--settings", "semeq/warm.json", "--json")
    assert json.loads(out)["measured_db"] < 0.05


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "warm", "--format", "apoo"), "nearest: apo"),
        (("export", "brihgtt"), "bright"),
        (("export", "warm", "--amounts", "50,x"), "percent from -100 to 200"),
        (("export", "warm", "--preamp", "loud"), "auto, none"),
        (("export", "warm", "--rate", "8000"), "44100"),
        (("export", "warm", "WARM"), "same file name"),
        (("export", "warm", "--bank", "--name", "x", "bright"), "--name is for one"),
        (("import", "nowhere.txt"), "No such file"),
        (("convert", "nowhere.txt", "x.txt"), "--to"),
        (("check", "nowhere"), "no such file, and no format"),
        (("check", "apo"), "cannot be played here"),
        (("install", "warm", "--format", "table"), "no folder known"),
        (("default", "nothing"), "no format"),
    ],
)
def test_what_is_asked_the_wrong_way_gets_one_line(presets: Run, words: tuple[str, ...], said: str) -> None:
    code, _, err = presets(*words)
    assert code in (1, 2)
    assert err.count("\n") == 1
    assert said in err
