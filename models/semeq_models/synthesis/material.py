"""Clips with and without an EQ that people set: the same sound with a label that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    """A clip, the EQ that is on it (13 numbers), and the spectrum that it was made to have before.

    ``word`` is what people called the EQ, ``label`` the number of its row: clips of one label share one EQ.
    """

    kind: str
    rate_hz: int
    audio: Samples = field(repr=False)
    target_db: Floats | None = field(default=None, repr=False)
    word: str = ""
    eq: tuple[float, ...] = ()
    label: int | None = None


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
    """One clip at a random level, with the EQ of a row on it where one is given; it never clips and has no DC."""
    if row is None:
        return _finished(kind, maker, rng, rate_hz, dur_s)
    return _finished(kind, maker, rng, rate_hz, dur_s, row.settings, row.word)


def material(
    rng: np.random.Generator,
    weights: Mapping[str, float],
    settings: npt.ArrayLike,
    words: Sequence[str],
    *,
    clips_each: int = 3,
    dur_s: float = 5.0,
    rate_hz: int = 44_100,
    kinds: Mapping[str, Maker] | None = None,
) -> Iterator[Clip]:
    """Clips without end: a row at random, ``clips_each`` clips with its EQ, the next row. Settings: ``[R, 13]``.

    ``weights`` says how often each kind comes; ``kinds`` are `makers`, or those and `recorded` folders by name.
    """
    known = makers() if kinds is None else dict(kinds)
    rows = np.asarray(settings, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 13 or not 0 < len(rows) == len(words):
        raise DataError(f"settings of shape {rows.shape} and {len(words)} words: use [R, 13] and R words, one or more")
    if unknown := sorted(set(weights) - set(known)):
        raise DataError(f"kind {unknown[0]!r}: use one of {', '.join(known)}")
    shares = np.array(list(weights.values()), dtype=np.float64)
    if not (len(shares) and np.isfinite(shares).all() and (shares >= 0.0).all() and shares.sum() > 0.0):
        raise DataError(f"weights {dict(weights)}: use numbers of 0 or more, one of them above 0")
    if clips_each < 1:
        raise DataError(f"clips_each={clips_each}: use 1 or more")
    return _drawn(rng, known, list(weights), shares / shares.sum(), rows, words, clips_each, rate_hz, dur_s)


def _drawn(
    rng: np.random.Generator,
    known: Mapping[str, Maker],
    names: Sequence[str],
    shares: Floats,
    rows: Floats,
    words: Sequence[str],
    clips_each: int,
    rate_hz: int,
    dur_s: float,
) -> Iterator[Clip]:
    while True:
        label = int(rng.integers(len(rows)))
        for _ in range(clips_each):
            name = names[int(rng.choice(len(names), p=shares))]
            eq = tuple(rows[label].tolist())
            yield _finished(name, known[name], rng, rate_hz, dur_s, eq, words[label], label)


def _finished(
    kind: str,
    maker: Maker,
    rng: np.random.Generator,
    rate_hz: int,
    dur_s: float,
    eq: tuple[float, ...] = (),
    word: str = "",
    label: int | None = None,
) -> Clip:
    audio, target = maker(rng, rate_hz, dur_s)
    if eq:
        audio = with_eq(audio, eq, rate_hz)
    audio = audio - audio.mean(axis=1, keepdims=True, dtype=np.float64)
    level_dbfs = rng.uniform(_QUIETEST_DBFS, _LOUDEST_DBFS)
    rms = float(np.sqrt(np.mean(np.square(audio))))
    gain = min(10.0 ** (level_dbfs / 20.0) / max(rms, 1e-12), _PEAK / max(float(np.abs(audio).max()), 1e-12))
    made = np.asarray(audio * gain, dtype=np.float32)
    return Clip(kind=kind, rate_hz=rate_hz, audio=made, target_db=target, word=word, eq=eq, label=label)


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
