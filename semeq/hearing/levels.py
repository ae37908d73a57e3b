"""How loud and how high: integrated loudness, sample peak, true peak and crest of a programme, block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from semeq.loudness import LoudnessMeter
from semeq.render import Samples
from semeq.response import Floats

OVERSAMPLING = 4  # ITU-R BS.1770-4, annex 2, below 96 kHz
_TAPS, _KAISER = 12, 5.0
_STEP = 1 << 15  # frames at a time, so that what is worked on stays in the cache
_WINDOW, _AT_ONCE = 256, 16  # samples looked at together; most windows cannot hold the highest peak: passed over


@dataclass(frozen=True, kw_only=True, slots=True)
class Levels:
    """Loudness and peaks; -inf where there is silence. ``crest_db`` is sample peak over RMS."""

    lufs: float
    peak_dbfs: float
    true_peak_dbtp: float
    rms_dbfs: float

    @property
    def crest_db(self) -> float:
        """How far the highest sample is above the RMS; 0 for silence."""
        return self.peak_dbfs - self.rms_dbfs if math.isfinite(self.rms_dbfs) else 0.0


class LevelMeter:
    """Feed it blocks, then `finish`."""

    def __init__(self, rate_hz: float, channels: int) -> None:
        self._loudness = LoudnessMeter(rate_hz, channels)
        self._true = TruePeak(rate_hz, channels)
        self._power, self._frames = 0.0, 0

    def update(self, block: Samples) -> None:
        """Take in the next samples. Shape: ``[C, T]``."""
        self._loudness.update(block)
        if not block.shape[1]:
            return
        self._true.update(block)
        flat = np.ascontiguousarray(block, dtype=np.float32).ravel()
        self._power += float(np.dot(flat, flat)) / len(block)
        self._frames += block.shape[1]

    def finish(self) -> Levels:
        """What was measured so far."""
        peak = self._loudness.peak
        return Levels(
            lufs=self._loudness.integrated_lufs(),
            peak_dbfs=_db(peak),
            true_peak_dbtp=_db(max(self._true.finish(), peak)),
            rms_dbfs=_db(math.sqrt(self._power / max(self._frames, 1))),
        )


class TruePeak:
    """The highest point of the curve through the samples: four times oversampled, only where it could be highest.

    Between two samples the curve is no higher than the higher one and what its bends can add: exactly, by summation by
    parts, the interpolator is a mean of the two plus a sum of second differences.
    """

    def __init__(self, rate_hz: float, channels: int) -> None:
        times = 1 if rate_hz >= 4 * 48_000 else 2 if rate_hz >= 96_000 else OVERSAMPLING
        self._phases = interpolators(times)  # [phase, tap]
        self._bound = float(np.abs(self._phases).sum(axis=1).max()) if times > 1 else 1.0
        self._bend = _most_of_a_bend(self._phases)
        self._past: Samples = np.zeros((channels, _TAPS - 1), dtype=np.float32)
        self._best = 0.0

    def update(self, block: Samples) -> None:
        """Take in the next samples. Shape: ``[C, T]``."""
        for start in range(0, block.shape[1], _STEP):
            step = np.asarray(block[:, start : start + _STEP], dtype=np.float32)
            joined = np.concatenate([self._past, step], axis=1)
            self._past = joined[:, joined.shape[1] - (_TAPS - 1) :].copy()
            self._search(joined)

    def _search(self, samples: Samples) -> None:
        count = samples.shape[1] - (_TAPS - 1)
        if count < 1 or not len(self._phases):
            return
        windows = -(-count // _WINDOW)
        padded = np.zeros((len(samples), (windows + 1) * _WINDOW), dtype=np.float32)
        padded[:, : samples.shape[1]] = samples
        pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW + _TAPS - 1, axis=1)[:, ::_WINDOW]
        tops = _tops(padded, windows)
        channel, window = np.nonzero(tops * self._bound > self._best)
        flat, tops = pieces[channel, window], tops[channel, window]
        bends = np.abs(flat[:, 2:] + flat[:, :-2] - 2.0 * flat[:, 1:-1]).max(axis=1, initial=0.0)
        ceilings = (tops + self._bend * bends) * (1.0 + 1e-6)  # rounding
        order = np.argsort(-ceilings)
        for start in range(0, len(order), _AT_ONCE):
            chosen = order[start : start + _AT_ONCE]
            if ceilings[chosen[0]] <= self._best:
                return
            taps = np.lib.stride_tricks.sliding_window_view(flat[chosen], _TAPS, axis=-1)
            between = taps @ self._phases.T
            between[window[chosen, None] * _WINDOW + np.arange(_WINDOW) >= count] = 0.0  # what comes is not there yet
            self._best = max(self._best, float(np.abs(between).max()))

    def finish(self) -> float:
        """The highest so far, as a factor of full scale."""
        self._search(np.pad(self._past, ((0, 0), (0, _TAPS - 1))))
        return self._best


def interpolators(times: int) -> Floats:
    """Interpolators between the samples, one row a phase: a sinc under a Kaiser window, with a gain of 1 at 0 Hz."""
    rows = []
    for phase in range(1, times):
        place = np.arange(_TAPS) - (_TAPS / 2 - 1) - phase / times
        row = np.sinc(place) * np.i0(_KAISER * np.sqrt(1.0 - np.square(2.0 * place / _TAPS)))
        rows.append(row / row.sum())
    return np.asarray(rows).reshape(-1, _TAPS)


def _most_of_a_bend(phases: Floats) -> float:
    """How much of the largest second difference the curve may rise above its samples."""
    most, taps = 0.0, np.arange(_TAPS)
    for row in phases:
        share = float(row @ taps) - (_TAPS / 2 - 1)  # of the sample after; the rest is of the one before
        bent = row.copy()
        bent[_TAPS // 2 - 1 : _TAPS // 2 + 1] -= (1.0 - share, share)
        most = max(most, float(np.abs(np.cumsum(np.cumsum(bent))).sum()))
    return most


def _tops(samples: Samples, windows: int) -> Samples:
    """The highest of every window and the next. Shapes: ``[C, (windows + 1) * _WINDOW] -> [C, windows]``."""
    cells = np.abs(samples).reshape(len(samples), windows + 1, _WINDOW).max(axis=-1)
    return np.asarray(np.maximum(cells[:, :-1], cells[:, 1:]))


def _db(value: float) -> float:
    return 20.0 * math.log10(value) if value > 0.0 else -math.inf
