"""MIDI outputs as they come and go: found by a pattern when something is to be sent, found again when they are back."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from semeq_bridge.midi.moves import Stream
from semeq_bridge.midi.ports import CLIENT, FAILURES, closed, new_port
from semeq_bridge.midi.table import stable_name

_POLL_S, MOST_OUTS = 0.05, 16
_SETTLING_S = 0.1  # JACK makes a connection some cycles after it was asked to


@dataclass(slots=True)
class Outs:
    """Outputs by the patterns that they were asked for with; ``tell`` hears which came and went."""

    library: Any
    tell: Callable[[dict[str, str]], None]
    virtual: str = ""
    _probe: Any = None
    _own: Any = None
    _open: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _wanted: set[str] = field(default_factory=set)
    _fresh: dict[str, float] = field(default_factory=dict)  # when what is sent will arrive
    _next_s: float = 0.0

    def start(self) -> None:
        """Open the output of our own, if one was asked for."""
        if self.virtual:
            self._own = new_port(self.library, output=True)
            self._own.open_virtual_port(self.virtual)

    def stop(self) -> None:
        """Close all."""
        for port in (*(port for _, port in self._open.values()), self._own, self._probe):
            closed(port)

    def want(self, pattern: str) -> None:
        """An output that will be written to: it is looked for from now on."""
        if pattern and pattern not in self._wanted and len(self._wanted) < MOST_OUTS:
            self._wanted.add(pattern)
            self._next_s = 0.0

    def send(self, pattern: str, data: bytes) -> bool:
        """Send whole messages to the port that a pattern means, or to our own; whether there is one."""
        self.want(pattern)
        _, port = self._open.get(pattern, ("", None)) if pattern else ("", self._own)
        if port is None:
            return False
        with contextlib.suppress(*FAILURES):
            for message in Stream().feed(data):
                port.send_message(list(message))
        return True

    def poll(self, now_s: float) -> None:
        """Find what is wanted and has come, let go of what has gone, twenty times a second."""
        for pattern in [pattern for pattern, due_s in self._fresh.items() if due_s <= now_s]:
            del self._fresh[pattern]
            self.tell({"out": pattern})
        if now_s < self._next_s or not self._wanted:
            return
        self._next_s = now_s + _POLL_S
        try:
            self._probe = self._probe or new_port(self.library, output=True)
            names: list[str] = self._probe.get_ports()
        except FAILURES:
            return
        for pattern in self._wanted:
            held, port = self._open.get(pattern, ("", None))
            if port is not None and held not in names:
                closed(port)
                del self._open[pattern]
                self._fresh.pop(pattern, None)
                self.tell({"gone": pattern})
                port = None
            if port is None and self._try(pattern, names):
                self._fresh[pattern] = now_s + _SETTLING_S

    def _try(self, pattern: str, names: list[str]) -> bool:
        for number, name in enumerate(names):
            if name.startswith(CLIENT) or re.search(pattern, stable_name(name)) is None:
                continue
            try:
                port = new_port(self.library, output=True)
                port.open_port(number, "out")
            except FAILURES:
                return False
            self._open[pattern] = (name, port)
            return True
        return False
