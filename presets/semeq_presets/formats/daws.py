"""Experimental: Ableton Live's EQ Eight, Logic's Channel EQ, TDR Nova. Each from one source; none was played."""

from __future__ import annotations

import struct
import zlib

from semeq.settings import EqBand
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import plain, xml


def write(preset: Preset, variant: str) -> Files:
    """The file of one of them."""
    match variant:
        case "ableton-adv":
            return one_file(preset, ".adv", _ableton(preset))
        case "logic-pst":
            return one_file(preset, ".pst", _logic(preset))
        case _:
            return one_file(preset, ".xml", _nova(preset))


def _parameter(name: str, value: str, target: int) -> str:
    return (
        f'<{name}><LomId Value="0"/><Manual Value="{value}"/>'
        f'<AutomationTarget Id="{target}"><LockEnvelope Value="0"/></AutomationTarget></{name}>'
    )


def _eq8_band(band: EqBand | None, first: int) -> str:
    modes = {"low_shelf": "2", "bell": "3", "high_shelf": "5"}
    on, mode = ("true", modes[band.kind]) if band else ("false", "3")
    freq, gain, q = (band.freq_hz, band.gain_db, band.q) if band else (1000.0, 0.0, 0.7071)
    values = (("IsOn", on), ("Mode", mode), ("Freq", plain(freq)), ("Gain", plain(gain)), ("Q", plain(q)))
    return "".join(_parameter(name, value, first + place) for place, (name, value) in enumerate(values))


def _ableton(preset: Preset) -> bytes:
    """Gzip over XML; bands in real units."""
    bands = ""
    for number in range(8):
        band = preset.settings.bands[number] if number < 5 else None
        a, b = _eq8_band(band, 100 + 20 * number), _eq8_band(None, 110 + 20 * number)
        bands += f"<Bands.{number}><ParameterA>{a}</ParameterA><ParameterB>{b}</ParameterB></Bands.{number}>"
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Ableton MajorVersion="5" MinorVersion="11.0_433" SchemaChangeCount="3" Creator="Ableton Live 11.0">\n'
        f'<Eq8><LomId Value="0"/><LomIdView Value="0"/><IsExpanded Value="true"/>{_parameter("On", "true", 1)}'
        f'<ParametersListWrapper LomId="0"/><UserName Value="{xml(preset.title)}"/>'
        f'<Annotation Value="{xml(preset.comment)}"/><Precision Value="1"/><Mode Value="0"/><EditMode Value="false"/>'
        f'<SelectedBand Value="0"/>{_parameter("GlobalGain", plain(preset.settings.preamp_db), 2)}'
        f"{_parameter('Scale', '1', 3)}{_parameter('AdaptiveQ', 'false', 4)}{bands}"
        '<SpectrumAnalyzer><IsOn Value="false"/></SpectrumAnalyzer></Eq8>\n</Ableton>\n'
    )
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = text.encode("utf-8")
    packed = packer.compress(data) + packer.flush()
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + packed + struct.pack("<II", zlib.crc32(data), len(data))


def _logic(preset: Preset) -> bytes:
    """240 bytes: eight bands of Q, switch, Hz, dB, and a tail."""
    low, *bells, high = preset.settings.bands
    off = (0.71, 0.0, 1000.0, 0.0)
    rows = [off, *((band.q, 1.0, band.freq_hz, band.gain_db) for band in (low, *bells)), off]
    rows += [(high.q, 1.0, high.freq_hz, high.gain_db), off]
    body = b"".join(struct.pack("<4f", *row) for row in rows)
    tail = struct.pack("<f", preset.settings.preamp_db)
    tail = tail.ljust(80, b"\0") + b"x8PL" + struct.pack("<I", 8)
    head = struct.pack("<III", 240, 1, 52) + b"GAMETSPP" + struct.pack("<I", 236)
    return (head + body + tail)[:240].ljust(240, b"\0")


def _nova(preset: Preset) -> str:
    """Four bands as attributes; the words for shelves are a guess."""
    types = {"low_shelf": "Low S", "bell": "Bell", "high_shelf": "High S"}
    bands = [band for band in preset.settings.bands if band.gain_db][:4]
    parts = [f'_preset_name="{xml(preset.title)}"']
    for number in range(1, 5):
        band = bands[number - 1] if number <= len(bands) else None
        parts.append(f'bandActive_{number}="{"On" if band else "Off"}"')
        if band:
            parts.append(f'bandGain_{number}="{plain(band.gain_db, 5)}" bandQ_{number}="{plain(band.q, 5)}"')
            parts.append(f'bandFreq_{number}="{plain(band.freq_hz, 7)}" bandType_{number}="{types[band.kind]}"')
    parts.append(f'gain_master="{plain(preset.settings.preamp_db, 5)}"')
    return f"<TDRNova {' '.join(parts)}/>\n"
