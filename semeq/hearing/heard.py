"""What was heard of one programme, from samples or from a file, in one pass and in memory that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from semeq.errors import AudioError, UsageError
from semeq.hearing.levels import LevelMeter, Levels
from semeq.hearing.longterm import LongTerm, Spectrum
from semeq.render import Samples, check_rate

Audio = npt.NDArray[Any] | Path | str
"""Samples ``[channels, frames]`` or ``[frames]``, or the name of a file."""
_READ_SAMPLES, _BLOCK_SAMPLES = 1 << 20, 1 << 18  # read at once, in the background; listened to at once


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Heard:
    """One programme as it was heard; ``name`` is its file's, or empty."""

    name: str
    rate_hz: int
    channels: int
    dur_s: float
    spectrum: Spectrum
    levels: Levels


def hear(audio: Audio, rate_hz: float | None = None, *, progress: Callable[[float], None] | None = None) -> Heard:
    """Listen to samples or to a file, block by block.

    >>> hear(np.zeros((2, 4800)), 48_000).spectrum.loud_s
    0.0
    """
    if isinstance(audio, (str, Path)):
        return _hear_file(Path(audio), progress)
    samples = _checked(audio)
    if rate_hz is None:
        raise UsageError("samples without a rate: give rate_hz, such as 48000")
    check_rate(rate_hz)
    ears = _Ears(rate_hz, len(samples))
    ears.update(samples)
    return ears.finish("", samples.shape[1])


def _hear_file(path: Path, progress: Callable[[float], None] | None) -> Heard:
    from semeq.audio import open_audio

    with open_audio(path) as reader, ThreadPoolExecutor(1, "semeq") as ahead:
        info = reader.info
        check_rate(info.rate_hz)
        ears = _Ears(info.rate_hz, info.channels)
        frames, done = max(_READ_SAMPLES // info.channels, 1), 0
        coming: Future[Samples] = ahead.submit(reader.read, frames)
        while (block := coming.result()).shape[1]:
            coming = ahead.submit(reader.read, frames)
            if not np.isfinite(block.sum()) and not np.isfinite(block).all():  # the sum alone is quicker
                raise AudioError(f"{path.name}: not a number in its samples; repair it in an audio editor first")
            ears.update(block)
            done += block.shape[1]
            if progress:
                progress(min(done / max(info.frames, 1), 1.0))
        return ears.finish(path.name, done)


class _Ears:
    """What listens, one after the other: threads for such short steps wait for each other more than they do."""

    def __init__(self, rate_hz: float, channels: int) -> None:
        self._long, self._levels = LongTerm(rate_hz, channels), LevelMeter(rate_hz, channels)
        self._rate_hz, self._channels = rate_hz, channels

    def update(self, block: Samples) -> None:
        step = max(_BLOCK_SAMPLES // len(block), 1)
        for start in range(0, block.shape[1], step):
            part = block[:, start : start + step].astype(np.float32, copy=False)
            self._levels.update(part)
            self._long.update(part)

    def finish(self, name: str, frames: int) -> Heard:
        return Heard(
            name=name,
            rate_hz=int(self._rate_hz),
            channels=self._channels,
            dur_s=frames / self._rate_hz,
            spectrum=self._long.finish(),
            levels=self._levels.finish(),
        )


def _checked(audio: object) -> Samples:
    try:
        samples: Samples = np.asarray(audio)
    except (TypeError, ValueError):
        samples = np.zeros((0, 0, 0))
    if samples.dtype.kind != "f" or samples.ndim not in (1, 2):
        raise AudioError("audio: use floats from -1 to 1, shaped [channels, frames] or [frames], or a file's name")
    samples = np.atleast_2d(samples)
    if samples.shape[0] > 64 and samples.shape[0] > samples.shape[1]:
        raise AudioError(f"audio shaped {list(samples.shape)}: use [channels, frames]; transpose it")
    if not np.isfinite(samples).all():
        raise AudioError("audio: holds NaN or infinity; repair it first")
    return samples
