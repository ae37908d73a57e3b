"""A process of ours at the other end of two pipes: lines of JSON both ways, started again where it ends."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_FIRST_S, _LAST_S, _PATIENCE_S = 0.1, 1.0, 2.0
_WELL_S = 5.0  # who has run so long is started again at once
_ALONE_S = 1.0
_MOST_BYTES = 1 << 18


class Child:
    """``python -m MODULE SETUP`` as a loop sees it. What it says with "say" is said, the rest is for whoever asks."""

    def __init__(
        self, module: str, setup: dict[str, Any], say: Callable[[str], None], descriptors: Sequence[int] = ()
    ) -> None:
        self.name, self._module, self.setup, self._say = module.rpartition(".")[2], module, setup, say
        self._descriptors = tuple(descriptors)
        self._rest, self._told, self._again_s, self._wait_s = b"", "", 0.0, _FIRST_S
        self._began_s, self.starts, self.ended, self.patient = 0.0, 0, False, True
        self.process: subprocess.Popen[bytes] | None = None

    def fileno(self) -> int:
        """For select; -1 while it is down."""
        out = self.process.stdout if self.process is not None else None
        return -1 if out is None else out.fileno()

    def arrived(self, now_s: float) -> Iterator[dict[str, Any]]:
        """What it has said since the last time; starts it where it is time to."""
        if self.process is None:
            if not self.ended and now_s >= self._again_s:
                self._start(now_s)
                yield {"started": self.starts}
            return
        try:
            data = os.read(self.fileno(), _MOST_BYTES)
        except BlockingIOError:
            return
        if not data:
            self._down(now_s)
            yield {"down": self._told}
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            match json.loads(line):
                case {"say": str(text)}:
                    self._say(text)
                case {"waits": _}:
                    self._told = "waits"
                case {"error": str(text)}:
                    if text != self._told and self.patient:  # it is tried again and again, and told once
                        self._say(f"{text}; tried again until it works")
                    self._told = text
                case {"ended": _} as said:
                    self.ended = True
                    yield said
                case {"up": _} as said:
                    if self._told:
                        self._say(f"{self.name}: all is well again")
                    self._told = ""
                    yield said
                case dict(said):
                    yield said

    def _start(self, now_s: float) -> None:
        command = [sys.executable, "-m", self._module, json.dumps(self.setup)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            pass_fds=self._descriptors,
            process_group=0,  # Ctrl-C is for us: it ends when we do
        )
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        self._rest, self._began_s = b"", now_s
        self.starts += 1

    def _down(self, now_s: float) -> None:
        self.close()
        self._wait_s = _FIRST_S if now_s - self._began_s > _WELL_S else min(2.0 * self._wait_s, _LAST_S)
        self._again_s = now_s + self._wait_s
        if not self._told and not self.ended:
            self._told = f"{self.name}: it ended; started again"
            self._say(self._told)

    def due_s(self) -> float | None:
        """When it is to be started again; None while it runs."""
        return self._again_s if self.process is None and not self.ended else None

    def tell(self, said: dict[str, Any]) -> bool:
        """Leave a line for it; False where it takes no more."""
        if self.process is None or self.process.stdin is None:
            return False
        try:
            line = (json.dumps(said) + "\n").encode()
            return os.write(self.process.stdin.fileno(), line) == len(line)
        except OSError:
            return False

    def kill(self) -> None:
        """End it where it does not answer; it is started again."""
        if self.process is not None:
            self.process.kill()

    def close(self) -> None:
        """Let it end by itself; where it does not, it is ended."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


class Parent:
    """The other end: the lines that come, and what is said back. It ends with whoever started it, and not before."""

    def __init__(self) -> None:
        self.open, self._rest = True, b""
        for name in {"SIGTERM", "SIGINT", "SIGHUP"} & set(dir(signal)):
            signal.signal(getattr(signal, name), signal.SIG_IGN)  # whoever started us decides
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()

    def said(self, patience_s: float) -> list[dict[str, Any]]:
        """Whole lines that came within some time; where the other end is gone, `open` is False."""
        if not select.select([0], [], [], patience_s)[0]:
            return []
        data = os.read(0, _MOST_BYTES)
        self.open = bool(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def tell(self, **said: Any) -> None:
        """A line of JSON."""
        try:
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
        except (BrokenPipeError, ValueError):
            self.open = False


def _end_with(parent: int) -> None:
    """End when whoever started us has gone, also while JACK keeps the rest of us waiting."""
    while os.getppid() == parent:
        time.sleep(_ALONE_S)
    os._exit(0)
