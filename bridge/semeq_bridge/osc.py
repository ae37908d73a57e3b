"""OSC packets, read with bounds: whatever arrives becomes messages or one error, soon and in little memory.

After the OSC 1.0 specification (opensoundcontrol.org). Bundles are unpacked without recursion; a time tag is told,
never waited for. Arrays and unknown types are refused by name. ``#reply``, which Ardour sends, counts as an address.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semeq_bridge.errors import OscError

Arg = int | float | str | bytes | bool | None
MOST_BYTES, MOST_DEPTH, MOST_MESSAGES, MOST_ARGS = 8192, 4, 256, 256
_UNIX_OF_NTP_S = 2_208_988_800
_BUNDLE = b"#bundle\0"
_MOST_SINGLE = 3.4e38  # a single holds a little more
_WORDS = {"T": True, "F": False, "N": None, "I": True}


@dataclass(frozen=True, slots=True)
class Message:
    """One message; ``due_s`` is the Unix time a bundle asks for, None is now."""

    address: str
    args: tuple[Arg, ...] = ()
    due_s: float | None = None


def decode(packet: bytes) -> list[Message]:
    """The messages of a packet, in order; raises ``OscError`` for anything that is not one.

    >>> decode(encode("/semeq/intensity", 0.5))
    [Message(address='/semeq/intensity', args=(0.5,), due_s=None)]
    """
    if len(packet) > MOST_BYTES:
        raise OscError(f"{len(packet)} bytes: a packet has {MOST_BYTES} at most")
    messages: list[Message] = []
    waiting: list[tuple[int, int, int, float | None]] = [(0, len(packet), 0, None)]  # last in, first out
    while waiting:
        start, end, depth, due_s = waiting.pop()
        if packet[start : start + 8] == _BUNDLE:
            if depth >= MOST_DEPTH:
                raise OscError(f"bundles within bundles: {MOST_DEPTH} deep at most")
            due_s = _due(packet, start + 8, end)
            inside = [(first, last, depth + 1, due_s) for first, last in _elements(packet, start + 16, end)]
            waiting.extend(reversed(inside))
            if len(waiting) + len(messages) > MOST_MESSAGES:
                raise OscError(f"more than {MOST_MESSAGES} messages in a packet")
        else:
            messages.append(_message(packet, start, end, due_s))
    return messages


def _due(packet: bytes, start: int, end: int) -> float | None:
    if end - start < 8:
        raise OscError("a bundle without its time")
    seconds, fraction = struct.unpack_from(">II", packet, start)
    return None if (seconds, fraction) == (0, 1) else seconds - _UNIX_OF_NTP_S + fraction / 2**32


def _elements(packet: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        if end - start < 4:
            raise OscError("a bundle that is cut off")
        (size,) = struct.unpack_from(">i", packet, start)
        start += 4
        if size <= 0 or size % 4 or size > end - start:  # a negative one would never end
            raise OscError(f"a bundle element of {size} bytes")
        yield start, start + size
        start += size


def _message(packet: bytes, start: int, end: int, due_s: float | None) -> Message:
    address, place = _string(packet, start, end)
    if address[:1] not in ("/", "#"):
        raise OscError("an address begins with a slash")
    if place == end:
        return Message(address, (), due_s)  # older programs leave out the types
    tags, place = _string(packet, place, end)
    if tags[:1] != ",":
        raise OscError("types begin with a comma")
    if len(tags) > MOST_ARGS + 1:
        raise OscError(f"more than {MOST_ARGS} arguments")
    args: list[Arg] = []
    for tag in tags[1:]:
        value, place = _argument(packet, tag, place, end)
        args.append(value)
    if place != end:
        raise OscError("bytes behind the last argument")
    return Message(address, tuple(args), due_s)


def _argument(packet: bytes, tag: str, place: int, end: int) -> tuple[Arg, int]:
    if tag in _WORDS:
        return _WORDS[tag], place
    if tag in "sS":
        return _string(packet, place, end)
    if tag == "b":
        size = int(_number(packet, ">i", place, end))
        if not 0 <= size <= end - place - 4:
            raise OscError("a blob that is cut off")
        return packet[place + 4 : place + 4 + size], place + 4 + -(-size // 4) * 4
    form = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "c": ">i", "r": ">I", "m": ">I", "t": ">Q"}.get(tag)
    if form is None:
        raise OscError(f"type {tag!r}: use i, f or s")
    value = _number(packet, form, place, end)
    if isinstance(value, float) and not math.isfinite(value):
        raise OscError("a number that is none (NaN or infinity)")
    return value, place + struct.calcsize(form)


def _number(packet: bytes, form: str, place: int, end: int) -> int | float:
    if end - place < struct.calcsize(form):
        raise OscError("an argument that is cut off")
    value: int | float = struct.unpack_from(form, packet, place)[0]
    return value


def _string(packet: bytes, start: int, end: int) -> tuple[str, int]:
    stop = packet.find(b"\0", start, end)
    if stop < 0:
        raise OscError("a string without its end")
    after = start + -(-(stop + 1 - start) // 4) * 4
    if after > end:
        raise OscError("a string that is cut off")
    try:
        return packet[start:stop].decode("utf-8"), after
    except UnicodeDecodeError:
        raise OscError("a string that is no UTF-8") from None


def encode(address: str, *args: Arg) -> bytes:
    """A packet of one message; switches go out as 0 and 1, which every program understands."""
    tags, body = ",", b""
    for arg in args:
        match arg:
            case bool() | None:
                tags, body = tags + "i", body + struct.pack(">i", bool(arg))
            case int() if -(2**31) <= arg < 2**31:
                tags, body = tags + "i", body + struct.pack(">i", arg)
            case int() if -(2**63) <= arg < 2**63:
                tags, body = tags + "h", body + struct.pack(">q", arg)
            case int() | float() if abs(arg) <= _MOST_SINGLE:
                tags, body = tags + "f", body + struct.pack(">f", arg)
            case int() | float():
                tags, body = tags + "d", body + struct.pack(">d", arg)
            case str():
                tags, body = tags + "s", body + _padded(arg.encode("utf-8", "replace").replace(b"\0", b"") + b"\0")
            case bytes():
                tags, body = tags + "b", body + struct.pack(">i", len(arg)) + _padded(arg)
    return _padded(address.encode("utf-8") + b"\0") + _padded(tags.encode("ascii") + b"\0") + body


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def bundled(packets: Sequence[bytes]) -> bytes:
    """Several packets as one, to be followed at once."""
    return _BUNDLE + struct.pack(">II", 0, 1) + b"".join(struct.pack(">i", len(one)) + one for one in packets)
