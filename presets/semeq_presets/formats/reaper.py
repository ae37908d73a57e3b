"""REAPER's ReaEQ: one block of data in an FX chain, a preset library or its own list of presets."""

from __future__ import annotations

import base64
import math
import re
import struct

from semeq.response import RATE_HZ
from semeq.settings import EqSettings
from semeq_presets.errors import PresetError
from semeq_presets.filters import MOST_FILTERS, Filter, FilterKind, Loaded
from semeq_presets.formats.apo import q_of_slope, slope_of_q
from semeq_presets.preset import Files, Preset, one_file

VST_ID = "1919247729<56535472656571726561657100000000>"
_TYPES = {"low_shelf": 0, "bell": 8, "high_shelf": 1}
_KINDS: dict[int, FilterKind] = {
    0: "low_shelf",
    1: "high_shelf",
    8: "bell",
    2: "bell",
    9: "bell",
    3: "low_pass",
    4: "high_pass",
    5: "all_pass",
    6: "notch",
    7: "band_pass",
}
_NARROWEST_SHELF = 0.915  # steeper shelves are not known
_WIDEST, _NARROWEST = 4.0, 0.01
_LINE = 128
_VERSION = 33


def _bell_octaves(q: float, freq_hz: float, rate_hz: float) -> float:
    """ReaEQ's bandwidth, which the sample rate bends."""
    w = 2 * math.pi * min(freq_hz, 0.49 * rate_hz) / rate_hz
    return 2 / math.log(2) * math.asinh(1 / (2 * q)) * math.sin(w) / w


def _bell_q(octaves: float, freq_hz: float, rate_hz: float) -> float:
    w = 2 * math.pi * min(freq_hz, 0.49 * rate_hz) / rate_hz
    return 1 / (2 * math.sinh(min(math.log(2) / 2 * octaves * w / math.sin(w), 50.0)))


def _shelf_octaves(q: float, gain_db: float) -> float:
    return 1 / math.sqrt(max(slope_of_q(q, 10 ** (gain_db / 40)), 1e-4))


def _shelf_q(octaves: float, gain_db: float) -> float:
    return q_of_slope(1 / octaves**2, 10 ** (gain_db / 40))


def hold(settings: EqSettings, rate_hz: float, variant: str) -> EqSettings:
    """The settings within what ReaEQ's bandwidth can say."""
    del variant
    qs = []
    for band in settings.bands:
        if band.kind == "bell":
            octaves = min(max(_bell_octaves(band.q, band.freq_hz, rate_hz), _NARROWEST), _WIDEST)
            qs.append(_bell_q(octaves, band.freq_hz, rate_hz))
        else:
            octaves = min(max(_shelf_octaves(band.q, band.gain_db), _NARROWEST_SHELF), _WIDEST)
            qs.append(_shelf_q(octaves, band.gain_db))
    qs = [min(max(q, 0.1), 10.0) for q in qs]
    return EqSettings.of(settings.freqs_hz, settings.gains_db, qs, settings.preamp_db)


def block(settings: EqSettings, rate_hz: float) -> bytes:
    """ReaEQ's own data."""
    data = struct.pack("<ii", _VERSION, len(settings.bands))
    for band in settings.bands:
        if band.kind == "bell":
            octaves = _bell_octaves(band.q, band.freq_hz, rate_hz)
        else:
            octaves = _shelf_octaves(band.q, band.gain_db)
        gain = 10 ** (band.gain_db / 20)
        data += struct.pack("<iidddB", _TYPES[band.kind], 1, band.freq_hz, gain, octaves, 1)
    return data + struct.pack("<iidiiii", 1, 1, 10 ** (settings.preamp_db / 20), 0, 576, 363, 2)


def _header(size: int) -> bytes:
    pins = struct.pack("<IQQIQQ", 2, 1, 2, 2, 1, 2)
    return b"qeer" + struct.pack("<I", 0xFEED5EEE) + pins + struct.pack("<III", size, 1, 0x00100000)


def _trailer(name: str) -> bytes:
    return b"\0" + name.encode("utf-8") + b"\0\x10\0\0\0"


def _base64(data: bytes, indent: str) -> str:
    text = base64.b64encode(data).decode()
    return "\n".join(indent + text[start : start + _LINE] for start in range(0, len(text), _LINE))


def _tick(title: str) -> str:
    """REAPER puts names between back quotes."""
    return title.replace("`", "'")


def write(preset: Preset, variant: str) -> Files:
    """An FX chain, a library of one preset, or a list of one to add to REAPER's own."""
    if variant != "reaper":
        return write_bank([preset], variant, preset.stem)
    data = block(preset.settings, preset.rate_hz)
    parts = (_header(len(data)), data, _trailer(_tick(preset.title)))
    lines = "\n".join(_base64(part, "  ") for part in parts)
    text = f'BYPASS 0 0 0\n<VST "VST: ReaEQ (Cockos)" reaeq.dll 0 "" {VST_ID} ""\n{lines}\n>\nWAK 0 0\n'
    return one_file(preset, ".RfxChain", text)


def write_bank(presets: list[Preset], variant: str, stem: str) -> Files:
    """All presets in one library, or in one list."""
    if variant == "reaper-ini":
        return {f"{stem}.ini": ini_text([(preset.title, block(preset.settings, preset.rate_hz)) for preset in presets])}
    text = '<REAPER_PRESET_LIBRARY "VST: ReaEQ (Cockos)"\n'
    for preset in presets:
        data = block(preset.settings, preset.rate_hz)
        whole = _header(len(data)) + data + _trailer(_tick(preset.title))
        text += f"  <PRESET `{_tick(preset.title)}`\n{_base64(whole, '    ')}\n  >\n"
    return {f"{stem}.RPL": (text + ">\n").encode("utf-8")}


def ini_entry(number: int, name: str, data: bytes) -> str:
    """One preset of vst-reaeq.ini: hexadecimal with a checksum behind it."""
    hexed = (data + bytes([sum(data) & 0xFF])).hex().upper()
    return f"[Preset{number}]\nData={hexed}\nLen={len(data)}\nName={name}\n"


def ini_text(presets: list[tuple[str, bytes]]) -> bytes:
    """A whole list of presets."""
    entries = "".join(f"\n{ini_entry(number, name, data)}" for number, (name, data) in enumerate(presets))
    return f"[General]\nLastDefImpTime=0\nNbPresets={len(presets)}\n{entries}".encode()


def read_block(data: bytes, rate_hz: float = RATE_HZ) -> Loaded:
    """Read ReaEQ's own data."""
    try:
        version, count = struct.unpack_from("<ii", data)
        if version not in (32, 33) or not 0 <= count <= MOST_FILTERS:
            raise PresetError("not the data of ReaEQ")
        form = struct.Struct("<iiddd" + ("B" if version == 33 else ""))
        filters = []
        for number in range(count):
            kind, on, freq_hz, gain, octaves = form.unpack_from(data, 8 + number * form.size)[:5]
            if kind not in _KINDS:
                raise PresetError(f"band {number + 1}: type {kind} is not one we read")
            if on != 1:
                continue
            if not (1e-6 < gain < 1e6 and 1 <= freq_hz <= 96_000 and _NARROWEST / 2 <= octaves <= 20):
                raise PresetError(f"band {number + 1}: no EQ has these numbers; the file is damaged")
            gain_db = 20 * math.log10(gain)
            name = _KINDS[kind]
            q = _shelf_q(octaves, gain_db) if name.endswith("shelf") else _bell_q(octaves, freq_hz, rate_hz)
            filters.append(Filter(kind=name, freq_hz=freq_hz, gain_db=gain_db, q=max(q, 0.01)))
        tail = 8 + count * form.size
        (output,) = struct.unpack_from("<d", data, tail + 8)
    except struct.error:
        raise PresetError("cut off; get the file again") from None
    if not 1e-6 < output < 1e6:
        raise PresetError("no output gain has this value; the file is damaged")
    return Loaded(filters=tuple(filters), preamp_db=20 * math.log10(output))


_BASE64 = re.compile(rb"^\s*([A-Za-z0-9+/]+={0,2})\s*$", re.MULTILINE)
_NAME = re.compile(rb"<PRESET `([^`\n]{0,400})`")
_INI = re.compile(rb"^Data(?:_\d+)?=([0-9A-Fa-f]+)\s*$", re.MULTILINE)
_INI_NAME = re.compile(rb"^Name=([^\r\n]{0,400})", re.MULTILINE)


def read(data: bytes, variant: str) -> Loaded:
    """The first ReaEQ of a chain, the first preset of a library or a list."""
    del variant
    head = data[:200_000]
    if b"NbPresets" in head:
        return _read_ini(head)
    if b"ReaEQ" not in head and b"reaeq" not in head:
        raise PresetError("no ReaEQ in it; give an FX chain or a preset library of ReaEQ")
    start = head.find(b"<PRESET") if b"<REAPER_PRESET_LIBRARY" in head else _vst_line(head)
    begin = head.find(b"\n", start)
    end = head.find(b">", begin)
    pieces = _BASE64.findall(head, begin, end if end > 0 else len(head))
    whole = b"".join(map(_unpacked, pieces))
    name = _NAME.search(head)
    rest = _behind_header(whole)
    found = read_block(rest)
    return Loaded(
        filters=found.filters, preamp_db=found.preamp_db, name=name[1].decode("utf-8", "replace") if name else ""
    )


def _vst_line(head: bytes) -> int:
    place = head.lower().find(b"reaeq")
    return head.rfind(b"\n", 0, place) + 1


def _unpacked(piece: bytes) -> bytes:
    try:
        return base64.b64decode(piece, validate=True)
    except ValueError:
        raise PresetError("damaged base64; get the file again") from None


def _behind_header(whole: bytes) -> bytes:
    """ReaEQ's data: behind a header that grows with the number of pins."""
    if whole[:4] != b"qeer":
        raise PresetError("no ReaEQ data in it; give an FX chain or a preset library of ReaEQ")
    try:
        place = 8
        for _ in range(2):
            (pins,) = struct.unpack_from("<I", whole, place)
            if pins > 1024:
                raise PresetError("damaged header; get the file again")
            place += 4 + 8 * pins
        (size,) = struct.unpack_from("<I", whole, place)
    except struct.error:
        raise PresetError("cut off; get the file again") from None
    return whole[place + 12 : place + 12 + size]


def _read_ini(head: bytes) -> Loaded:
    found, name = _INI.search(head), _INI_NAME.search(head)
    if found is None or len(found[1]) % 2:
        raise PresetError("no preset in it, or one that is cut off")
    data = bytes.fromhex(found[1].decode())
    if len(data) < 2 or sum(data[:-1]) & 0xFF != data[-1]:
        raise PresetError("the checksum is wrong; get the file again")
    loaded = read_block(data[:-1])
    return Loaded(
        filters=loaded.filters, preamp_db=loaded.preamp_db, name=name[1].decode("utf-8", "replace") if name else ""
    )
