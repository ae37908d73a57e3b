"""Curves added up: weighted sums of settings in dB, and the way from one curve to another, as five bands again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from semeq.errors import SettingsError, UsageError
from semeq.fit import bounds, curves_and_slopes, pack, unpack
from semeq.response import RATE_HZ, Floats, log_grid_hz, response_db
from semeq.settings import GAIN_LIMIT_DB, PREAMP_LIMIT_DB, EqSettings, checked_settings, number_or_nan, shown

Guess = Callable[[Sequence[float]], EqSettings]
"""Bands to begin from, by the amounts."""

POINTS = 64
_KNOTS = 24
_MOST = 1e6  # of an amount: as much as settings may be scaled by


def combine(settings: Sequence[EqSettings], amounts: Sequence[float], *, guess: Guess | None = None) -> EqSettings:
    """Add curves in dB, each times its amount, as five bands again; negative amounts subtract.

    Neighbouring amounts give neighbouring bands (no search, a fixed number of steps), so it can follow a knob. A model
    that knows which bands make which curve may ``guess`` them for the amounts; else they begin between the given ones.

    >>> bass, air = EqSettings.flat().with_gain(1, 6.0), EqSettings.flat().with_gain(5, 4.0)
    >>> [round(gain) for gain in combine([bass, air], [0.5, 1.0]).gains_db]
    [3, 0, 0, 0, 4]
    """
    pairs = _checked_pairs(settings, amounts)
    used = [(curve, amount) for curve, amount in pairs if amount]
    preamp_db = sum(amount * curve.preamp_db for curve, amount in used)
    preamp_db = min(max(preamp_db, -PREAMP_LIMIT_DB), PREAMP_LIMIT_DB)
    if not used:
        return pairs[0][0].scaled(0.0).with_preamp(0.0)
    if len(used) == 1:
        curve, amount = used[0]
        return curve.scaled(amount).with_preamp(preamp_db)
    freqs = log_grid_hz(points=POINTS)
    target = np.sum([amount * response_db(curve.with_preamp(0.0), freqs) for curve, amount in used], axis=0)
    start = _between(used) if guess is None else pack(guess([amount for _, amount in pairs]))
    return unpack(_polish(start, target, freqs)).with_preamp(preamp_db)


def _between(used: Sequence[tuple[EqSettings, float]]) -> Floats:
    """Bands between those of some curves: each where the curves that need it most have it."""
    params = np.array([pack(in_order(curve)) for curve, _ in used])
    say = np.array([abs(amount) for _, amount in used])[:, None] * (np.abs(params[:, 5:10]) + 1.0)
    say /= say.sum(axis=0)
    start = np.empty(13)
    start[:5] = np.sum(say * params[:, :5], axis=0)
    start[5:10] = np.clip(np.array([amount for _, amount in used]) @ params[:, 5:10], -GAIN_LIMIT_DB, GAIN_LIMIT_DB)
    start[10:] = np.sum(say[:, 1:4] * params[:, 10:], axis=0)
    return start


def _checked_pairs(settings: Sequence[EqSettings], amounts: Sequence[float]) -> list[tuple[EqSettings, float]]:
    try:
        curves, given = list(settings), list(amounts)
    except TypeError:
        raise SettingsError(f"settings {shown(settings)}, amounts {shown(amounts)}: use two lists") from None
    if len(curves) != len(given) or not curves:
        raise SettingsError(f"{len(curves)} settings and {len(given)} amounts: use one amount for each")
    for amount in given:
        if not abs(number_or_nan(amount)) <= _MOST:
            raise SettingsError(f"amount {shown(amount)}: use a number from {-_MOST:g} to {_MOST:g}")
    return [(checked_settings(curve), float(amount)) for curve, amount in zip(curves, given, strict=True)]


def interpolate_settings(a: EqSettings, b: EqSettings, position: float, *, guess: Guess | None = None) -> EqSettings:
    """The curve ``position`` of the way from ``a`` (0) to ``b`` (1), in equal steps of dB; both ends are exact."""
    a, b = checked_settings(a), checked_settings(b)
    if not 0 <= (way := number_or_nan(position)) <= 1:
        raise UsageError(f"position {shown(position)}: use 0 to 1")
    if way in (0, 1):
        return b if way else a
    knots, travelled = _timetable(a, b, guess)
    share = float(np.interp(way * travelled[-1], travelled, knots))
    return combine([a, b], [1 - share, share], guess=guess)


@lru_cache(maxsize=256)
def _timetable(a: EqSettings, b: EqSettings, guess: Guess | None) -> tuple[Floats, Floats]:
    """How far the curve has travelled, in dB, at evenly spaced shares of ``b``: five bands do not move evenly."""
    knots = np.linspace(0.0, 1.0, _KNOTS + 1)
    curves = [a, *(combine([a, b], [1 - share, share], guess=guess) for share in knots[1:-1]), b]
    return knots, np.concatenate([[0.0], np.cumsum(path_steps_db(curves))])


def path(a: EqSettings, b: EqSettings, steps: int) -> list[EqSettings]:
    """``steps`` + 1 settings from ``a`` to ``b``, both included."""
    return [interpolate_settings(a, b, step / steps) for step in range(steps + 1)]


def path_steps_db(settings: Sequence[EqSettings]) -> list[float]:
    """RMS change in dB from each curve of a path to the next."""
    freqs = log_grid_hz(points=POINTS)
    curves = [response_db(curve, freqs) for curve in settings]
    return [float(np.sqrt(np.mean((later - earlier) ** 2))) for earlier, later in pairwise(curves)]


def in_order(settings: EqSettings) -> EqSettings:
    """The same curve with its bells in rising frequency, so that like meets like."""
    bells = sorted(settings.bands[1:4], key=lambda band: band.freq_hz)
    return replace(settings, bands=(settings.bands[0], *bells, settings.bands[4]))


def _polish(params: Floats, target: Floats, freqs: Floats, steps: int = 8) -> Floats:
    """A fixed number of damped Gauss-Newton steps: continuous in all inputs, as no search that refuses steps is."""
    low, high = bounds(GAIN_LIMIT_DB)
    anchor = params
    pull = np.concatenate([np.full(5, 12.0), np.full(5, 1e-4), np.full(3, 12.0)])  # towards where the bands began
    weight = 1.0 / len(freqs)
    for _ in range(steps):
        curves, slopes = curves_and_slopes(params[None], freqs, RATE_HZ)
        error, jacobian = curves[0] - target, slopes[0]
        hessian = weight * (jacobian @ jacobian.T) + np.diag(pull)
        gradient = weight * (jacobian @ error) + pull * (params - anchor)
        step = np.linalg.solve(hessian, -gradient)
        params = np.clip(params + np.clip(step, -1.0, 1.0), low, high)
    return params
