"""Keys of a terminal that move an instance, and one line that says how it is: for `play`, and whoever has no knobs."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TextIO

from semeq_bridge.core import ROOT, Event
from semeq_bridge.live.desk import Desk
from semeq_bridge.state import QUIETEST_DB, Instance, State

HELP = (
    "up/down: intensity   left/right: word   a: A/B (bypass)   d: delta   m: match loudness   l: listen (adapt)\n"
    "space: pause   , and .: 5 s back and on   0: from the beginning   q: quit"
)
_STEP, _SHOW_S, _JUMP_S = 0.05, 0.1, 5.0
_ARROWS = {"\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left"}
_NAMES = {"\x1bOA": "up", "\x1bOB": "down", "\x1bOC": "right", "\x1bOD": "left"} | _ARROWS
_LETTERS = {"+": "up", "-": "down", "n": "right", "p": "left", "\x03": "q", "\x04": "q"}


class Keys:
    """A terminal that is read key by key while this is entered, and is as it was afterwards."""

    def __init__(self, into: TextIO, out: TextIO) -> None:
        self._into, self._out = into, out
        self.quit, self._paused, self._shown_s = False, False, 0.0
        self._before: list[object] | None = None

    def __enter__(self) -> Self:
        import termios
        import tty

        self._before = termios.tcgetattr(self._into)
        tty.setcbreak(self._into)
        self._out.write(f"{HELP}\n\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import termios

        if self._before is not None:
            termios.tcsetattr(self._into, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]  # its own list
        self._out.write("\n")

    def fileno(self) -> int:
        """For select."""
        return self._into.fileno()

    def pressed(self, state: State, live: Desk) -> Iterator[Event]:
        """What was asked for since the last time, of the first instance."""
        import select

        if not select.select([self._into], [], [], 0.0)[0]:
            return
        data = os.read(self.fileno(), 256)
        if not data:
            self.quit = True
        it = next(iter(state.instances.values()))
        for key in read_keys(data.decode("utf-8", "replace")):
            yield from self._meant(key, it, live)

    def _meant(self, key: str, it: Instance, live: Desk) -> Iterator[Event]:
        def event(path: str, *args: float | int | str) -> Event:
            return Event(f"{ROOT}/{it.name}/{path}", args, "keys")

        match key:
            case "q":
                self.quit = True
            case "up" | "down":
                step = _STEP if key == "up" else -_STEP
                yield event("intensity", min(max(round(it.sound.wording.intensity + step, 2), -1.0), 2.0))
            case "right" | "left":
                yield event("term/next" if key == "right" else "term/prev")
            case "a":
                yield event("bypass", int(not it.bypass))
            case "d":
                yield event("delta", int(not it.listening.delta))
            case "m":
                yield event("match", int(not it.listening.match))
            case "l":
                yield event("adapt", int(not it.listening.adapt))
            case " ":
                self._paused = not self._paused
                live.order(pause=self._paused)
            case "," | ".":
                live.order(seek=live.place_s + (_JUMP_S if key == "." else -_JUMP_S))
            case "0":
                live.order(seek=0.0)

    def show(self, state: State, live: Desk, now_s: float) -> None:
        """The line, ten times a second at most."""
        if now_s - self._shown_s < _SHOW_S:
            return
        self._shown_s = now_s
        it = next(iter(state.instances.values()))
        place = f"{_clock(live.place_s)}/{_clock(live.dur_s)} " if live.dur_s else ""
        line = f"{'|| ' if self._paused else ''}{place}{line_of(it)}"
        width = shutil.get_terminal_size().columns - 1
        with contextlib.suppress(OSError):
            self._out.write(f"\r\x1b[K{line[:width]}")
            self._out.flush()


def read_keys(text: str) -> list[str]:
    r"""Keys by name.

    >>> read_keys("\x1b[Aa\x1b[C")
    ['up', 'a', 'right']
    """
    found = []
    while text:
        name = next((name for name in _NAMES if text.startswith(name)), "")
        if name:
            found.append(_NAMES[name])
        elif text[0] != "\x1b":
            found.append(_LETTERS.get(text[0], text[0]))
        text = text[len(name) or 1 :]
    return found


def line_of(it: Instance) -> str:
    """How an instance is, in a line.

    >>> line_of(Instance(name="main"))
    'flat x1.00'
    """
    words = it.sound.wording.words or "flat"
    said = [f"{words} x{it.sound.wording.intensity:.2f}"]
    if it.bypass:
        said.append("BYPASS")
    if it.listening.delta:
        said.append("DELTA")
    if it.listening.adapt and it.heard.moment is not None:
        said.append(f"gives {it.share:.0%}")
    if it.listening.match and not it.bypass:
        said.append(f"trim {it.settings.preamp_db:+.1f} dB")
    if it.heard.out_dbfs > QUIETEST_DB:
        said.append(f"peak {it.heard.out_dbfs:+.1f} dBFS{' CLIPS' if it.heard.out_dbfs > 0 else ''}")
    if it.heard.words:
        said.append(f"hears: {it.heard.words}")
    return " | ".join(said)


def _clock(dur_s: float) -> str:
    return f"{int(dur_s) // 60}:{int(dur_s) % 60:02d}"
