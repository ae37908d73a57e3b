"""Blind listening sets: equally loud, names that say nothing, answers summed with intervals."""

import json
from pathlib import Path

import numpy as np
import pytest

import semeq
from semeq.demo import music
from semeq.errors import AudioError, UsageError
from semeq.hearing.blind import make_blind_set
from semeq.hearing.blind_page import listening_page
from semeq.hearing.blind_results import read_results, results_text
from semeq.hearing.levels import LevelMeter
from tests.sound import read, write

RATE = 44_100
PIECE = 0.4 * music(4.0).astype(float)


@pytest.fixture
def versions(tmp_path: Path) -> list[Path]:
    made = {"original": PIECE, "warm": semeq.render(PIECE, semeq.eq("warm"), RATE) * 0.5, "third": PIECE * 1.5}
    return [write(tmp_path / f"{name}.wav", audio, RATE) for name, audio in made.items()]


def lufs(path: Path) -> float:
    audio, rate_hz = read(path)
    meter = LevelMeter(rate_hz, len(audio))
    meter.update(audio)
    return meter.finish().lufs


def answer(folder: Path, name: str, ratings: dict[str, float], other: dict[str, object] | None = None) -> Path:
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    codes = {one["source"]: one["code"] for one in key["versions"]}
    said = {
        "format": "semeq.answers/1",
        "set": key["set"],
        "ratings": [{codes[source]: value for source, value in ratings.items()} for _ in key["trials"]],
    }
    path = folder / f"answers-{name}.json"
    path.write_text(json.dumps(said | (other or {})), encoding="utf-8")
    return path


def test_all_versions_are_equally_loud_and_none_clips(versions: list[Path], tmp_path: Path) -> None:
    make_blind_set(versions, tmp_path / "set", question="?", seed=1)
    copies = sorted((tmp_path / "set").glob("*.wav"))
    assert len(copies) == 3
    assert np.ptp([lufs(path) for path in copies]) < 0.05
    assert max(float(np.abs(read(path)[0]).max()) for path in copies) < 1.0


def test_names_say_nothing_and_the_key_says_all(versions: list[Path], tmp_path: Path) -> None:
    make_blind_set(versions, tmp_path / "set", question="?", trials=3, seed=1)
    page = (tmp_path / "set" / "listen.html").read_text(encoding="utf-8")
    assert not any(path.stem in page for path in versions)
    key = json.loads((tmp_path / "set" / "key.json").read_text(encoding="utf-8"))
    assert [one["source"] for one in key["versions"]] == [path.name for path in versions]
    assert len({tuple(order) for order in key["trials"]}) > 1
    assert str(tmp_path) not in json.dumps(key)


def test_the_same_seed_makes_the_same_set(versions: list[Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_blind_set(versions, tmp_path / name, question="?", seed=7)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_the_page_needs_nothing_from_elsewhere_and_escapes() -> None:
    page = listening_page("name", "<b>Which</b> & why?", [["a", "b"]])
    assert "http" not in page
    assert "&lt;b&gt;Which" in page
    assert "<b>" not in page


def test_answers_are_summed_with_intervals(versions: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "set"
    make_blind_set(versions, folder, question="Which is warmer?", trials=2, seed=1)
    for number in range(8):
        answer(folder, str(number), {"original.wav": 40 + number, "warm.wav": 80 + number % 3, "third.wav": 40.0})
    found = read_results(folder, [])
    assert found.versions[0].source == "warm.wav"
    assert found.versions[0].rating == pytest.approx(80.875)
    assert found.versions[0].low <= 80.875 <= found.versions[0].high
    assert (found.versions[0].won, found.versions[0].rounds) == (16, 16)
    assert found.clear
    assert "warm.wav is ahead beyond chance" in results_text(found)


def test_few_or_equal_answers_tell_nothing(versions: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "set"
    make_blind_set(versions, folder, question="?", seed=1)
    path = answer(folder, "one", {"original.wav": 10, "warm.wav": 90, "third.wav": 50})
    assert "too few to tell" in results_text(read_results(folder, [path]))
    rng = np.random.default_rng(0)
    many = [
        answer(
            folder, str(n), dict(zip(("original.wav", "warm.wav", "third.wav"), rng.uniform(0, 100, 3), strict=True))
        )
        for n in range(20)
    ]
    assert not read_results(folder, many).clear


@pytest.mark.parametrize("bad", [{"set": "other"}, {"ratings": []}, {"ratings": [{}]}, {"ratings": 7}, {"format": "x"}])
def test_odd_answers_are_refused_by_name(versions: list[Path], tmp_path: Path, bad: dict[str, object]) -> None:
    folder = tmp_path / "set"
    make_blind_set(versions, folder, question="?", seed=1)
    path = answer(folder, "bad", {"original.wav": 1, "warm.wav": 2, "third.wav": 3}, bad)
    with pytest.raises(UsageError, match=r"answers-bad\.json"):
        read_results(folder, [path])


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"format": NaN}'])
def test_what_is_no_json_is_refused(versions: list[Path], tmp_path: Path, text: str) -> None:
    make_blind_set(versions, tmp_path / "set", question="?", seed=1)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UsageError, match="not answers"):
        read_results(tmp_path / "set", [tmp_path / "a.json"])


def test_unlike_silent_and_too_few_versions_are_refused(versions: list[Path], tmp_path: Path) -> None:
    short = write(tmp_path / "short.wav", PIECE[:, : RATE * 2], RATE)
    silent = write(tmp_path / "silent.wav", PIECE * 0, RATE)
    for files, said in (
        (versions[:1], "give 2 to 12"),
        ([versions[0], short], "length"),
        ([versions[0], silent], "silent"),
    ):
        with pytest.raises((AudioError, UsageError), match=said):
            make_blind_set(files, tmp_path / "bad", question="?")
    make_blind_set(versions, tmp_path / "set", question="?")
    with pytest.raises(AudioError, match="use --force"):
        make_blind_set(versions, tmp_path / "set", question="?")
