"""Memory that the processes of live sound share: what to play, what was played, and the sound to listen to.

One strip for every instance. Each part has one writer. Numbers that belong together lie between two counters and beside
their sum: whoever reads them while they are written sees that, keeps what it has and looks again with the next block.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from semeq.settings import EqSettings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
RING_FRAMES = 1 << 17  # 2.7 s at 48 kHz: how far the listener may fall behind
TIMES = 1 << 16
_ASKED = 17  # Hz, dB and Q of five bands, the preamp, and what is switched on
_COUNTERS = ("blocks", "late", "xruns", "bad", "frames", "beat", "version", "rate", "block")
_LEVELS = 2  # peaks of what goes in and comes out


class Asked(NamedTuple):
    """What a strip should play. ``delta`` is the difference alone, ``bypass`` what came in as it is."""

    settings: EqSettings = EqSettings.flat()
    delta: bool = False
    bypass: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How many strips of how many channels at most."""

    strips: int
    channels: int

    @property
    def size(self) -> int:
        """Bytes of the memory."""
        strip = 8 * (2 + _ASKED + 1) + 8 * _LEVELS + 8 * 2 + 4 * self.channels * RING_FRAMES
        return 8 * len(_COUNTERS) + 4 * TIMES + self.strips * strip


class Panel:
    """The memory as arrays; whoever has its descriptor sees the same."""

    def __init__(self, shape: Shape, descriptor: int) -> None:
        self.shape, self.descriptor = shape, descriptor
        self._memory = mmap.mmap(descriptor, shape.size)
        self._place = 0
        self.counters: Ints = self._array(len(_COUNTERS), np.int64)
        self.times_us: npt.NDArray[np.float32] = self._array(TIMES, np.float32)
        self.strips = [Strip(self) for _ in range(shape.strips)]

    @classmethod
    def new(cls, shape: Shape) -> Panel:
        """Memory without a name: it is gone when the last process that has it is."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("semeq")
        else:
            descriptor, name = tempfile.mkstemp(prefix="semeq")
            Path(name).unlink()
        os.ftruncate(descriptor, shape.size)
        return cls(shape, descriptor)

    def close(self) -> None:
        """Let go of the descriptor; the memory is seen for as long as its arrays are."""
        os.close(self.descriptor)

    def _array(self, count: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        made = np.frombuffer(self._memory, dtype, count, self._place)
        self._place += made.nbytes
        return made

    def count(self, name: str, more: int = 1) -> None:
        """So many more of these; only the process that plays counts."""
        self.counters[_COUNTERS.index(name)] += more

    def put(self, name: str, value: int) -> None:
        """Say how it is."""
        self.counters[_COUNTERS.index(name)] = value

    def get(self, name: str) -> int:
        """How many, or how it is."""
        return int(self.counters[_COUNTERS.index(name)])

    def to_text(self) -> dict[str, int]:
        """What another process needs, beside the descriptor, to see the same."""
        return {**asdict(self.shape), "descriptor": self.descriptor}

    @classmethod
    def seen(cls, strips: int, channels: int, descriptor: int) -> Panel:
        """The same memory in another process."""
        return cls(Shape(strips=strips, channels=channels), descriptor)


class Strip:
    """The part of one instance."""

    def __init__(self, panel: Panel) -> None:
        self._counter: Ints = panel._array(2, np.int64)
        self._asked: Floats = panel._array(_ASKED + 1, np.float64)
        self.levels: Floats = panel._array(_LEVELS, np.float64)
        self._written: Ints = panel._array(2, np.int64)
        channels = panel.shape.channels
        self._ring = panel._array(channels * RING_FRAMES, np.float32).reshape(channels, RING_FRAMES)

    # what to play

    def ask(self, asked: Asked) -> None:
        """From the next block on."""
        it = asked.settings
        self._counter[0] += 1
        self._asked[:-1] = *it.freqs_hz, *it.gains_db, *it.qs, it.preamp_db, 2 * asked.delta + asked.bypass
        self._asked[-1] = self._asked[:-1].sum()
        self._counter[1] = self._counter[0]

    def asked(self, since: int) -> tuple[int, Asked] | None:
        """What was asked for after ``since``; None where that is nothing new, or not written to its end."""
        number = int(self._counter[1])
        if number == since:
            return None
        row = self._asked.copy()
        if int(self._counter[0]) != number or row[:-1].sum() != row[-1]:
            return None
        *numbers, preamp_db, switches = row[:-1].tolist()
        settings = EqSettings.of(numbers[0:5], numbers[5:10], numbers[10:15], preamp_db)
        return number, Asked(settings, delta=switches >= 2.0, bypass=switches % 2.0 == 1.0)

    # the sound to listen to

    def write(self, block: npt.NDArray[np.float32]) -> None:
        """Leave sound for the listener. Shape: ``[C, T]``."""
        done = int(self._written[0])
        frames = block.shape[1]
        if frames > RING_FRAMES:
            block, frames = block[:, -RING_FRAMES:], RING_FRAMES
        at = done % RING_FRAMES
        head = min(frames, RING_FRAMES - at)
        self._written[1] = done + frames  # from here on what was there is no more
        self._ring[: len(block), at : at + head] = block[:, :head]
        if head < frames:
            self._ring[: len(block), : frames - head] = block[:, head:]
        self._written[0] = done + frames

    @property
    def written(self) -> int:
        """How many frames there were in all."""
        return int(self._written[0])

    def read(self, since: int, channels: int) -> tuple[int, npt.NDArray[np.float32]]:
        """Everything after frame ``since`` that is still there, and the frame it ends at."""
        done = int(self._written[0])
        first = max(since, done - RING_FRAMES // 2)
        places = np.arange(first, done) % RING_FRAMES
        block = self._ring[:channels, places]
        lost = int(self._written[1]) - RING_FRAMES - first
        return done, block[:, max(lost, 0) :]
