"""XML and zip files from anybody: no entities, no bombs, no paths; what is too large or too deep is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from semeq_presets.errors import PresetError

MOST_BYTES = 4_000_000
_MOST_ELEMENTS, _MOST_DEPTH = 100_000, 100


@dataclass(slots=True)
class Element:
    """One element: its name, attributes and children."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This one and all below it, in the order of the file."""
        stack: list[Element] = [self]
        while stack:
            one = stack.pop()
            yield one
            stack.extend(reversed(one.children))

    def child(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next((one for one in self.children if one.tag == tag), None)


def parse_xml(data: bytes) -> Element:
    """Parse without a document type: entities, the way to every bomb, need one."""
    if len(data) > MOST_BYTES:
        raise PresetError(f"more than {MOST_BYTES // 1_000_000} MB of XML; no preset is that large")
    from xml.parsers import expat  # only to read

    root = Element("", {})
    stack, count = [root], 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > _MOST_ELEMENTS or len(stack) > _MOST_DEPTH:
            raise PresetError("too many elements in the XML; no preset is that large")
        one = Element(tag, attributes)
        stack[-1].children.append(one)
        stack.append(one)

    def refuse(*_said: object) -> None:
        raise PresetError("XML with a document type of its own; no preset has one")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, lambda _tag: stack.pop()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, PresetError):
            raise
        raise PresetError("damaged XML; get the file again") from None
    return root.children[0]


def from_zip(data: bytes, name: str) -> bytes:
    """One member of a zip file, by its exact name, never onto the disk and never more than is sensible."""
    import lzma
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(name) as member:
            held = member.read(MOST_BYTES + 1)
    except KeyError:
        raise PresetError(f"no {name} in it") from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, ValueError, EOFError):
        raise PresetError("damaged zip file; get it again") from None
    if len(held) > MOST_BYTES:
        raise PresetError(f"more than {MOST_BYTES // 1_000_000} MB in {name}; no preset is that large")
    return held
