"""The other end of the wire: ask a bridge that is running, and wait for what it says."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator

from semeq_bridge.core import ROOT
from semeq_bridge.errors import BridgeError, OscError
from semeq_bridge.osc import MOST_BYTES, Arg, Message, decode, encode

_PATIENCE_S = 2.0


class Talk:
    """A socket to a bridge."""

    def __init__(self, host: str, port: int) -> None:
        self.to = (host, port)
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # a dump comes all at once

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, address: str, *args: Arg) -> None:
        """Send one message."""
        self._socket.sendto(encode(address, *args), self.to)

    def received(self, patience_s: float) -> Iterator[Message]:
        """What arrives within some time."""
        until_s = time.monotonic() + patience_s
        while (left_s := until_s - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                yield from decode(self._socket.recv(MOST_BYTES + 1))
            except (TimeoutError, OscError):
                continue
            except ConnectionError:
                time.sleep(min(0.02, left_s))  # nobody there yet, or not any more

    def ask(self, address: str, *args: Arg, patience_s: float = _PATIENCE_S) -> list[Message]:
        """Send a message and then a ping: what comes before the pong is the answer. Raises where none comes."""
        token = f"{os.getpid()}.{time.monotonic_ns()}"
        self.send(address, *args)
        self.send(f"{ROOT}/ping", token)
        answers: list[Message] = []
        for message in self.received(patience_s):
            if message.address == f"{ROOT}/pong" and message.args == (token,):
                return answers
            answers.append(message)
        raise BridgeError(
            f"no answer from {self.to[0]}:{self.to[1]}: start semeq-bridge serve, or name its place with --to"
        )
