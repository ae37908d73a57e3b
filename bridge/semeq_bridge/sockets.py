"""The sockets that we listen at: bound with room for bursts, read with what was lost counted, heard from some."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Sequence

from semeq_bridge.errors import BridgeError
from semeq_bridge.feedback import is_loopback
from semeq_bridge.meters import Meters
from semeq_bridge.osc import MOST_BYTES

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
_ROOM = 1 << 20
_OVERFLOW = 40  # SO_RXQ_OVFL, which Python does not name


def bound(host: str, port: int, kind: socket.SocketKind = socket.SOCK_DGRAM, option: str = "--osc") -> socket.socket:
    """A socket that receives there, with room for bursts; ``option`` is what could name another place."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, kind)
    if kind == socket.SOCK_STREAM:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # also soon after one that ended
    else:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        if sys.platform == "linux":
            made.setsockopt(socket.SOL_SOCKET, _OVERFLOW, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        hint = (
            f"another program has it; give another with {option}" if error.errno == errno.EADDRINUSE else error.strerror
        )
        raise BridgeError(f"port {port} at {host}: {hint}") from None
    made.setblocking(False)
    return made


def first(osc: socket.socket, meters: Meters) -> tuple[bytes, tuple[str, int]]:
    """The first packet of a turn; notes how many the system had no room for until now, where it says that."""
    if sys.platform != "linux":
        return osc.recvfrom(MOST_BYTES + 1)
    packet, extra, _, source = osc.recvmsg(MOST_BYTES + 1, 64)
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, _OVERFLOW):
            meters.counts["overflow"] = int.from_bytes(data[:4], sys.byteorder)
    return packet, source


def may(allowed: Networks, host: str) -> bool:
    """Whether a host may speak to us."""
    return is_loopback(host) or any(ipaddress.ip_address(host) in network for network in allowed)
