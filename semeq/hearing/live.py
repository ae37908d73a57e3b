"""Hearing that forgets: band frames twenty times a second, and what was heard of late, judged as a file would be.

Silence is passed over and makes nobody forget. Where an EQ lies between the sound and the ear, its curve is taken away
from each frame, so that the ear hears what went into it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from semeq.hearing.adaptive import heard_share, share_for
from semeq.hearing.encoder import AudioEncoder, load_encoder
from semeq.hearing.listening import judged
from semeq.hearing.longterm import BANDS_HZ, GATE_DB, Bands, Cells, Spectrum, core_db
from semeq.hearing.reference import Reference
from semeq.render import Samples
from semeq.response import Floats
from semeq.settings import EqSettings

FRAMES_HZ = 20.0
QUIET_DBFS = -70.0  # below it there is nothing to follow
_MOST_UNIT = 1e12


@dataclass(frozen=True, kw_only=True, eq=False)
class Moment:
    """What was heard of late: how it differs from ``reference``, as far as it can be trusted, and its spectrum.

    ``level_db`` is how loud the last frame was, ``sounding`` whether it was loud enough to count.
    """

    deviation_db: Floats = field(repr=False)
    shape_db: Floats = field(repr=False)
    reference: str
    spread_db: float
    trust: float
    level_db: float
    sounding: bool

    @cached_property
    def place(self) -> Floats:
        """The EQ that it seems to have."""
        return self.trust * _encoder().place(self.deviation_db, self.spread_db)

    def response_to(self, curve_db: Floats, curve_place: Floats) -> float:
        """How much of one more curve the encoder would see here, from 0 to 1."""
        more, less = _encoder().place(self.deviation_db + np.stack([curve_db, -curve_db]) / 2.0, self.spread_db)
        return float((more - less) @ curve_place / max(float(curve_place @ curve_place), 1e-12))

    def have(self, full: EqSettings) -> float:
        """The share of a curve that it seems to have: 0 none, 1 all of it, negative the opposite."""
        return float(heard_share(full, self.place, self)) if self.trust else 0.0

    def share_for(self, full: EqSettings, intensity: float) -> float:
        """How much of some words to give: only what is missing."""
        return share_for(self.have(full), intensity, self.trust)


def _encoder() -> AudioEncoder:
    return load_encoder()


class Ear:
    """Feed it blocks; `moment` is what it heard of late, that is within about ``memory_s`` of sound.

    >>> ear = Ear(48_000, 2)
    >>> ear.update(np.zeros((2, 48_000), np.float32))
    17
    """

    def __init__(self, rate_hz: float, channels: int, memory_s: float = math.inf) -> None:
        self._bands, self._cells = Bands(rate_hz, channels), Cells()
        self._rate_hz, self._hop = rate_hz, round(rate_hz / FRAMES_HZ)
        self._rest: Samples = np.zeros((channels, 0), dtype=np.float32)
        self.memory_s = memory_s
        self._unit = 1.0  # what a frame weighs now: it grows, which is the same as that all others fade
        self._sounded_s = 0.0
        self.level_db, self.sounding = -math.inf, False

    def update(self, block: Samples, curve_db: Floats | None = None) -> int:
        """Take in the next samples, heard through an EQ of this curve; how many frames they completed."""
        block = np.asarray(block, dtype=np.float32)
        joined = np.concatenate([self._rest, block], axis=1) if self._rest.shape[1] else block
        size, hop = self._bands.size, self._hop
        count = max((int(joined.shape[1]) - size) // hop + 1, 0)
        if count:
            frames = np.lib.stride_tricks.sliding_window_view(joined, size, axis=1)[:, : count * hop : hop]
            for frame in range(count):  # each weighs more than the one before
                self._take(frames[:, frame : frame + 1], curve_db)
        self._rest = joined[:, count * hop :].copy()
        return count

    def _take(self, frame: Samples, curve_db: Floats | None) -> None:
        bands = self._bands.of(frame)
        if curve_db is not None:
            bands /= 10.0 ** (curve_db / 10.0)
        self.level_db = float(core_db(bands)[0])
        self.sounding = self.level_db > QUIET_DBFS and self.level_db > self._cells.mean_db() - GATE_DB
        if not self.level_db > QUIET_DBFS:
            return
        self._unit *= math.exp(1.0 / (FRAMES_HZ * self.memory_s))
        if self._unit > _MOST_UNIT:
            self._cells.scale(1.0 / self._unit)
            self._unit = 1.0
        self._cells.add(bands, self._unit)
        self._sounded_s += self.sounding / FRAMES_HZ

    def spectrum(self) -> Spectrum:
        """What was heard of late; its ``loud_s`` is of all that was ever heard, for that is how far it is known."""
        found = self._cells.spectrum(1.0 / FRAMES_HZ / self._unit, self._rate_hz)
        return replace(found, loud_s=self._sounded_s)

    def moment(self, reference: Reference) -> Moment:
        """The same beside a reference."""
        spectrum = self.spectrum()
        chosen, deviation, trust, _ = judged(spectrum, reference)
        return Moment(
            deviation_db=trust * deviation,
            shape_db=chosen.mean_db + deviation if spectrum.heard.any() else np.zeros(len(BANDS_HZ)),
            reference=chosen.name,
            spread_db=chosen.spread_db,
            trust=trust,
            level_db=self.level_db,
            sounding=self.sounding,
        )
