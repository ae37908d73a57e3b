"""The law of a knob, read off the numbers it shows: the simplest one that explains them all."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from semeq.response import Floats

_FEWEST = 5
_SLACK = 1.05  # a shown number may be cut off a little beside the middle
_HIGHEST_DEGREE = 6
_NUMBER = re.compile(r"\s*([+\-\u2212]?)\s*(\d{1,9})(?:[.,](\d{1,9}))?\s*(k?)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A rising table: where the knob stands, 0 to 1, and the value there; between two rows evenly in octaves or not."""

    positions: tuple[float, ...]
    values: tuple[float, ...]
    in_octaves: bool

    def position(self, value: float) -> float:
        """Where the knob has to stand for a value."""
        low, high = self.values[0], self.values[-1]
        held = min(max(value, low), high)
        return float(np.interp(self._even(held), self._even(np.array(self.values)), self.positions))

    def value(self, position: float) -> float:
        """What a position stands for."""
        even = float(np.interp(position, self.positions, self._even(np.array(self.values))))
        return math.exp(even) if self.in_octaves else even

    def _even(self, values: Floats | float) -> Floats:
        return np.log(np.maximum(values, 1e-9)) if self.in_octaves else np.asarray(values, dtype=np.float64)


def octaves(low: float, high: float) -> Scale:
    """A knob that goes evenly in octaves.

    >>> round(octaves(10, 22_000).position(100), 4)
    0.2992
    """
    return Scale(positions=(0.0, 1.0), values=(low, high), in_octaves=True)


def even(low: float, high: float) -> Scale:
    """A knob that goes evenly in its own unit."""
    return Scale(positions=(0.0, 1.0), values=(low, high), in_octaves=False)


def shown(text: object) -> tuple[float, float] | None:
    """The number a program shows, and how far it may be rounded; None where it cannot be read.

    >>> shown("2.50 kHz"), shown("-7,8 dB"), shown("-inf dB")
    ((2500.0, 5.0), (-7.8, 0.05), None)
    """
    found = _NUMBER.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    sign, whole, rest, thousand = found.groups()
    factor = 1000.0 if thousand else 1.0
    value = float(f"{whole}.{rest or '0'}") * factor * (-1 if sign in ("-", "\u2212") else 1)
    return value, 0.5 * 10.0 ** -len(rest or "") * factor


def learned(start: Scale, readings: Sequence[tuple[float, object]]) -> Scale | None:
    """The scale that explains what was shown at some positions: the start law, a smooth one, or the rows themselves.

    None where too little could be read, or what was read does not rise.
    """
    rows = [(at, *number) for at, text in readings if (number := shown(text)) is not None]
    if start.in_octaves:
        rows = [row for row in rows if row[1] > 0]
    rising = all(before[1] <= after[1] for before, after in pairwise(rows))
    if len(rows) < max(_FEWEST, len(readings) - 2) or not rising or rows[0][1] >= rows[-1][1]:
        return None
    if _explains(start.value, rows):
        return start
    at = np.array([row[0] for row in rows])
    values = np.array([row[1] for row in rows])
    target = np.log(values) if start.in_octaves else values
    sure = (values if start.in_octaves else 1.0) / np.array([row[2] for row in rows])  # the finer it is shown
    grid: Floats = np.linspace(at[0], at[-1], 129)
    for degree in range(1, min(_HIGHEST_DEGREE, len(rows) // 2) + 1):
        curve: Floats = np.asarray(np.polyval(np.polyfit(at, target, degree, w=sure), grid), dtype=np.float64)
        if (np.diff(curve) > 0).all():
            smooth = _scale(grid, np.exp(curve) if start.in_octaves else curve, start.in_octaves)
            if _explains(smooth.value, rows):
                return smooth
    kept = np.concatenate([[True], np.diff(values) > 0])
    return _scale(at[kept], values[kept], start.in_octaves)


def _explains(law: Callable[[float], float], rows: Sequence[tuple[float, float, float]]) -> bool:
    return all(abs(law(at) - value) <= _SLACK * rounding for at, value, rounding in rows)


def _scale(positions: Floats, values: Floats, in_octaves: bool) -> Scale:
    return Scale(
        positions=tuple(map(float, positions)),
        values=tuple(map(float, values)),
        in_octaves=in_octaves,
    )
