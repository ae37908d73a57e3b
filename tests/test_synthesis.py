"""Material for audio encoders: noise that is pink, music that meets its target, nothing twice."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from semeq.latent import curves_of
from semeq_models.cleaning import Contribution
from semeq_models.errors import DataError
from semeq_models.synthesis.check import PINK_SLOPE_DB, check, slope_db
from semeq_models.synthesis.cli import synthesize_command
from semeq_models.synthesis.material import Clip, clip, makers, material, recorded
from semeq_models.synthesis.music import smooth_deviation_db
from tests.sound import noise, write
from tests.synthetic import write_csvs

RATE = 44_100
SETTINGS = (6.0, 100.0, -3.0, 400.0, 1.0, 2.0, 1500.0, 0.7, 0.0, 5000.0, 1.0, 5.0, 9000.0)
ROW = Contribution(
    word="warm", language="en", source="safe", group="g", person="p", curve_db=np.zeros(40), settings=SETTINGS
)


def clips(kind: str, count: int = 5, dur_s: float = 4.0, row: Contribution | None = None, seed: int = 0) -> list[Clip]:
    rng = np.random.default_rng(seed)
    return [clip(kind, makers()[kind], rng, RATE, dur_s, row) for _ in range(count)]


@pytest.mark.parametrize("kind", ["pink", "music", "rawmix", "speech"])
def test_the_material_passes_its_own_check(kind: str) -> None:
    found = check(clips(kind))
    assert all(one.fine for one in found), found


def test_pink_noise_falls_by_3_db_an_octave_within_a_fifth() -> None:
    assert slope_db(clips("pink")) == pytest.approx(PINK_SLOPE_DB, abs=0.2)


def test_levels_vary_by_many_decibels() -> None:
    levels = [20 * np.log10(np.sqrt(np.mean(one.audio**2))) for one in clips("pink", 12, 1.0)]
    assert np.ptp(levels) > 12


def test_nothing_clips() -> None:
    assert max(float(np.abs(one.audio).max()) for kind in makers() for one in clips(kind, 3, 2.0)) < 1.0


def test_a_staircase_is_caught() -> None:
    steps = np.repeat(np.random.default_rng(0).standard_normal(17), RATE // 8).astype(np.float32)
    found = {one.name: one.fine for one in check([Clip(kind="pink", rate_hz=RATE, audio=np.stack([steps, steps]))])}
    assert not found["no staircase"]
    assert not found["pink noise is pink"]


def test_a_repeated_clip_and_a_constant_level_are_caught() -> None:
    [one] = clips("pink", 1)
    found = {entry.name: entry.fine for entry in check([one] * 8)}
    assert not found["no clip repeats"]
    assert not found["levels vary"]


def test_dc_is_caught() -> None:
    [one] = clips("pink", 1)
    lifted = Clip(kind="pink", rate_hz=RATE, audio=one.audio + 0.2)
    assert not {entry.name: entry.fine for entry in check([lifted])}["no DC"]


def test_the_same_seed_makes_the_same_clip_and_another_another() -> None:
    [one], [again], [other] = (clips("music", 1, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.audio, again.audio)
    assert not np.array_equal(one.audio, other.audio)


def test_music_spreads_as_it_was_asked_to() -> None:
    rng = np.random.default_rng(0)
    found = np.array([smooth_deviation_db(rng, 3.5) for _ in range(400)])
    assert np.sqrt(np.mean(found**2)) == pytest.approx(3.5, rel=0.05)
    assert np.abs(found.mean(axis=1)).max() < 1e-6


def test_the_eq_on_a_clip_is_the_one_it_says() -> None:
    [plain], [bent] = clips("pink", 1), clips("pink", 1, row=ROW)
    gain = np.abs(np.fft.rfft(bent.audio[0])) / np.maximum(np.abs(np.fft.rfft(plain.audio[0])), 1e-12)
    freqs = np.fft.rfftfreq(plain.audio.shape[1], 1 / RATE).astype(np.float64)
    inside = (freqs > 30) & (freqs < 18_000)
    wanted = curves_of(SETTINGS, freqs[inside], RATE)
    off = 20 * np.log10(gain[inside]) - wanted
    assert np.median(np.abs(off - np.median(off))) < 0.01
    assert (bent.word, bent.eq) == ("warm", SETTINGS)


def test_recordings_are_cut_into_pieces(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", noise(3.0, RATE), RATE)
    write(tmp_path / "quiet.wav", np.zeros((2, 3 * RATE)), RATE)
    audio, target = recorded(tmp_path)(np.random.default_rng(0), RATE, 1.0)
    assert (audio.shape, target) == ((2, RATE), None)
    with pytest.raises(DataError, match="no piece of 9 s"):
        recorded(tmp_path)(np.random.default_rng(0), RATE, 9.0)


def test_the_command_writes_clips_and_a_manifest(tmp_path: Path) -> None:
    line = ["-o", str(tmp_path / "m"), "--kind", "pink", "--count", "5", "--seconds", "2"]
    done = CliRunner().invoke(synthesize_command, line)
    assert done.exit_code == 0, done.output
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert len(manifest["clips"]) == 5
    assert str(tmp_path) not in json.dumps(manifest)
    assert "ok  pink noise is pink" in done.output
    with pytest.raises(DataError, match="use --force"):
        CliRunner().invoke(synthesize_command, line, catch_exceptions=False)


def test_unknown_kinds_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="pink, music, rawmix, speech"):
        CliRunner().invoke(synthesize_command, ["-o", str(tmp_path), "--kind", "rock"], catch_exceptions=False)
    with pytest.raises(DataError, match="no recordings"):
        CliRunner().invoke(
            synthesize_command, ["-o", str(tmp_path / "x"), "--recordings", str(tmp_path)], catch_exceptions=False
        )


def test_no_clip_has_dc_not_even_a_mix_as_it_comes() -> None:
    made = clips("rawmix", 8, 1.0)
    assert max(abs(float(np.mean(one.audio, dtype=np.float64))) / float(np.std(one.audio)) for one in made) < 1e-4


def test_pink_noise_is_pink_at_low_rates_too() -> None:
    rng = np.random.default_rng(0)
    assert slope_db([clip("pink", makers()["pink"], rng, 8000, 4.0) for _ in range(5)]) == pytest.approx(-3.01, abs=0.2)


def test_music_meets_its_target_even_where_it_spreads_widely() -> None:
    rng = np.random.default_rng(0)
    found = check([clip("music", makers(10.0)["music"], rng, RATE, 1.0) for _ in range(12)])
    assert all(one.fine for one in found), found


def test_a_few_clips_need_not_vary_in_level() -> None:
    [one], [other] = clips("pink", 1), clips("pink", 1, seed=1)
    near = Clip(kind="pink", rate_hz=RATE, audio=other.audio * (np.std(one.audio) / np.std(other.audio)))
    assert {entry.name: entry.fine for entry in check([one, near])}["levels vary"]


def test_material_puts_one_row_on_some_clips_and_then_the_next() -> None:
    flat = (0.0, *SETTINGS[1:])
    drawn = material(np.random.default_rng(0), {"pink": 1.0, "rawmix": 1.0}, [SETTINGS, flat], ["a", "b"], dur_s=0.5)
    made = [next(drawn) for _ in range(30)]
    assert {one.kind for one in made} == {"pink", "rawmix"}
    assert {(one.label, one.word, one.eq) for one in made} == {(0, "a", SETTINGS), (1, "b", flat)}
    assert all(len({one.label for one in made[first : first + 3]}) == 1 for first in range(0, 30, 3))


@pytest.mark.parametrize(
    ("weights", "rows", "each", "message"),
    [
        ({"rock": 1.0}, [SETTINGS], 3, "use one of pink, music, rawmix, speech"),
        ({"pink": -1.0}, [SETTINGS], 3, "use numbers of 0 or more"),
        ({}, [SETTINGS], 3, "use numbers of 0 or more"),
        ({"pink": 1.0}, [SETTINGS[:5]], 3, r"use \[R, 13\]"),
        ({"pink": 1.0}, [SETTINGS], 0, "use 1 or more"),
    ],
)
def test_material_says_at_once_what_it_cannot_use(
    weights: dict[str, float], rows: list[tuple[float, ...]], each: int, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        material(np.random.default_rng(0), weights, rows, ["warm"], clips_each=each)


def invoke(*line: str | Path | float) -> str:
    return CliRunner().invoke(synthesize_command, list(map(str, line)), catch_exceptions=False).output


def test_the_command_makes_the_same_files_from_the_same_seed(tmp_path: Path) -> None:
    line = ("--kind", "rawmix", "--count", 3, "--seconds", 0.5)
    manifests = []
    for name in ("a", "b"):
        invoke("-o", tmp_path / name, *line)
        manifests.append(json.loads((tmp_path / name / "manifest.json").read_text()))
    assert manifests[0] == manifests[1]
    invoke("-o", tmp_path / "c", *line, "--seed", 1)
    other = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert not {one["sha256"] for one in other["clips"]} & {one["sha256"] for one in manifests[0]["clips"]}


def test_a_longer_run_begins_like_a_short_one(tmp_path: Path) -> None:
    for name, count in (("short", 1), ("long", 3)):
        invoke("-o", tmp_path / name, "--kind", "pink", "--count", count, "--seconds", 0.5)
    short, long = (json.loads((tmp_path / name / "manifest.json").read_text())["clips"] for name in ("short", "long"))
    assert short == long[:1]


def test_a_file_that_exists_is_kept_without_force_even_if_the_manifest_is_gone(tmp_path: Path) -> None:
    line = ("-o", tmp_path, "--kind", "pink", "--count", 1, "--seconds", 0.5)
    invoke(*line)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(DataError, match=r"pink-00000\.wav: exists; use --force"):
        invoke(*line)
    assert "1 clips" in invoke(*line, "--force")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="name another"):
        invoke("-o", tmp_path / "file" / "m", "--kind", "pink", "--count", 1, "--seconds", 0.5)


def test_no_clips_at_all_are_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(synthesize_command, ["-o", str(tmp_path), "--count", "0"])
    assert done.exit_code == 2
    assert "not in the range" in done.output


def test_with_eq_three_clips_share_one_setting_and_nobody_is_named(tmp_path: Path) -> None:
    safe = write_csvs(tmp_path) / "SAFEEqualiserUserData.csv"
    invoke("-o", tmp_path / "m", "--kind", "pink", "--count", 6, "--seconds", 0.5, "--with-eq", "--safe", safe)
    made = json.loads((tmp_path / "m" / "manifest.json").read_text())["clips"]
    assert [len({str(one["eq"]) for one in made[first : first + 3]}) for first in (0, 3)] == [1, 1]
    assert made[0]["eq"] != made[3]["eq"]
    assert {len(one["eq"]) for one in made} == {13}
    assert set(made[0]) == {"file", "source", "seed", "word", "eq", "sha256"}
