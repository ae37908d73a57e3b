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
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semeq_bridge.errors import BridgeError
from semeq_bridge.jack import is_answered, jack_socket
from semeq_bridge.midi.table import stable_name

_POLL_S = 0.05  # a program that is started again under the same name has to be seen to be gone
_LOOK_S = 1.0
_MOST_WAITING = 65_536
CLIENT = "semeq-bridge"
FAILURES = (OSError, RuntimeError, NotImplementedError, ValueError)  # rtmidi's own errors are some of these


@dataclass(slots=True)
class Ports:
    """All inputs whose names a pattern means."""

    pattern: str
    say: Callable[[str], None]
    came: Callable[[str], None] = lambda _: None
    virtual: str = ""
    _library: Any = None
    _probe: Any = None
    _open: dict[str, Any] = field(default_factory=dict)
    _own: Any = None
    _server: Path | None = None
    _next_s: float = 0.0
    _next_look_s: float = 0.0
    _silent: bool = False

    def start(self, rtmidi: Any) -> None:
        """Open our own port, if one was asked for; raises where MIDI cannot be had."""
        self._library = rtmidi
        with as_error():
            self._probe = new_port(self._library)
            self._server = jack_socket() if is_jack() else None
            if self.virtual:
                self._own = new_port(self._library)
                self._own.open_virtual_port(self.virtual)

    def poll(self, now_s: float) -> None:
        """Open what has come and close what has gone, twenty times a second; raises where JACK has gone."""
        if now_s < self._next_s:
            return
        self._next_s = now_s + _POLL_S
        try:
            there = self._probe.get_ports()
        except FAILURES as error:
            if not self._silent:
                self.say(f"MIDI ports cannot be listed: {error}")
            self._silent = True
            return
        self._silent = False
        if self._server is not None and now_s >= self._next_look_s:
            self._next_look_s = now_s + _LOOK_S
            if not is_answered(self._server):
                raise BridgeError("JACK has gone; MIDI goes on when it is back")
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
            port = new_port(self._library)
            port.open_port(number, "in")
        except FAILURES as error:
            self.say(f"MIDI: {stable_name(name)} cannot be opened: {error}")
            return None
        self.say(f"MIDI: {stable_name(name)}")
        self.came(name)
        return port

    def _is_meant(self, name: str) -> bool:
        if name.startswith(CLIENT):
            return False  # our own
        return bool(self.pattern) and re.search(self.pattern, stable_name(name)) is not None

    def arrived(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Port and bytes of every message since the last time."""
        for name, port in (*self._open.items(), (self.virtual, self._own)):
            while port is not None and (event := port.get_message()) is not None:
                yield name, tuple(event[0])

    def _close(self, name: str) -> None:
        closed(self._open.pop(name))

    def stop(self) -> None:
        """Close all."""
        for port in (*self._open.values(), self._own, self._probe):
            closed(port)


def closed(port: Any) -> None:
    """Close a port, as far as that goes."""
    with contextlib.suppress(*FAILURES):
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


def is_jack() -> bool:
    """Whether MIDI is JACK's: where that is named by $SEMEQ_MIDI=jack, or is all there is."""
    if os.environ.get("SEMEQ_MIDI") == "jack":
        return True
    server = None if Path("/dev/snd/seq").exists() else jack_socket()
    return server is not None and is_answered(server)


def new_port(rtmidi: Any, *, output: bool = False) -> Any:
    """A client of the system's MIDI, or of JACK's."""
    way = rtmidi.API_UNIX_JACK if is_jack() else rtmidi.API_UNSPECIFIED
    if output:
        return rtmidi.MidiOut(way, name=CLIENT)
    return rtmidi.MidiIn(way, name=CLIENT, queue_size_limit=_MOST_WAITING)


def silence() -> None:
    """Nothing of what ALSA and JACK print, for this process; what Python prints still appears."""
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """The same for a while."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def as_error() -> Iterator[None]:
    """What rtmidi raises, as an error of ours."""
    try:
        yield
    except FAILURES as error:
        hint = "; on Linux it needs /dev/snd/seq, or JACK and SEMEQ_MIDI=jack" if sys.platform == "linux" else ""
        raise BridgeError(f"MIDI does not work here: {str(error).rstrip('.')}{hint}") from None


def names() -> tuple[list[str], list[str]]:
    """The inputs and outputs there are."""
    rtmidi = library()
    found = []
    with quiet(), as_error():
        for output in (False, True):
            probe = new_port(rtmidi, output=output)
            found.append(list(probe.get_ports()))
            probe.delete()
    return found[0], found[1]


def outputs() -> list[str]:
    """The outputs there are, by names that stay."""
    return [stable_name(name) for name in names()[1]]
