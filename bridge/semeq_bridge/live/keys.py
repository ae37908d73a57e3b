"""Keys of a terminal that move an instance, and one line that says how it is: for `play`, and whoever has no knobs."""

from __future__ import annotations

import contextlib
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TextIO

from semeq_bridge.core import ROOT, Event, apply
from semeq_bridge.live.desk import Desk
from semeq_bridge.state import QUIETEST_DB, Instance, State

HELP = """\
up down: intensity   left right: words   a: A/B (bypass)   d: the difference
m: match loudness    l: listen and adapt   space: pause   q: quit
, and . : 5 s back and on   0: from the beginning
"""
_STEP, _SHOW_S, _JUMP_S = 0.05, 0.1, 5.0
_COLUMNS = 80  # where a terminal does not say
_KEYS = {"A": "up", "B": "down", "C": "right", "D": "left"}
_LETTERS = {"+": "up", "-": "down", "n": "right", "p": "left", "\x03": "q", "\x04": "q"}
_KEY = re.compile(r"\x1b[\[O]([A-D])|\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O\x1b])|(.)", re.DOTALL)


class Keys:
    """A terminal that is read key by key while this is entered, and is as it was afterwards."""

    def __init__(self, into: TextIO, out: TextIO) -> None:
        self._into, self._out = into, out
        self.quit, self._paused, self._shown_s, self._explained = False, False, 0.0, False
        self._was_up, self._place_s = False, 0.0
        self._shows = out.isatty()
        self._before: list[Any] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        import termios
        import tty

        self._before = termios.tcgetattr(self._into)
        tty.setcbreak(self._into)
        if self._shows:
            above: Any = _Above(self._out)
            self._stack.enter_context(contextlib.redirect_stderr(above))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import termios

        self._stack.close()
        with contextlib.suppress(OSError, termios.error):  # a terminal that was closed
            if self._before is not None:
                termios.tcsetattr(self._into, termios.TCSADRAIN, self._before)
            if self._explained:
                self._out.write("\n")
                self._out.flush()

    def fileno(self) -> int:
        """For select."""
        return self._into.fileno()

    def pressed(self, state: State, live: Desk) -> Iterator[Event]:
        """What was asked for since the last time, of the first instance."""
        import select

        if not select.select([self._into], [], [], 0.0)[0]:
            return
        try:
            data = os.read(self.fileno(), 256)
        except OSError:  # its terminal was closed
            data = b""
        if not data:
            self.quit = True
            return
        self._shown_s = 0.0
        for key in read_keys(data.decode("utf-8", "replace")):
            it = next(iter(state.instances.values()))
            for event in self._meant(key, it, live):
                yield event
                state, _ = apply(state, event, 0.0)  # what the next key finds

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
                if it.listening.delta:  # of what is bypassed nothing differs: both together would be silence
                    yield event("delta", 0)
                yield event("bypass", int(not it.bypass))
            case "d":
                if it.bypass:
                    yield event("bypass", 0)
                yield event("delta", int(not it.listening.delta))
            case "m":
                yield event("match", int(not it.listening.match))
            case "l":
                yield event("adapt", int(not it.listening.adapt))
            case " ":
                self._paused = not self._paused
                live.order(pause=self._paused)
            case "," | ".":
                self._go(live, live.place_s + (_JUMP_S if key == "." else -_JUMP_S))
            case "0":
                self._go(live, 0.0)

    def _go(self, live: Desk, place_s: float) -> None:
        """Jump; where it is will be said in a moment, and another key may come before."""
        live.place_s = min(max(place_s, 0.0), live.dur_s)
        live.order(seek=live.place_s)

    def show(self, state: State, live: Desk, now_s: float) -> None:
        """The line, ten times a second at most; at first what the keys are for."""
        self._go_on(live)
        if not self._shows or now_s - self._shown_s < _SHOW_S or not (self._explained or live.playing):
            return
        self._shown_s = now_s
        it = next(iter(state.instances.values()))
        place = f"{_clock(live.place_s)}/{_clock(live.dur_s)} " if live.dur_s else ""
        how = "" if live.playing else "NO SOUND "
        line = f"{how}{'|| ' if self._paused else ''}{place}{line_of(it)}"
        with contextlib.suppress(OSError):
            if not self._explained:
                self._explained = True
                self._out.write(f"{HELP}\n")
            self._out.write(f"\r\x1b[K{fitting(line, self._columns() - 1)}")
            self._out.flush()

    def _go_on(self, live: Desk) -> None:
        """Where what plays was started again: from where it was, and still where it stood still."""
        if live.playing and not self._was_up and self._place_s:
            live.order(pause=self._paused, seek=self._place_s)
        elif live.playing:
            self._place_s = live.place_s
        self._was_up = live.playing

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._out.fileno()).columns or _COLUMNS
        except OSError:
            return _COLUMNS


class _Above:
    """Standard error while a line stands at the bottom: what others say takes its place, and it is shown again."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        return self._out.write("\r\x1b[K" + text)  # bytes are refused, by which click knows that this takes text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


def fitting(text: str, columns: int) -> str:
    """As much of a text as so many columns of a terminal hold; some letters take two.

    >>> fitting("warm x1.00", 4), fitting("温暖", 3)
    ('warm', '温')
    """
    for place, letter in enumerate(text):
        columns -= 0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if columns < 0:
            return text[:place]
    return text


def read_keys(text: str) -> list[str]:
    r"""Keys by name; of those with a name of several letters, only arrows mean anything.

    >>> read_keys("\x1b[Aa\x1b[1;5C\x1bOC\x1bq")
    ['up', 'a', 'right']
    """
    found = ((_KEYS[arrow] if arrow else _LETTERS.get(letter, letter)) for arrow, letter in _KEY.findall(text))
    return [key for key in found if key]


def line_of(it: Instance) -> str:
    """How an instance is, in a line.

    >>> line_of(Instance(name="main"))
    'flat'
    """
    words, how = it.sound.wording.words, it.listening
    said = [f"{words} x{it.sound.wording.intensity:.2f}" if words else "flat"]
    if it.bypass or how.delta:
        said.append("BYPASS" if it.bypass else "DELTA")
    if words and how.adapt and it.heard.moment is not None and not it.bypass:
        said.append(f"gives {it.share:.0%}")
    if it.heard.words:
        said.append(f"hears {', '.join(it.heard.words.split(', ')[:2])}")
    if words and how.match and not it.bypass and not how.delta:
        said.append(f"trim {it.settings.preamp_db:+.1f}")
    if it.heard.out_dbfs > QUIETEST_DB:
        said.append(f"peak {it.heard.out_dbfs:+.1f} dB{' CLIPS' if it.heard.out_dbfs > 0 else ''}")
    return " | ".join(said)


def _clock(dur_s: float) -> str:
    return f"{int(dur_s) // 60}:{int(dur_s) % 60:02d}"
