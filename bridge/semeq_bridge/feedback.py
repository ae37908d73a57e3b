"""Who is told what, and how often: subscribers, what changed since they were told, and what they changed themselves.

Pure but for what it remembers; the time is given to it. A value goes out at once, then at most 30 times a second, the
last one always; never back to whoever moved it until that has rested; and everything every ten seconds.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from semeq_bridge.controls import Value
from semeq_bridge.core import ROOT, value_at, values
from semeq_bridge.errors import MessageError
from semeq_bridge.pattern import is_pattern, matches
from semeq_bridge.state import State

MOST_SUBSCRIBERS, MOST_PER_HOST = 64, 16
TTL_S, MOST_TTL_S = 60.0, 3600.0
_GAP_S, _ECHO_S, _DUMP_S = 1 / 30, 0.150, 10.0
_LEAST_CHANGE = 1e-3


@dataclass(slots=True)
class Subscriber:
    """Where to send, for how long, and which addresses."""

    host: str
    port: int
    pattern: str
    until_s: float
    next_dump_s: float
    told: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Feedback:
    """All subscribers, and when each value last went out."""

    subscribers: dict[tuple[str, int], Subscriber] = field(default_factory=dict)
    _sent_s: dict[str, float] = field(default_factory=dict)
    _moved: dict[str, tuple[str, float]] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _touched: set[str] = field(default_factory=set)
    _next_look_s: float = 0.0

    def subscribe(self, host: str, port: int, now_s: float, ttl_s: float = TTL_S, pattern: str = "") -> Subscriber:
        """Add or renew; it gets everything with the next turn."""
        if not 1 <= port <= 65_535:
            raise MessageError(f"port {port}: 1 to 65535")
        if not 1 <= ttl_s <= MOST_TTL_S:
            raise MessageError(f"time to live {ttl_s:g}: 1 to {MOST_TTL_S:g} seconds")
        if pattern:
            matches(pattern, ROOT)  # refuses one that is none
        self._forget(now_s)
        if (host, port) not in self.subscribers:
            if len(self.subscribers) >= MOST_SUBSCRIBERS:
                raise MessageError(f"there are {MOST_SUBSCRIBERS} subscribers; no more")
            if sum(one.host == host for one in self.subscribers.values()) >= MOST_PER_HOST:
                raise MessageError(f"{MOST_PER_HOST} subscribers at {host}; no more")
        made = Subscriber(host=host, port=port, pattern=pattern, until_s=now_s + ttl_s, next_dump_s=now_s)
        self.subscribers[host, port] = made
        return made

    def unsubscribe(self, host: str, port: int) -> None:
        """Tell no more."""
        self.subscribers.pop((host, port), None)

    def changed(self, instance: str, address: str, source: str, now_s: float) -> None:
        """Remember that something has to be told, and who moved it."""
        if not self.subscribers:
            return
        self._dirty.add(instance)
        self._touched.add(address)
        if source:
            self._moved[address] = (source, now_s)

    def _forget(self, now_s: float) -> None:
        for key, one in list(self.subscribers.items()):
            if one.until_s <= now_s:
                del self.subscribers[key]

    def due(self, state: State, now_s: float) -> Iterator[tuple[str, int, list[tuple[str, Value]]]]:
        """What has to be sent now: host, port, values by address.

        What was moved goes first; what follows from it, such as the bands of a word, is looked at 30 times a second.
        """
        self._forget(now_s)
        if not self.subscribers:
            self._dirty.clear()
            self._touched.clear()
            return
        rows = {address: value for address in self._touched if (value := value_at(state, address)) is not None}
        settled = not self._dirty or now_s < self._next_look_s
        if not settled:
            self._next_look_s = now_s + _GAP_S
            for name in self._dirty:
                rows |= dict(values(state, name))
        waiting = False
        for one in self.subscribers.values():
            whole = one.next_dump_s <= now_s
            if whole:
                one.next_dump_s = now_s + _DUMP_S
            said = []
            for address, value in self._everything(state).items() if whole else rows.items():
                if not _meant(one.pattern, address) or not (whole or _differs(one.told.get(address), value)):
                    continue
                if not whole and self._is_early(one, address, now_s):
                    waiting = True
                    continue
                one.told[address] = value
                self._sent_s[f"{one.host}:{one.port}{address}"] = now_s
                said.append((address, value))
            if said:
                yield one.host, one.port, said
        self._touched.clear()
        if not settled and not waiting:
            self._dirty.clear()
        self._note_sent(now_s)

    @staticmethod
    def _everything(state: State) -> dict[str, Value]:
        return {address: value for name in state.instances for address, value in values(state, name)}

    def _is_early(self, one: Subscriber, address: str, now_s: float) -> bool:
        source, moved_s = self._moved.get(address, ("", 0.0))
        if source == f"{one.host}:{one.port}" and now_s - moved_s < _ECHO_S:
            return True
        return now_s - self._sent_s.get(f"{one.host}:{one.port}{address}", -1.0) < _GAP_S

    def _note_sent(self, now_s: float) -> None:
        for address, (_, moved_s) in list(self._moved.items()):
            if now_s - moved_s >= _ECHO_S:
                del self._moved[address]
        for key, sent_s in list(self._sent_s.items()):
            if now_s - sent_s >= _GAP_S:
                del self._sent_s[key]

    def next_s(self, now_s: float) -> float | None:
        """When there may be something to send; None where nobody listens."""
        if not self.subscribers:
            return None
        if self._dirty:
            return max(now_s, self._next_look_s)
        return min(min(one.next_dump_s, one.until_s) for one in self.subscribers.values())


def _differs(old: Value | None, new: Value) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return abs(old - new) > _LEAST_CHANGE * max(1.0, abs(new) * 1e-1)
    return old != new


def _meant(pattern: str, address: str) -> bool:
    if not pattern:
        return True
    return matches(pattern, address) if is_pattern(pattern) else address.startswith(pattern)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
