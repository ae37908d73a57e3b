"""FabFilter Pro-Q 3: 24 bands as a row of floats. That it plays the analogue curve is assumed."""

from __future__ import annotations

import math
import struct

import numpy as np

from semeq_presets.errors import PresetError
from semeq_presets.filters import Filter, FilterKind, Loaded
from semeq_presets.preset import Files, Preset, one_file

MAGIC = b"FQ3p"
_BANDS, _PER_BAND = 24, 13
_UNUSED = (0.0, 1.0, math.log2(1000), 0.0, 0.0, 1.0, 1.0, 0.5, 0.0, 3.0, 2.0, 1.0, 0.0)
_GLOBALS = (0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, -1, 1, 2, 2, 3, 0, 1, 1, 2, 0, 0)
_SHAPES = {"low_shelf": 1.0, "bell": 0.0, "high_shelf": 3.0}
_KINDS: dict[int, FilterKind] = {0: "bell", 1: "low_shelf", 2: "high_pass", 3: "high_shelf", 4: "low_pass", 5: "notch"}
_SLOPE_12, _STEREO = 1.0, 2.0
_Q_SPAN = math.log10(1600)


def stored_q(q: float) -> float:
    """Their Q is ours times sqrt(2) (a forum's word), on a scale from .025 to 40."""
    return math.log10(q * math.sqrt(2)) / _Q_SPAN + 0.5


def _read_q(stored: float) -> float:
    return float(10 ** ((stored - 0.5) * _Q_SPAN) / math.sqrt(2))


def write(preset: Preset, variant: str) -> Files:
    """A .ffp; the preamp has no place in it that Pro-Q reads back."""
    del variant
    floats: list[float] = []
    for band in preset.settings.bands:
        floats += [1.0, 1.0, math.log2(band.freq_hz), band.gain_db, 0.0, 1.0, 1.0, stored_q(band.q)]
        floats += [_SHAPES[band.kind], _SLOPE_12, _STEREO, 1.0, 0.0]
    floats += list(_UNUSED) * (_BANDS - 5) + list(map(float, _GLOBALS))
    data = MAGIC + struct.pack("<II", 4, len(floats)) + np.array(floats, "<f4").tobytes()
    return one_file(preset, ".ffp", data)


def read(data: bytes, variant: str) -> Loaded:
    """The bands that are used and on; dynamics are left out."""
    del variant
    if data[:4] != MAGIC or len(data) < 12:
        raise PresetError("no Pro-Q 3 preset (they begin with FQ3p); save it again in Pro-Q 3")
    _, count = struct.unpack_from("<II", data, 4)
    if not _BANDS * _PER_BAND <= count <= 4096 or len(data) < 12 + 4 * count:
        raise PresetError("cut off; get the file again")
    floats = struct.unpack_from(f"<{_BANDS * _PER_BAND}f", data, 12)
    rows = np.array(floats).reshape(_BANDS, _PER_BAND)
    filters, notes = [], []
    for number, row in enumerate(rows, 1):
        if row[0] != 1.0 or row[1] != 1.0:
            continue
        if not np.all(np.isfinite(row)) or not (3.0 <= row[2] <= 15.5 and abs(row[3]) <= 60 and -0.5 <= row[7] <= 1.5):
            raise PresetError(f"band {number}: no EQ has these numbers; the file is damaged")
        kind = _KINDS.get(round(row[8]) if 0 <= row[8] <= 8 else -1)
        if kind is None:
            raise PresetError(f"band {number}: shape {row[8]:g} is not one we read")
        if row[4]:
            notes.append(f"band {number}: its dynamics are left out")
        if kind != "bell" and row[9] != _SLOPE_12:
            notes.append(f"band {number}: its slope is read as 12 dB/octave")
        filters.append(Filter(kind=kind, freq_hz=float(2 ** row[2]), gain_db=float(row[3]), q=_read_q(float(row[7]))))
    return Loaded(filters=tuple(filters), notes=tuple(notes))
