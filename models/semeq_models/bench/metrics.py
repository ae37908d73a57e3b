"""How far two sets of curves are apart, and how much each varies: in dB RMS, every person counting the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from semeq.response import Floats
from semeq_models.bench.bootstrap import Estimate, around, draws_of_people


def distances_db(one: Floats, other: Floats) -> Floats:
    """RMS difference in dB between every two curves. Shapes: ``[N, F], [M, F] -> [N, M]``."""
    from scipy.spatial.distance import cdist  # slow to import, and only needed here

    return np.asarray(cdist(one, other) / np.sqrt(one.shape[-1]))


def person_weights(owners: Sequence[str]) -> Floats:
    """A weight for every row, so that all people count the same; they sum to 1."""
    _, owner, rows = np.unique(np.asarray(owners), return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (rows[owner] * len(rows)))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Gap:
    """Mean distances of one fold, in dB: within the samples, from the samples to each person, and between people.

    ``within_db`` counts a sample's distance to itself, 0; ``apart_db`` does not.
    """

    rows: int
    people: tuple[str, ...]
    within_db: float
    apart_db: float
    to_people_db: Floats
    people_db: Floats


def gap(samples_db: Floats, sample_weights: Floats, curves_db: Floats, owners: Sequence[str]) -> Gap:
    """Measure samples against people's curves. Shapes: ``[S, F], [S], [R, F], [R]``."""
    people, owner = np.unique(np.asarray(owners), return_inverse=True)
    members = (owner == np.arange(owner.max() + 1)[:, None]).astype(np.float64)
    members /= members.sum(axis=1, keepdims=True)
    within = distances_db(samples_db, samples_db)
    mean = float(sample_weights @ within @ sample_weights)
    return Gap(
        rows=len(curves_db),
        people=tuple(people.tolist()),
        within_db=mean,
        apart_db=mean / max(1.0 - float(np.sum(sample_weights**2)), 1e-12),
        to_people_db=members @ (distances_db(curves_db, samples_db) @ sample_weights),
        people_db=members @ distances_db(curves_db, curves_db) @ members.T,
    )


def energy_distance_db(found: Gap, weights: Floats | None = None) -> Floats:
    """2 E|X-Y| - E|X-X'| - E|Y-Y'|, with |.| the RMS difference in dB of level-free curves: 0 for equal sets.

    G. Székely, M. Rizzo, "Energy statistics", J. Stat. Plan. Inference 143 (2013), as V-statistic, without a root and
    without a norm. ``weights`` of the people may be given many times. Shapes: ``[..., people] -> [...]``.
    """
    people = len(found.to_people_db)
    shares = np.full(people, 1.0 / people) if weights is None else weights
    between = np.einsum("...i,ij,...j->...", shares, found.people_db, shares, optimize=True)
    return np.asarray(2.0 * shares @ found.to_people_db - found.within_db - between)


def mean_energy_distance_db(found: Sequence[Gap], seed: int = 0) -> Estimate | None:
    """The energy distance of all folds, weighted by their held-out rows; the interval draws people."""
    if not found:
        return None
    times = draws_of_people([fold.people for fold in found], seed)
    rows = np.array([fold.rows for fold in found], dtype=np.float64)
    value = np.average([float(energy_distance_db(fold)) for fold in found], weights=rows)
    drawn = [energy_distance_db(fold, _shares(own)) for fold, own in zip(found, times, strict=True)]
    return around(float(value), _mean_where_heard(drawn, rows, [own.sum(axis=1) for own in times]), least=0.0)


def diversity(found: Sequence[Gap], seed: int = 0) -> Estimate | None:
    """How much samples differ from each other, over how much held-out people do: 1 is as varied as people are."""
    several = [fold for fold in found if len(fold.people) > 1]
    if not several:
        return None
    times = draws_of_people([fold.people for fold in several], seed)
    rows = np.array([fold.rows for fold in several], dtype=np.float64)
    samples_db = np.average([fold.apart_db for fold in several], weights=rows)
    everyone = [_between_people_db(fold, np.ones((1, len(fold.people)))) for fold in several]
    drawn = [_between_people_db(fold, own) for fold, own in zip(several, times, strict=True)]
    heard = [np.count_nonzero(own, axis=1) > 1 for own in times]
    value = samples_db / np.average(everyone, axis=0, weights=rows)[0]
    return around(float(value), samples_db / np.maximum(_mean_where_heard(drawn, rows, heard), 1e-12), least=0.0)


def _shares(times: Floats) -> Floats:
    return np.asarray(times / np.maximum(times.sum(axis=1, keepdims=True), 1.0))


def _mean_where_heard(drawn: Sequence[Floats], rows: Floats, heard: Sequence[npt.ArrayLike]) -> Floats:
    """The mean over folds by their rows, without those of which a draw holds too few. Shapes: ``[folds][D] -> [D]``."""
    weights = rows[:, None] * (np.array(heard) > 0)
    return np.asarray((np.array(drawn) * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-12))


def _between_people_db(fold: Gap, times: Floats) -> Floats:
    """Mean distance between rows of different people, who are drawn so often. Shapes: ``[D, people] -> [D]``."""
    pairs = times.sum(axis=1) ** 2 - (times**2).sum(axis=1)
    total = np.einsum("di,ij,dj->d", times, fold.people_db, times, optimize=True) - times**2 @ np.diag(fold.people_db)
    return np.asarray(total / np.maximum(pairs, 1e-12))
