"""What a programme's spectrum is over its whole length, measured block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from semeq.response import Floats, log_grid_hz

FLOOR_DB = -120.0
_WIDTHS = 2.0 ** (np.array([[1 / 12], [1 / 6], [1 / 4]]) / 2)  # in octaves, mean 1/6: softer edges than one box has


def average_spectrum_db(blocks: npt.NDArray[Any] | Iterable[npt.NDArray[Any]], rate_hz: float) -> tuple[Floats, Floats]:
    """Long-term average spectrum: frequencies and the level in the 1/6 octave around each, 24 points an octave.

    A full-scale sine reads 0 dB, silence -120 dB. ``blocks`` ``[channels, n]`` may have any lengths (one array is one
    block) and channels are averaged in power; memory does not grow with their number. P. D. Welch 1967, "The use of
    fast Fourier transform for the estimation of power spectra".
    """
    size = 1 << round(np.log2(rate_hz / 3.0))  # bins of about 3 Hz, narrower than 1/6 octave at 20 Hz
    window = np.hanning(size + 1)[:-1]
    power, count = np.zeros(size // 2 + 1), 0
    for frame in _frames([blocks] if isinstance(blocks, np.ndarray) else blocks, size):
        power += np.mean(np.abs(np.fft.rfft(frame * window)) ** 2, axis=0)
        count += 1
    power *= 4.0 / (max(count, 1) * size * np.sum(window**2))  # one-sided, and 1 for a sine of amplitude 1

    high_hz = min(20_000.0, rate_hz / 2 / _WIDTHS.max())
    freqs_hz = log_grid_hz(20.0, high_hz, round(24 * np.log2(high_hz / 20.0)) + 1)
    edges_hz = (np.arange(len(power) + 1) - 0.5) * rate_hz / size
    below = np.concatenate([[0.0], np.cumsum(power)])
    upper, lower = (np.interp(edge_hz, edges_hz, below) for edge_hz in (freqs_hz * _WIDTHS, freqs_hz / _WIDTHS))
    inside = np.mean(upper - lower, axis=0)
    return freqs_hz, 10.0 * np.log10(np.maximum(inside, 10.0 ** (FLOOR_DB / 10.0)))


def _frames(blocks: Iterable[npt.NDArray[Any]], size: int) -> Iterator[npt.NDArray[Any]]:
    """Frames ``[channels, size]`` that overlap by half across blocks; one padded frame where all is shorter."""
    rest, found = np.zeros((1, 0)), False
    for block in blocks:
        block = np.atleast_2d(block)
        joined = np.concatenate([rest, block], axis=1) if rest.shape[1] else block
        start = 0
        while joined.shape[1] - start >= size:
            yield joined[:, start : start + size]
            start, found = start + size // 2, True
        rest = joined[:, start:]
    if not found:
        yield np.pad(rest, ((0, 0), (0, size - rest.shape[1])))
