"""The process that reads MIDI, and its other end: a line for every message, so that nothing here waits for a driver.

``python -m semeq_bridge.midi.reader PATTERN [NAME OF OUR OWN PORT]`` prints lines of JSON: ``[port, bytes in hex]`` for
a message, ``[text]`` for what there is to say. It ends when its standard output does.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from semeq_bridge.errors import BridgeError

_READ_S, _AGAIN_S = 0.002, 2.0
_MOST_BYTES = 1 << 16


class Midi:
    """The reading process as the loop sees it: something to wait for, and messages; started again where it ends."""

    def __init__(self, pattern: str, virtual: str, say: Callable[[str], None]) -> None:
        self._arguments, self._say = [pattern, virtual], say
        self._rest = b""
        self.failed = ""
        self._again_s = 0.0
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "semeq_bridge.midi.reader", *self._arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def fileno(self) -> int:
        """For select; nothing to wait for while it is down."""
        return -1 if self._process.stdout is None or self._process.stdout.closed else self._process.stdout.fileno()

    def arrived(self, now_s: float) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Port and bytes of every message since the last time."""
        if self.fileno() < 0:
            if not self.failed and now_s >= self._again_s:
                self._start()
            return
        try:
            data = os.read(self.fileno(), _MOST_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._ended(now_s)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            match json.loads(line):
                case [str(port), str(hexed)]:
                    yield port, tuple(bytes.fromhex(hexed))
                case [str(text)]:
                    self._say(text)
                case {"error": str(text)}:
                    self.failed = text
                    self._say(f"{text} (OSC goes on)")

    def _ended(self, now_s: float) -> None:
        self.close()
        self._again_s = now_s + _AGAIN_S
        if not self.failed:
            self._say("MIDI: the reader ended; it is started again")

    def close(self) -> None:
        """End it; it has nothing to lose."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def main(pattern: str, virtual: str = "") -> None:
    """Read until nobody listens any more."""
    from semeq_bridge.midi.ports import Ports

    def put(said: object) -> None:
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()

    with contextlib.suppress(BrokenPipeError):
        ports = Ports(pattern, lambda text: put([text]), virtual)
        try:
            ports.start()
        except BridgeError as error:
            put({"error": str(error)})
            return
        while True:
            ports.poll(time.monotonic())
            lines = [json.dumps([port, bytes(message).hex()]) for port, message in ports.arrived()]
            if lines:
                sys.stdout.write("\n".join(lines) + "\n")
                sys.stdout.flush()
            time.sleep(_READ_S)


if __name__ == "__main__":
    main(*sys.argv[1:3])
