"""Intervals by bootstrap: people or words are drawn again and again, and 95 % of the draws say how sure a figure is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semeq.response import Floats

DRAWS = 2000
_DIGITS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A figure, with its 95 % interval where people or words were drawn; a property of a network has none."""

    value: float
    low: float | None = None
    high: float | None = None

    def text(self, digits: int = 2) -> str:
        """The figure for a table, such as 0.42 [0.31, 0.52]."""
        if self.low is None or self.high is None or self.low == self.high:
            return f"{self.value:,.{digits}f}"
        return f"{self.value:,.{digits}f} [{self.low:,.{digits}f}, {self.high:,.{digits}f}]"

    def __str__(self) -> str:
        return self.text()


def point(value: float) -> Estimate | None:
    """A figure without an interval; None where there is no number."""
    return Estimate(value=round(float(value), _DIGITS)) if np.isfinite(value) else None


def tie(a: Estimate, b: Estimate) -> bool:
    """True where the intervals overlap, so that neither is better; without intervals, where both are equal."""
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(b)
    return a_low <= b_high and b_low <= a_high


def _ends(one: Estimate) -> tuple[float, float]:
    return (one.value if one.low is None else one.low), (one.value if one.high is None else one.high)


def draws_of(units: int, seed: int, draws: int = DRAWS) -> Floats:
    """How often each unit is drawn. Shape: ``[draws, units]``, every row sums to ``units``."""
    picks = np.random.default_rng(seed).integers(units, size=(draws, units))
    places = picks + units * np.arange(draws)[:, None]
    return np.bincount(places.ravel(), minlength=draws * units).reshape(draws, units).astype(np.float64)


def draws_of_people(folds: Sequence[Sequence[str]], seed: int) -> list[Floats]:
    """How often each person is drawn, the same in every fold that heard them. Shapes: ``[draws, people]`` each."""
    everyone = sorted({person for fold in folds for person in fold})
    place = {person: number for number, person in enumerate(everyone)}
    times = draws_of(len(everyone), seed)
    return [times[:, [place[person] for person in fold]] for fold in folds]


def mean_of(values: Sequence[float] | Floats, seed: int = 0) -> Estimate | None:
    """The mean of one value per unit; None where there is no unit."""
    numbers = np.asarray(values, dtype=np.float64)
    return ratio_of(numbers, np.ones_like(numbers), seed)


def ratio_of(sums: Sequence[float] | Floats, sizes: Sequence[float] | Floats, seed: int = 0) -> Estimate | None:
    """Sum over sum of two values per unit: the mean of all rows, where every unit brings several."""
    parts, wholes = np.asarray(sums, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    if not wholes.sum():
        return None
    times = draws_of(len(parts), seed)
    drawn = (times @ parts) / np.maximum(times @ wholes, 1e-12)
    return _estimate(parts.sum() / wholes.sum(), *np.quantile(drawn, [0.025, 0.975]))


def quantile_of(values: Floats, owners: Sequence[str], share: float, seed: int = 0) -> Estimate | None:
    """A quantile of all rows, where owners are drawn with all their rows. Shapes: ``[R], [R]``."""
    if not len(values):
        return None
    order = np.argsort(values, kind="stable")
    _, owner = np.unique(np.asarray(owners), return_inverse=True)
    reached = np.cumsum(draws_of(int(owner.max()) + 1, seed)[:, owner[order]], axis=1)
    drawn = values[order][np.argmax(reached >= share * reached[:, -1:], axis=1)]
    return _estimate(np.quantile(values, share, method="inverted_cdf"), *np.quantile(drawn, [0.025, 0.975]))


def pair_mean_of(pairs: Floats, seed: int = 0, *, root: bool = False) -> Estimate | None:
    """The mean over all pairs of two different units; ``root`` takes the square root. Shape: ``[N, N]``, symmetric.

    A unit drawn twice is never paired with itself.
    """
    if len(pairs) < 2:
        return None

    def of(times: Floats) -> Floats:
        alone = times**2 @ np.diag(pairs)
        others = times.sum(axis=1) ** 2 - (times**2).sum(axis=1)
        mean = (np.einsum("di,ij,dj->d", times, pairs, times, optimize=True) - alone) / np.maximum(others, 1e-12)
        return np.asarray(np.sqrt(np.maximum(mean, 0.0)) if root else mean)

    times = draws_of(len(pairs), seed)
    drawn = of(times[np.count_nonzero(times, axis=1) > 1])
    return _estimate(of(np.ones((1, len(pairs))))[0], *np.quantile(drawn, [0.025, 0.975]))


def around(value: float, drawn: Floats, least: float = -np.inf, most: float = np.inf) -> Estimate | None:
    """The spread of the draws, moved so that their mean is ``value``: for figures that few units make worse or better.

    A distance to fewer different people is larger on average, a correlation with them smaller, whatever the model is.
    """
    if not np.isfinite(value):
        return None
    low, high = np.quantile(drawn, [0.025, 0.975]) - drawn.mean() + value
    return _estimate(value, float(np.clip(low, least, value)), float(np.clip(high, value, most)))


def _estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(
        value=round(float(value), _DIGITS), low=round(float(low), _DIGITS), high=round(float(high), _DIGITS)
    )
