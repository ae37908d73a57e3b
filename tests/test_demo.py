"""The made-up music: facts a mastering engineer would check."""

import numpy as np
import pyloudnorm
import pytest

from semeq.demo import music
from semeq.errors import UsageError
from semeq.spectrum import average_spectrum_db

RATE_HZ = 48_000
PIECE = music()


def test_it_is_eight_seconds_of_stereo() -> None:
    assert PIECE.shape == (2, 8 * RATE_HZ)
    assert PIECE.dtype == np.float32


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_it_is_as_loud_as_a_finished_quiet_master(seed: int) -> None:
    loudness_lufs = pyloudnorm.Meter(RATE_HZ).integrated_loudness(music(seed=seed).T.astype(np.float64))
    assert -18.5 < loudness_lufs < -15.5


def test_its_peak_is_three_db_below_full_scale() -> None:
    assert 20 * np.log10(np.abs(PIECE).max()) == pytest.approx(-3.0, abs=0.01)


def test_it_has_no_dc() -> None:
    assert np.abs(PIECE.mean(axis=1)).max() < 1e-3


def test_it_begins_and_ends_without_a_click() -> None:
    assert np.abs(PIECE[:, [0, -1]]).max() < 1e-4


def test_no_tenth_of_a_second_is_silent() -> None:
    level = np.sqrt(np.mean(PIECE.reshape(2, -1, RATE_HZ // 10) ** 2, axis=(0, 2)))
    assert 20 * np.log10(level.min()) > -35


def test_it_falls_about_five_db_per_octave_above_500_hz() -> None:
    freqs_hz, level_db = average_spectrum_db(PIECE, RATE_HZ)
    heights = (freqs_hz > 500) & (freqs_hz < 12_000)
    per_octave_db = np.polyfit(np.log2(freqs_hz[heights]), level_db[heights], 1)[0]
    assert per_octave_db - 3.0 == pytest.approx(-5.0, abs=0.7)  # equal bandwidth lies 3 dB/octave below equal octaves


def test_every_octave_has_something_an_eq_can_change() -> None:
    freqs_hz, level_db = average_spectrum_db(PIECE, RATE_HZ)
    assert level_db[freqs_hz > 40].min() > -60


def test_the_two_ears_differ_yet_belong_together() -> None:
    assert 0.3 < np.asarray(np.corrcoef(PIECE))[0, 1] < 0.95


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_piece() -> None:
    assert music(2.0, seed=7).tobytes() == music(2.0, seed=7).tobytes()
    assert music(2.0, seed=7).tobytes() != music(2.0, seed=8).tobytes()


def test_a_24_bit_file_holds_every_sample() -> None:
    scaled = PIECE.astype(np.float64) * 2**23
    assert np.array_equal(scaled, np.rint(scaled))


@pytest.mark.parametrize(("dur_s", "rate_hz"), [(0.1, 48_000), (1.3, 44_100), (2.0, 8000), (1.0, 192_000)])
def test_any_length_and_rate_will_do(dur_s: float, rate_hz: int) -> None:
    piece = music(dur_s, rate_hz)
    assert piece.shape == (2, round(dur_s * rate_hz))
    assert np.isfinite(piece).all()


@pytest.mark.parametrize(("dur_s", "rate_hz"), [(0, 48_000), (float("nan"), 48_000), (1e9, 48_000), (1, 0)])
def test_an_impossible_length_or_rate_is_one_clear_line(dur_s: float, rate_hz: int) -> None:
    with pytest.raises(UsageError, match=r"^(dur_s|rate_hz)=\S+: use .* to .*$"):
        music(dur_s, rate_hz)
