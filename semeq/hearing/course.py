"""How a programme goes: some bands over time, coarse and bounded, enough to tell the same piece under another EQ.

An EQ moves each narrow band up or down as a whole, so the course of every band stays what it was.
"""

from __future__ import annotations

import numpy as np

from semeq.response import Floats

_BANDS = [8, 13, 18, 23, 28, 33]  # of 40: 383 Hz to 7.9 kHz, an octave or so apart
_MOST_ROWS, _FEWEST_ROWS = 4096, 10
_SAME = 0.9  # the same piece stays above 0.98 under any EQ, others below 0.7
_FLOOR_DB, _SAME_LENGTH, _TINY = 50.0, 0.01, 1e-30


class Course:
    """Feed it the powers of frames; it keeps up to 4,096 rows of a time and six powers, coarser as they grow more."""

    def __init__(self) -> None:
        self._rows: Floats = np.zeros((0, 1 + len(_BANDS)))
        self._each, self._rest = 1, np.zeros((0, 1 + len(_BANDS)))

    def update(self, times_s: Floats, powers: Floats) -> None:
        """Take in the next frames. Shapes: ``[n], [n, 40]``."""
        rows = np.concatenate([self._rest, np.column_stack([times_s, powers[:, _BANDS]])])
        whole = len(rows) // self._each * self._each
        self._rest = rows[whole:]
        self._rows = np.concatenate([self._rows, _merged(rows[:whole], self._each)])
        while len(self._rows) > _MOST_ROWS:
            even = len(self._rows) // 2 * 2
            self._rest = np.concatenate([np.repeat(self._rows[even:], self._each, axis=0), self._rest])
            self._rows, self._each = _merged(self._rows[:even], 2), 2 * self._each

    def finish(self) -> Floats:
        """All rows so far. Shape: ``[rows, 7]``."""
        return self._rows


def same_piece(one: Floats, other: Floats) -> bool:
    """Whether two courses are of one piece, however its level and its EQ differ.

    >>> noise = 10.0 ** np.random.default_rng(0).normal(0.0, 1.0, (2, 40, 7))
    >>> noise[:, :, 0] = np.arange(40)
    >>> same_piece(noise[0], noise[0] * [1, 4, 3, 2, 1, 0.5, 0.25]), same_piece(noise[0], noise[1])
    (True, False)
    """
    if min(len(one), len(other)) < _FEWEST_ROWS:
        return False
    ends_s = one[-1, 0], other[-1, 0]
    if abs(ends_s[0] - ends_s[1]) > max(_SAME_LENGTH * max(ends_s), 2.0 * one[-1, 0] / len(one)):
        return False
    first, second = _levels_db(one), _levels_db(other)
    again = np.column_stack([np.interp(one[:, 0], other[:, 0], band) for band in second.T])
    first, again = first - first.mean(axis=0), again - again.mean(axis=0)
    sizes = np.sqrt((first**2).sum(axis=0) * (again**2).sum(axis=0))
    moving = sizes > _TINY
    if not moving.any():
        return False
    return float(np.median((first * again).sum(axis=0)[moving] / sizes[moving])) > _SAME


def _levels_db(course: Floats) -> Floats:
    levels = 10.0 * np.log10(np.maximum(course[:, 1:], _TINY))
    return np.asarray(np.maximum(levels, levels.max(axis=0) - _FLOOR_DB))


def _merged(rows: Floats, each: int) -> Floats:
    """Means of so many rows at a time."""
    return np.asarray(rows.reshape(-1, each, rows.shape[1]).mean(axis=1))
