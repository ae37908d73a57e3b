"""The five bands nearest to a drawn curve, or to more filters than five: looked for from many places at once.

Levenberg-Marquardt on a batch of candidates; the best are then varied, a bell put where most is missing or a shelf
begun anew, and improved again, until the curve is met or nothing helps. A curve that five bands can play is found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from semeq.response import Floats, bands_db
from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, SHELF_Q, EqSettings

# A candidate is 16 numbers: five log frequencies, five gains, five log Qs, a level.
_LOW = np.array([*[np.log(MIN_FREQ_HZ)] * 5, *[-GAIN_LIMIT_DB] * 5, *[np.log(MIN_Q)] * 5, -60.0])
_HIGH = np.array([*[np.log(MAX_FREQ_HZ)] * 5, *[GAIN_LIMIT_DB] * 5, *[np.log(MAX_Q)] * 5, 60.0])
_REACH = np.array([1.0] * 5 + [4.0] * 5 + [1.0] * 5 + [6.0])  # of one step
_NUDGE = 1e-5
_TRIES, _STARTS, _KEPT, _PARENTS, _ROUNDS = 8, 32, 5, 3, 6
_STEPS, _LAST_STEPS, _SHARPEN = 20, 60, 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Aim:
    """What is to be met, where, and how much each point counts."""

    target_db: Floats
    at_hz: Floats
    rate_hz: float
    level_free: bool
    weights: Floats

    def off_db(self, one: Floats) -> Floats:
        """How far a candidate is off, at each point."""
        return np.asarray(_played(one[None], self)[0] - self.target_db)


def five_near(target_db: Floats, at_hz: Floats, rate_hz: float, *, level_free: bool, good_db: float) -> EqSettings:
    """Five bands, shelf Q free; with ``level_free`` a constant goes into the preamp.

    The search ends where no point is off by more than ``good_db``; the bands are then improved as far as they go.
    """
    even = np.ones(len(at_hz))
    aim = _Aim(target_db=target_db, at_hz=at_hz, rate_hz=rate_hz, level_free=level_free, weights=even)
    best, best_db = np.zeros(16), np.inf
    for attempt in range(_TRIES):
        found = _improved(_searched(aim, np.random.default_rng(attempt), good_db), aim, _LAST_STEPS)[0]
        if (off_db := float(np.abs(aim.off_db(found)).max())) < best_db:
            best, best_db = found, off_db
        if best_db < good_db:
            break
    if best_db >= good_db:
        best = _sharpened(best, aim)
    freqs, gains, qs = np.exp(best[:5]), best[5:10], np.exp(best[10:15])
    return EqSettings.of(
        np.clip(freqs, MIN_FREQ_HZ, MAX_FREQ_HZ).tolist(),
        np.clip(gains, -GAIN_LIMIT_DB, GAIN_LIMIT_DB).tolist(),
        np.clip(qs, MIN_Q, MAX_Q).tolist(),
        float(best[15]),
    )


def _searched(aim: _Aim, draw: np.random.Generator, good_db: float) -> Floats:
    """The best candidate of one search, ``[1, 16]``."""
    some = _drawn(draw, float(aim.target_db.mean()) if aim.level_free else 0.0)
    for _ in range(_ROUNDS):
        some = _improved(some, aim, _STEPS)[:_KEPT]
        if np.abs(aim.off_db(some[0])).max() < good_db:
            return some[:1]
        some = np.concatenate([some, *(_varied(one, aim, draw) for one in some[:_PARENTS])])
    return _improved(some, aim, _STEPS)[:1]


def _sharpened(best: Floats, aim: _Aim) -> Floats:
    """Points that are off most weighed more, again and again: lowers the greatest error."""
    found = best
    for _ in range(_SHARPEN):
        off_db = np.abs(aim.off_db(found))
        weights = aim.weights * np.sqrt(0.1 + off_db / max(float(off_db.mean()), 1e-12))
        aim = replace(aim, weights=weights / weights.mean())
        found = _improved(found[None], aim, _STEPS)[0]
        if np.abs(aim.off_db(found)).max() < np.abs(aim.off_db(best)).max():
            best = found
    return best


def _drawn(draw: np.random.Generator, level_db: float) -> Floats:
    """Candidates as settings may be, at random. Shape: ``[S, 16]``."""
    places = [
        draw.uniform(np.log(30), np.log(600), (_STARTS, 1)),
        draw.uniform(np.log(60), np.log(14_000), (_STARTS, 3)),
        draw.uniform(np.log(1500), np.log(16_000), (_STARTS, 1)),
    ]
    gains = draw.uniform(-6, 6, (_STARTS, 5))
    qs = draw.uniform(np.log(0.5), np.log(3), (_STARTS, 5))
    qs[:, [0, 4]] = np.log(SHELF_Q)
    return np.concatenate([*places, gains, qs, np.full((_STARTS, 1), level_db)], axis=1)


def _varied(one: Floats, aim: _Aim, draw: np.random.Generator) -> Floats:
    """Children of a candidate. Shape: ``[16] -> [8, 16]``."""
    bands, missing = _bands(one[None], aim)[0], -aim.off_db(one)
    first = int(np.abs(missing).argmax())
    elsewhere = np.abs(np.arange(len(missing)) - first) > len(missing) // 12
    second = int((np.abs(missing) * elsewhere).argmax())
    children = []
    for bell in (1, 2, 3):
        for place in (first, second):
            child = one.copy()
            child[bell], child[10 + bell] = np.log(aim.at_hz[place]), np.log(draw.choice([0.7, 1.5, 3.0]))
            child[5 + bell] = 0.7 * (missing[place] + bands[bell, place])
            children.append(child)
    for shelf, low_hz, high_hz in ((0, 40, 500), (4, 2000, 14_000)):
        child = one.copy()
        child[shelf], child[5 + shelf] = draw.uniform(np.log(low_hz), np.log(high_hz)), draw.uniform(-8, 8)
        child[10 + shelf] = np.log(SHELF_Q)
        children.append(child)
    return np.clip(np.array(children), _LOW, _HIGH)


def _improved(some: Floats, aim: _Aim, steps: int) -> Floats:
    """Each candidate some steps further, the best first. Shape: ``[S, 16] -> [S, 16]``."""
    damping, eye = np.full(len(some), 1e-2), np.eye(16)
    cost = _cost(_played(some, aim), aim)
    for _ in range(steps):
        curves, slopes = _slopes(some, aim)
        slopes = slopes * aim.weights
        gradient = np.einsum("spf,sf->sp", slopes, aim.weights * (curves - aim.target_db))
        held = ((some <= _LOW) & (gradient > 0)) | ((some >= _HIGH) & (gradient < 0))
        free = ~held
        hessian = slopes @ slopes.transpose(0, 2, 1) * free[:, :, None] * free[:, None, :]
        scale = np.einsum("spp->sp", hessian) * damping[:, None] + 1e-6
        step = np.linalg.solve(hessian + (scale + held)[:, :, None] * eye, (-gradient * free)[..., None])[..., 0]
        tried = np.clip(some + np.clip(step, -_REACH, _REACH), _LOW, _HIGH)
        tried_cost = _cost(_played(tried, aim), aim)
        better = tried_cost < cost
        some, cost = np.where(better[:, None], tried, some), np.where(better, tried_cost, cost)
        damping = np.where(better, np.maximum(0.3 * damping, 1e-9), np.minimum(4.0 * damping, 1e6))
    return np.asarray(some[np.argsort(cost, kind="stable")])


def _cost(curves: Floats, aim: _Aim) -> Floats:
    return np.asarray(((aim.weights * (curves - aim.target_db)) ** 2).sum(axis=1))


def _bands(some: Floats, aim: _Aim) -> Floats:
    return bands_db(np.exp(some[..., :5]), some[..., 5:10], np.exp(some[..., 10:15]), aim.at_hz, aim.rate_hz)


def _played(some: Floats, aim: _Aim) -> Floats:
    return np.asarray(_bands(some, aim).sum(axis=-2) + some[..., 15:])


def _slopes(some: Floats, aim: _Aim) -> tuple[Floats, Floats]:
    """The curves ``[S, F]`` and their slopes ``[S, 16, F]``; a band's numbers move that band only."""
    nudged = np.repeat(some[:, None], 4, axis=1)
    for number in range(3):
        nudged[:, number + 1, 5 * number : 5 * number + 5] += _NUDGE
    bands = _bands(nudged, aim)
    slopes = ((bands[:, 1:] - bands[:, :1]) / _NUDGE).reshape(len(some), 15, -1)
    level = np.full((len(some), 1, len(aim.at_hz)), float(aim.level_free))
    return bands[:, 0].sum(axis=1) + some[:, 15:], np.concatenate([slopes, level], axis=1)
