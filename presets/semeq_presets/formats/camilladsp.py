"""CamillaDSP: filters and a pipeline step of its YAML, to merge into a configuration."""

from __future__ import annotations

from typing import Any

from semeq_presets.errors import PresetError
from semeq_presets.filters import MOST_FILTERS, Filter, FilterKind, Loaded, check_number
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import pointed, quoted

_TYPES = {"low_shelf": "Lowshelf", "bell": "Peaking", "high_shelf": "Highshelf"}
_KINDS: dict[str, FilterKind] = {
    "Lowshelf": "low_shelf",
    "Peaking": "bell",
    "Highshelf": "high_shelf",
    "Lowpass": "low_pass",
    "Highpass": "high_pass",
    "Notch": "notch",
    "Bandpass": "band_pass",
    "Allpass": "all_pass",
}
_MOST_BYTES = 100_000


def write(preset: Preset, variant: str) -> Files:
    """A fragment for version 2 and later: one step for both channels, as versions from 3 on write it."""
    del variant
    names = ["semeq_preamp"]
    preamp = f"gain: {pointed(preset.settings.preamp_db)}, inverted: false"
    lines = [
        f"title: {quoted(preset.title)}",
        f"description: {quoted(preset.comment)}",
        "filters:",
        f"  semeq_preamp: {{ type: Gain, parameters: {{ {preamp} }} }}",
    ]
    for number, band in enumerate(preset.settings.bands, 1):
        names.append(f"semeq_{number}")
        numbers = f"freq: {pointed(band.freq_hz)}, gain: {pointed(band.gain_db)}, q: {pointed(band.q)}"
        parameters = f"{{ type: {_TYPES[band.kind]}, {numbers} }}"
        lines.append(f"  semeq_{number}: {{ type: Biquad, parameters: {parameters} }}")
    lines += ["pipeline:", f"  - {{ type: Filter, channels: [0, 1], names: [{', '.join(names)}] }}"]
    return one_file(preset, ".yml", "\n".join(lines) + "\n")


def read(data: bytes, variant: str) -> Loaded:
    """The filters of the pipeline's first channel, in its order; all filters where there is no pipeline."""
    del variant
    import yaml  # only to read

    if len(data) > _MOST_BYTES:
        raise PresetError(f"larger than {_MOST_BYTES // 1000} kB; give the part with the filters")
    if data.count(b"&") and data.count(b"*"):  # aliases multiply what has to be read
        raise PresetError("YAML with anchors; write the filters out")
    try:
        said = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # both safe
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError):
        raise PresetError("no YAML; give a configuration of CamillaDSP") from None
    known = said.get("filters") if isinstance(said, dict) else None
    if not isinstance(known, dict) or not known:
        raise PresetError("no filters in it; give a configuration of CamillaDSP that has some")
    filters: list[Filter] = []
    notes: list[str] = []
    preamp_db = 0.0
    for name in _order(said, known, notes)[:MOST_FILTERS]:
        one = known.get(name)
        parameters = one.get("parameters") if isinstance(one, dict) else None
        if not isinstance(one, dict) or not isinstance(parameters, dict):
            raise PresetError(f"filter {str(name)[:40]!r}: not described; the file is damaged")
        if one.get("type") == "Gain":
            preamp_db += check_number(parameters.get("gain", 0.0), str(name)[:40])
        elif one.get("type") == "Biquad":
            filters.append(_biquad(str(name)[:40], parameters))
        else:
            notes.append(f"filter {str(name)[:40]!r} ({str(one.get('type'))[:20]}) is left out")
    return Loaded(filters=tuple(filters), preamp_db=preamp_db, notes=tuple(notes))


def _order(said: dict[Any, Any], known: dict[Any, Any], notes: list[str]) -> list[Any]:
    steps = said.get("pipeline")
    if not isinstance(steps, list):
        return list(known)
    order: list[Any] = []
    others = False
    for step in steps:
        if not isinstance(step, dict) or step.get("type") != "Filter" or step.get("bypassed") is True:
            continue
        channels = step.get("channels", [step["channel"]] if "channel" in step else [0])
        if channels is None or (isinstance(channels, list) and 0 in channels):
            names = step.get("names")
            order += [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
        else:
            others = True
    if others:
        notes.append("channels differ; this is the first")
    return order


def _biquad(name: str, said: dict[Any, Any]) -> Filter:
    kind = _KINDS.get(str(said.get("type")))
    if kind is None:
        raise PresetError(f"filter {name!r}: type {str(said.get('type'))[:20]!r} is not one we read")
    freq_hz, gain_db = check_number(said.get("freq", "?"), name), check_number(said.get("gain", 0.0), name)
    if "slope" in said:
        from semeq_presets.formats.apo import q_of_slope

        slope = min(max(check_number(said["slope"], name) / 12, 1e-3), 1e3)
        q = q_of_slope(slope, 10 ** (min(max(gain_db, -120.0), 120.0) / 40))
    else:
        q = check_number(said.get("q", 0.7071), name)
    return Filter(kind=kind, freq_hz=freq_hz, gain_db=gain_db, q=q)
