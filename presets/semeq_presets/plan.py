"""What becomes of some settings in a format: what it can hold, the preamp it needs, the error that is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np

from semeq.response import (
    PREAMP_MARGIN_DB,
    RATE_HZ,
    Floats,
    arrays,
    bands_db,
    check_rate,
    log_grid_hz,
    peak_db,
    response_db,
)
from semeq.settings import EqSettings, checked_settings
from semeq_presets.errors import FormatError, PresetError
from semeq_presets.table import Format
from semeq_presets.text import plain

Preamp = float | Literal["auto", "none", "keep"]
STRICT_DB = 0.5
POINTS = 400
MIN_RATE_HZ = 44_100.0
_NAMES = ("low shelf", "bell 1", "bell 2", "bell 3", "high shelf")
_EASY_DB = 0.15  # above this a fit is worth more time
_SILENT_DB = 0.005  # what numbers lose that are told in three or four places


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``held`` is what the file says, in the words of the cookbook; the error is the greatest from 20 Hz to 20 kHz."""

    format: Format
    wanted: EqSettings
    held: EqSettings
    error_db: float
    at_hz: float
    rate_hz: float
    clamps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refitted: bool = False

    @property
    def form_unknown(self) -> bool:
        """Whether nobody has seen the program play such a file."""
        return self.format.proof == "experimental"

    def __str__(self) -> str:
        known = {
            "measured": "",
            "third party": ", by third parties' measurements",
            "assumed": ", if it is the cookbook's EQ",
        }
        if self.format.law == "analog":
            known["assumed"] = ", if it is the analogue curve"
        elif self.format.law == "curve":
            known["assumed"] = ""
        at = f" at {self.at_hz:.0f} Hz" if self.error_db >= 0.05 else ""
        said = [f"max {self.error_db:.2f} dB{at}{known[self.format.law_known]}", *self.clamps, *self.notes]
        return "; ".join(said)


def plan(
    settings: EqSettings,
    form: Format,
    *,
    rate_hz: float = RATE_HZ,
    preamp: Preamp = "auto",
    refit: bool = False,
) -> Plan:
    """How ``settings`` look in a format; ``refit`` fits other parameters where the format offers that."""
    rate_hz = check_rate(rate_hz)
    if rate_hz < MIN_RATE_HZ:
        raise FormatError(f"sample rate {rate_hz:g} Hz: use {MIN_RATE_HZ:g} Hz and more, bands reach 20 kHz")
    wanted = checked_settings(settings).with_preamp(0.0)
    clamped = _clamped(wanted, form, rate_hz)
    held, refitted = clamped, False
    must = form.refit == "always" and error_of(wanted, clamped, form, rate_hz)[0] > _SILENT_DB
    if must or (refit and form.refit == "offered"):
        held = _refitted(wanted, form, rate_hz)
        if error_of(wanted, held, form, rate_hz)[0] < error_of(wanted, clamped, form, rate_hz)[0]:
            refitted = True
        else:
            held = clamped
    clamps = () if refitted else _differences(wanted, clamped, form)
    notes = ["fitted to what it can play"] if refitted else []
    preamp_db, said = _preamp(settings, held, form, rate_hz, preamp)
    error_db, at_hz = error_of(wanted, held, form, rate_hz)
    return Plan(
        format=form,
        wanted=wanted,
        held=held.with_preamp(preamp_db),
        error_db=error_db,
        at_hz=at_hz,
        rate_hz=rate_hz,
        clamps=clamps,
        notes=(*notes, *said),
        refitted=refitted,
    )


def played_db(held: EqSettings, form: Format, at_hz: Floats, rate_hz: float) -> Floats:
    """What the target plays, preamp and all, by the law of its format."""
    if form.law == "curve":
        predict: Callable[..., Floats] = form.code().predict
        return predict(held, at_hz, rate_hz, form.name)
    if form.law == "cookbook":
        return response_db(held, at_hz, rate_hz)
    from semeq_presets import laws

    law = getattr(laws, form.law)
    return np.asarray(law(*arrays(held), at_hz, rate_hz) + held.preamp_db)


def grid_hz(rate_hz: float, points: int = POINTS) -> Floats:
    """Where errors are looked for."""
    return log_grid_hz(20.0, min(20_000.0, 0.49 * rate_hz), points)


@lru_cache(maxsize=256)
def error_of(wanted: EqSettings, held: EqSettings, form: Format, rate_hz: float) -> tuple[float, float]:
    """The greatest difference, and where it is."""
    if form.law == "cookbook" and held == wanted:
        return 0.0, 1000.0
    at_hz = grid_hz(rate_hz)
    error = np.abs(played_db(held.with_preamp(0.0), form, at_hz, rate_hz) - response_db(wanted, at_hz, rate_hz))
    worst = int(error.argmax())
    return float(error[worst]), float(at_hz[worst])


def _clamped(settings: EqSettings, form: Format, rate_hz: float) -> EqSettings:
    ranges = form.ranges
    gains = [max(-ranges.gain_db, min(ranges.gain_db, gain)) for gain in settings.gains_db]
    freqs = [max(ranges.freq_hz[0], min(ranges.freq_hz[1], freq)) for freq in settings.freqs_hz]
    qs = []
    for band in settings.bands:
        low, high = ranges.bell_q if band.kind == "bell" else ranges.shelf_q
        qs.append(max(low, min(high, band.q)))
    held = EqSettings.of(freqs, gains, qs)
    if hold := getattr(form.code(), "hold", None):
        held = hold(held, rate_hz, form.name)
    if form.ranges.bands < len(held.bands):
        held = _fewer(held, form)
    return _rounded(held, form)


def _fewer(settings: EqSettings, form: Format) -> EqSettings:
    """The bands with the smallest gains let go until there are no more than the target has."""
    gains = list(settings.gains_db)
    while sum(gain != 0 for gain in gains) > form.ranges.bands:
        gains[min((abs(gain), place) for place, gain in enumerate(gains) if gain)[1]] = 0.0
    return EqSettings.of(settings.freqs_hz, gains, settings.qs)


def _rounded(settings: EqSettings, form: Format) -> EqSettings:
    if form.ranges.decimals is None:
        return settings
    freq, gain, q = form.ranges.decimals
    least_q = max(0.1, 10.0**-q)
    return EqSettings.of(
        [round(value, freq) for value in settings.freqs_hz],
        [round(value, gain) for value in settings.gains_db],
        [max(least_q, round(value, q)) for value in settings.qs],
    )


def _refitted(wanted: EqSettings, form: Format, rate_hz: float) -> EqSettings:
    from semeq_presets import laws
    from semeq_presets.refit import refit

    law = laws.cookbook if form.law in ("cookbook", "curve") else getattr(laws, form.law)
    low, high = (_edge(form, side, rate_hz) for side in (0, 1))
    fit = partial(refit, wanted, law, rate_hz, low, high)
    starts = _starts(wanted, form, rate_hz)
    if len(starts) > 1:  # a short look at each, then the best one for good
        starts = [fit(start=start, sharpen=0, rounds=4, points=40) for start in starts]
        starts = [min(starts, key=lambda found: error_of(wanted, _clamped(found, form, rate_hz), form, rate_hz)[0])]
    found = _clamped(_stable(fit(start=starts[0])), form, rate_hz)
    if form.proof == "experimental" or error_of(wanted, found, form, rate_hz)[0] <= _EASY_DB:
        return found
    longer = _clamped(_stable(fit(start=starts[0], rounds=40, sharpen=5, points=140)), form, rate_hz)
    return min(found, longer, key=lambda one: error_of(wanted, one, form, rate_hz)[0])


def _stable(settings: EqSettings) -> EqSettings:
    """Rounded far below what can be heard, so that every machine writes the same bytes."""
    return EqSettings.of(
        [round(value, 1) for value in settings.freqs_hz],
        [round(value, 3) for value in settings.gains_db],
        [max(0.1, round(value, 3)) for value in settings.qs],
    )


def _starts(wanted: EqSettings, form: Format, rate_hz: float) -> list[EqSettings]:
    """Where to begin: the settings as they can be held; without each band in turn where there are too many."""
    if form.ranges.bands >= sum(gain != 0 for gain in wanted.gains_db):
        return [_clamped(wanted, form, rate_hz)]
    each_db = np.abs(bands_db(*arrays(wanted), log_grid_hz(points=60), rate_hz)).sum(axis=-1)
    starts = []
    for left_out in np.argsort(each_db, kind="stable")[:2]:  # those that do least
        starts.append(wanted.with_gain(int(left_out) + 1, 0.0))
    return starts


def _edge(form: Format, side: int, rate_hz: float) -> EqSettings:
    gain = form.ranges.gain_db * (1 if side else -1)
    qs = [form.ranges.shelf_q[side], *[form.ranges.bell_q[side]] * 3, form.ranges.shelf_q[side]]
    freqs = [min(max(form.ranges.freq_hz[side], 20.0), 20_000.0)] * 5
    if hold := getattr(form.code(), "hold", None):  # shelves may have ranges of their own
        held = hold(EqSettings.of(freqs, [0.0] * 5, qs), rate_hz, form.name).freqs_hz
        freqs[0], freqs[4] = held[0], held[4]
    return EqSettings.of(freqs, [gain] * 5, qs)


def _differences(wanted: EqSettings, held: EqSettings, form: Format) -> tuple[str, ...]:
    """What had to move further than rounding moves it: "bell 2 Q 8 -> 7.18"."""
    said = []
    decimals = form.ranges.decimals or (6, 6, 6)
    for name, asked, got in zip(_NAMES, wanted.bands, held.bands, strict=True):
        if not asked.gain_db:
            continue
        rows = (
            ("", " Hz", asked.freq_hz, got.freq_hz, max(0.002 * asked.freq_hz, 10.0 ** -decimals[0])),
            ("", " dB", asked.gain_db, got.gain_db, max(0.01, 10.0 ** -decimals[1])),
            ("Q ", "", asked.q, got.q, max(0.01 * asked.q, 10.0 ** -decimals[2])),
        )
        for head, unit, before, after, least in rows:
            if abs(before - after) > least:
                said.append(f"{name} {head}{plain(before, 3)}{unit} -> {plain(after, 3)}{unit}")
    return tuple(said)


def _preamp(
    settings: EqSettings, held: EqSettings, form: Format, rate_hz: float, preamp: Preamp
) -> tuple[float, tuple[str, ...]]:
    """The preamp that is written, and what to know about it."""
    if preamp == "none":
        needed = 0.0
    elif preamp == "keep":
        needed = settings.preamp_db
    elif preamp == "auto":
        peak = highest_db(held.with_preamp(0.0), form, rate_hz)
        needed = -(peak + PREAMP_MARGIN_DB + form.margin_db) if peak > 0 else 0.0
    elif -60 <= preamp <= 60:
        needed = float(preamp)
    else:
        raise PresetError(f"preamp {preamp:g}: use -60 to 60 dB, auto or none")
    if form.ranges.decimals is not None:
        scale = 10 ** form.ranges.decimals[1]
        needed = float(np.floor(needed * scale + 1e-6) / scale)
    elif form.ranges.preamp_step_db:
        needed = float(np.floor(needed / form.ranges.preamp_step_db + 1e-6) * form.ranges.preamp_step_db)
    allowed = form.ranges.preamp_db
    if allowed is None:
        return 0.0, ((f"no place for the preamp: set {needed:.1f} dB in the mixer",) if round(needed, 1) else ())
    written = max(allowed[0], min(allowed[1], needed))
    if written == needed:
        return written, ()
    return written, (f"preamp {needed:.1f} -> {written:.1f} dB: set {needed - written:.1f} dB in the mixer",)


_cached_peak_db = lru_cache(maxsize=64)(peak_db)  # most formats hold just what was wanted


def highest_db(held: EqSettings, form: Format, rate_hz: float) -> float:
    """The highest point that the target plays."""
    if form.law == "cookbook":
        return _cached_peak_db(held, rate_hz)
    at_hz = np.concatenate([[5.0], log_grid_hz(10.0, 0.5 * rate_hz, 700)])
    curve = played_db(held, form, at_hz, rate_hz)
    best = int(curve.argmax())
    near = np.linspace(at_hz[max(best - 1, 0)], at_hz[min(best + 1, len(at_hz) - 1)], 33)
    return float(max(curve.max(), played_db(held, form, near, rate_hz).max()))
