"""Clips with and without an EQ that people set: the same sound with a label that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from semeq.audio import open_audio
from semeq.audio.info import SUFFIXES
from semeq.errors import AudioError
from semeq.hearing.longterm import BANDS_HZ
from semeq.latent import curves_of
from semeq.render import Samples
from semeq.response import Floats
from semeq_models.cleaning import Contribution
from semeq_models.errors import DataError
from semeq_models.synthesis.music import SPREAD_DB, music, rawmix, smooth_deviation_db, typical_db
from semeq_models.synthesis.noise import pink_noise
from semeq_models.synthesis.speech import speech

Maker = Callable[[np.random.Generator, int, float], tuple[Samples, Floats | None]]
"""A clip and the long-term spectrum that it was made to have, where there is one."""
_QUIETEST_DBFS, _LOUDEST_DBFS, _PEAK = -45.0, -15.0, 0.98
_QUIET_RMS, _TRIES = 1e-3, 20


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Clip:
    """A clip, the EQ that is on it (13 numbers) with its word, and the spectrum that it was made to have before."""

    kind: str
    rate_hz: int
    audio: Samples = field(repr=False)
    target_db: Floats | None = field(default=None, repr=False)
    word: str = ""
    eq: tuple[float, ...] = ()


def makers(spread_db: float = SPREAD_DB, mean_db: Floats | None = None) -> dict[str, Maker]:
    """The kinds of material that are made from nothing, by name."""
    return {
        "pink": lambda rng, rate_hz, dur_s: (pink_noise(rng, rate_hz, dur_s), None),
        "music": partial(_music, spread_db, typical_db() if mean_db is None else mean_db),
        "rawmix": lambda rng, rate_hz, dur_s: (rawmix(rng, rate_hz, dur_s), None),
        "speech": lambda rng, rate_hz, dur_s: (speech(rng, rate_hz, dur_s), None),
    }


def _music(
    spread_db: float, mean_db: Floats, rng: np.random.Generator, rate_hz: int, dur_s: float
) -> tuple[Samples, Floats | None]:
    target = mean_db + smooth_deviation_db(rng, spread_db)
    return music(rng, rate_hz, dur_s, target), target


def recorded(folder: Path) -> Maker:
    """Random pieces of the recordings in a folder; silent ones are passed over."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise DataError(f"{folder}: no recordings in it; give a folder of audio files")

    def piece(rng: np.random.Generator, rate_hz: int, dur_s: float) -> tuple[Samples, Floats | None]:
        for _ in range(_TRIES):
            path = files[int(rng.integers(len(files)))]
            try:
                with open_audio(path) as reader:
                    wanted = round(dur_s * reader.info.rate_hz)
                    first = int(rng.integers(max(reader.info.frames - wanted, 0) + 1))
                    while first > 0 and (skipped := reader.read(min(first, 1 << 18)).shape[1]):
                        first -= skipped
                    block = reader.read(wanted)
            except AudioError:
                continue
            usable = reader.info.rate_hz == rate_hz and block.shape[1] == wanted
            if usable and float(np.sqrt(np.mean(np.square(block)))) > _QUIET_RMS:
                return np.asarray(block, dtype=np.float32), None
        raise DataError(f"{folder}: no piece of {dur_s:g} s with sound at {rate_hz} Hz found; give other recordings")

    return piece


def clip(
    kind: str, maker: Maker, rng: np.random.Generator, rate_hz: int, dur_s: float, row: Contribution | None = None
) -> Clip:
    """One clip at a random level, with the EQ of a row on it where one is given; it never clips."""
    audio, target = maker(rng, rate_hz, dur_s)
    if row is not None:
        audio = with_eq(audio, row.settings, rate_hz)
    level_dbfs = rng.uniform(_QUIETEST_DBFS, _LOUDEST_DBFS)
    rms = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    gain = min(10.0 ** (level_dbfs / 20.0) / max(rms, 1e-12), _PEAK / max(float(np.abs(audio).max()), 1e-12))
    return Clip(
        kind=kind,
        rate_hz=rate_hz,
        audio=np.asarray(audio * np.float32(gain), dtype=np.float32),
        target_db=target,
        word=row.word if row else "",
        eq=row.settings if row else (),
    )


def with_eq(audio: Samples, settings: Sequence[float] | npt.NDArray[np.float64], rate_hz: int) -> Samples:
    """Audio through the exact response of 13 numbers, without their phase."""
    freqs_hz = np.clip(np.fft.rfftfreq(audio.shape[1], 1.0 / rate_hz), 1.0, 0.499 * rate_hz).astype(np.float64)
    gain_db = curves_of(np.asarray(settings), freqs_hz, rate_hz)
    shaped = np.fft.irfft(np.fft.rfft(audio) * 10.0 ** (gain_db / 20.0), audio.shape[1])
    return np.asarray(shaped, dtype=np.float32)


def with_curve(audio: Samples, curve_db: Floats, rate_hz: int) -> Samples:
    """Audio through a curve that is given at the bands."""
    freqs_hz = np.maximum(np.fft.rfftfreq(audio.shape[1], 1.0 / rate_hz), 1.0)
    gain_db = np.interp(np.log(freqs_hz), np.log(BANDS_HZ), curve_db)
    return np.asarray(np.fft.irfft(np.fft.rfft(audio) * 10.0 ** (gain_db / 20.0), audio.shape[1]), dtype=np.float32)
