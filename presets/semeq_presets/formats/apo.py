"""Equalizer APO text, the lingua franca; REW's filter settings; the dialect of SoundSource.

One way to write it suits every parser we know: the preamp on the first line, comments behind the filters, never three
decimals in a frequency (Equalizer APO reads 200.125 as 200125), no exponent, widths as PipeWire scans them.
"""

from __future__ import annotations

import math
import re

from semeq_presets.errors import PresetError
from semeq_presets.filters import MOST_FILTERS, Filter, FilterKind, Loaded, check_number
from semeq_presets.formats import graphiceq
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import fixed

_TYPES = {"apo": ("LSC", "PK", "HSC"), "soundsource": ("LS", "PK", "HS")}


def write(preset: Preset, variant: str) -> Files:
    """The text; one filter a line."""
    low, bell, high = _TYPES[variant]
    settings = preset.settings
    lines = [f"Preamp: {fixed(settings.preamp_db, 2)} dB"]
    for number, (kind, band) in enumerate(zip((low, bell, bell, bell, high), settings.bands, strict=True), 1):
        q = fixed(band.q, 3 if band.q >= 9.99995 else 4)
        gain = fixed(band.gain_db, 2)
        lines.append(f"Filter {number}: ON {kind} Fc {fixed(band.freq_hz, 2)} Hz Gain {gain} dB Q {q}")
    if preset.note:
        lines.append(f"# {preset.comment}")
    return one_file(preset, ".txt", "\n".join(lines) + "\n")


_KINDS: dict[str, FilterKind] = {
    "PK": "bell",
    "PEQ": "bell",
    "PA": "bell",
    "MODAL": "bell",
    "LS": "low_shelf",
    "LSC": "low_shelf",
    "HS": "high_shelf",
    "HSC": "high_shelf",
    "LP": "low_pass",
    "LPQ": "low_pass",
    "HP": "high_pass",
    "HPQ": "high_pass",
    "BP": "band_pass",
    "NO": "notch",
    "AP": "all_pass",
}
_NUMBER = r"[-+]?[\d.,]{1,20}(?:[eE][-+]?\d{1,3})?"
_FILTER = re.compile(r"\s*Filter\s*\d{0,4}\s*:\s*(ON|OFF)\b\s*([A-Za-z]*)(.*)", re.IGNORECASE)
_FREQ = re.compile(rf"\bFc\s+({_NUMBER})\s*(k?)Hz", re.IGNORECASE)
_GAIN = re.compile(rf"\bGain\s+({_NUMBER})\s*dB", re.IGNORECASE)
_Q = re.compile(rf"\bQ\s+({_NUMBER})", re.IGNORECASE)
_BW = re.compile(rf"\bBW\s+Oct\s+({_NUMBER})", re.IGNORECASE)
_SLOPE = re.compile(rf"^\s*({_NUMBER})\s*dB\b(?!\s*Gain)", re.IGNORECASE)
_PREAMP = re.compile(rf"\s*Preamp\s*:\s*({_NUMBER})\s*dB", re.IGNORECASE)
_BUTTERWORTH_Q = math.sqrt(0.5)
_USUAL_SLOPE = 0.9


def read(data: bytes, variant: str) -> Loaded:
    """Read the text as Equalizer APO does; ``soundsource`` takes LS and HS for what APO calls LSC and HSC."""
    text = _decoded(data)
    filters: list[Filter] = []
    notes: list[str] = []
    preamp_db, found = 0.0, False
    for line in text.splitlines():
        if len(line) > 60_000 or line.lstrip().startswith("#"):
            continue
        if curve := graphiceq.parse_line(line):
            return curve
        if match := _PREAMP.match(line):
            preamp_db, found = _number(match[1]), True
        elif match := _FILTER.match(line):
            found = True
            if match[1].upper() == "OFF" or match[2].upper() in ("", "NONE"):
                continue
            filters.append(_filter(match[2].upper(), match[3], variant, notes))
            if len(filters) > MOST_FILTERS:
                raise PresetError(f"more than {MOST_FILTERS} filters: no EQ preset; check the file")
    if not found:
        raise PresetError('no "Filter 1: ON PK Fc ..." in it; give an Equalizer APO or REW text')
    return Loaded(filters=tuple(filters), preamp_db=preamp_db, notes=tuple(dict.fromkeys(notes)))


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _number(text: str) -> float:
    """A number of any locale: 20,0 and 1.234,5 and 1,234.5."""
    if "," in text and "." in text:
        thousands = "," if text.rindex(",") < text.rindex(".") else "."
        text = text.replace(thousands, "")
    return check_number(text.replace(",", "."), "number")


def _filter(kind: str, rest: str, variant: str, notes: list[str]) -> Filter:
    if kind not in _KINDS:
        raise PresetError(f"filter type {kind[:20]!r}: not one we read ({', '.join(_KINDS)})")
    freq = _FREQ.search(rest)
    if freq is None:
        raise PresetError(f"filter {kind}: no frequency (Fc ... Hz); the line is damaged")
    freq_hz = _number(freq[1]) * (1000 if freq[2] else 1)
    gain_db = _number(gain[1]) if (gain := _GAIN.search(rest)) else 0.0
    shelf, amp = kind[:2] in ("LS", "HS"), 10 ** (max(-120.0, min(120.0, gain_db)) / 40)
    if q_found := _Q.search(rest):
        q = _number(q_found[1])
    elif bandwidth := _BW.search(rest):
        q = 1 / (2 * math.sinh(math.log(2) / 2 * max(1e-3, min(_number(bandwidth[1]), 20.0))))
    elif shelf:
        slope = _SLOPE.match(rest)
        steep = max(_number(slope[1]) / 12, 1e-3) if slope else _USUAL_SLOPE
        q = q_of_slope(steep, amp)
    else:
        q = _BUTTERWORTH_Q if kind in ("LP", "HP") else 30.0 if kind == "NO" else _BUTTERWORTH_Q
    if kind in ("LS", "HS") and variant == "apo":
        shift = 10 ** (abs(gain_db) / 80 / max(slope_of_q(max(q, 1e-3), amp), 1e-3))
        freq_hz = freq_hz * shift if kind == "LS" else freq_hz / shift
        notes.append(
            f"{kind} with its corner frequency, as Equalizer APO reads it; a SoundSource file: --format soundsource"
        )
    return Filter(kind=_KINDS[kind], freq_hz=freq_hz, gain_db=gain_db, q=q)


def slope_of_q(q: float, amp: float) -> float:
    """The shelf slope S of the cookbook for a Q."""
    inverse = (1 / q**2 - 2) / (amp + 1 / amp) + 1
    return 1 / inverse if inverse > 0 else 1e3


def q_of_slope(slope: float, amp: float) -> float:
    """The Q of the cookbook for a shelf slope S."""
    square = (amp + 1 / amp) * (1 / slope - 1) + 2
    return 1 / math.sqrt(square) if square > 1e-6 else 1e3
