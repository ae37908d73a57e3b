"""Between the state and the processes of live sound: tells one what to play, another what to listen for.

It waits for none: what they say comes when it comes, and who does not answer is started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from semeq.hearing.reference import Reference, references
from semeq_bridge.controls import Value
from semeq_bridge.core import EARS, ROOT, Event
from semeq_bridge.errors import BridgeError
from semeq_bridge.live.child import Child
from semeq_bridge.live.follow import memory_s
from semeq_bridge.live.panel import TIMES, Asked, Panel, Shape
from semeq_bridge.live.references import as_text
from semeq_bridge.live.wanted import Live
from semeq_bridge.state import Instance, State

_DEAF_S = 4.0
_AUDIBLE_DB = 0.1
_MOST_CLIENT_CHARS = 48  # JACK takes 63; what keeps the connections has a longer name than ours
_RECENT = 4096
_LIVE = "semeq_bridge.live"


def asked(instance: Instance) -> Asked:
    """What an instance should play."""
    return Asked(instance.settings, instance.listening.delta, instance.bypass)


def worth_it(before: Instance | None, after: Instance, has: Asked | None, wanted: Asked) -> bool:
    """Whether a strip should be told: always of what somebody did, of what was heard only where ears can tell."""
    if before is None or has is None:
        return True
    same = all(
        getattr(before, part) == getattr(after, part) for part in ("sounds", "side", "bypass", "held", "listening")
    )
    if not same:
        return wanted != has
    ours, theirs = ((*it.settings.gains_db, it.settings.preamp_db) for it in (wanted, has))
    moved = zip(ours, theirs, strict=True)
    return max(abs(one - other) for one, other in moved) >= _AUDIBLE_DB


def _check_client(client: str) -> None:
    """JACK's library refuses such names as if no server answered."""
    if not 0 < len(client) <= _MOST_CLIENT_CHARS or ":" in client:
        raise BridgeError(f"--client {client[:80]!r}: use 1 to {_MOST_CLIENT_CHARS} characters without a colon")


class Desk:
    """One strip for each instance, in their order."""

    def __init__(self, names: Sequence[str], live: Live, say: Callable[[str], None]) -> None:
        self._names, self._live, self._say = tuple(names), live, say
        self._panel = Panel.new(Shape(strips=len(names), channels=live.channels))
        self.where, self.ended = "", False
        self.place_s = self.dur_s = 0.0
        rows = [{"name": name, "channels": live.channels, "tap": live.taps.get(name, "input")} for name in names]
        setup = {"panel": self._panel.to_text(), "strips": rows}
        engine = {**setup, "backend": live.backend, "options": dict(live.options)}
        shared = (self._panel.descriptor,)
        self._engine = Child(f"{_LIVE}.engine", engine, say, shared)
        self._engine.patient = live.patient
        self._ears = Child(f"{_LIVE}.ears", setup, say, shared)
        self._children = [self._engine, self._ears]
        if live.backend == "jack":
            client = {"client": live.options.get("client", "semeq")}
            _check_client(str(client["client"]))
            self._children.append(Child(f"{_LIVE}.patchbay", {"strips": rows, **client, **live.patches}, say))
        self._shown: list[Instance | None] = [None] * len(names)
        self._has: list[Asked | None] = [None] * len(names)
        self._told: list[tuple[str, float] | None] = [None] * len(names)
        self._beat, self._beat_s, self._up, self._ups = -1, 0.0, False, 0

    def watched(self) -> list[Child]:
        """Whom to wait for."""
        return [child for child in self._children if child.fileno() >= 0]

    def due_s(self) -> float | None:
        """When something has to be done whatever comes."""
        times = [due_s for child in self._children if (due_s := child.due_s()) is not None]
        return min(times, default=None)

    def hear(self, now_s: float) -> Iterator[Event]:
        """What was heard, as events."""
        for child in self._children:
            for said in child.arrived(now_s):
                match said:
                    case {"frame": int(strip), "args": list(args)}:
                        yield Event(f"{ROOT}/{self._names[strip]}/{EARS}", tuple(args), EARS)
                    case {"up": str(where)} if child is self._engine:
                        self._up, self.where = True, where
                        self._ups += 1
                        child.patient = True  # what has worked is waited for
                        self._say(f"sound: {where}")
                    case {"started": _} if child is self._ears:
                        self._told = [None] * len(self._names)
                    case {"down": str(why)} if child is self._engine:
                        self._up = False
                        if why and not self._live.patient and not self.where:
                            raise BridgeError(why)
                    case {"ended": _} if child is self._engine:
                        self.ended = True
                    case {"place": float() | int() as place_s, "of": float() | int() as dur_s}:
                        self.place_s, self.dur_s = place_s, dur_s
                    case {"wanted": list(pairs)}:
                        child.setup["wanted"] = pairs  # for the next of its kind
        self._look_after(now_s)

    def _look_after(self, now_s: float) -> None:
        """A process that plays but hangs is ended, and started again."""
        beat = self._panel.get("beat")
        if beat != self._beat or not self._up:
            self._beat, self._beat_s = beat, now_s
        elif now_s - self._beat_s > _DEAF_S:
            self._say("sound: the process that plays does not answer; it is ended and started again")
            self._engine.kill()
            self._beat_s = now_s

    def show(self, state: State) -> None:
        """Let each strip play what its instance wants, and its ear listen as it should."""
        for number, instance in enumerate(state.instances.values()):
            if instance is self._shown[number] and self._told[number] is not None:
                continue
            wanted = asked(instance)
            before, self._shown[number] = self._shown[number], instance
            if worth_it(before, instance, self._has[number], wanted):
                self._panel.strips[number].ask(wanted)
                self._has[number] = wanted
            how = instance.listening
            told = how.reference, memory_s(how)
            if told != self._told[number]:
                reference = self.reference(how.reference)
                self._told[number] = (
                    told
                    if self._ears.tell({"strip": number, "reference": as_text(reference), "memory_s": told[1]})
                    else None
                )

    def reference(self, name: str) -> Reference:
        """One of those there are."""
        found = {**references(), **self._live.own}.get(name)
        if found is None:
            raise BridgeError(f"no reference {name!r}")
        return found

    def order(self, **said: Any) -> bool:
        """Tell the backend something, such as to pause."""
        return self._engine.tell(said)

    @property
    def playing(self) -> bool:
        """Whether there is sound."""
        return self._up

    def status(self) -> dict[str, Value]:
        """Counters, and how long a block takes of the time there is for it."""
        panel = self._panel
        found: dict[str, Value] = {f"sound-{name}": panel.get(name) for name in ("blocks", "late", "xruns", "bad")}
        found |= {
            "sound-starts": self._ups,
            "sound-rate": panel.get("rate"),
            "sound-block": panel.get("block"),
        }
        blocks = panel.get("blocks")
        count = min(blocks, _RECENT)
        if count:
            times = np.sort(panel.times_us[np.arange(blocks - count, blocks) % TIMES])
            for name, share in (("p50", 0.5), ("p99", 0.99)):
                found[f"sound-{name}-us"] = round(float(times[min(int(share * count), count - 1)]))
        return found

    def close(self) -> None:
        """End all of it."""
        for child in reversed(self._children):
            child.ended = True
            child.close()
        self._panel.close()
