"""A configuration of CamillaDSP with our five filters and their preamp in it; all else is what it was.

Version 2 has a step of the pipeline for each channel, version 3 one for many.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from semeq.settings import EqBand, EqSettings, number_or_nan, shown
from semeq_bridge.errors import DriverError
from semeq_presets.filters import Filter, FilterKind, Loaded, check_number, to_five
from semeq_presets.plan import MIN_RATE_HZ, plan
from semeq_presets.table import FORMATS

Config = dict[str, Any]
PREAMP = "semeq_preamp"
BANDS = tuple(f"semeq_{number}" for number in range(1, 6))
_TYPES: dict[FilterKind, str] = {"low_shelf": "Lowshelf", "bell": "Peaking", "high_shelf": "Highshelf"}
_BELOW_NYQUIST = 0.49
_USUAL = (None, False, "dB")


def with_bands(config: Mapping[str, Any], settings: EqSettings, major: int) -> Config:
    """The configuration with our filters in it, and in its pipeline; all else is what it was."""
    rate_hz = _rate_hz(config)
    held = plan(settings, FORMATS["camilladsp"], rate_hz=max(rate_hz, MIN_RATE_HZ)).held
    filters, pipeline = dict(_part(config, "filters", dict)), list(_part(config, "pipeline", list))
    ours = {name: _biquad(band, rate_hz) for name, band in zip(BANDS, held.bands, strict=True)}
    if held.preamp_db or PREAMP in filters:  # once there it stays: a step that changes is built anew
        ours = {PREAMP: {"type": "Gain", "parameters": {"gain": held.preamp_db, "inverted": False}}, **ours}
    for name, one in ours.items():
        there = filters.get(name)
        if not _plays(there, one):
            filters[name] = {**there, **one} if isinstance(there, dict) else one  # a description of it stays
    named = [place for place, step in enumerate(pipeline) if not set(_names(step)).isdisjoint(BANDS)]
    for place in named:
        pipeline[place] = _completed(pipeline[place], list(ours))
    if not named:
        pipeline += _steps(config, list(ours), major)
    return {**config, "filters": filters, "pipeline": pipeline}


def bands_of(config: Mapping[str, Any]) -> EqSettings | None:
    """What the filters of our names stand for; None where they are not there, or in no step of the pipeline."""
    filters = _part(config, "filters", dict)
    named = {name for step in _part(config, "pipeline", list) for name in _names(step)}
    if not all(name in filters and name in named for name in BANDS):
        return None
    kinds: dict[str, FilterKind] = {word: kind for kind, word in _TYPES.items()}
    found: list[Filter] = []
    for name in BANDS:
        said = _parameters(filters[name])
        kind = kinds.get(str(said.get("type")))
        if kind is None:
            raise DriverError(f"CamillaDSP: filter {name} is a {shown(said.get('type'))}, none of ours; rename yours")
        freq_hz, gain_db, q = (number_or_nan(said.get(key)) for key in ("freq", "gain", "q"))
        found.append(Filter(kind=kind, freq_hz=freq_hz, gain_db=gain_db, q=q))
    preamp_db = 0.0
    if PREAMP in named:
        preamp_db = check_number(number_or_nan(_parameters(filters.get(PREAMP)).get("gain")), PREAMP)
    return to_five(Loaded(filters=tuple(found), preamp_db=preamp_db, rate_hz=_rate_hz(config)))[0]


def _biquad(band: EqBand, rate_hz: float) -> Config:
    """A band as its filter; frequencies from half the rate on are refused, so what they would do is said below it."""
    freq_hz, gain_db = band.freq_hz, band.gain_db
    if freq_hz >= rate_hz / 2:
        freq_hz, gain_db = _BELOW_NYQUIST * rate_hz, gain_db if band.kind == "low_shelf" else 0.0
    numbers = {"type": _TYPES[band.kind], "freq": freq_hz, "gain": gain_db, "q": band.q}
    return {"type": "Biquad", "parameters": numbers}


def _completed(step: Config, wanted: list[str]) -> Config:
    """A step that names our bands, with the preamp before them where there is one."""
    names = _names(step)
    if missing := [name for name in BANDS if name not in names]:
        raise DriverError(
            f"CamillaDSP: a step of the pipeline names only some of our filters: add {', '.join(missing)} to it, "
            "or take all out of it"
        )
    if PREAMP not in wanted or PREAMP in names:
        return step
    first = min(names.index(name) for name in BANDS)
    return {**step, "names": [*names[:first], PREAMP, *names[first:]]}


def _steps(config: Mapping[str, Any], names: list[str], major: int) -> list[Config]:
    """The end of the pipeline, for every channel that is played."""
    playback = config["devices"].get("playback")
    count = playback.get("channels") if isinstance(playback, dict) else None
    if not isinstance(count, int) or not 1 <= count <= 1024:
        raise DriverError("CamillaDSP: its configuration does not say how many channels it plays: another version?")
    if major < 3:
        return [{"type": "Filter", "channel": channel, "names": names} for channel in range(count)]
    return [{"type": "Filter", "channels": list(range(count)), "names": names}]


def _rate_hz(config: Mapping[str, Any]) -> float:
    rate_hz = config["devices"].get("samplerate")
    if isinstance(rate_hz, bool) or not isinstance(rate_hz, (int, float)) or not 1000 <= rate_hz <= 768_000:
        raise DriverError(f"CamillaDSP: samplerate {shown(rate_hz)} in its configuration: another version?")
    return float(rate_hz)


def _part(config: Mapping[str, Any], key: str, kind: type[Any]) -> Any:
    """A part of the configuration; an empty one where it has none."""
    part = config.get(key)
    if part is None:
        return kind()
    if not isinstance(part, kind):
        raise DriverError(f"CamillaDSP: {key} in its configuration is {shown(part)}: another version?")
    return part


def _names(step: Any) -> list[str]:
    """The filters that a step names; none where it is a step of another kind."""
    if not isinstance(step, dict) or step.get("type") != "Filter" or not isinstance(step.get("names"), list):
        return []
    return [str(name) for name in step["names"]]


def _parameters(one: Any) -> Config:
    said = one.get("parameters") if isinstance(one, dict) else None
    return said if isinstance(said, dict) else {}


def _plays(said: Any, wanted: Config) -> bool:
    """Whether a filter does what is wanted; its numbers may have been through single precision."""
    parameters, ours = _parameters(said), wanted["parameters"]
    others = [value for key, value in parameters.items() if key not in ours]
    if not isinstance(said, dict) or said.get("type") != wanted["type"] or any(one not in _USUAL for one in others):
        return False
    return all(_near(parameters.get(key), value) for key, value in ours.items())


def _near(said: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return math.isclose(number_or_nan(said), wanted, rel_tol=1e-6, abs_tol=1e-6)
    return bool(said == wanted)
