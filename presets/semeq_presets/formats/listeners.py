"""Small formats of listeners' programs: Voicemeeter, Rockbox, Audacity, Poweramp, RME TotalMix, miniDSP."""

from __future__ import annotations

import json

import numpy as np

from semeq.response import Floats, response_db, sos
from semeq.settings import EqSettings
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import fixed, plain

_MINIDSP_RATES = (48_000, 96_000)


def write(preset: Preset, variant: str) -> Files:
    """The file of one of them."""
    suffix, make = _WRITERS[variant]
    return one_file(preset, suffix, make(preset))


def _voicemeeter(preset: Preset) -> str:
    """Bus EQ: five of six cells on each of eight channels; it has no preamp."""
    types = {"low_shelf": 5, "bell": 0, "high_shelf": 6}
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<VBAudioVoicemeeterBUSEQConfig>", "<VoiceMeeterBUSEQ>"]
    for channel in range(1, 9):
        for cell, band in enumerate(preset.settings.bands, 1):
            numbers = f'dblevel="{fixed(band.gain_db, 2)}" freq="{fixed(band.freq_hz, 2)}" Q="{fixed(band.q, 3)}"'
            place = f'index="1" channel="{channel}" cell="{cell}" EQon="1" EQtype="{types[band.kind]}"'
            lines.append(f"<Bus {place} {numbers} />")
    return "\n".join([*lines, "</VoiceMeeterBUSEQ>", "</VBAudioVoicemeeterBUSEQConfig>"]) + "\n"


def _rockbox(preset: Preset) -> str:
    """Whole Hz, tenths of Q and dB."""
    names = ("low shelf filter", "peak filter 1", "peak filter 2", "peak filter 3", "high shelf filter")
    lines = [f"# {preset.comment}", "eq enabled: on", f"eq precut: {max(0, round(-10 * preset.settings.preamp_db))}"]
    for name, band in zip(names, preset.settings.bands, strict=True):
        lines.append(f"eq {name}: {round(band.freq_hz)}, {round(10 * band.q)}, {round(10 * band.gain_db)}")
    return "\n".join(lines) + "\n"


def _audacity_points(settings: EqSettings, rate_hz: float) -> tuple[Floats, Floats]:
    points = np.round(np.geomspace(20, 20_000, 150), 2)
    return points, response_db(settings, np.minimum(points, rate_hz / 2), rate_hz)


def predict(settings: EqSettings, at_hz: Floats, rate_hz: float, variant: str) -> Floats:
    """What Filter Curve EQ plays: the points, joined over log frequency."""
    del variant
    points, values = _audacity_points(settings, rate_hz)
    return np.asarray(np.interp(np.log(at_hz), np.log(points), np.round(values, 3)))


def _audacity(preset: Preset) -> str:
    """Filter Curve EQ: points of the curve, keys in the order of their letters; a linear-phase filter."""
    points, values = _audacity_points(preset.settings, preset.rate_hz)
    said = {f"f{number}": fixed(float(f), 2) for number, f in enumerate(points)}
    said |= {f"v{number}": fixed(float(v), 3) for number, v in enumerate(values)}
    said |= {"FilterLength": "8191", "InterpolateLin": "0", "InterpolationMethod": "B-spline"}
    order = sorted(key for key in said if key[0] == "f")
    order += ["FilterLength", "InterpolateLin", "InterpolationMethod", *sorted(key for key in said if key[0] == "v")]
    return "FilterCurve:" + " ".join(f'{key}="{said[key]}"' for key in order) + "\n"


def _poweramp(preset: Preset) -> str:
    """Its JSON: two tone knobs first, then the bands; sources differ on the number for a bell."""
    types = {"low_shelf": 0, "bell": 2, "high_shelf": 1}
    tone = [
        {"type": 0, "channels": 0, "frequency": 90, "q": 0.7, "gain": 0.0, "color": 0},
        {"type": 1, "channels": 0, "frequency": 10_000, "q": 0.7, "gain": 0.0, "color": 0},
    ]
    bands = [
        {
            "type": types[band.kind],
            "channels": 0,
            "frequency": round(band.freq_hz),
            "q": round(band.q, 3),
            "gain": round(band.gain_db, 2),
            "color": 0,
        }
        for band in preset.settings.bands
    ]
    said = [
        {
            "name": preset.title,
            "preamp": round(preset.settings.preamp_db, 2),
            "parametric": True,
            "bands": tone + bands,
        }
    ]
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def _rme(preset: Preset) -> str:
    """Room EQ of TotalMix: nine bands, the first and the last two may be shelves; not well-formed XML by design."""
    flat = [(100.0 * 2**number, 0.0, 1.0) for number in range(9)]
    bands = list(flat)
    for place, band in zip((0, 1, 2, 3, 8), preset.settings.bands, strict=True):
        bands[place] = (band.freq_hz, band.gain_db, band.q)
    types = (("REQ Band1Type", 1), ("REQ Band8 Type", 0), ("REQ Band9 Type", 2))
    lines = ["<Preset>"]
    for side in "LR":
        lines += [f"  <Room EQ {side}>", "    <Params>", '      <val e="REQ Delay" v="0.00,"/>']
        for number, (freq_hz, gain_db, q) in enumerate(bands, 1):
            for what, value, decimals in (("Freq", freq_hz, 0), ("Q", q, 2), ("Gain", gain_db, 2)):
                lines.append(f'      <val e="REQ Band{number} {what}" v="{fixed(round(value, decimals), 2)},"/>')
        lines += [f'      <val e="{name}" v="{fixed(value, 2)},"/>' for name, value in types]
        lines.append(f'      <val e="Chan Gain" v="{fixed(preset.settings.preamp_db, 2)},"/>')
        lines += ["    </Params>", f"  </Room EQ {side}>"]
    return "\n".join([*lines, "</Preset>"]) + "\n"


def _minidsp(preset: Preset) -> str:
    """Biquads to paste, feedback signs turned round, for the rate of the device; the preamp is in the first."""
    rows = sos(preset.settings, preset.rate_hz)
    lines = []
    for number, (b0, b1, b2, _, a1, a2) in enumerate(rows, 1):
        lines.append(f"biquad{number},")
        named = (("b0", b0), ("b1", b1), ("b2", b2), ("a1", -a1), ("a2", -a2))
        values = [f"{name}={plain(value, 12)}" for name, value in named]
        lines += [f"{value}," for value in values[:-1]] + [values[-1] + ("," if number < len(rows) else "")]
    return "\n".join(lines) + "\n"


_WRITERS = {
    "voicemeeter": (".xml", _voicemeeter),
    "rockbox": (".cfg", _rockbox),
    "audacity": (".txt", _audacity),
    "poweramp-json": (".json", _poweramp),
    "rme-tmreq": (".tmreq", _rme),
    "minidsp": (".txt", _minidsp),
}
