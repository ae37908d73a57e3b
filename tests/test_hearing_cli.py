"""`semeq analyze`, `balance`, `compare`, `eq --audio` and `apply --adaptive`, as a person types them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import semeq
from semeq.demo import music
from tests.sound import read, write

RATE = 44_100
PIECE = music(6.0).astype(float)


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = [str(Path(sys.executable).with_name("semeq")), *map(str, words)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("album")
    for name, settings in {
        "plain": semeq.EqSettings.flat(),
        "thin": semeq.eq("bright", 1.6),
        "dull": semeq.eq("muffled", 0.6),
    }.items():
        audio = semeq.render(PIECE, settings, RATE)
        write(folder / f"{name}.wav", 0.5 * audio / np.abs(audio).max(), RATE)
    return folder


def test_analyze_prints_a_table_with_its_reference(album: Path) -> None:
    done = run("analyze", "plain.wav", "thin.wav", cwd=album)
    assert done.returncode == 0
    assert "reference: music (" in done.stdout
    assert "plain.wav" in done.stdout
    assert "%" in done.stdout


def test_analyze_says_the_same_in_json(album: Path) -> None:
    done = run("analyze", "plain.wav", "thin.wav", "--json", "--reference", "plain.wav", cwd=album)
    plain, thin = json.loads(done.stdout)["files"]
    bright = [{one["word"]: one["percent"] for one in said["words"]}["bright"] for said in (plain, thin)]
    assert bright[1] > bright[0]
    assert "the same piece before" in thin["reference"]


def test_one_bad_file_does_not_stop_the_others(album: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF nonsense")
    done = run("analyze", tmp_path / "bad.wav", "plain.wav", cwd=album)
    assert done.returncode == 1
    assert "bad.wav" in done.stderr
    assert "plain.wav" in done.stdout


def test_balance_renders_nothing_until_asked(album: Path) -> None:
    before = sorted(album.iterdir())
    done = run("balance", "thin.wav", cwd=album)
    assert done.returncode == 0, done.stderr
    assert "try" in done.stdout
    assert sorted(album.iterdir()) == before


def test_balance_applies_with_sidecars_and_a_report(album: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "out", tmp_path / "report.html"
    done = run(
        "balance", "plain.wav", "thin.wav", "dull.wav", "--album", "--apply", "-o", out, "--report", page, cwd=album
    )
    assert done.returncode == 0, done.stderr
    assert "between tracks:" in done.stdout
    assert (out / "thin.wav").is_file()
    assert (out / "thin.wav.semeq.json").is_file()
    assert read(out / "thin.wav")[0].shape == read(album / "thin.wav")[0].shape
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    again = run("balance", "thin.wav", "--report", page, cwd=album)
    assert (again.returncode, "use --force" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["balance", "thin.wav", "--amount", "200%"], "use 0 to 1"),
        (["balance", "thin.wav", "--amount", "much"], "40%"),
        (["balance", "thin.wav", "--max", "loud"], "2dB"),
        (["balance", "thin.wav", "--apply"], "-o"),
        (["balance", "thin.wav", "--reference", "jazz"], "choose music"),
        (["balance", "thin.wav", "--album"], "two tracks"),
        (["balance", "thin.wav", "--report", "thin.wav", "--force"], "ends in .html"),
        (["balance", "thin.wav", "--report", "nowhere/page.html"], "there is no folder nowhere"),
        (["balance", "thin.wav", "-o", "out.wav"], "-o does nothing without --apply"),
        (["balance", "thin.wav", "--match-loudness"], "--match-loudness does nothing without --apply"),
        (["balance", "thin.wav", "dull.wav", "--album", "--reference", "pink"], "leave out --reference"),
        (["balance", "thin.wav", "plain.wav", "--apply", "-o", "out.wav"], "give a folder for 2 inputs"),
        (["eq", "warm", "--reference", "pink"], "--reference does nothing without --audio"),
        (["eq", "warm", "--mode", "traverse"], "--mode does nothing without --audio"),
        (["apply", "warm", "thin.wav", "-o", "out.wav", "--reference", "pink"], "without --adaptive"),
        (["eq", "warm", "--audio", "thin.wav", "--mode", "both"], "missing or traverse"),
        (["eq", "warm", "--to", "bright", "--audio", "thin.wav"], "leave out --audio"),
        (["eq", "warm", "--audio", "none.wav"], "none.wav"),
    ],
)
def test_bad_requests_get_one_line(album: Path, words: list[str], said: str) -> None:
    done = run(*words, cwd=album)
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_balance_keeps_the_names_when_only_one_of_many_has_something_to_do(album: Path, tmp_path: Path) -> None:
    done = run(
        "balance", "thin.wav", "plain.wav", "--reference", "plain.wav", "--apply", "-o", tmp_path / "new", cwd=album
    )
    assert done.returncode == 0, done.stderr
    assert "not rendered, there is nothing to do: plain.wav" in done.stderr
    assert [path.name for path in sorted((tmp_path / "new").iterdir())] == ["thin.wav", "thin.wav.semeq.json"]


def test_an_album_keeps_how_loud_its_tracks_are(album: Path, tmp_path: Path) -> None:
    names = ("plain.wav", "thin.wav", "dull.wav")
    done = run("balance", *names, "--album", "--apply", "-o", tmp_path, cwd=album)
    assert done.returncode == 0, done.stderr
    rendered = sorted(path.name for path in tmp_path.glob("*.wav"))
    assert rendered
    for name in rendered:
        before, after = (semeq.analyze(folder / name).lufs for folder in (album, tmp_path))
        assert after == pytest.approx(before, abs=0.05)


def test_one_bad_track_in_a_reference_is_named_with_its_folder(album: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF, but no more")
    done = run("analyze", "thin.wav", "--reference", tmp_path, cwd=album)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"reference {tmp_path}" in done.stderr
    assert "bad.wav" in done.stderr


def test_a_model_with_a_fault_says_so_with_every_answer(album: Path) -> None:
    for command in ("analyze", "balance"):
        assert "note: " in run(command, "thin.wav", "--model", "v1", cwd=album).stderr
        assert "v1" in run(command, "thin.wav", "--model", "v1", cwd=album).stderr


def test_amount_reads_percentages_and_max_reads_decibels(album: Path) -> None:
    found = json.loads(run("balance", "thin.wav", "--amount", "40%", "--max", "1 dB", "--json", cwd=album).stdout)
    [one] = found["files"]
    assert (one["amount"], one["max_db"]) == (0.4, 1.0)
    assert max(abs(band["gain_db"]) for band in one["settings"]["bands"]) <= 1.0


def test_eq_listens_to_a_file(album: Path) -> None:
    shares = {
        name: json.loads(run("eq", "bright", "--audio", name, "--json", cwd=album).stdout)["adapted"]["share"]
        for name in ("thin.wav", "dull.wav")
    }
    assert shares["thin.wav"] < shares["dull.wav"]


def test_apply_adaptive_gives_each_file_its_own(album: Path, tmp_path: Path) -> None:
    done = run("apply", "bright", "thin.wav", "dull.wav", "--adaptive", "-o", tmp_path / "out", cwd=album)
    assert done.returncode == 0, done.stderr
    said = [
        json.loads((tmp_path / "out" / f"{name}.wav.semeq.json").read_text(encoding="utf-8"))["adapted"]
        for name in ("thin", "dull")
    ]
    assert said[0]["share"] < said[1]["share"]
    assert said[0]["reference"].startswith("music")
    done = run(
        "reproduce", tmp_path / "out" / "dull.wav.semeq.json", "dull.wav", "-o", tmp_path / "again.wav", cwd=album
    )
    assert "byte for byte" in done.stdout


def test_compare_says_how_deep_two_files_cancel(album: Path) -> None:
    done = run("compare", "plain.wav", "thin.wav", cwd=album)
    assert "null: -" in done.stdout
    assert "the same samples" in run("compare", "plain.wav", "plain.wav", cwd=album).stdout


def test_compare_says_what_it_cannot_say(album: Path, tmp_path: Path) -> None:
    write(tmp_path / "short.wav", PIECE[:, :RATE], RATE)
    write(tmp_path / "silence.wav", np.zeros_like(PIECE), RATE)
    short = run("compare", "plain.wav", tmp_path / "short.wav", cwd=album).stdout
    assert f"null: none, {PIECE.shape[1]} and {RATE} samples" in short
    silent = run("compare", "plain.wav", tmp_path / "silence.wav", cwd=album)
    assert "null: none, one of them is silent" in silent.stdout
    assert "1 kHz -" in silent.stdout or "Hz -" in silent.stdout
    assert "silence: nothing to hear" in silent.stderr
