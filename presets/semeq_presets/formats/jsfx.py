"""A JSFX for REAPER that is the EQ: cookbook filters in sixty lines, the preset as its defaults."""

from __future__ import annotations

import base64

from semeq.settings import EqSettings, Kind
from semeq_presets.preset import Files, Preset
from semeq_presets.text import fixed

_NAMES = ("Low shelf", "Bell 1", "Bell 2", "Bell 3", "High shelf")
_SLIDERS = 64

_HEAD = "w = 2*$pi*slider{f}/srate; c = cos(w); a = exp(slider{g}*log(10)/40); h = sin(w)/(2*slider{q});\n"
_BELL = (
    "d = 1 + h/a;\n"
    "b0_{n} = (1 + h*a)/d; b1_{n} = -2*c/d; b2_{n} = (1 - h*a)/d;\n"
    "a1_{n} = -2*c/d; a2_{n} = (1 - h/a)/d;\n"
)
_SHELF = (  # s is 1 for a low shelf, -1 for a high one
    "c = c*s; r = 2*sqrt(a)*h; u = a + 1; v = a - 1; d = u + v*c + r;\n"
    "b0_{n} = a*(u - v*c + r)/d; b1_{n} = 2*s*a*(v - u*c)/d; b2_{n} = a*(u - v*c - r)/d;\n"
    "a1_{n} = -2*s*(v + u*c)/d; a2_{n} = (u + v*c - r)/d;\n"
)
_STEP = "y = b0_{n}*x + p{n}{ch}; p{n}{ch} = b1_{n}*x - a1_{n}*y + q{n}{ch}; q{n}{ch} = b2_{n}*x - a2_{n}*y; x = y;\n"


def _values(settings: EqSettings) -> list[str]:
    values = [fixed(settings.preamp_db, 4)]
    for band in settings.bands:
        values += [fixed(band.freq_hz, 3), fixed(band.gain_db, 4), fixed(band.q, 5)]
    return values


def effect(preset: Preset) -> str:
    """The effect, its sliders standing at the preset."""
    values = _values(preset.settings)
    lines = ["desc:semeq EQ", f"// {preset.title}", f"// {preset.comment}", "options:no_meter"]
    lines.append(f"slider1:{values[0]}<-60,60,0.01>Preamp (dB)")
    for number, name in enumerate(_NAMES):
        f, g, q = values[1 + 3 * number : 4 + 3 * number]
        place = 2 + 3 * number
        lines.append(f"slider{place}:{f}<20,20000,0.01:log>{name} (Hz)")
        lines.append(f"slider{place + 1}:{g}<-12,12,0.01>{name} (dB)")
        lines.append(f"slider{place + 2}:{q}<0.1,10,0.0001:log>{name} Q")
    text = "\n".join([*lines, "", "in_pin:left", "in_pin:right", "out_pin:left", "out_pin:right", "", "@slider", ""])
    text += "level = exp(slider1*log(10)/20);\n"
    for number, band in enumerate(preset.settings.bands):
        place = 2 + 3 * number
        text += _HEAD.format(f=place, g=place + 1, q=place + 2) + _body(band.kind).format(n=number)
    text += "\n@sample\n"
    for channel in (0, 1):
        text += f"x = spl{channel}*level;\n"
        text += "".join(_STEP.format(n=number, ch="lr"[channel]) for number in range(len(_NAMES)))
        text += f"spl{channel} = x;\n"
    return text


def _body(kind: Kind) -> str:
    if kind == "bell":
        return _BELL
    return f"s = {1 if kind == 'low_shelf' else -1};\n{_SHELF}"


def write(preset: Preset, variant: str) -> Files:
    """The effect for Effects/semeq, and the same values as a preset library."""
    del variant
    return {
        f"{preset.stem}.jsfx": effect(preset).encode("utf-8"),
        **write_bank([preset], "jsfx", preset.stem),
    }


def write_bank(presets: list[Preset], variant: str, stem: str) -> Files:
    """A library of presets for the effect."""
    del variant
    text = '<REAPER_PRESET_LIBRARY "JS: semeq EQ"\n'
    for preset in presets:
        title = preset.title.replace("`", "'").replace('"', "'")
        values = _values(preset.settings)
        said = " ".join([*values, *["-"] * (_SLIDERS - len(values)), f'"{title}"'])
        coded = base64.b64encode(said.encode("utf-8")).decode()
        lines = "\n".join(f"    {coded[start : start + 128]}" for start in range(0, len(coded), 128))
        text += f"  <PRESET `{title}`\n{lines}\n  >\n"
    return {f"{stem}.RPL": (text + ">\n").encode("utf-8")}
