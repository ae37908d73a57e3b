"""MIDI ports as they come and go: opened by name, closed when they vanish, their bytes handed over to the one loop.

Needs mido and python-rtmidi (the extra ``midi``). The library's thread only puts bytes into a queue; everything else,
and above all the search for ports, happens in the loop's own thread: rtmidi misbehaves otherwise.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from semeq_bridge.errors import BridgeError
from semeq_bridge.midi.table import stable_name

_POLL_S = 1.0
_MOST_WAITING = 100_000
_PREFIX = "semeq"


@dataclass(slots=True)
class Ports:
    """All inputs whose names a pattern means; ``wake`` is called whenever something has arrived."""

    pattern: str
    wake: Callable[[], None]
    say: Callable[[str], None]
    virtual: str = ""
    backend: Any = None
    _open: dict[str, Any] = field(default_factory=dict)
    _own: Any = None
    _queue: deque[tuple[str, tuple[int, ...]]] = field(default_factory=lambda: deque(maxlen=_MOST_WAITING))
    _next_s: float = 0.0
    _silent: bool = False

    def start(self) -> None:
        """Load the library and open our own port, if one was asked for; raises where MIDI cannot be had."""
        self.backend = backend()
        with _as_error():
            if self.virtual:
                self._own = self.backend.open_input(
                    self.virtual, virtual=True, callback=self._taker(self.virtual), client_name=self.virtual
                )

    def _taker(self, name: str) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self._queue.append((name, tuple(message.bytes())))
            self.wake()

        return take

    def poll(self, now_s: float) -> None:
        """Open what has come and close what has gone, once a second."""
        if now_s < self._next_s:
            return
        self._next_s = now_s + _POLL_S
        try:
            names = [name for name in self.backend.get_input_names() if self._is_meant(name)]
        except (OSError, RuntimeError) as error:
            if not self._silent:
                self.say(f"MIDI ports cannot be listed: {error}")
            self._silent = True
            return
        self._silent = False
        for name in set(self._open) - set(names):
            self._close(name)
            self.say(f"MIDI: {stable_name(name)} has gone")
        for name in names:
            if name in self._open:
                continue
            try:
                self._open[name] = self.backend.open_input(name, callback=self._taker(name))
            except (OSError, RuntimeError) as error:
                self._open[name] = None  # not tried again until it has gone and come back
                self.say(f"MIDI: {stable_name(name)} cannot be opened: {error}")
            else:
                self.say(f"MIDI: {stable_name(name)}")

    def _is_meant(self, name: str) -> bool:
        if name.startswith(_PREFIX) or (self.virtual and self.virtual in name):
            return False  # our own
        return bool(self.pattern) and re.search(self.pattern, stable_name(name)) is not None

    def arrived(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Port and bytes of every message since the last time."""
        while self._queue:
            yield self._queue.popleft()

    def next_s(self) -> float:
        """When ports are looked for again."""
        return self._next_s

    def _close(self, name: str) -> None:
        port = self._open.pop(name)
        with contextlib.suppress(OSError, RuntimeError):
            if port is not None:
                port.close()

    def close(self) -> None:
        """Close all ports."""
        for name in list(self._open):
            self._close(name)
        with contextlib.suppress(OSError, RuntimeError):
            if self._own is not None:
                self._own.close()


def backend() -> Any:
    """Load mido, the way to the MIDI of this system; raises with what to install."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import mido
    except ImportError:
        raise BridgeError('no MIDI without mido: pip install "semeq[midi]"') from None
    made = mido.Backend(os.environ.get("SEMEQ_MIDI_BACKEND", "mido.backends.rtmidi"))
    try:
        made.load()
    except ImportError:
        raise BridgeError('no MIDI without python-rtmidi: pip install "semeq[midi]"') from None
    with _as_error():
        made.get_input_names()
    return made


@contextlib.contextmanager
def _as_error() -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, NotImplementedError) as error:  # rtmidi's own errors are OSErrors
        raise BridgeError(f"MIDI does not work here: {error}") from None


def names() -> tuple[list[str], list[str]]:
    """The inputs and outputs there are."""
    found = backend()
    return list(found.get_input_names()), list(found.get_output_names())
