"""The process that plays: ``python -m semeq_bridge.live.engine SETUP``. No model, no collector, no word of the state.

What to play comes through the panel, read once a block. The rest of this process sleeps: it says that it is up, counts,
and ends where there is no sound any more, to be started again.
"""

from __future__ import annotations

import gc
import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from semeq.errors import SemeqError
from semeq.streaming import Audio
from semeq_bridge.live.child import Parent
from semeq_bridge.live.insert import Insert
from semeq_bridge.live.panel import TIMES, Panel

AGAIN = 75
_WORRIED_S, _STUCK_S = 0.4, 3.0
_LOOK_S = 0.1
_CALM_S = 10.0  # bad sound that comes back within this time is not told again
BACKENDS = {
    "jack": "jack_sound:JackSound",
    "device": "device_sound:DeviceSound",
    "clock": "clock_sound:ClockSound",
}


class Backend(Protocol):
    """Where sound comes from and goes to. It calls `Engine.block` for each block, and `Engine.set_up` before."""

    def start(self) -> str:
        """Begin; gives where that is, for people."""
        ...

    def look(self, is_stuck: bool) -> str:
        """Asked ten times a second: why there is no sound any more, or nothing. ``is_stuck``: no block for a while."""
        ...

    def order(self, said: Mapping[str, Any]) -> None:
        """Something from the other end."""

    def stop(self) -> None:
        """End."""


class Engine:
    """All strips; whoever has sound calls it."""

    def __init__(self, panel: Panel, rows: list[dict[str, Any]]) -> None:
        self.panel, self.rows = panel, rows
        self.rate_hz = 0.0
        self.inserts: list[Insert] = []
        self.failed = ""

    def set_up(self, rate_hz: float, frames: int) -> None:
        """For this rate from now on; ``frames`` is how many there will be in a block."""
        if rate_hz != self.rate_hz or not self.inserts:
            self.rate_hz = rate_hz
            self.inserts = [
                Insert(strip, rate_hz, row["channels"], row["tap"])
                for strip, row in zip(self.panel.strips, self.rows, strict=True)
            ]
            self.panel.put("rate", round(rate_hz))
            self.panel.count("version")
            self._warm(frames)
        self.panel.put("block", frames)

    def _warm(self, frames: int) -> None:
        """What a first block of this size has to make: made before it is waited for."""
        import numpy as np

        for insert, row in zip(self.inserts, self.rows, strict=True):
            insert.warm(np.zeros((row["channels"], frames), np.float32))

    def block(self, strip: int, block: Audio, heard: Audio | None = None) -> Audio:
        """The next frames of a strip."""
        return self.inserts[strip].process(block, heard)

    def done(self, began_ns: int, frames: int) -> None:
        """All strips of a block were played."""
        panel = self.panel
        took_us = (time.perf_counter_ns() - began_ns) / 1000.0
        blocks = panel.get("blocks")
        panel.times_us[blocks % TIMES] = took_us
        panel.count("blocks")
        panel.count("frames", frames)
        if took_us * self.rate_hz > frames * 1e6:
            panel.count("late")


def main(text: str) -> None:
    """Play until the other end is gone."""
    setup = json.loads(text)
    parent, panel = Parent(), Panel.seen(**setup["panel"])
    engine = Engine(panel, setup["strips"])
    module, _, name = BACKENDS[setup["backend"]].partition(":")
    try:
        make: Callable[..., Backend] = getattr(import_module(f"semeq_bridge.live.{module}"), name)
        backend = make(engine, parent, **setup["options"])
        where = backend.start()
    except SemeqError as error:
        parent.tell(error=str(error))
        sys.stdout.flush()
        os._exit(AGAIN)  # a client of a server that has gone cannot be closed
    gc.collect()
    gc.freeze()
    gc.disable()
    parent.tell(up=where, rate_hz=engine.rate_hz)
    blocks, moved_s = panel.get("blocks"), time.monotonic()
    bad = [(0, -math.inf)] * len(engine.rows)
    while parent.open:
        for said in parent.said(_LOOK_S):
            backend.order(said)
        now_s = time.monotonic()
        panel.count("beat")
        if panel.get("blocks") != blocks:
            blocks, moved_s = panel.get("blocks"), now_s
        still_s = now_s - moved_s
        why = engine.failed or backend.look(still_s > _WORRIED_S)
        if not why and still_s > _STUCK_S:
            why = f"no block of sound for {_STUCK_S:g} s"
        if why:
            parent.tell(error=why)
            os._exit(AGAIN)
        _tell_bad(engine, parent, bad)
    backend.stop()
    os._exit(0)


def _tell_bad(engine: Engine, parent: Parent, before: list[tuple[int, float]]) -> None:
    """Say it when what comes in is no sound."""
    counts = [insert.bad for insert in engine.inserts]
    engine.panel.put("bad", sum(counts))
    if begun := newly_bad(counts, before, time.monotonic()):
        names = ", ".join(engine.rows[strip]["name"] for strip in begun)
        parent.tell(say=f"{names}: what comes in is no sound (NaN, infinity or far too loud): muted while it lasts")


def newly_bad(counts: Sequence[int], before: list[tuple[int, float]], now_s: float) -> list[int]:
    """Which strips have begun to get what is no sound, once for each time; ``before`` is what was known, and is now.

    >>> known = [(0, float("-inf"))] * 2
    >>> [newly_bad(counts, known, now_s) for counts, now_s in [((0, 3), 1.0), ((0, 4), 5.0), ((1, 4), 6.0)]]
    [[1], [], [0]]
    >>> newly_bad((1, 5), known, 60.0)
    [1]
    """
    begun = []
    for strip, (count, (had, last_s)) in enumerate(zip(counts, before, strict=True)):
        if count != had:
            before[strip] = count, now_s
            if count and now_s - last_s > _CALM_S:
                begun.append(strip)
    return begun


if __name__ == "__main__":
    main(sys.argv[1])
