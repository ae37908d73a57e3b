"""Does a word have separate meanings: groups of its settings, where they stand apart more than one cloud would."""

from __future__ import annotations

import numpy as np

from semeq.response import Floats
from semeq_models.curves import unit

LEAST_ROWS, LEAST_IN_GROUP, LEAST_SHARE = 12, 3, 0.1
MOST_MODES = 3
CHANCE = 0.05
_CLOUDS, _STARTS, _STEPS, _DIRECTIONS = 200, 10, 25, 6


def modes(curves_db: Floats, weights: Floats, seed: int = 0) -> Floats:
    """What each row weighs in each group, the largest group first. Shapes: ``[rows, F], [rows] -> [groups, rows]``.

    No groups where the word shows none. Shapes are grouped by k-means, and the groups are kept where they leave less
    spread than in 95 of 100 Gaussian clouds with the same mean and covariance (k-means would split those as well); the
    most groups win. Several rows of one person count as several: the test is generous to words with few people.
    """
    nothing = np.zeros((0, len(curves_db)))
    if len(curves_db) < LEAST_ROWS:
        return nothing
    random = np.random.default_rng(seed)
    share = weights / weights.sum()
    shapes = _main_directions(unit(curves_db), share)
    clouds = _clouds(shapes, share, random)
    for count in range(MOST_MODES, 1, -1):
        groups, left = _split(shapes[None], share, count, random)
        _, by_chance = _split(clouds, share, count, random)
        part = np.array([share[groups[0] == number].sum() for number in range(count)])
        sizes = np.bincount(groups[0], minlength=count)
        stands = (1 + np.sum(by_chance <= left[0])) / (1 + _CLOUDS) <= CHANCE
        if stands and part.min() >= LEAST_SHARE and sizes.min() >= LEAST_IN_GROUP:
            order = np.argsort(-part, kind="stable")
            return np.array([np.where(groups[0] == number, share, 0.0) for number in order])
    return nothing


def _main_directions(shapes: Floats, share: Floats) -> Floats:
    """Shapes in the few directions that hold most of them, with length 1."""
    _, _, directions = np.linalg.svd(shapes * np.sqrt(share)[:, None], full_matrices=False)
    return _on_the_sphere(shapes @ directions[:_DIRECTIONS].T)


def _clouds(shapes: Floats, share: Floats, random: np.random.Generator) -> Floats:
    """As many shapes, drawn from one Gaussian of the same mean and covariance, many times."""
    mean = share @ shapes
    _, sizes, directions = np.linalg.svd((shapes - mean) * np.sqrt(share)[:, None], full_matrices=False)
    drawn = random.standard_normal((_CLOUDS, len(shapes), len(sizes)))
    return _on_the_sphere(mean + (drawn * sizes) @ directions)


def _on_the_sphere(shapes: Floats) -> Floats:
    return np.asarray(shapes / np.maximum(np.linalg.norm(shapes, axis=-1, keepdims=True), 1e-12))


def _split(sets: Floats, share: Floats, count: int, random: np.random.Generator) -> tuple[np.ndarray, Floats]:
    """k-means of many sets at once, the best of some starts; groups and the share of the spread they leave.

    Shapes: ``[sets, people, D] -> [sets, people], [sets]``.
    """
    number, people, _ = sets.shape
    whole = np.einsum("p,spd->s", share, (sets - np.einsum("p,spd->sd", share, sets)[:, None]) ** 2)
    best, found = np.full(number, np.inf), np.zeros((number, people), dtype=np.int64)
    for _ in range(_STARTS):
        picks = random.random((number, people)).argpartition(count, axis=1)[:, :count]
        centres = np.take_along_axis(sets, picks[..., None], axis=1)
        for _ in range(_STEPS):
            groups = _nearest(sets, centres)
            member = (groups[..., None] == np.arange(count)) * share[:, None]
            mass = member.sum(axis=1)
            fresh = np.einsum("spk,spd->skd", member, sets) / np.maximum(mass, 1e-12)[..., None]
            fresh = np.where(mass[..., None] > 0, fresh, centres)
            if np.allclose(fresh, centres, rtol=0, atol=1e-9):
                break
            centres = fresh
        groups = _nearest(sets, centres)
        off = sets - np.take_along_axis(centres, groups[..., None], axis=1)
        left = np.einsum("p,spd->s", share, off**2) / np.maximum(whole, 1e-12)
        better = left < best
        best = np.where(better, left, best)
        found = np.where(better[:, None], groups, found)
    return found, best


def _nearest(sets: Floats, centres: Floats) -> np.ndarray:
    return np.asarray(((sets[:, :, None] - centres[:, None]) ** 2).sum(axis=-1).argmin(axis=-1))
