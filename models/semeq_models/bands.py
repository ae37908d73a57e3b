"""A word's curve as five bands that can be turned up together: more intensity is more change, at every frequency.

Bands that fight each other (a boost beside a cut) let the curve cross zero where their tails cancel, and the crossing
wanders as the gains grow. The fit therefore pays for every step of intensity that brings the curve nearer to flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from semeq.fit import pack
from semeq.response import RATE_HZ, Floats, bands_db, log_grid_hz
from semeq.settings import SHELF_Q, EqSettings
from semeq_models.curves import level_free, rms_db, settings_db

MOST_GAIN_DB = 9.0
FREQS_HZ, QS = (25.0, 16_000.0), (0.3, 4.0)
_GRID_HZ = log_grid_hz(points=120)
_FINE_HZ = log_grid_hz(points=200)
_FINE_INTENSITIES = np.linspace(0.0, 2.0, 41)
_STEP = 1e-4
_RIDGE = 0.02  # per dB of gain, against bands that fight each other
_LEVEL = 0.05  # per dB of mean level: a shape should not sneak in as loudness
_APART, _APART_COST = 0.25, 3.0  # log frequency between neighbours
_STEADY_COSTS = (0.3, 1.0, 3.0, 3.0, 10.0, 30.0, 100.0)
_STEADIED, _MOST_STEPS = 2, 40
_NEAR_DB = 0.4
_TOLERANCE_DB = 0.008
_GOOD_DB, _LOYAL_DB = 0.3, 0.15  # RMS: near enough to look no further; what staying near the decoder may cost
_LOW, _HIGH = (
    np.concatenate([np.full(5, np.log(freq_hz)), np.full(5, gain_db), np.full(3, np.log(q))])
    for freq_hz, gain_db, q in zip(FREQS_HZ, (-MOST_GAIN_DB, MOST_GAIN_DB), QS, strict=True)
)
_LAYOUTS_HZ = (
    (80, 250, 900, 3200, 9000),
    (150, 500, 1500, 4500, 7000),
    (60, 130, 400, 2500, 11_000),
    (300, 800, 2200, 6000, 12_000),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class BandFit:
    """Five bands, how far they are from the curve, and how much growing intensity ever takes back."""

    settings: EqSettings
    error_db: float
    setback_db: float


def fit_bands(curve_db: Floats, bands_hz: Floats, *, start: EqSettings | None = None) -> BandFit:
    """The best of several fits to a level-free curve, rounded to four decimals.

    What grows from ``start`` is kept unless another fit is clearly nearer: bands that stay near those of a decoder move
    smoothly when the decoder moves.
    """
    nearest = _steadied(_descend(pack(start), curve_db, bands_hz), curve_db, bands_hz) if start is not None else None
    if nearest is not None and nearest.setback_db <= _TOLERANCE_DB and nearest.error_db <= _GOOD_DB:
        return nearest
    free = [_descend(_start(layout, curve_db, bands_hz), curve_db, bands_hz) for layout in _LAYOUTS_HZ]
    free.sort(key=lambda params: _measured(params, curve_db, bands_hz).error_db)
    fits: list[BandFit] = []
    for params in free:
        if len(fits) >= _STEADIED and any(fit.setback_db <= _TOLERANCE_DB for fit in fits):
            break
        fits.append(_steadied(params, curve_db, bands_hz))
    best = min(fits, key=lambda fit: (max(fit.setback_db, _TOLERANCE_DB), fit.error_db))
    if nearest is None or max(nearest.setback_db, _TOLERANCE_DB) > max(best.setback_db, _TOLERANCE_DB):
        return best
    return nearest if nearest.error_db <= best.error_db + _LOYAL_DB else best


def setback_db(settings: EqSettings) -> float:
    """Largest fall of |response| at any frequency, 20 Hz to 20 kHz, while intensity grows from 0 to 2."""
    vectors = [settings.scaled(float(intensity)).to_vector() for intensity in _FINE_INTENSITIES]
    size = np.abs(settings_db(vectors, _FINE_HZ))
    return float(np.max(np.maximum.accumulate(size, axis=0) - size))


def _start(layout_hz: tuple[int, ...], curve_db: Floats, bands_hz: Floats) -> Floats:
    return np.concatenate([np.log(layout_hz), 0.1 * np.sign(np.interp(layout_hz, bands_hz, curve_db)), np.zeros(3)])


def _steadied(params: Floats, curve_db: Floats, bands_hz: Floats) -> BandFit:
    """Pay more and more for crossings that wander, until none takes anything back."""
    for cost in _STEADY_COSTS:
        if setback_db(_settings(params)) <= _TOLERANCE_DB:
            break
        params = _descend(params, curve_db, bands_hz, near=cost * _near_zero(params))
    return _measured(params, curve_db, bands_hz)


def _descend(params: Floats, curve_db: Floats, bands_hz: Floats, near: Floats | None = None) -> Floats:
    from scipy.optimize import least_squares  # slow to import, and only needed here

    memory: dict[bytes, tuple[Floats, Floats]] = {}  # value and slopes are asked for one after the other

    def both(unknowns: Floats) -> tuple[Floats, Floats]:
        key = unknowns.tobytes()
        if key not in memory:
            memory.clear()
            memory[key] = _residuals(unknowns, curve_db, bands_hz, near)
        return memory[key]

    found = least_squares(
        lambda unknowns: both(unknowns)[0],
        np.clip(params, _LOW + 1e-6, _HIGH - 1e-6),
        jac=lambda unknowns: both(unknowns)[1],  # pyright: ignore[reportArgumentType]  # untyped: guessed from its default
        bounds=(_LOW, _HIGH),
        max_nfev=_MOST_STEPS,
        xtol=1e-5,
        ftol=1e-5,
    )
    return np.asarray(found.x)


def _measured(params: Floats, curve_db: Floats, bands_hz: Floats) -> BandFit:
    settings = _settings(params)
    error_db = float(rms_db(level_free(settings_db([settings.to_vector()], bands_hz)[0] - curve_db)))
    return BandFit(settings=settings, error_db=error_db, setback_db=setback_db(settings))


def _settings(params: Floats) -> EqSettings:
    freqs, gains, qs = _split(params)
    return EqSettings.of(freqs.round(4).tolist(), gains.round(4).tolist(), qs.round(4).tolist())


def _split(params: Floats) -> tuple[Floats, Floats, Floats]:
    """Log Hz of five bands, gains, log Q of three bells -> Hz, dB, Q. Shapes: ``[..., 13] -> [..., 5]`` each."""
    qs = np.full((*params.shape[:-1], 5), SHELF_Q)
    qs[..., 1:4] = np.exp(params[..., 10:])
    return np.exp(params[..., :5]), params[..., 5:10], qs


def _residuals(params: Floats, curve_db: Floats, bands_hz: Floats, near: Floats | None) -> tuple[Floats, Floats]:
    """What the fit pays for, and its slopes by the 13 unknowns. Shapes: ``[R], [R, 13]``."""
    shape, slopes = _curves_and_slopes(params, np.ones(1), bands_hz)
    scale = np.sqrt(len(bands_hz))
    each = np.eye(13)
    closeness = _APART_COST * np.maximum(params[:4] + _APART - params[1:5], 0.0)
    closer = _APART_COST * (closeness > 0)[:, None] * (each[:4] - each[1:5])
    error, erring = level_free(shape[0] - curve_db) / scale, level_free(slopes[0]).T / scale
    level, levelling = _LEVEL * shape.mean(axis=1), _LEVEL * slopes[0].mean(axis=1)[None]
    parts = [error, level, _RIDGE * params[5:10], closeness]
    jacobians = [erring, levelling, _RIDGE * each[5:10], closer]
    if near is not None:
        wander, wandering = _wander(params, near)
        parts.append(wander)
        jacobians.append(wandering)
    return np.concatenate(parts), np.concatenate(jacobians)


def _wander(params: Floats, near: Floats) -> tuple[Floats, Floats]:
    """How far doubling the gains is from doubling the curve, where ``near`` zero. Shapes: ``[F], [F, 13]``."""
    curves, slopes = _curves_and_slopes(params, np.array([1.0, 2.0]), _GRID_HZ)
    return near * (curves[1] - 2.0 * curves[0]), (near * (slopes[1] - 2.0 * slopes[0])).T


def _near_zero(params: Floats) -> Floats:
    """1 where the curve crosses zero, falling to 0 within half a dB or so. Shape: ``[F]``."""
    curves, _ = _curves_and_slopes(params, np.ones(1), _GRID_HZ)
    return np.asarray(np.exp(-((curves[0] / _NEAR_DB) ** 2)))


def _curves_and_slopes(params: Floats, intensities: Floats, at_hz: Floats) -> tuple[Floats, Floats]:
    """Curves at every intensity and their slopes by the unknowns. Shapes: ``[I, F], [I, 13, F]``."""
    nudged = np.repeat(params[None], 4, axis=0)  # as it is; Hz up; gain up; Q up
    nudged[1, :5] += _STEP
    nudged[2, 5:10] += _STEP
    nudged[3, 10:] += _STEP
    freqs, gains, qs = (np.repeat(part[:, None], len(intensities), axis=1) for part in _split(nudged))
    parts = bands_db(freqs, gains * intensities[:, None], qs, at_hz, RATE_HZ)
    slopes = (parts[1:] - parts[0]) / _STEP
    return parts[0].sum(axis=1), np.concatenate([slopes[0], slopes[1], slopes[2][:, 1:4]], axis=1)
