"""GraphicEQ lines: the curve itself as points, for Equalizer APO, RootlessJamesDSP and Wavelet; the preamp is in it."""

from __future__ import annotations

import re

import numpy as np

from semeq.response import Floats, response_db
from semeq.settings import EqSettings
from semeq_presets.errors import PresetError
from semeq_presets.filters import MOST_POINTS, Loaded, check_number
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import fixed

# Wavelet wants what AutoEq writes: 127 whole frequencies from 20 Hz, each 1.0563 times the last, one decimal.
_WAVELET_STEP = 1.0563
_DECIMALS = {"graphiceq": 2, "wavelet": 1}


def points_hz(variant: str) -> Floats:
    """Where the points stand."""
    if variant == "wavelet":
        return np.asarray(np.round(20 * _WAVELET_STEP ** np.arange(127)), np.float64)
    return np.round(np.geomspace(15, 22_000, 512), 1)


def _values(settings: EqSettings, variant: str, rate_hz: float) -> Floats:
    """The curve at the points, rounded down."""
    scale = 10 ** _DECIMALS[variant]
    at_hz = np.minimum(points_hz(variant), rate_hz / 2)
    return np.asarray(np.round(response_db(settings, at_hz, rate_hz) * scale) / scale)


def predict(settings: EqSettings, at_hz: Floats, rate_hz: float, variant: str) -> Floats:
    """What is played: straight lines between the points, over log frequency."""
    points = points_hz(variant)
    return np.asarray(np.interp(np.log(at_hz), np.log(points), _values(settings, variant, rate_hz)))


def write(preset: Preset, variant: str) -> Files:
    """One line, and the note below where comments are understood."""
    values = _values(preset.settings, variant, preset.rate_hz)
    decimals = _DECIMALS[variant]
    places = [fixed(float(f), 0 if variant == "wavelet" else 1) for f in points_hz(variant)]
    line = "; ".join(f"{f} {fixed(float(v), decimals)}" for f, v in zip(places, values, strict=True))
    note = f"# {preset.comment}\n" if preset.note and variant != "wavelet" else ""
    return one_file(preset, ".txt", f"GraphicEQ: {line}\n{note}")


def parse_line(line: str) -> Loaded | None:
    """The curve of a GraphicEQ line; None for other lines."""
    if not (match := re.match(r"\s*GraphicEQ\s*:", line, re.IGNORECASE)):
        return None
    if line.count(";") > MOST_POINTS:
        raise PresetError(f"GraphicEQ: more than {MOST_POINTS} points; no preset has them")
    freqs, gains = [], []
    for pair in line[match.end() :].split(";"):
        if not pair.strip():
            continue
        parts = pair.split()
        if len(parts) != 2:
            raise PresetError(f"GraphicEQ: {pair.strip()[:40]!r} is no pair of Hz and dB; the file is damaged")
        freq_hz, gain_db = check_number(parts[0], "GraphicEQ"), check_number(parts[1], "GraphicEQ")
        if not 0 < freq_hz <= 200_000 or abs(gain_db) > 200:
            raise PresetError(f"GraphicEQ: {pair.strip()[:40]!r} is no point of a curve; the file is damaged")
        freqs.append(freq_hz)
        gains.append(gain_db)
    if len(freqs) < 2:
        raise PresetError("GraphicEQ: fewer than two points; the file is damaged")
    return Loaded(curve_hz=tuple(freqs), curve_db=tuple(gains))


def read(data: bytes, variant: str) -> Loaded:
    """Read the first GraphicEQ line."""
    del variant
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if found := parse_line(line):
            return found
    raise PresetError('no line "GraphicEQ: 20 0.0; ..." in it')
