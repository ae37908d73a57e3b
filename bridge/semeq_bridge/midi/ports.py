"""MIDI ports as they come and go: opened by name, closed when they vanish.

Needs python-rtmidi (the extra ``midi``). Its queue is read 500 times a second: a callback would run Python in the
thread of JACK, which makes sound wait. Ports are looked for with one and the same client: rtmidi misbehaves otherwise.
All of it runs in a process of its own (`semeq_bridge.midi.reader`), since rtmidi holds on to everything while JACK
waits for some client that died.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semeq_bridge.errors import BridgeError
from semeq_bridge.midi.table import stable_name

_POLL_S = 1.0
_MOST_WAITING = 65_536
_CLIENT = "semeq-bridge"
_FAILURES = (OSError, RuntimeError, NotImplementedError, ValueError)  # rtmidi's own errors are some of these


@dataclass(slots=True)
class Ports:
    """All inputs whose names a pattern means."""

    pattern: str
    say: Callable[[str], None]
    virtual: str = ""
    _library: Any = None
    _probe: Any = None
    _open: dict[str, Any] = field(default_factory=dict)
    _own: Any = None
    _next_s: float = 0.0
    _silent: bool = False

    def start(self) -> None:
        """Load the library and open our own port, if one was asked for; raises where MIDI cannot be had."""
        self._library = library()
        with _as_error():
            self._probe = new_input(self._library)
            if self.virtual:
                self._own = new_input(self._library)
                self._own.open_virtual_port(self.virtual)

    def poll(self, now_s: float) -> None:
        """Open what has come and close what has gone, once a second."""
        if now_s < self._next_s:
            return
        self._next_s = now_s + _POLL_S
        try:
            there = self._probe.get_ports()
        except _FAILURES as error:
            if not self._silent:
                self.say(f"MIDI ports cannot be listed: {error}")
            self._silent = True
            return
        self._silent = False
        names = [name for name in there if self._is_meant(name)]
        for name in set(self._open) - set(names):
            self._close(name)
            self.say(f"MIDI: {stable_name(name)} has gone")
        for name in names:
            if name not in self._open:
                self._open[name] = self._opened(name, there.index(name))

    def _opened(self, name: str, number: int) -> Any:
        """The port; None where it cannot be opened, and then it is not tried before it has gone and come back."""
        try:
            port = new_input(self._library)
            port.open_port(number, "in")
        except _FAILURES as error:
            self.say(f"MIDI: {stable_name(name)} cannot be opened: {error}")
            return None
        self.say(f"MIDI: {stable_name(name)}")
        return port

    def _is_meant(self, name: str) -> bool:
        if name.startswith(_CLIENT):
            return False  # our own
        return bool(self.pattern) and re.search(self.pattern, stable_name(name)) is not None

    def arrived(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Port and bytes of every message since the last time."""
        for name, port in (*self._open.items(), (self.virtual, self._own)):
            while port is not None and (event := port.get_message()) is not None:
                yield name, tuple(event[0])

    def _close(self, name: str) -> None:
        _closed(self._open.pop(name))


def _closed(port: Any) -> None:
    with contextlib.suppress(*_FAILURES):
        if port is not None:
            port.close_port()
            port.delete()


def library() -> Any:
    """python-rtmidi, or what to install."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import rtmidi
    except ImportError:
        raise BridgeError('no MIDI without python-rtmidi: pip install "semeq[midi]"') from None
    return rtmidi


def new_input(rtmidi: Any, *, output: bool = False) -> Any:
    """A client of the system's MIDI; of JACK's where that is named by $SEMEQ_MIDI=jack, or is all there is."""
    no_other = not Path("/dev/snd/seq").exists() and any(Path("/dev/shm").glob("jack*"))
    jack = os.environ.get("SEMEQ_MIDI") == "jack" or no_other
    way = rtmidi.API_UNIX_JACK if jack else rtmidi.API_UNSPECIFIED
    if output:
        return rtmidi.MidiOut(way, name=_CLIENT)
    return rtmidi.MidiIn(way, name=_CLIENT, queue_size_limit=_MOST_WAITING)


@contextlib.contextmanager
def _as_error() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise BridgeError(f"MIDI does not work here: {error}") from None


def names() -> tuple[list[str], list[str]]:
    """The inputs and outputs there are."""
    rtmidi = library()
    found = []
    with _as_error():
        for output in (False, True):
            probe = new_input(rtmidi, output=output)
            found.append(list(probe.get_ports()))
            probe.delete()
    return found[0], found[1]
