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
from semeq_models.synthesis.material import Clip, clip, makers, recorded
from semeq_models.synthesis.music import smooth_deviation_db
from tests.sound import noise, write

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
    found = {entry.name: entry.fine for entry in check([one] * 5)}
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
