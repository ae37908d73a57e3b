"""The layout for TouchOSC, made of the addresses that the bridge has: ``python bridge/touchosc/make.py``.

A .tosc is XML within zlib: nodes, each with properties, values and messages; an address is a row of constants, a value
goes from 0 to 1 and is scaled on its way out and in. Written after layouts that the editor saved (version 3).
"""

from __future__ import annotations

import argparse
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from semeq_bridge import CONTROLS, new_state, value_at

Frame = tuple[int, int, int, int]
Color = tuple[float, float, float, float]
Property = bool | int | float | str | Frame | Color
Part = tuple[str, str, str, float, float]

PORT = 9002  # where TouchOSC listens
WORDS = ("warm", "bright", "airy", "full", "less harsh")
SIZE = (1024, 768)
LISTEN = """local due = 0
function update()
  if getMillis() >= due then
    due = getMillis() + 30000
    sendOSC({{ '/semeq/subscribe', {{
      {{ tag = 'i', value = {port} }}, {{ tag = 'i', value = 60 }}, {{ tag = 's', value = '/semeq/{instance}/' }}
    }} }})
  end
end
"""

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "semeq/touchosc")
_COMMON: dict[str, Property] = {"background": True, "cornerRadius": 4.0, "locked": False, "orientation": 0}
_COMMON |= {"outline": True, "outlineStyle": 1, "pointerPriority": 0, "shape": 1, "visible": True}
_BUTTON: dict[str, Property] = {"press": True, "release": True, "valuePosition": False}
_FADER: dict[str, Property] = {"bar": True, "barDisplay": 0, "cursor": True, "cursorDisplay": 0}
_FADER |= {"grid": True, "gridSteps": 13, "response": 0, "responseFactor": 100}
_LABEL: dict[str, Property] = {"font": 0, "textAlignH": 2, "textAlignV": 2}
_LABEL |= {"textClip": True, "textLength": 0, "textSize": 16}
_MOMENTARY, _TOGGLE = 0, 1
_LETTERS: dict[type, str] = {bool: "b", int: "i", float: "f", str: "s"}
_WHITE: Color = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Osc:
    """One message: where to, what, and whether a press alone sends it."""

    address: str
    argument: Part | None
    send: bool = True
    receive: bool = True
    when: Literal["ANY", "RISE"] = "ANY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """One thing on the panel."""

    kind: Literal["GROUP", "FADER", "BUTTON", "LABEL"]
    name: str
    frame: Frame
    color: Color = (0.25, 0.5, 0.75, 1.0)
    properties: dict[str, Property] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    osc: Osc | None = None
    children: tuple[Node, ...] = ()


def tosc(instance: str = "main", port: int = PORT) -> bytes:
    """The whole file."""
    return zlib.compress(xml(instance, port), 9)


def xml(instance: str = "main", port: int = PORT) -> bytes:
    """What is in it; the same every time."""
    root = ET.Element("lexml", version="3")
    children = (*_top(instance, port), *_bands(instance))
    script: dict[str, Property] = {"script": LISTEN.format(port=port, instance=instance)}
    panel = Node(
        kind="GROUP", name="semeq", frame=(0, 0, *SIZE), color=(0, 0, 0, 1), properties=script, children=children
    )
    _write(root, panel)
    ET.indent(root, " ")
    body: bytes = ET.tostring(root, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _top(instance: str, port: int) -> Iterator[Node]:
    """Words, switches, and the faders that are about all bands."""
    words = f"/semeq/{instance}/term"
    shown = Osc(address=words, argument=("VALUE", "STRING", "text", 0, 1), send=False)
    yield Node(kind="LABEL", name="term", frame=(10, 10, 1004, 40), properties=_LABEL, values={"text": ""}, osc=shown)
    for place, word in enumerate(WORDS):
        said = Osc(address=words, argument=("CONSTANT", "STRING", word, 0, 1), receive=False, when="RISE")
        yield from _button(word, (10 + 202 * place, 60, 192, 50), said, _MOMENTARY)
    places = iter(range(10, SIZE[0], 127))
    for path in ("bypass", "ab", "hold"):
        osc = Osc(address=f"/semeq/{instance}/{path}", argument=("VALUE", "INTEGER", "x", 0, 1))
        yield from _button(path, (next(places), 120, 117, 50), osc, _TOGGLE)
    for path in ("undo", "redo", "ab/store", "reset"):
        osc = Osc(address=f"/semeq/{instance}/{path}", argument=None, receive=False, when="RISE")
        yield from _button(path, (next(places), 120, 117, 50), osc, _MOMENTARY)
    listen = Osc(
        address="/semeq/subscribe", argument=("CONSTANT", "INTEGER", str(port), 0, 1), receive=False, when="RISE"
    )
    yield from _button("listen", (next(places), 120, 115, 50), listen, _MOMENTARY)
    for place, path in enumerate(("intensity", "morph", "range")):
        yield from _fader(instance, path, path, (10 + 106 * place, 180, 96, 578))


def _bands(instance: str) -> Iterator[Node]:
    """Gain, frequency and Q of each band, from 0 to 1."""
    for number in range(1, 6):
        x = 338 + 137 * (number - 1)
        for place, what in enumerate(("gain", "freq", "q")):
            frame = (x + 43 * place, 180, 39, 578)
            yield from _fader(instance, f"band/{number}/{what}/norm", f"{what} {number}", frame)


def _fader(instance: str, path: str, caption: str, frame: Frame) -> Iterator[Node]:
    control, address = CONTROLS[path], f"/semeq/{instance}/{path}"
    assert control.low is not None
    assert control.high is not None
    value = float(value_at(new_state((instance,)), address) or 0)
    share = (value - control.low) / (control.high - control.low)
    osc = Osc(address=address, argument=("VALUE", "FLOAT", "x", control.low, control.high))
    x, y, width, height = frame
    body = (x, y, width, height - 28)
    yield Node(kind="FADER", name=path, frame=body, properties=_FADER, values={"x": f"{share:.6g}"}, osc=osc)
    yield _caption(caption, (x, y + height - 26, width, 26), 12)


def _button(caption: str, frame: Frame, osc: Osc, kind: int) -> Iterator[Node]:
    yield Node(
        kind="BUTTON", name=caption, frame=frame, properties=_BUTTON | {"buttonType": kind}, values={"x": "0"}, osc=osc
    )
    yield _caption(caption, frame, 16)


def _caption(text: str, frame: Frame, size: int) -> Node:
    """Buttons and faders have no text of their own; a touch goes through it."""
    look = _LABEL | {"textSize": size, "background": False, "outline": False}
    return Node(kind="LABEL", name=f"{text}, caption", frame=frame, properties=look, values={"text": text})


def _write(parent: ET.Element, node: Node) -> None:
    at = ET.SubElement(parent, "node", ID=str(uuid.uuid5(_SPACE, f"{node.kind} {node.name}")), type=node.kind)
    own: dict[str, Property] = {"name": node.name, "frame": node.frame, "color": node.color, "textColor": _WHITE}
    if node.kind != "LABEL":
        del own["textColor"]
    touched = node.kind in ("FADER", "BUTTON")
    _write_properties(at, _COMMON | {"grabFocus": touched, "interactive": touched} | node.properties | own)
    values = ET.SubElement(at, "values")
    for key, default in (node.values | {"touch": "false"}).items():
        row = ET.SubElement(values, "value")
        pinned = "1" if key == "text" and node.osc is None else "0"
        for tag, text in (("key", key), ("locked", "0"), ("lockedDefaultCurrent", pinned), ("default", default)):
            ET.SubElement(row, tag).text = text
        ET.SubElement(row, "defaultPull").text = "0"
    if node.osc is not None:
        _write_osc(ET.SubElement(at, "messages"), node.osc)
    if node.children:
        children = ET.SubElement(at, "children")
        for child in node.children:
            _write(children, child)


def _write_properties(at: ET.Element, rows: dict[str, Property]) -> None:
    properties = ET.SubElement(at, "properties")
    for key, value in sorted(rows.items()):
        letters = {"frame": "xywh", "color": "rgba", "textColor": "rgba"}.get(key, "")
        letter = {"xywh": "r", "rgba": "c"}.get(letters) or _LETTERS[type(value)]
        row = ET.SubElement(properties, "property", type=letter)
        ET.SubElement(row, "key").text = key
        held = ET.SubElement(row, "value")
        if isinstance(value, tuple):
            for tag, number in zip(letters, value, strict=True):
                ET.SubElement(held, tag).text = f"{number:g}"
        else:
            held.text = value if isinstance(value, str) else f"{value:g}"


def _write_osc(messages: ET.Element, osc: Osc) -> None:
    at = ET.SubElement(messages, "osc")
    flags = {"enabled": 1, "send": int(osc.send), "receive": int(osc.receive), "feedback": 0}
    for tag, flag in flags.items():
        ET.SubElement(at, tag).text = str(flag)
    ET.SubElement(at, "connections").text = "00001"  # the first one
    trigger = ET.SubElement(ET.SubElement(at, "triggers"), "trigger")
    ET.SubElement(trigger, "var").text = "text" if osc.argument and osc.argument[2] == "text" else "x"
    ET.SubElement(trigger, "condition").text = osc.when
    path = ET.SubElement(at, "path")
    for element in osc.address.strip("/").split("/"):
        _write_part(path, ("CONSTANT", "STRING", "/", 0, 1))
        _write_part(path, ("CONSTANT", "STRING", element, 0, 1))
    arguments = ET.SubElement(at, "arguments")
    if osc.argument is not None:
        _write_part(arguments, osc.argument)


def _write_part(at: ET.Element, part: Part) -> None:
    kind, conversion, value, low, high = part
    row = ET.SubElement(at, "partial")
    texts = {"type": kind, "conversion": conversion, "value": value, "scaleMin": f"{low:g}", "scaleMax": f"{high:g}"}
    for tag, text in texts.items():
        ET.SubElement(row, tag).text = text


def main() -> None:
    """Write the layout: for another instance, or where its port is taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("semeq.tosc"))
    parser.add_argument("--instance", default="main")
    parser.add_argument("--port", type=int, default=PORT, help="where TouchOSC listens")
    given = parser.parse_args()
    given.output.write_bytes(tosc(given.instance, given.port))


if __name__ == "__main__":
    main()
