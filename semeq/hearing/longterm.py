"""The long-term spectrum of a programme on 40 bands: gated, block by block, the same however loud it is.

Power per Hz in bands about as wide as the ear's (the 40 bands of SocialFX), averaged over the frames that are not much
quieter than the rest. Every channel counts alike, so swapping them changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from semeq.hearing.course import Course
from semeq.render import Samples
from semeq.response import Floats

_BANDS_HZ = """20 50 83 120 161 208 259 318 383 455 537 628 729 843 971 1114 1273 1452 1652 1875 2126 2406 2719
3070 3462 3901 4392 4941 5556 6244 7014 7875 8839 9917 11124 12474 13984 15675 17566 19682"""
BANDS_HZ: Floats = np.array(_BANDS_HZ.split(), dtype=np.float64)
_EDGES_HZ = np.concatenate([[12.0], np.sqrt(BANDS_HZ[1:] * BANDS_HZ[:-1]), [20_800.0]])
_CORE = (BANDS_HZ > 80.0) & (BANDS_HZ < 12_000.0)  # what decides how loud a frame is
WIDTHS_HZ = np.diff(_EDGES_HZ)

SILENCE_DB = -100.0  # below it there is nothing to hear, whatever it is
GATE_DB = 20.0  # how far below the mean a frame may be and still count, as in EBU Tech 3342
_LOWEST_DB, _STEPS_PER_DB = -200.0, 4
_CELLS = 300 * _STEPS_PER_DB
_OVERLAPPED, _AT_ONCE = 128, 32  # frames; the first overlap by half, for short pieces
_LOUDEST_TO_FLOOR_DB, _CLIFF_DB = 75.0, 24.0
_TINY = 1e-30


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Spectrum:
    """What a programme holds on `BANDS_HZ`.

    ``levels_db`` is power per Hz, ``heard`` says where there is anything to hear (not above half the sample rate, not
    beyond a cut such as a telephone's), ``loud_s`` how long it was loud enough to count, ``flutter_db`` how
    much each band moves in time: near 0 for steady noise, and no EQ can change it. ``course`` is how it goes.
    """

    levels_db: Floats
    heard: npt.NDArray[np.bool_]
    loud_s: float
    flutter_db: Floats
    course: Floats = field(default_factory=lambda: np.zeros((0, 7)), repr=False)

    @property
    def shape_db(self) -> Floats:
        """The levels without their mean; 0 where nothing is heard."""
        if not self.heard.any():
            return np.zeros(len(BANDS_HZ))
        return np.where(self.heard, self.levels_db - self.levels_db[self.heard].mean(), 0.0)


class Bands:
    """The power per Hz of frames on `BANDS_HZ`, the channels together; ``size`` is how long a frame is."""

    def __init__(self, rate_hz: float, channels: int) -> None:
        self.size = 1 << max(round(math.log2(rate_hz / 6.0)), 6)
        self._window = np.hanning(self.size + 1)[:-1].astype(np.float32)
        self._scale = 2.0 / (float(np.sum(np.square(self._window, dtype=np.float64))) * rate_hz * channels)
        self._bins = _bin_edges(rate_hz, self.size)

    def of(self, frames: npt.NDArray[np.float32]) -> Floats:
        """Means over the bands, whole bins and shares of one: a product with a matrix would wait for its threads.

        Shapes: ``[C, frames, size] -> [frames, 40]``.
        """
        powers = _powers(frames, self._window)
        whole, share = self._bins
        sums = np.add.reduceat(powers, whole, axis=1)[:, :-1]
        at_edges = share * powers[:, whole]
        sums = np.where(whole[1:] > whole[:-1], sums, 0.0) + at_edges[:, 1:] - at_edges[:, :-1]
        widths = np.maximum(np.diff(whole + share), _TINY)
        return np.asarray(np.maximum(sums, 0.0) * self._scale / widths)


class Cells:
    """What frames held, by how loud they were, so that a gate can come later."""

    def __init__(self) -> None:
        self._powers = np.zeros((_CELLS, len(BANDS_HZ)))
        self._logs = np.zeros((_CELLS, len(BANDS_HZ)))
        self._counts = np.zeros(_CELLS)

    def add(self, bands: Floats, weight: float) -> None:
        """Take in frames, each of which counts so much. Shape: ``[frames, 40]``."""
        cells = np.clip(np.rint((core_db(bands) - _LOWEST_DB) * _STEPS_PER_DB), 0, _CELLS - 1).astype(int)
        np.add.at(self._powers, cells, weight * bands)
        np.add.at(self._logs, cells, weight * np.log10(np.maximum(bands, _TINY)))
        np.add.at(self._counts, cells, weight)

    def scale(self, factor: float) -> None:
        """Let all that is here count more or less."""
        for held in (self._powers, self._logs, self._counts):
            held *= factor

    @property
    def empty(self) -> bool:
        """Whether nothing was taken in."""
        return not self._counts.any()

    def mean_db(self) -> float:
        """How loud all of it is that is no silence; -inf where there is nothing."""
        cells = slice(round((SILENCE_DB - _LOWEST_DB) * _STEPS_PER_DB) + 1, None)
        power = float(np.sum(self._powers[cells][:, _CORE] @ WIDTHS_HZ[_CORE]))
        return 10.0 * math.log10(power / self._counts[cells].sum()) if power > 0.0 else -math.inf

    def spectrum(self, hop_s: float, rate_hz: float) -> Spectrum:
        """What was loud enough; a frame stands for ``hop_s``."""
        return _gated(self._counts, self._powers, self._logs, hop_s, rate_hz)


def core_db(bands: Floats) -> Floats:
    """How loud frames are. Shapes: ``[frames, 40] -> [frames]``."""
    return np.asarray(10.0 * np.log10(np.maximum(bands[:, _CORE] @ WIDTHS_HZ[_CORE], _TINY)))


class LongTerm:
    """Feed it blocks, then `finish`; memory does not grow with their number."""

    def __init__(self, rate_hz: float, channels: int) -> None:
        self._bands, self._cells = Bands(rate_hz, channels), Cells()
        self._size = self._bands.size
        self._channels = channels
        self._rest: Samples = np.zeros((channels, 0), dtype=np.float32)
        self._rate_hz, self._taken = rate_hz, 0
        self._course, self._passed = Course(), 0

    def update(self, block: Samples) -> None:
        """Take in the next samples. Shape: ``[C, T]``."""
        block = np.asarray(block, dtype=np.float32)
        joined = np.concatenate([self._rest, block], axis=1) if self._rest.shape[1] else block
        place = 0
        while joined.shape[1] - place >= self._size:
            overlapped = self._taken < _OVERLAPPED
            hop = self._size // 2 if overlapped else self._size
            count = min((joined.shape[1] - place - self._size) // hop + 1, _AT_ONCE)
            if overlapped:
                count = min(count, _OVERLAPPED - self._taken)
            self._take(joined[:, place:], count, hop)
            place += count * hop
            self._passed += count * hop
        self._rest = joined[:, place:].copy()

    def _take(self, samples: Samples, count: int, hop: int) -> None:
        """Put the first frames into the cells of their loudness; one that does not overlap stands for two."""
        view = np.lib.stride_tricks.sliding_window_view(samples, self._size, axis=1)[:, : count * hop : hop]
        bands = self._bands.of(view[:, :count])
        self._cells.add(bands, 2.0 * hop / self._size)
        self._course.update((self._passed + hop * np.arange(count)) / self._rate_hz, bands)
        self._taken += count

    def finish(self) -> Spectrum:
        """What was heard so far; the last piece counts where all was shorter than one frame."""
        cells = self._cells
        if cells.empty and self._rest.shape[1]:
            alone = LongTerm(self._rate_hz, self._channels)
            alone._rest = np.pad(self._rest, ((0, 0), (0, self._size - self._rest.shape[1])))
            alone._take(alone._rest, 1, self._size // 2)
            cells = alone._cells
        found = cells.spectrum(self._size / 2 / self._rate_hz, self._rate_hz)
        return replace(found, course=self._course.finish())


def _powers(frames: npt.NDArray[np.float32], window: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Power spectra, the sum of all channels. Two channels are one complex signal, and both sides of it count.

    Shapes: ``[C, frames, size] -> [frames, bins]``.
    """
    from scipy import fft  # single precision, and twice as fast as numpy's

    if len(frames) == 2:
        both = np.empty(frames.shape[1:], dtype=np.complex64)
        np.multiply(frames[0], window, out=both.real)
        np.multiply(frames[1], window, out=both.imag)
        power = _square(np.asarray(fft.fft(both, axis=-1, overwrite_x=True)))
        one_side = power[:, : power.shape[1] // 2 + 1]
        one_side[:, 1:] += power[:, : power.shape[1] // 2 - 1 : -1]
        return one_side / 2.0
    return np.asarray(sum(_square(np.asarray(fft.rfft(channel * window, axis=-1))) for channel in frames))


def _square(spectra: npt.NDArray[np.complex64]) -> npt.NDArray[np.float32]:
    power = np.square(spectra.real)
    power += np.square(spectra.imag)
    return power


def _bin_edges(rate_hz: float, size: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """Where the bands begin and end, in whole bins and shares of one; the two bins next to 0 Hz are left out."""
    places = np.clip(_EDGES_HZ * size / rate_hz + 0.5, 2.0, size / 2 + 0.499)
    whole = places.astype(np.int64)
    return whole, places - whole


def _gated(counts: Floats, powers: Floats, logs: Floats, hop_s: float, rate_hz: float) -> Spectrum:
    """The mean of the frames that are loud enough; where the gate lies it closes over 6 dB, so nothing jumps."""
    cells_db = np.arange(_CELLS) / _STEPS_PER_DB + _LOWEST_DB
    heard_cells = (cells_db > SILENCE_DB) & (counts > 0)
    if not heard_cells.any():
        nothing = np.zeros(len(BANDS_HZ))
        return Spectrum(levels_db=nothing + SILENCE_DB, heard=nothing > 0, loud_s=0.0, flutter_db=nothing)
    mean = np.sum(powers[heard_cells][:, _CORE] @ WIDTHS_HZ[_CORE]) / counts[heard_cells].sum()
    open_share = np.clip((cells_db - 10.0 * math.log10(mean) + GATE_DB) / 6.0 + 0.5, 0.0, 1.0) * heard_cells
    weight = float(open_share @ counts)
    levels_db = 10.0 * np.log10(np.maximum(open_share @ powers / weight, _TINY))
    heard = _heard(levels_db, rate_hz)
    flutter_db = np.where(heard, levels_db - 10.0 * (open_share @ logs) / weight, 0.0)
    return Spectrum(levels_db=levels_db, heard=heard, loud_s=weight * hop_s, flutter_db=flutter_db)


def _heard(levels_db: Floats, rate_hz: float) -> npt.NDArray[np.bool_]:
    """Bands that hold more than a floor, up to a cut: a fall of 24 dB in a third of an octave that is never made up."""
    inside = _EDGES_HZ[1:] < 0.98 * rate_hz / 2
    heard = inside & (levels_db > levels_db[inside].max() - _LOUDEST_TO_FLOOR_DB)
    for band in range(len(BANDS_HZ) // 2, len(BANDS_HZ) - 2):
        if heard[band] and (levels_db[band + 2 :][inside[band + 2 :]] < levels_db[band] - _CLIFF_DB).all():
            heard[band + 2 :] = False
            drop = levels_db[band] - levels_db[band + 1]
            heard[band + 1] &= bool(drop < _CLIFF_DB / 2)
            break
    return np.asarray(heard)
