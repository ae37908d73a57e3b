"""From where a knob stands to what it means: curves, relative knobs, and taking over a value without a jump."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["abs", "rel2c", "relbin", "relsign"]
Takeover = Literal["jump", "pickup", "scale"]
Curve = Literal["lin", "log", "db"]
MODES, TAKEOVERS, CURVES = ("abs", "rel2c", "relbin", "relsign"), ("jump", "pickup", "scale"), ("lin", "log", "db")
_NEAR = 2 / 127
_SAME = 1e-3


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """How a control from 0 to 1 becomes a value: over a range, along a curve; "db" are gains of so many dB."""

    low: float = 0.0
    high: float = 1.0
    curve: Curve = "lin"
    invert: bool = False

    def value(self, share: float) -> float:
        """What a position means.

        >>> Law(low=20, high=20_000, curve="log").value(0.5)
        632.4555320336758
        """
        share = 1.0 - share if self.invert else share
        if self.curve == "log":
            return self.low * float((self.high / self.low) ** share)
        plain = self.low + (self.high - self.low) * share
        return float(10 ** (plain / 20)) if self.curve == "db" else plain

    def share(self, value: float) -> float:
        """Where a knob would stand for a value."""
        match self.curve:
            case "log":
                found = math.log(max(value, 1e-9) / self.low) / math.log(self.high / self.low)
            case "db":
                found = (20 * math.log10(max(value, 1e-9)) - self.low) / (self.high - self.low)
            case _:
                found = (value - self.low) / (self.high - self.low)
        found = min(max(found, 0.0), 1.0)
        return 1.0 - found if self.invert else found


def ticks(mode: Mode, value: int) -> int:
    """How far a relative knob was turned.

    >>> [ticks("rel2c", 1), ticks("rel2c", 127), ticks("relbin", 63), ticks("relsign", 66)]
    [1, -1, -1, -2]
    """
    match mode:
        case "rel2c":
            return value if value < 64 else value - 128
        case "relbin":
            return value - 64
        case _:
            return value if value < 64 else 64 - value


@dataclass(slots=True)
class Hand:
    """One absolute control on its way to a value that others move too."""

    takeover: Takeover = "pickup"
    _last: float | None = field(default=None)
    _said: float | None = field(default=None)
    _engaged: bool = field(default=False)

    def takes(self, share: float, current: float) -> float | None:
        """Where the value goes when the knob stands at ``share`` and the value at ``current``; None: it stays.

        Jump follows at once; pickup waits until the knob passes the value; scale moves the value by as much of what is
        left as the knob moves of what it has left, so that both reach the end together.
        """
        last, self._last = self._last, share
        match self.takeover:
            case "jump":
                return share
            case "pickup":
                return self._picked_up(last, share, current)
            case _:
                if last is None or last == share:
                    return None
                room, left = (1.0 - last, 1.0 - current) if share > last else (last, current)
                return min(max(current + (share - last) * (left / room if room > 1e-9 else 1.0), 0.0), 1.0)

    def _picked_up(self, last: float | None, share: float, current: float) -> float | None:
        moved_by_others = self._said is None or abs(current - self._said) > _SAME
        if self._engaged and moved_by_others:
            self._engaged = False
        passed = last is not None and min(last, share) - _SAME <= current <= max(last, share) + _SAME
        if not self._engaged and not passed and abs(share - current) > _NEAR:
            return None
        self._engaged, self._said = True, share
        return share
