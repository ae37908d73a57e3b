"""DAWproject: a project with one track that carries the EQ, for Bitwig, Studio One and Cubase to import."""

from __future__ import annotations

import io
import math
import zipfile
from typing import TYPE_CHECKING

from semeq_presets.errors import PresetError
from semeq_presets.filters import MOST_FILTERS, Filter, FilterKind, Loaded, check_number
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import plain, xml

if TYPE_CHECKING:
    from semeq_presets.safexml import Element

_TYPES = {"low_shelf": "lowShelf", "bell": "bell", "high_shelf": "highShelf"}
_KINDS: dict[str, FilterKind] = {
    "lowShelf": "low_shelf",
    "bell": "bell",
    "highShelf": "high_shelf",
    "lowPass": "low_pass",
    "highPass": "high_pass",
    "bandPass": "band_pass",
    "notch": "notch",
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the same bytes whenever it is written


def project_xml(preset: Preset) -> str:
    """project.xml, its elements in the order that the schema of the format asks for."""
    ids = iter(f"id{number}" for number in range(100))

    def number(tag: str, value: float, unit: str) -> str:
        return f'<{tag} value="{plain(value)}" unit="{unit}" id="{next(ids)}"/>'

    def switch() -> str:
        return f'<Enabled value="true" id="{next(ids)}"/>'

    track, channel = next(ids), next(ids)
    head = (
        f'<Equalizer deviceName="semeq {xml(preset.title)}" deviceRole="audioFX" name="{xml(preset.title)}" '
        f'comment="{xml(preset.comment)}" loaded="true" id="{next(ids)}">'
    )
    bands = ""
    for order, band in enumerate(preset.settings.bands):
        bands += f'<Band type="{_TYPES[band.kind]}" order="{order}">{number("Freq", band.freq_hz, "hertz")}'
        bands += f"{number('Gain', band.gain_db, 'decibel')}{number('Q', band.q, 'linear')}{switch()}</Band>"
    device = f"{head}{switch()}{bands}{number('OutputGain', preset.settings.preamp_db, 'decibel')}</Equalizer>"
    return (
        f'{_XML}<Project version="1.0"><Application name="semeq" version="1"/><Structure>'
        f'<Track contentType="audio" loaded="true" id="{track}" name="{xml(preset.title)}">'
        f'<Channel audioChannels="2" role="regular" solo="false" id="{channel}">'
        f"<Devices>{device}</Devices></Channel></Track></Structure></Project>\n"
    )


def write(preset: Preset, variant: str) -> Files:
    """The zip file of project.xml and metadata.xml."""
    del variant
    title, comment = xml(preset.title), xml(preset.comment)
    metadata = f"{_XML}<MetaData><Title>{title}</Title><Comment>{comment}</Comment></MetaData>\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("project.xml", project_xml(preset)), ("metadata.xml", metadata)):
            member = zipfile.ZipInfo(name, _ALWAYS)
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(member, text.encode("utf-8"))
    return one_file(preset, ".dawproject", buffer.getvalue())


def read(data: bytes, variant: str) -> Loaded:
    """The first equalizer of the project."""
    from semeq_presets.safexml import from_zip, parse_xml  # only to read

    del variant
    root = parse_xml(from_zip(data, "project.xml"))
    device = next((one for one in root.walk() if one.tag == "Equalizer"), None)
    if device is None:
        raise PresetError("no equalizer in the project")
    filters: list[Filter] = []
    for band in (one for one in device.children if one.tag == "Band"):
        on = band.child("Enabled")
        if on is not None and on.attributes.get("value") == "false":
            continue
        kind = _KINDS.get(band.attributes.get("type", ""))
        if kind is None:
            raise PresetError(f"band type {band.attributes.get('type', '')[:20]!r} is not one we read")
        freq_hz = _value(band, "Freq", None)
        filters.append(
            Filter(kind=kind, freq_hz=freq_hz, gain_db=_value(band, "Gain", 0.0), q=_value(band, "Q", 0.7071))
        )
        if len(filters) > MOST_FILTERS:
            raise PresetError(f"more than {MOST_FILTERS} bands; no EQ has them")
    preamp_db = _value(device, "InputGain", 0.0) + _value(device, "OutputGain", 0.0)
    return Loaded(filters=tuple(filters), preamp_db=preamp_db, name=device.attributes.get("name", "")[:200])


def _value(parent: Element, tag: str, usual: float | None) -> float:
    one = parent.child(tag)
    if one is None or "value" not in one.attributes:
        if usual is None:
            raise PresetError(f"a band without {tag}; the file is damaged")
        return usual
    value = check_number(one.attributes["value"], tag)
    if tag in ("Gain", "InputGain", "OutputGain") and one.attributes.get("unit") == "linear":
        return 20 * math.log10(max(value, 1e-6))
    return value
