"""A UDP socket to one program: what goes out is encoded, what comes in is decoded with bounds, every wait ends."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator

from semeq_bridge.errors import DriverError, OscError
from semeq_bridge.osc import MOST_BYTES, Arg, Message, decode, encode

_MOST_PACKETS = 4096
_LONGER_S = 2.0  # however much is said, nobody is listened to longer than this


def placed(target: str, driver: str, usual: tuple[int, ...]) -> tuple[str, str, list[int]]:
    """``PLACE@HOST:PORT...`` as place, host and numbers; what is not given is as usual.

    >>> placed("lead vox@studio:9000", "reaper", (8000, 9001))
    ('lead vox', 'studio', [9000, 9001])
    """
    place, at, behind = target.rpartition("@") if "@" in target else (target, "", "")
    host, *said = behind.split(":") if at else [""]
    numbers = [int(one) if one.isdecimal() and one.isascii() else 0 for one in said]
    if len(said) > len(usual) or not all(1 <= number <= 65_535 for number in numbers):
        example = ":".join(map(str, usual))
        raise DriverError(f"{driver}:{target}: behind @ stand host and ports, such as 127.0.0.1:{example}")
    if not place:
        raise DriverError(f"{driver}: name a track, such as {driver}:vox")
    return place, host or "127.0.0.1", [*numbers, *usual[len(numbers) :]]


def number(arg: Arg) -> float | None:
    """An argument as a number; None where it is none."""
    return None if isinstance(arg, bool) or not isinstance(arg, (int, float)) else float(arg)


class Wire:
    """One socket, bound to this machine only unless the program is on another; hold ``lock`` for a talk."""

    def __init__(self, program: str, host: str, port: int, listen_port: int, hint: str) -> None:
        self.lock = threading.RLock()
        self.users = 1
        self._key = (host, port, listen_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        try:
            self._to = (socket.gethostbyname(host), port)
        except OSError as error:
            self._socket.close()
            raise DriverError(f"{program}: no host {host!r} ({error.strerror}); give a name or an address") from None
        try:
            self._socket.bind((_own_address(self._to), listen_port))
        except OSError as error:
            self._socket.close()
            raise DriverError(f"{program}: cannot listen on port {listen_port} ({error.strerror}); {hint}") from None

    def send(self, address: str, *args: Arg) -> None:
        """Send one message."""
        self._socket.sendto(encode(address, *args), self._to)

    def heard(self, patience_s: float = 0.0, quiet_s: float = 0.0) -> Iterator[Message]:
        """What is said: waits for the first packet, then until it is quiet; what is no OSC is left out."""
        wait_s, end_s = patience_s, time.monotonic() + patience_s + _LONGER_S
        until_s = time.monotonic() + wait_s
        for _ in range(_MOST_PACKETS):
            self._socket.settimeout(max(min(until_s, end_s) - time.monotonic(), 0.0))
            try:
                packet, (host, _port) = self._socket.recvfrom(MOST_BYTES + 1)
            except (TimeoutError, BlockingIOError):
                return
            except OSError:
                continue  # Windows: nobody has the port; or a packet that is too long
            if host != self._to[0]:
                continue
            until_s = time.monotonic() + quiet_s
            try:
                messages = decode(packet)
            except OscError:
                continue
            yield from messages

    def drain(self) -> None:
        """Forget what was said until now."""
        for _ in self.heard():
            pass

    def close(self) -> None:
        """Let go of it; the last user closes the socket."""
        with _OPENING:
            self.users -= 1
            if self.users <= 0:
                if _OPEN.get(self._key) is self:
                    del _OPEN[self._key]
                self._socket.close()


_OPEN: dict[tuple[str, int, int], Wire] = {}
_OPENING = threading.Lock()


def shared(program: str, host: str, port: int, listen_port: int, hint: str) -> Wire:
    """The wire to a program that answers to one port only: two tracks of it share one socket."""
    with _OPENING:
        key = (host, port, listen_port)
        if key in _OPEN:
            _OPEN[key].users += 1
        else:
            _OPEN[key] = Wire(program, host, port, listen_port, hint)
        return _OPEN[key]


def _own_address(to: tuple[str, int]) -> str:
    """The address of ours that the program can reach, and no other."""
    if ipaddress.ip_address(to[0]).is_loopback:
        return "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(to)  # sends nothing
        return str(probe.getsockname()[0])
