"""No device at all: a file at the pace of the clock, into nothing. For machines without sound, and for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semeq_bridge.live.child import Parent
from semeq_bridge.live.engine import Engine
from semeq_bridge.live.source import Source


class ClockSound:
    """Every strip gets the same file."""

    def __init__(
        self,
        engine: Engine,
        parent: Parent,
        *,
        file: str,
        block: int = 512,
        loop: bool = True,
    ) -> None:
        self._engine, self._parent, self._block = engine, parent, block
        self._source = Source(Path(file), is_loop=loop)
        self._stop, self._told = threading.Event(), False
        self._thread = threading.Thread(target=self._play, daemon=True)

    def start(self) -> str:
        """Begin to play."""
        self._engine.set_up(self._source.rate_hz, self._block)
        self._thread.start()
        return f"no device: {self._source.rate_hz:g} Hz at the pace of the clock"

    def _play(self) -> None:
        due_s = time.monotonic()
        try:
            while not self._stop.wait(max(due_s - time.monotonic(), 0.0)):
                began_ns = time.perf_counter_ns()
                block = self._source.read(self._block)
                for number in range(len(self._engine.rows)):
                    self._engine.block(number, block)
                self._engine.done(began_ns, self._block)
                due_s += self._block / self._source.rate_hz
        except Exception as error:  # said by whoever looks after us, without a trace
            self._engine.failed = f"{type(error).__name__}: {error}"

    def look(self, _: bool) -> str:
        """Say where it is."""
        self._parent.tell(place=round(self._source.place_s, 2), of=round(self._source.dur_s, 2))
        if self._source.is_over and not self._told:
            self._told = True
            if self._source.failed:
                self._parent.tell(say=self._source.failed)
            self._parent.tell(ended="")
        return ""

    def order(self, said: Mapping[str, Any]) -> None:
        """Pause, seek."""
        self._source.order(said)

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(2)
        self._source.close()
