"""Steinberg's .vstpreset, for the EQ "Frequency" of Cubase and Nuendo.

Its shelves only come near to a Q of .5, its bells have a Q of their own kind, as third parties measured it.
"""

from __future__ import annotations

import math
import struct

from semeq.settings import EqBand, EqSettings
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import xml

CLASS_ID = b"01F6CCC94CAE4668B7C6EC85E681E419"
SHELF_Q = 0.502  # of the cookbook, where its own Q is .5
_OWN_SHELF_Q = 0.5
_BELL_Q = (0.5, 30.0)
_TYPES = {"low_shelf": 5.0, "bell": 1.0, "high_shelf": 7.0}  # bands 1 and 8, and those between
_PLACES: tuple[int, ...] = (1, 2, 3, 4, 8)


def _width(q: float, gain_db: float) -> float:
    """Octaves between the points 3 dB below the top, or at half the gain where that is nearer, times Q's 1."""
    gain = max(abs(gain_db), 1e-3)
    drop = 3.0 if gain >= 6 else gain / 2
    square, level = 10 ** (gain / 20), 10 ** ((gain - drop) / 10)
    edge = math.sqrt((square - level / square) / (level - 1))
    return 2 / math.log(2) * math.asinh(edge / (2 * q))


def _bell_q(own: float, gain_db: float) -> float:
    """The cookbook's Q for a Q of Frequency."""
    return math.sinh(math.log(2) / 2 * _width(1.0, gain_db)) / math.sinh(math.log(2) / 2 / own)


def hold(settings: EqSettings, rate_hz: float, variant: str) -> EqSettings:
    """The settings as Frequency plays them."""
    del rate_hz, variant
    qs = [SHELF_Q, *settings.qs[1:4], SHELF_Q]
    for place in (1, 2, 3):
        gain_db = settings.gains_db[place]
        own = min(max(1 / _width(qs[place], gain_db), _BELL_Q[0]), _BELL_Q[1])
        qs[place] = min(max(_bell_q(own, gain_db), 0.1), 10.0)
    return EqSettings.of(settings.freqs_hz, settings.gains_db, qs, settings.preamp_db)


def _parameters(settings: EqSettings) -> list[tuple[str, int, float]]:
    used: dict[int, EqBand] = dict(zip(_PLACES, settings.bands, strict=True))
    rows: list[tuple[str, int, float]] = []
    for number in range(1, 9):
        place, band = number - 1, used.get(number)
        outer = number in (1, 8)
        gain, freq, own, kind = 0.0, 100.0 * 2 ** (number - 1), 1.0, 6.0 if outer else 1.0
        if band is not None:
            gain, freq, kind = band.gain_db, band.freq_hz, _TYPES[band.kind]
            own = 1 / _width(band.q, gain) if band.kind == "bell" else _OWN_SHELF_Q
        for channel, first in (("", 100), ("Ch2", 260)):
            on = 1.0 if not channel else 0.0
            rows += [
                (f"equalizerAon{number}{channel}", first + place, on),
                (f"equalizerAgain{number}{channel}", first + 8 + place, gain),
                (f"equalizerAfreq{number}{channel}", first + 16 + place, freq),
                (f"equalizerAq{number}{channel}", first + 24 + place, own),
                (f"equalizerAtype{number}{channel}", first + 32 + place, kind),
                (f"invert{number}{channel}", (1022 if not channel else 1030) + place, 0.0),
            ]
        rows += [
            (f"equalizerAeditchannel{number}", 50 + place, 2.0),
            (f"equalizerAbandon{number}", 58 + place, 1.0 if band is not None else 0.0),
            (f"linearphase{number}", 66 + place, 0.0),
        ]
    rows += [("equalizerAbypass", 1, 0.0), ("equalizerAoutput", 2, settings.preamp_db), ("bypass", 1002, 0.0)]
    return rows


def write(preset: Preset, variant: str) -> Files:
    """The container: component state, an empty controller state, and information in XML."""
    del variant
    records = b"".join(
        name.encode("ascii").ljust(128, b"\0") + struct.pack("<Id", number, value)
        for name, number, value in _parameters(preset.settings)
    )
    component = struct.pack("<I", len(records)) + records
    about = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<MetaInfo>\n'
        '\t<Attribute id="MediaType" value="VstPreset" type="string" flags="writeProtected"/>\n'
        '\t<Attribute id="PlugInCategory" value="Fx|EQ" type="string" flags="writeProtected"/>\n'
        '\t<Attribute id="PlugInName" value="Frequency" type="string" flags="writeProtected"/>\n'
        '\t<Attribute id="PlugInVendor" value="Steinberg Media Technologies" type="string" flags="writeProtected"/>\n'
        f'\t<Attribute id="Name" value="{xml(preset.title)}" type="string" flags=""/>\n'
        f'\t<Attribute id="Comment" value="{xml(preset.comment)}" type="string" flags=""/>\n</MetaInfo>\n'
    ).encode()
    head = 4 + 4 + 32 + 8
    chunks = ((b"Comp", component), (b"Cont", b""), (b"Info", about))
    listed, body, place = b"", b"", head
    for name, data in chunks:
        listed += name + struct.pack("<qq", place, len(data))
        body += data
        place += len(data)
    data = b"VST3" + struct.pack("<i", 1) + CLASS_ID + struct.pack("<q", place) + body
    return one_file(preset, ".vstpreset", data + b"List" + struct.pack("<i", len(chunks)) + listed)
