"""Waiting for what others do: a port that is free for them, and until something is so."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port that nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def eventually(what: Callable[[], bool], patience_s: float = 60.0) -> None:
    """Until something is so; the machine may be slow."""
    until_s = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < until_s, f"not within {patience_s:g} s"
        time.sleep(0.02)
