"""Curves into bands: any target in dB over Hz becomes the nearest five bands.

Levenberg-Marquardt on log frequency, gain and log Q, run from many starts at once (one batch of small matrices).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from semeq.errors import CurveError, SettingsError
from semeq.response import RATE_HZ, Floats, arrays, bands_db, check_rate, response_db
from semeq.settings import (
    GAIN_LIMIT_DB,
    MAX_FREQ_HZ,
    MAX_Q,
    MIN_FREQ_HZ,
    MIN_Q,
    PREAMP_LIMIT_DB,
    SHELF_Q,
    EqSettings,
    checked_settings,
    number_or_nan,
    shown,
)

_STEP = 1e-4  # of the numerical derivative, in log Hz, dB and log Q
_GAIN_COST = 2e-4  # per dB², against bands that fight each other
_ITERATIONS = 60
_CURVE_LIMIT_DB = 120.0


def fit(
    target_db: npt.ArrayLike,
    at_hz: npt.ArrayLike,
    *,
    level_free: bool = True,
    rate_hz: float = RATE_HZ,
    gain_limit_db: float = GAIN_LIMIT_DB,
    start: EqSettings | None = None,
) -> EqSettings:
    """The five bands whose curve is nearest to ``target_db`` at ``at_hz`` (least squares over log frequency).

    With ``level_free`` only the shape counts: the mean level of the target is left to the listener's volume knob, and
    the preamp stays 0. Otherwise the preamp takes what the bands cannot.

    >>> from semeq.response import log_grid_hz
    >>> wanted = EqSettings.flat().with_gain(2, 5.0).with_gain(5, -3.0)
    >>> grid = log_grid_hz(points=64)
    >>> curve_error_db(fit(response_db(wanted, grid), grid), response_db(wanted, grid), grid) < 0.05
    True
    """
    target, freqs = checked_curve(target_db, at_hz)
    rate_hz = check_rate(rate_hz)
    if not 0 < (limit_db := number_or_nan(gain_limit_db)) <= GAIN_LIMIT_DB:
        raise SettingsError(f"gain_limit_db={shown(gain_limit_db)}: use above 0, up to {GAIN_LIMIT_DB:g} dB")
    weights = _octave_weights(freqs)
    points = _starts(limit_db)
    if start is not None:
        points = np.concatenate([pack(checked_settings(start))[None], points])
    points, _ = _descend(points, target, freqs, weights, rate_hz, limit_db)
    errors = _weighted_rms(_curves(points, freqs, rate_hz) - target, weights)
    best = points[int(np.argmin(errors))]
    settings = unpack(best)
    if level_free:
        return settings
    offset_db = float(np.sum(weights * (target - response_db(settings, freqs, rate_hz))))
    return settings.with_preamp(float(np.clip(offset_db, -PREAMP_LIMIT_DB, PREAMP_LIMIT_DB)))


def curve_error_db(
    settings: EqSettings,
    target_db: npt.ArrayLike,
    at_hz: npt.ArrayLike,
    *,
    level_free: bool = True,
    rate_hz: float = RATE_HZ,
) -> float:
    """RMS difference in dB between the curve of ``settings`` and a target, every octave counting the same."""
    target, freqs = checked_curve(target_db, at_hz)
    weights = _octave_weights(freqs)
    error = response_db(settings, freqs, rate_hz) - target
    if level_free:
        error = error - np.sum(weights * error)
    return float(np.sqrt(np.sum(weights * error**2)))


def checked_curve(target_db: npt.ArrayLike, at_hz: npt.ArrayLike) -> tuple[Floats, Floats]:
    """A curve as two float arrays, in rising frequency, within 20 Hz to 20 kHz."""
    try:
        target, freqs = np.asarray(target_db, dtype=np.float64), np.asarray(at_hz, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise CurveError(f"a curve of {shown(target_db)} at {shown(at_hz)}: use two lists of numbers") from None
    if target.ndim != 1 or target.shape != freqs.shape or len(freqs) < 2:
        raise CurveError(f"a curve needs as many dB values as frequencies, two or more: {target.shape}, {freqs.shape}")
    if not (np.all(np.isfinite(target)) and np.all(np.isfinite(freqs)) and np.all(freqs > 0)):
        raise CurveError("a curve needs finite dB values and frequencies above 0 Hz")
    if np.abs(target).max() > _CURVE_LIMIT_DB:
        raise CurveError(f"{np.abs(target).max():.0f} dB: a curve may reach ±{_CURVE_LIMIT_DB:.0f} dB")
    order = np.argsort(freqs, kind="stable")
    target, freqs = target[order], freqs[order]
    inside = (freqs >= MIN_FREQ_HZ * 0.999) & (freqs <= MAX_FREQ_HZ * 1.001)
    if np.count_nonzero(inside) < 2:
        raise CurveError("a curve needs two or more points between 20 Hz and 20 kHz")
    return target[inside], freqs[inside]


def _octave_weights(freqs: Floats) -> Floats:
    """Share of each point when every octave counts the same; they sum to 1."""
    octaves = np.log2(freqs)
    edges = np.concatenate([[octaves[0]], (octaves[1:] + octaves[:-1]) / 2, [octaves[-1]]])
    width = np.maximum(np.diff(edges), 1e-9)
    width[[0, -1]] *= 2  # the end points stand for a whole step too
    return np.asarray(width / width.sum())


# the 13 unknowns: log Hz of five bands, their gains in dB, log Q of three bells


def pack(settings: EqSettings) -> Floats:
    """The 13 unknowns of some settings."""
    freqs, gains, qs = arrays(settings)
    return np.concatenate([np.log(freqs), gains, np.log(qs[1:4])])


def unpack(params: Floats) -> EqSettings:
    """The settings of 13 unknowns, inside the legal range."""
    freqs, gains, qs = _split(params)
    freqs, qs = np.clip(freqs, MIN_FREQ_HZ, MAX_FREQ_HZ), np.clip(qs, MIN_Q, MAX_Q)
    return EqSettings.of(freqs.tolist(), np.clip(gains, -GAIN_LIMIT_DB, GAIN_LIMIT_DB).tolist(), qs.tolist())


def _split(params: Floats) -> tuple[Floats, Floats, Floats]:
    qs = np.full((*params.shape[:-1], 5), SHELF_Q)
    qs[..., 1:4] = np.exp(params[..., 10:])
    return np.exp(params[..., :5]), params[..., 5:10], qs


def _curves(params: Floats, freqs: Floats, rate_hz: float) -> Floats:
    return np.asarray(bands_db(*_split(params), freqs, rate_hz).sum(axis=-2))


def curves_and_slopes(params: Floats, freqs: Floats, rate_hz: float) -> tuple[Floats, Floats]:
    """Summed curves ``[S, F]`` and their derivatives by the 13 unknowns ``[S, 13, F]``."""
    nudged = np.repeat(params[:, None], 4, axis=1)  # as it is; Hz up; gain up; Q up
    nudged[:, 1, :5] += _STEP
    nudged[:, 2, 5:10] += _STEP
    nudged[:, 3, 10:] += _STEP
    parts = bands_db(*_split(nudged), freqs, rate_hz)
    slopes = (parts[:, 1:] - parts[:, :1]) / _STEP
    rows = [slopes[:, 0], slopes[:, 1], slopes[:, 2, 1:4]]
    return parts[:, 0].sum(axis=1), np.concatenate(rows, axis=1)


def _starts(gain_limit_db: float) -> Floats:
    """Where the search begins: flat curves whose bands stand at different places, spread or packed."""
    layouts = [
        (80, 250, 900, 3200, 9000),
        (60, 130, 400, 2500, 11_000),
        (150, 500, 1500, 4500, 7000),
        (300, 800, 2200, 6000, 12_000),
        (50, 90, 250, 700, 4000),
        (200, 350, 3000, 8000, 14_000),
        (100, 1000, 2500, 5500, 10_000),
        (700, 60, 200, 12_000, 1500),
        (40, 150, 5000, 10_000, 3000),
        (400, 100, 1200, 7000, 5000),
    ]
    starts = [
        np.concatenate([np.log(layout), np.zeros(5), np.full(3, np.log(q))]) for layout in layouts for q in (0.6, 1.4)
    ]
    return np.asarray(np.clip(np.array(starts), *bounds(gain_limit_db)))


def bounds(gain_limit_db: float) -> tuple[Floats, Floats]:
    """Least and greatest value of each unknown."""
    low = np.concatenate([np.full(5, np.log(MIN_FREQ_HZ)), np.full(5, -gain_limit_db), np.full(3, np.log(MIN_Q))])
    high = np.concatenate([np.full(5, np.log(MAX_FREQ_HZ)), np.full(5, gain_limit_db), np.full(3, np.log(MAX_Q))])
    return low, high


def _residuals(error: Floats, weights: Floats) -> Floats:
    """Level-free and weighted, so that its square sums to the mean square error."""
    return np.asarray((error - np.sum(weights * error, axis=-1, keepdims=True)) * np.sqrt(weights))


def _weighted_rms(error: Floats, weights: Floats) -> Floats:
    return np.asarray(np.sqrt(np.sum(_residuals(error, weights) ** 2, axis=-1)))


def _descend(
    params: Floats, target: Floats, freqs: Floats, weights: Floats, rate_hz: float, gain_limit_db: float
) -> tuple[Floats, Floats]:
    """Levenberg-Marquardt for every start at once; returns the points reached and their cost."""
    low, high = bounds(gain_limit_db)
    damping = np.full(len(params), 1e-2)
    ridge = np.zeros(13)
    ridge[5:10] = _GAIN_COST

    def cost_of(points: Floats) -> Floats:
        error = _residuals(_curves(points, freqs, rate_hz) - target, weights)
        return np.asarray(np.sum(error**2, axis=-1) + np.sum(ridge * points**2, axis=-1))

    cost = cost_of(params)
    for _ in range(_ITERATIONS):
        curves, slopes = curves_and_slopes(params, freqs, rate_hz)
        error, jacobian = _residuals(curves - target, weights), _residuals(slopes, weights)
        gradient = np.einsum("spf,sf->sp", jacobian, error) + ridge * params
        hessian = jacobian @ jacobian.transpose(0, 2, 1) + np.diag(ridge)
        scale = np.einsum("spp->sp", hessian) + 1e-3
        step = np.linalg.solve(hessian + (damping[:, None] * scale)[:, :, None] * np.eye(13), -gradient[..., None])
        tried = np.clip(params + np.clip(step[..., 0], -2.0, 2.0), low, high)
        tried_cost = cost_of(tried)
        better = tried_cost < cost
        gained = np.where(better, cost - tried_cost, 0.0)
        params = np.where(better[:, None], tried, params)
        cost = np.where(better, tried_cost, cost)
        damping = np.clip(np.where(better, damping * 0.3, damping * 4.0), 1e-9, 1e6)
        if np.all(gained < 1e-7 * cost + 1e-12) and np.all(damping > 1.0):
            break
    return params, cost
