"""REAPER's list of ReaEQ presets, changed with care: what is there stays, byte for byte, and the count stays true."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from semeq_presets.errors import PresetError
from semeq_presets.formats.reaper import ini_entry

FILE_NAME = "vst-reaeq.ini"
_SECTION = re.compile(r"^\[([^\]\r\n]*)\]", re.MULTILINE)
_COUNT = re.compile(r"^NbPresets=(\d{1,6})[ \t]*\r?$", re.MULTILINE)
_NAME = re.compile(r"^Name=([^\r\n]*)", re.MULTILINE)
_NUMBERED = re.compile(r"\[Preset\d+\]")


def names_in(data: bytes) -> tuple[str, ...]:
    """The names of the presets, in their order."""
    _, presets, _ = _parts(data)
    return tuple(_name_of(text) for text in presets)


def with_presets(data: bytes, new: Mapping[str, bytes]) -> bytes:
    """The list with these presets: data of ReaEQ by name. One of the same name is replaced in its place."""
    head, presets, rest = _parts(data)
    newline = _newline(head)
    for name, block in new.items():
        entry = ini_entry(0, name, block).replace("\n", newline)
        place = next((place for place, text in enumerate(presets) if _name_of(text) == name), None)
        place = len(presets) if place is None else place
        presets = (*presets[:place], entry, *presets[place + 1 :])
    return _joined(head, presets, rest, newline)


def without_presets(data: bytes, names: Sequence[str]) -> bytes:
    """The list without the presets of these names."""
    head, presets, rest = _parts(data)
    kept = tuple(text for text in presets if _name_of(text) not in names)
    return _joined(head, kept, rest, _newline(head))


def _newline(head: str) -> str:
    return "\r\n" if "\r\n" in head else "\n"


def _parts(data: bytes) -> tuple[str, tuple[str, ...], str]:
    """What stands before the presets, the text of each, and the other sections that stand behind one."""
    text = data.decode("utf-8", "surrogateescape")
    if not text.strip():
        return "[General]\nLastDefImpTime=0\nNbPresets=0\n", (), ""
    places = [match.start() for match in _SECTION.finditer(text)]
    first = next((place for place in places if _NUMBERED.match(text, place)), len(text))
    head = text[:first]
    bounds = [*(place for place in places if place >= first), len(text)]
    sections = [text[start:end] for start, end in itertools.pairwise(bounds)]
    presets = tuple(section for section in sections if _NUMBERED.match(section))
    rest = "".join(section for section in sections if not _NUMBERED.match(section))
    count = _COUNT.search(head)
    if count is None or int(count[1]) != len(presets):
        raise PresetError("REAPER's list of presets does not count what it holds; mend it in REAPER first")
    return head, presets, rest


def _name_of(text: str) -> str:
    found = _NAME.search(text)
    return found[1].rstrip() if found else ""


def _joined(head: str, presets: Sequence[str], rest: str, newline: str) -> bytes:
    text = _COUNT.sub(f"NbPresets={len(presets)}", head, count=1)
    if newline == "\r\n":
        text = text.replace(f"NbPresets={len(presets)}\n", f"NbPresets={len(presets)}\r\n")
    sections = [_NUMBERED.sub(f"[Preset{number}]", preset, count=1) for number, preset in enumerate(presets)]
    for section in (*sections, rest):
        if not section:
            continue
        if not text.endswith(newline):
            text += newline
        if not text.endswith(newline * 2):
            text += newline
        text += section
    return text.encode("utf-8", "surrogateescape")
