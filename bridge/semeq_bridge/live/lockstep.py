"""The whole of live sound in one thread, at the pace of the sound itself: a file comes out as it would have, live.

The same strip, ear and state as in a session; only nobody waits for a clock. Same input, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeq.audio import create_audio, open_audio
from semeq.audio.files import same_file
from semeq.audio.info import output_info
from semeq.audio.tags import read_tags
from semeq.hearing.live import FRAMES_HZ
from semeq.hearing.reference import Reference, references
from semeq.streaming import Audio
from semeq_bridge.core import EARS, ROOT, Event, Refused, apply
from semeq_bridge.errors import BridgeError
from semeq_bridge.live.desk import asked, worth_it
from semeq_bridge.live.ears import Listener
from semeq_bridge.live.follow import frame_args, memory_s
from semeq_bridge.live.insert import Insert
from semeq_bridge.live.panel import Asked, Panel, Shape
from semeq_bridge.state import Instance, State

_BLOCK = 256
Timed = tuple[float, Event]


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """What became of a file: the share of the words second by second, its loudest sample, how many were clipped.

    ``muted`` blocks held what is no sound, NaN or infinity, and are silent.
    """

    dur_s: float
    shares: tuple[float, ...]
    peak: float
    clipped: int
    muted: int
    state: State


class Lockstep:
    """The first instance of a state with its sound.

    ``after_eq``: the ear hears what comes out, and knows the curve; without ``knows`` it knows of no EQ.
    """

    def __init__(
        self,
        state: State,
        rate_hz: float,
        channels: int,
        *,
        block: int = _BLOCK,
        after_eq: bool = False,
        knows: bool = True,
        own: Mapping[str, Reference] | None = None,
    ) -> None:
        self.state, self.rate_hz, self.passed = state, rate_hz, 0
        self._block, self._hop = block, round(rate_hz / FRAMES_HZ)
        panel = Panel.new(Shape(strips=1, channels=channels))
        panel.close()  # no other process sees it
        (strip,) = panel.strips
        self._strip, self._references = strip, {**references(), **(own or {})}
        self._instance: Instance | None = None
        self._has: Asked | None = None
        self._listener = Listener(strip, channels, after_eq and knows)
        self._show()
        self._insert = Insert(strip, rate_hz, channels, "output" if after_eq else "input")
        self._listener.begin(rate_hz)
        self._next = self._hop

    @property
    def now_s(self) -> float:
        """How much was played."""
        return self.passed / self.rate_hz

    @property
    def instance(self) -> Instance:
        """The one that is played."""
        return next(iter(self.state.instances.values()))

    @property
    def muted(self) -> int:
        """How many blocks held what is no sound."""
        return self._insert.bad

    def follow(self, event: Event) -> None:
        """Something a hand or a program does now."""
        self.state, effects = apply(self.state, event, self.now_s)
        for effect in effects:
            if isinstance(effect, Refused):
                raise BridgeError(f"{effect.address}: {effect.reason}")
        self._show()

    def play(self, audio: Audio, each: Callable[[Lockstep], None] | None = None) -> Audio:
        """The next frames; ``each`` is called after every look at what was heard. Shape: ``[C, T]``."""
        out = np.empty(audio.shape, np.float32)
        for start in range(0, audio.shape[1], self._block):
            block = np.ascontiguousarray(audio[:, start : start + self._block], dtype=np.float32)
            out[:, start : start + block.shape[1]] = self._insert.process(block)
            self.passed += block.shape[1]
            if self.passed >= self._next:
                self._next += self._hop
                self._look()
                if each is not None:
                    each(self)
        return out

    def _look(self) -> None:
        moment = self._listener.listen(self.now_s)
        if moment is not None:
            peaks = self._listener.peak_dbfs(0), self._listener.peak_dbfs(1)
            args = frame_args(moment, self._listener.words, *peaks)
            self.follow(Event(f"{ROOT}/{self.instance.name}/{EARS}", args, EARS))

    def _show(self) -> None:
        instance = self.instance
        if instance is not self._instance:
            wanted = asked(instance)
            if worth_it(self._instance, instance, self._has, wanted):
                self._strip.ask(wanted)
                self._has = wanted
            self._instance = instance
            self._listener.reference = self._references[instance.listening.reference]
            self._listener.remember(memory_s(instance.listening))


def play_file(
    source: Path,
    target: Path | None,
    state: State,
    events: Iterable[Timed] = (),
    *,
    own: Mapping[str, Reference] | None = None,
    overwrite: bool = False,
) -> Played:
    """A file through it, into a new one where that is wanted; events at their times."""
    waiting = sorted(events, key=lambda one: one[0])
    shares: list[float] = []
    peak = 0.0
    if target is not None and same_file(source, target):
        raise BridgeError(f"{target}: is what is read; write to another name")
    with open_audio(source) as reader, ExitStack() as stack:
        info = reader.info
        step = Lockstep(state, info.rate_hz, info.channels, own=own)
        writer = None
        if target is not None:
            writer = create_audio(target, output_info(target, info), tags=read_tags(source), overwrite=overwrite)
            stack.enter_context(writer)
        while (block := reader.read(info.rate_hz)).shape[1]:
            done = 0
            while done < block.shape[1]:
                until = block.shape[1]
                while waiting and waiting[0][0] <= step.now_s:
                    step.follow(waiting.pop(0)[1])
                if waiting:
                    until = min(until, done + max(round(waiting[0][0] * info.rate_hz) - step.passed, 1))
                out = step.play(block[:, done:until])
                peak = max(peak, float(np.abs(out).max(initial=0.0)))
                if writer is not None:
                    writer.write(out)
                done = until
            shares.append(step.instance.share)
        clipped = 0 if writer is None else writer.clipped
    return Played(
        dur_s=step.now_s, shares=tuple(shares), peak=peak, clipped=clipped, muted=step.muted, state=step.state
    )
