"""Other parameters for the same curve: Levenberg-Marquardt on the response of the program that will play it.

In numpy: scipy.optimize alone takes longer to import than a whole export.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semeq.response import Floats, log_grid_hz, response_db
from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, EqSettings
from semeq_presets.laws import cookbook

Curves = Callable[[Floats, Floats, Floats, Floats, float], Floats]
"""Frequencies, gains and Qs ``[..., 5]``, where ``[F]``, the sample rate -> the summed curve ``[..., F]``."""

_STEP = 1e-5
_ROUNDS, _GRID = 8, 56


def descend(
    curves: Callable[[Floats], Floats],
    start: Floats,
    low: Floats,
    high: Floats,
    target: Floats,
    *,
    rounds: int = _ROUNDS,
    sharpen: int = 0,
) -> tuple[Floats, float]:
    """The parameters near ``start`` whose curve is nearest to ``target``, and the greatest error.

    ``curves`` takes many sets of parameters at once, ``[S, P] -> [S, F]``. With ``sharpen`` the points that are off
    most are weighed more in as many further runs, which lowers the greatest error.
    """
    weights = np.ones_like(target)
    params = np.clip(start, low, high)
    best, best_error = params, float(np.abs(curves(params[None])[0] - target).max())
    for _ in range(sharpen + 1):
        params = _run(curves, params, low, high, target, weights, rounds)
        error = np.abs(curves(params[None])[0] - target)
        if (greatest := float(error.max())) < best_error:
            best, best_error = params, greatest
        weights = weights * np.sqrt(0.1 + error / max(float(error.mean()), 1e-12))
        weights = weights / weights.mean()
    return best, best_error


def _run(
    curves: Callable[[Floats], Floats],
    params: Floats,
    low: Floats,
    high: Floats,
    target: Floats,
    weights: Floats,
    rounds: int,
) -> Floats:
    damping, eye = 1e-3, np.eye(len(params))
    signs = np.where(params + _STEP > high, -_STEP, _STEP)
    cost = float(np.sum((weights * (curves(params[None])[0] - target)) ** 2))
    for _ in range(rounds):
        found = curves(np.concatenate([params[None], params + signs[:, None] * eye]))
        error = weights * (found[0] - target)
        slopes = weights * (found[1:] - found[0]) / signs[:, None]
        free = ~(((params <= low) & (slopes @ error > 0)) | ((params >= high) & (slopes @ error < 0)))
        slopes = slopes[free]
        hessian, gradient = slopes @ slopes.T, slopes @ error
        scale = np.diag(np.diag(hessian) + 1e-9)
        gained = 0.0
        for _ in range(8):
            tried = params.copy()
            step = np.linalg.solve(hessian + damping * scale, -gradient)
            tried[free] = np.clip(params[free] + np.clip(step, -1.5, 1.5), low[free], high[free])
            tried_cost = float(np.sum((weights * (curves(tried[None])[0] - target)) ** 2))
            if tried_cost < cost:
                gained, params, cost, damping = cost - tried_cost, tried, tried_cost, max(damping * 0.2, 1e-12)
                break
            damping *= 5.0
        if gained <= 1e-5 * cost + 1e-9:
            break
        signs = np.where(params + _STEP > high, -_STEP, _STEP)
    return params


def refit(
    wanted: EqSettings,
    law: Curves,
    rate_hz: float,
    low: EqSettings,
    high: EqSettings,
    *,
    start: EqSettings,
    rounds: int = _ROUNDS,
    sharpen: int = 1,
    points: int = _GRID,
) -> EqSettings:
    """The settings between ``low`` and ``high`` that make a program with this ``law`` play what is ``wanted``.

    Bands of ``start`` that do nothing stay as they are.
    """
    grid = log_grid_hz(points=points)
    target = response_db(wanted.with_preamp(0.0), grid, rate_hz)
    lows, highs = _pack(low), _pack(high)
    begin = np.clip(_pack(start), lows, highs)
    idle = np.tile(np.array(start.gains_db) == 0.0, 3)
    lows, highs = np.where(idle, begin, lows), np.where(idle, begin, highs)
    found, _ = descend(
        lambda params: _played(params, law, grid, rate_hz), begin, lows, highs, target, rounds=rounds, sharpen=sharpen
    )
    return _unpack(np.clip(found, lows, highs), wanted.preamp_db)


def refit_to(start: EqSettings, target_db: Floats, at_hz: Floats, rate_hz: float) -> EqSettings:
    """Cookbook settings near ``start`` that play ``target_db``."""
    low, high = _pack(_edge(-1)), _pack(_edge(1))
    found, _ = descend(
        lambda params: _played(params, cookbook, at_hz, rate_hz), _pack(start), low, high, target_db, sharpen=4
    )
    return _unpack(found, start.preamp_db)


def _edge(sign: int) -> EqSettings:
    freq_hz, q = (MAX_FREQ_HZ, MAX_Q) if sign > 0 else (MIN_FREQ_HZ, MIN_Q)
    return EqSettings.of([freq_hz] * 5, [sign * GAIN_LIMIT_DB] * 5, [q] * 5)


def _played(params: Floats, law: Curves, at_hz: Floats, rate_hz: float) -> Floats:
    return law(np.exp(params[:, :5]), params[:, 5:10], np.exp(params[:, 10:15]), at_hz, rate_hz)


def _pack(settings: EqSettings) -> Floats:
    return np.concatenate([np.log(settings.freqs_hz), settings.gains_db, np.log(settings.qs)])


def _unpack(params: Floats, preamp_db: float) -> EqSettings:
    freqs = np.clip(np.exp(params[:5]), MIN_FREQ_HZ, MAX_FREQ_HZ)
    gains = np.clip(params[5:10], -GAIN_LIMIT_DB, GAIN_LIMIT_DB)
    qs = np.clip(np.exp(params[10:15]), MIN_Q, MAX_Q)
    return EqSettings.of(freqs.tolist(), gains.tolist(), qs.tolist(), preamp_db)
