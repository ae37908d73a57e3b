"""Music-like mixes: pads, bass, a lead and drums in one key, each with a timbre and a tempo of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from semeq.hearing.longterm import BANDS_HZ, LongTerm
from semeq.render import Samples
from semeq.response import Floats
from semeq_models.synthesis.noise import LOWEST_HZ, coloured_noise, pink_noise

_SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10))
_TABLE = 2048
_BED_DB = -38.0  # of noise under everything, so that no band is empty
_CORRECTIONS, _MOST_CORRECTIONS, _NEAR_DB = 3, 8, 0.8  # the usual number; more only for a mix that is not near yet
_MOST_CORRECTED_DB = 60.0
SPREAD_DB, WIDTH_OCTAVES = 3.5, 1.2


def typical_db() -> Floats:
    """Power per Hz of music as it falls: 5 dB an octave from 100 Hz to 4 kHz, less below, more above. Level-free."""
    octaves = np.log2(BANDS_HZ / 100.0)
    knee = np.log2(40.0)
    fall = 1.5 * np.minimum(octaves, 0.0) - 5.0 * np.clip(octaves, 0.0, knee) - 8.0 * np.maximum(octaves - knee, 0.0)
    return np.asarray(fall - fall.mean())


def smooth_deviation_db(
    rng: np.random.Generator, spread_db: float = SPREAD_DB, width_octaves: float = WIDTH_OCTAVES
) -> Floats:
    """A random smooth curve on the bands, level-free: a Gaussian process over octaves with this RMS on average."""
    places = np.log2(BANDS_HZ)
    covariance = np.exp(-0.5 * np.square((places[:, None] - places) / width_octaves))
    middle = np.eye(len(places)) - 1.0 / len(places)
    covariance = middle @ covariance @ middle
    values, vectors = np.linalg.eigh(covariance / (np.trace(covariance) / len(places)))
    return np.asarray(spread_db * (vectors * np.sqrt(np.maximum(values, 0.0))) @ rng.standard_normal(len(places)))


def rawmix(rng: np.random.Generator, rate_hz: int, dur_s: float) -> Samples:
    """A mix as its timbres happen to make it, with an RMS of 1. Shape: ``[2, T]``."""
    frames = round(dur_s * rate_hz)
    beat_s = 60.0 / rng.uniform(70, 150)
    root = 110.0 * 2.0 ** (rng.integers(12) / 12)
    scale = _SCALES[rng.integers(len(_SCALES))]
    mix = np.zeros((2, frames), dtype=np.float32)
    tables = [_wavetable(rng) for _ in range(3)]
    for start in np.arange(0.0, dur_s, 4 * beat_s):
        degree, begin = int(rng.integers(len(scale))), round(start * rate_hz)
        for step in (0, 2, 4):
            _add(
                mix, _note(_pitch(root, scale, degree + step), 4.2 * beat_s, rate_hz, tables[0], 0.3), begin, 0.25, rng
            )
        for beat in range(4):
            at = begin + round(beat * beat_s * rate_hz)
            _add(mix, _note(_pitch(root, scale, degree) / 2.0, beat_s, rate_hz, tables[1], 0.02), at, 0.5, None)
            _drum(mix, rng, rate_hz, at, beat)
            if rng.random() < 0.7:
                freq = 2.0 * _pitch(root, scale, degree + int(rng.integers(7)))
                _add(mix, _note(freq, beat_s * rng.uniform(0.3, 1.0), rate_hz, tables[2], 0.01), at, 0.3, rng)
    mix += pink_noise(rng, rate_hz, frames / rate_hz)[:, :frames] * np.float32(10 ** (_BED_DB / 20) * np.std(mix))
    return np.asarray(mix / np.sqrt(np.mean(np.square(mix, dtype=np.float64))), dtype=np.float32)


def music(rng: np.random.Generator, rate_hz: int, dur_s: float, target_db: Floats) -> Samples:
    """A mix whose long-term spectrum on the bands is ``target_db``, level-free; RMS 1. Shape: ``[2, T]``."""
    mix = rawmix(rng, rate_hz, dur_s)
    freqs_hz = np.maximum(np.fft.rfftfreq(mix.shape[1], 1.0 / rate_hz), 1.0)
    inside = 0.48 * rate_hz > BANDS_HZ
    correction = np.zeros(len(BANDS_HZ))
    spectrum = np.fft.rfft(mix)
    shaped = mix
    for turn in range(_MOST_CORRECTIONS):
        ears = LongTerm(rate_hz, 2)
        ears.update(shaped)
        off = np.where(inside, target_db - ears.finish().levels_db, 0.0)
        off[inside] -= off[inside].mean()
        if turn >= _CORRECTIONS and np.std(off[inside]) <= _NEAR_DB:
            break
        correction = np.clip(correction + off, -_MOST_CORRECTED_DB, _MOST_CORRECTED_DB)
        gain_db = np.interp(np.log(freqs_hz), np.log(BANDS_HZ[inside]), correction[inside])
        shaped = np.fft.irfft(spectrum * 10.0 ** (gain_db / 20.0) * (freqs_hz >= LOWEST_HZ), mix.shape[1])
        shaped /= np.sqrt(np.mean(shaped**2))
    return np.asarray(shaped, dtype=np.float32)


def _pitch(root_hz: float, scale: tuple[int, ...], degree: int) -> float:
    octave, step = divmod(degree, len(scale))
    return float(root_hz * 2.0 ** (octave + scale[step] / 12.0))


def _wavetable(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """One period of a tone with up to 40 harmonics that fall at a slope of its own."""
    numbers = np.arange(1, 41)
    heights = numbers ** -rng.uniform(0.8, 2.2) * rng.lognormal(0.0, 0.5, len(numbers))
    phases = np.exp(2j * np.pi * rng.random(len(numbers)))
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=complex)
    spectrum[1:41] = heights * phases
    table = np.fft.irfft(spectrum)
    return np.asarray(table / np.std(table), dtype=np.float32)


def _note(
    freq_hz: float, dur_s: float, rate_hz: int, table: npt.NDArray[np.float32], attack_s: float
) -> npt.NDArray[np.float32]:
    times = np.arange(round(dur_s * rate_hz), dtype=np.float32) / np.float32(rate_hz)
    phase = (times * np.float32(freq_hz * _TABLE)).astype(np.int64) % _TABLE
    envelope = np.minimum(times / np.float32(attack_s), 1.0) * np.exp(-times * np.float32(2.0 / dur_s))
    fade = np.minimum((times[-1:] - times) / np.float32(0.01), 1.0) if len(times) else times
    return np.asarray(table[phase] * envelope * fade, dtype=np.float32)


def _add(
    mix: Samples, tone: npt.NDArray[np.float32], first: int, level: float, rng: np.random.Generator | None
) -> None:
    """Put a tone somewhere between left and right; the middle without ``rng``."""
    place = float(rng.uniform(0.2, 0.8)) if rng is not None else 0.5
    part = tone[: max(mix.shape[1] - first, 0)]
    mix[0, first : first + len(part)] += part * np.float32(level * (1.0 - place))
    mix[1, first : first + len(part)] += part * np.float32(level * place)


def _drum(mix: Samples, rng: np.random.Generator, rate_hz: int, first: int, beat: int) -> None:
    """A kick on even beats, a snare on odd ones, a hat on each."""
    times = np.arange(round(0.25 * rate_hz)) / rate_hz
    if beat % 2 == 0:
        sweep = np.sin(2 * np.pi * (50.0 * times + 3.0 * (1.0 - np.exp(-times * 30.0)))) * np.exp(-times * 14.0)
        _add(mix, sweep.astype(np.float32), first, 1.2, None)
    else:
        burst = coloured_noise(rng, rate_hz, 0.25, 0.0, 1)[0] * np.exp(-times * 18.0)
        _add(mix, burst.astype(np.float32), first, 0.3, None)
    hat = coloured_noise(rng, rate_hz, 0.25, 1.0, 1)[0] * np.exp(-times * 60.0)
    _add(mix, hat.astype(np.float32), first, 0.08, None)
