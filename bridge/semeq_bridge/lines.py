"""OSC over TCP: a few connections, each bounded; whoever does not read what is sent to it is let go."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from semeq_bridge.errors import OscError
from semeq_bridge.framing import Frames

MOST_LINES, MOST_UNREAD = 32, 1 << 18
Place = tuple[str, int]
_AT_ONCE = 1 << 16


@dataclass(slots=True)
class Line:
    """One connection; ``place`` is its other end, marked as one of TCP."""

    wire: socket.socket
    host: str
    place: Place
    frames: Frames = field(default_factory=Frames)
    unread: bytearray = field(default_factory=bytearray)

    def fileno(self) -> int:
        """For select."""
        return self.wire.fileno()


@dataclass(slots=True)
class Lines:
    """A listening socket and those who came. ``may`` says whom to let in; ``count`` keeps the counters."""

    ear: socket.socket
    may: Callable[[str], bool]
    count: Callable[[str], None]
    open: dict[Place, Line] = field(default_factory=dict)

    def fileno(self) -> int:
        """For select: somebody new."""
        return self.ear.fileno()

    def accept(self) -> None:
        """Let in who waits."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                wire, address = self.ear.accept()
                if not self.may(address[0]) or len(self.open) >= MOST_LINES:
                    self.count("not-allowed" if not self.may(address[0]) else "lines-refused")
                    wire.close()
                    continue
                wire.setblocking(False)
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                place = (f"tcp:{address[0]}", address[1])
                self.open[place] = Line(wire, address[0], place)
                self.count("lines")

    def packets(self, line: Line) -> Iterator[bytes]:
        """What came on a line; one that ended or sends no OSC is closed, with the reason sent where there is one."""
        try:
            data = line.wire.recv(_AT_ONCE)
            if data:
                yield from line.frames.feed(data)
                return
        except BlockingIOError:
            return
        except OscError:
            self.count("bad")
        except OSError:
            pass
        self.close(line)

    def send(self, packet: bytes, place: Place) -> bool:
        """Send, or keep what the other end has no room for; False where it has gone, or reads nothing."""
        line = self.open.get(place)
        if line is None:
            return False
        line.unread += line.frames.framed(packet)
        self.flush(line)
        if len(line.unread) > MOST_UNREAD:
            self.count("lines-slow")
            self.close(line)
        return place in self.open

    def flush(self, line: Line) -> None:
        """Send what waits, as far as there is room."""
        try:
            while line.unread:
                del line.unread[: line.wire.send(line.unread[:_AT_ONCE])]
        except BlockingIOError:
            return
        except OSError:
            self.close(line)

    def close(self, line: Line) -> None:
        """End one."""
        self.open.pop(line.place, None)
        line.wire.close()

    def close_all(self) -> None:
        """End all, and let nobody in any more."""
        for line in list(self.open.values()):
            self.close(line)
        self.ear.close()
