"""The process that reads and writes MIDI, and its other end, so that nothing here waits for a driver of the system.

``python -m semeq_bridge.midi.reader PATTERN [OUR OWN INPUT [OUR OWN OUTPUT]]`` prints lines of JSON: ``[port, bytes in
hex]`` for a message, none of them for a port that has come; ``[text]`` for what there is to say; an object for what
happened. It reads lines ``[pattern of an output, bytes in hex]``, and ends when its standard input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from semeq_bridge.errors import BridgeError

_READ_S, _AGAIN_S, _PATIENCE_S = 0.002, 1.0, 2.0
_AGAIN = 75
_MOST_BYTES = 1 << 16


class Midi:
    """The process as the loop sees it: something to wait for, and messages; started again where it ends."""

    def __init__(self, pattern: str, virtual: str, say: Callable[[str], None], virtual_out: str = "") -> None:
        self._arguments, self._say = [pattern, virtual, virtual_out], say
        self.is_up = False
        self.happened: list[dict[str, str]] = []  # to outputs, since somebody looked
        self._rest = b""
        self.failed = ""
        self._told = ""
        self._again_s = 0.0
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "semeq_bridge.midi.reader", *self._arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)

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
                case {"up": _}:
                    self.is_up, self._told = True, ""
                case {"error": str(text)} if self.is_up or self._told:  # what has worked is tried again
                    if not self._told:
                        self._say(text)
                    self.is_up, self._told = False, text
                case {"error": str(text)}:
                    self.failed = text
                case dict(happened):
                    self.happened.append(happened)

    def send(self, pattern: str, data: bytes) -> bool:
        """Leave bytes for the output that a pattern means; False where the process takes no more."""
        if self.fileno() < 0 or self._process.stdin is None:
            return False
        try:
            line = (json.dumps([pattern, data.hex()]) + "\n").encode()
            return os.write(self._process.stdin.fileno(), line) == len(line)  # a pipe takes so short a line whole
        except OSError:
            return False

    def _ended(self, now_s: float) -> None:
        self.close()
        self._again_s = now_s + _AGAIN_S
        if not self.failed and not self._told:
            self._say("MIDI: the reader ended; it is started again")
        self.happened.append({"gone": ""})

    def close(self) -> None:
        """Let it end: JACK stands still for seconds where a client is killed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def main(pattern: str = "", virtual: str = "", virtual_out: str = "") -> None:
    """Read and write until the other end has gone; a signal to stop is its affair."""
    from semeq_bridge.midi.outs import Outs
    from semeq_bridge.midi.ports import Ports, as_error, library, silence

    for name in {"SIGTERM", "SIGINT", "SIGHUP"} & set(dir(signal)):
        signal.signal(getattr(signal, name), signal.SIG_IGN)

    silence()

    def put(*said: object) -> None:
        sys.stdout.write("".join(json.dumps(one) + "\n" for one in said))
        sys.stdout.flush()

    with contextlib.suppress(BrokenPipeError), contextlib.ExitStack() as stack:
        ports = Ports(pattern, lambda text: put([text]), lambda port: put([port, ""]), virtual)
        try:
            rtmidi = library()
            stack.callback(ports.stop)
            ports.start(rtmidi)
            outs = Outs(rtmidi, put, virtual_out)
            stack.callback(outs.stop)
            with as_error():
                outs.start()
        except BridgeError as error:
            put({"error": str(error)})
            return
        put({"up": ""})
        orders = Lines()
        while orders.open:
            try:
                ports.poll(time.monotonic())
            except BridgeError as error:
                put({"error": str(error)})
                os._exit(_AGAIN)  # a client of a server that has gone cannot be closed
            outs.poll(time.monotonic())
            if arrived := [[port, bytes(message).hex()] for port, message in ports.arrived()]:
                put(*arrived)
            for order in orders.read(_READ_S):
                match json.loads(order):
                    case [str(where), str(hexed)]:
                        outs.send(where, bytes.fromhex(hexed))


class Lines:
    """Lines of standard input, as they come."""

    def __init__(self) -> None:
        self._rest, self.open = b"", True

    def read(self, patience_s: float) -> list[bytes]:
        """Whole lines that came within some time."""
        if not select.select([0], [], [], patience_s)[0]:
            return []
        data = os.read(0, _MOST_BYTES)
        self.open = bool(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


if __name__ == "__main__":
    main(*sys.argv[1:4])
