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
_NUMBERED = re.compile(r"^\[Preset\d+\]")


def names_in(data: bytes) -> tuple[str, ...]:
    """The names of the presets, in their order."""
    _, presets = _parts(data)
    return tuple(_name_of(text) for text in presets)


def with_presets(data: bytes, new: Mapping[str, bytes]) -> bytes:
    """The list with these presets: data of ReaEQ by name. One of the same name is replaced in its place."""
    head, presets = _parts(data)
    newline = "\r\n" if "\r\n" in head else "\n"
    for name, block in new.items():
        entry = ini_entry(0, name, block).replace("\n", newline)
        place = next((place for place, text in enumerate(presets) if _name_of(text) == name), None)
        place = len(presets) if place is None else place
        presets = (*presets[:place], entry, *presets[place + 1 :])
    return _joined(head, presets, newline)


def without_presets(data: bytes, names: Sequence[str]) -> bytes:
    """The list without the presets of these names."""
    head, presets = _parts(data)
    kept = tuple(text for text in presets if _name_of(text) not in names)
    return _joined(head, kept, "\r\n" if "\r\n" in head else "\n")


def _parts(data: bytes) -> tuple[str, tuple[str, ...]]:
    """What stands before the presets, and the text of each."""
    text = data.decode("utf-8", "surrogateescape")
    if not text.strip():
        return "[General]\nLastDefImpTime=0\nNbPresets=0\n", ()
    places = [match.start() for match in _SECTION.finditer(text)]
    numbered = [place for place in places if _NUMBERED.match(text[place : place + 30])]
    head = text[: numbered[0]] if numbered else text
    bounds = [*numbered, len(text)]
    presets = tuple(text[start:end] for start, end in itertools.pairwise(bounds))
    count = _COUNT.search(head)
    if count is None or int(count[1]) != len(presets):
        raise PresetError("REAPER's list of presets does not count what it holds; mend it in REAPER first")
    return head, presets


def _name_of(text: str) -> str:
    found = _NAME.search(text)
    return found[1].rstrip() if found else ""


def _joined(head: str, presets: Sequence[str], newline: str) -> bytes:
    text = _COUNT.sub(f"NbPresets={len(presets)}", head, count=1)
    if newline == "\r\n":
        text = text.replace(f"NbPresets={len(presets)}\n", f"NbPresets={len(presets)}\r\n")
    for number, preset in enumerate(presets):
        if not text.endswith(newline):
            text += newline
        if not text.endswith(newline * 2):
            text += newline
        text += _NUMBERED.sub(f"[Preset{number}]", preset, count=1)
    return text.encode("utf-8", "surrogateescape")
