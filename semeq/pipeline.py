"""A file through the filters: blocks are read ahead while the channels of the last one are filtered side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from semeq.audio import Reader
from semeq.errors import AudioError
from semeq.render import Engine, Samples, channel_filter, moving_filter
from semeq.settings import EqSettings

Mode = Literal["eq", "delta"]
Progress = Callable[[float], None]

BLOCK_FRAMES = 1 << 16
_BLOCK_SAMPLES = 1 << 18  # of all channels: many channels take shorter blocks, not more memory


@dataclass(frozen=True, slots=True)
class FilteredBlock:
    """The same samples before and after, and the highest of each. Shapes: ``[C, T]``."""

    before: Samples
    after: Samples
    peak_in: float
    peak_out: float


def filtered(
    source: Path,
    reader: Reader,
    settings: EqSettings,
    engine: Engine,
    mode: Mode,
    pool: ThreadPoolExecutor,
    progress: Progress | None,
    follow: tuple[float, ...] = (),
) -> Iterator[FilteredBlock]:
    """Blocks before and after the filters; channels side by side, and the next block is read meanwhile."""
    info = reader.info
    used = settings.with_preamp(0.0) if mode == "delta" else settings
    filters = [
        moving_filter(used, info.rate_hz, follow) if follow else channel_filter(used, info.rate_hz, engine)
        for _ in range(info.channels)
    ]
    gain = 10.0 ** (settings.preamp_db / 20.0)
    done = 0
    frames = min(BLOCK_FRAMES, _BLOCK_SAMPLES // info.channels + 1)
    coming = pool.submit(reader.read, frames)
    while True:
        before = coming.result()
        if not before.shape[1]:
            return
        coming = pool.submit(reader.read, frames)
        after: Samples = np.empty(before.shape, dtype=info.dtype)
        jobs = [
            pool.submit(_one_channel, run, channel, out, gain if mode == "delta" else None)
            for run, channel, out in zip(filters, before, after, strict=True)
        ]
        peaks = [job.result() for job in jobs]
        if not all(np.isfinite(peak) for pair in peaks for peak in pair):
            raise _damaged(before, done, source, info.rate_hz)
        done += before.shape[1]
        yield FilteredBlock(before, after, max(peak for peak, _ in peaks), max(peak for _, peak in peaks))
        if progress:
            progress(min(done / max(info.frames, 1), 1.0))


def _one_channel(
    run: Callable[[Samples], Samples], before: Samples, after: Samples, delta_gain: float | None
) -> tuple[float, float]:
    """Fill ``after`` and return both peaks; NaN and infinity show up in them. A delta is scaled as a whole."""
    after[:] = run(before)
    if delta_gain is not None:
        after -= before
        after *= after.dtype.type(delta_gain)
    return _peak(before), _peak(after)


def _peak(samples: Samples) -> float:
    return float(np.maximum(samples.max(), -samples.min()))


def _damaged(block: Samples, done: int, source: Path, rate_hz: int) -> AudioError:
    wrong = np.argwhere(~np.isfinite(block))
    if not len(wrong):
        return AudioError(f"{source.name}: too loud for the filters; lower its level first")
    channel, frame = wrong[np.argmin(wrong[:, 1])]
    place = f"at {(done + frame) / rate_hz:.3f} s in channel {channel + 1}"
    return AudioError(f"{source.name}: not a number {place}; repair it in an audio editor first")


def workers() -> ThreadPoolExecutor:
    """Threads enough for reading, filtering and writing at once; one where there is one core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ThreadPoolExecutor(max_workers=1 if cores == 1 else cores + 2, thread_name_prefix="semeq")
