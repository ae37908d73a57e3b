"""Packets out of a stream of bytes, and into one: OSC 1.0's lengths or OSC 1.1's SLIP, told apart by the first byte.

A length of at most 8192 begins with a zero byte; SLIP begins with its END, or at once with a packet. Anything else,
such as a page's request to what it takes for a web server, is no OSC.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from semeq_bridge.errors import OscError
from semeq_bridge.osc import MOST_BYTES

Way = Literal["", "length", "slip"]
_END, _ESCAPE = b"\xc0", b"\xdb"
_ESCAPED_END, _ESCAPED_ESCAPE = b"\xdb\xdc", b"\xdb\xdd"
_MOST_HELD = 2 * MOST_BYTES + 2  # every byte of a packet may be an escaped one


@dataclass(slots=True)
class Frames:
    """One direction of one connection. ``way`` is known once the first byte has come."""

    way: Way = ""
    _held: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[bytes]:
        r"""The packets that are whole now; raises ``OscError`` where this can be no OSC, which ends the connection.

        >>> frames = Frames()
        >>> list(frames.feed(b"\0\0\0\x04/a")), list(frames.feed(b"\0\0"))
        ([], [b'/a\x00\x00'])
        """
        self._held += data
        if not self.way and self._held:
            self.way = _way(self._held[0])
        yield from self._lengths() if self.way == "length" else self._slips()

    def _lengths(self) -> Iterator[bytes]:
        while len(self._held) >= 4:
            (size,) = struct.unpack_from(">I", self._held)
            if not 0 < size <= MOST_BYTES:
                raise OscError(f"{size} bytes announced: a packet has 1 to {MOST_BYTES}")
            if len(self._held) < 4 + size:
                return
            packet = bytes(self._held[4 : 4 + size])
            del self._held[: 4 + size]
            yield packet

    def _slips(self) -> Iterator[bytes]:
        *whole, rest = self._held.split(_END)
        if len(rest) > _MOST_HELD:
            raise OscError(f"no end within {_MOST_HELD} bytes of SLIP")
        self._held = rest
        for part in whole:
            if part:  # two ENDs in a row, or the one before the first packet
                yield bytes(part).replace(_ESCAPED_END, _END).replace(_ESCAPED_ESCAPE, _ESCAPE)

    def framed(self, packet: bytes) -> bytes:
        """A packet as the other end expects it."""
        if self.way == "slip":
            body = packet.replace(_ESCAPE, _ESCAPED_ESCAPE).replace(_END, _ESCAPED_END)
            return _END + body + _END
        return struct.pack(">I", len(packet)) + packet


def _way(first: int) -> Way:
    if first == 0:
        return "length"
    if bytes([first]) in (_END, b"/", b"#"):
        return "slip"
    raise OscError("no OSC: packets come with their length (OSC 1.0) or as SLIP (OSC 1.1)")
