"""What an EQ file may hold: any number of filters, a level, or a drawn curve; and the five bands nearest to that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from semeq.response import RATE_HZ, Floats, bands_db, log_grid_hz, response_db
from semeq.settings import (
    GAIN_LIMIT_DB,
    LAYOUT,
    MAX_FREQ_HZ,
    MAX_Q,
    MIN_FREQ_HZ,
    MIN_Q,
    PREAMP_LIMIT_DB,
    SHELF_Q,
    EqBand,
    EqSettings,
    Kind,
)
from semeq_presets.errors import PresetError

FilterKind = Literal["low_shelf", "bell", "high_shelf", "low_pass", "high_pass", "band_pass", "notch", "all_pass"]
MOST_FILTERS = 512
MOST_POINTS = 20_000
_FIT_POINTS = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """One second-order filter of the Audio EQ Cookbook, in the ranges that other programs allow."""

    kind: FilterKind
    freq_hz: float
    gain_db: float = 0.0
    q: float = SHELF_Q

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("frequency", self.freq_hz, 1.0, 96_000.0),
            ("gain", self.gain_db, -120.0, 120.0),
            ("Q", self.q, 0.005, 1000.0),
        ):
            if not low <= value <= high:  # also refuses NaN
                raise PresetError(f"{name} {value:g}: no EQ has that; {low:g} to {high:g} is read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a file says: filters in their order and a level, or a drawn curve."""

    filters: tuple[Filter, ...] = ()
    preamp_db: float = 0.0
    curve_hz: tuple[float, ...] = ()
    curve_db: tuple[float, ...] = ()
    name: str = ""
    notes: tuple[str, ...] = ()
    rate_hz: float = RATE_HZ


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """The five bands of a file, how far they are off what it says, and what to know about it."""

    settings: EqSettings
    error_db: float
    refitted: bool
    format: str
    name: str = ""
    notes: tuple[str, ...] = ()


def check_number(text: str | bytes | float, what: str) -> float:
    """A finite number out of a file."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        shown = repr(text)
        raise PresetError(f"{what} {shown[:40]}: no number; the file is damaged")
    return value


def filters_db(filters: Sequence[Filter], at_hz: Floats, rate_hz: float = RATE_HZ) -> Floats:
    """Sum of all filters, in dB. Shapes: ``[F] -> [F]``."""
    total = np.zeros_like(at_hz)
    for one in filters:
        total = total + _filter_db(one, at_hz, rate_hz)
    return np.asarray(np.maximum(total, -240.0))


def _filter_db(one: Filter, at_hz: Floats, rate_hz: float) -> Floats:
    if one.freq_hz >= rate_hz / 2:
        return np.full_like(at_hz, one.gain_db if one.kind == "low_shelf" else 0.0)
    if one.kind in LAYOUT:
        place = LAYOUT.index(one.kind)
        freqs, gains, qs = np.full(5, one.freq_hz), np.zeros(5), np.full(5, one.q)
        gains[place] = one.gain_db
        return np.asarray(bands_db(freqs, gains, qs, at_hz, rate_hz)[place])
    omega = 2 * np.pi * one.freq_hz / rate_hz
    cos, alpha = np.cos(omega), np.sin(omega) / (2 * one.q)
    b = {
        "low_pass": ((1 - cos) / 2, 1 - cos, (1 - cos) / 2),
        "high_pass": ((1 + cos) / 2, -(1 + cos), (1 + cos) / 2),
        "band_pass": (alpha, 0.0, -alpha),
        "notch": (1.0, -2 * cos, 1.0),
        "all_pass": (1 - alpha, -2 * cos, 1 + alpha),
    }[one.kind]
    z = np.exp(-2j * np.pi * np.minimum(at_hz, rate_hz / 2) / rate_hz)
    top, bottom = b[0] + b[1] * z + b[2] * z * z, 1 + alpha - 2 * cos * z + (1 - alpha) * z * z
    return np.asarray(20 * np.log10(np.maximum(np.abs(top / bottom), 1e-12)))


def as_five(loaded: Loaded) -> EqSettings | None:
    """The same thing as five bands where it is one: one low shelf, three bells, one high shelf at most."""
    if loaded.curve_hz:
        return None
    places: dict[Kind, list[Filter]] = {"low_shelf": [], "bell": [], "high_shelf": []}
    for one in loaded.filters:
        if one.kind not in places:
            return None
        places[one.kind].append(one)
    for kind, most in _MOST.items():
        found = places[kind]
        if len(found) > most:  # those that do nothing may go
            found[:] = [one for one in found if one.gain_db] or found[:most]
        if len(found) > most or not all(map(_legal, found)):
            return None
    bands = []
    for flat in EqSettings.flat().bands:
        found = places[flat.kind]
        bands.append(_band(flat.kind, found.pop(0)) if found else flat)
    return EqSettings(bands=tuple(bands), preamp_db=_preamp(loaded.preamp_db))


_MOST: dict[Kind, int] = {"low_shelf": 1, "bell": 3, "high_shelf": 1}
_ROUNDING = 1e-4  # a file's own: 12 dB as a linear gain of nine digits is 12.00000001


def _legal(one: Filter) -> bool:
    band = _band("bell", one)
    rows = ((one.freq_hz, band.freq_hz), (one.gain_db, band.gain_db), (one.q, band.q))
    return all(math.isclose(said, held, rel_tol=_ROUNDING) for said, held in rows)


def _band(kind: Kind, one: Filter) -> EqBand:
    """The filter as a band, at the edge of the legal range where it lies beyond."""
    return EqBand(
        kind=kind,
        freq_hz=min(max(one.freq_hz, MIN_FREQ_HZ), MAX_FREQ_HZ),
        gain_db=min(max(one.gain_db, -GAIN_LIMIT_DB), GAIN_LIMIT_DB),
        q=min(max(one.q, MIN_Q), MAX_Q),
    )


def _preamp(preamp_db: float) -> float:
    return max(-PREAMP_LIMIT_DB, min(PREAMP_LIMIT_DB, preamp_db))


def to_five(loaded: Loaded) -> tuple[EqSettings, float, bool]:
    """The five bands for a file, the greatest error in dB (20 Hz to 20 kHz), and whether they had to be fitted."""
    if (settings := as_five(loaded)) is not None:
        return settings, 0.0, False
    from semeq_presets.five import five_near

    at_hz, rate_hz = log_grid_hz(points=_FIT_POINTS), loaded.rate_hz
    if loaded.curve_hz:
        at_hz, target = _curve(loaded, at_hz)
    else:
        target = filters_db(loaded.filters, at_hz, rate_hz)
    target = np.clip(target, -60.0, 60.0)
    coarse = bool(loaded.curve_hz) and np.array_equal(target, np.round(target, 1))  # to a tenth of a dB
    good_db = 0.07 if coarse else 0.02
    settings = five_near(target, at_hz, rate_hz, level_free=bool(loaded.curve_hz), good_db=good_db)
    error = response_db(settings, at_hz, rate_hz) - target
    return settings.with_preamp(_preamp(settings.preamp_db + loaded.preamp_db)), float(np.abs(error).max()), True


def _curve(loaded: Loaded, at_hz: Floats) -> tuple[Floats, Floats]:
    """A drawn curve near some frequencies: its own points where there are enough, else lines between them."""
    order = np.argsort(loaded.curve_hz, kind="stable")
    curve_hz, curve_db = np.array(loaded.curve_hz)[order], np.array(loaded.curve_db)[order]
    near = np.unique(np.searchsorted(curve_hz, at_hz))
    near = near[near < len(curve_hz)]
    near = near[(curve_hz[near] >= 20) & (curve_hz[near] <= 20_000)]
    if 2 * len(near) > len(at_hz):
        return curve_hz[near], curve_db[near]
    return at_hz, np.interp(np.log(at_hz), np.log(curve_hz), curve_db)


def from_settings(settings: EqSettings) -> tuple[Filter, ...]:
    """The five bands as filters."""
    return tuple(
        Filter(kind=band.kind, freq_hz=band.freq_hz, gain_db=band.gain_db, q=band.q) for band in settings.bands
    )
