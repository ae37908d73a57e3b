"""The loop that moves bytes: datagrams in, one state, settings out to the drivers, values back to those who listen."""

from __future__ import annotations

import errno
import heapq
import ipaddress
import json
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from semeq_bridge.controls import Value
from semeq_bridge.core import ROOT, Changed, Effect, Event, Refused, Replied, apply, value_at
from semeq_bridge.errors import BridgeError, MessageError, OscError
from semeq_bridge.feedback import Feedback, is_loopback
from semeq_bridge.limits import Buckets
from semeq_bridge.midi.reader import Midi
from semeq_bridge.midi.table import Device, Follower
from semeq_bridge.osc import MOST_BYTES, Arg, Message, bundled, decode, encode
from semeq_bridge.pusher import Pusher
from semeq_bridge.state import State

_AT_ONCE = 512  # datagrams, before the drivers get their turn
_AHEAD_S, _MOST_WAITING = 2.0, 1024
_ROOM = 1 << 20
_BUNDLE_BYTES = 1400  # what one packet of a network holds
_IDLE_S = 1.0
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]


@dataclass(slots=True)
class Server:
    """A socket, the state, those who play it and those who are told. ``stop`` is asked between turns."""

    osc: socket.socket
    state: State
    pushers: list[Pusher] = field(default_factory=list)
    allowed: Networks = ()
    record: TextIO | None = None
    say: Callable[[str], None] = lambda _: None
    wake: socket.socket | None = None
    midi: Midi | None = None
    devices: Sequence[Device] = ()
    counts: Counter[str] = field(default_factory=Counter)
    feedback: Feedback = field(default_factory=Feedback)
    slowest_s: float = 0.0
    _buckets: Buckets = field(default_factory=lambda: Buckets(per_s=20_000, burst=40_000))
    _errors: Buckets = field(default_factory=lambda: Buckets(per_s=20, burst=40))
    _later: list[tuple[float, int, Message, tuple[str, int]]] = field(default_factory=list)
    _arrived_s: dict[str, float] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)
    _followers: dict[str, Follower] = field(default_factory=dict)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until ``stopped`` says so."""
        while not stopped():
            self.turn(self._patience_s())

    def turn(self, patience_s: float) -> None:
        """Wait for something, follow it, tell whoever has to know."""
        watched: list[socket.socket | Midi] = [self.osc] if self.wake is None else [self.osc, self.wake]
        if self.midi is not None and self.midi.fileno() >= 0:
            watched.append(self.midi)
        ready, _, _ = select.select(watched, [], [], max(0.0, patience_s))
        if self.wake is not None and self.wake in ready:
            self.wake.recv(4096)
        if self.osc in ready:
            self._receive()
        now_s = time.monotonic()
        self._hear(now_s)
        while self._later and self._later[0][0] <= time.time():
            _, _, message, source = heapq.heappop(self._later)
            self._follow(message, source, now_s)
        self._push()
        for host, port, rows in self.feedback.due(self.state, time.monotonic()):
            self._send_rows(rows, (host, port))

    def _patience_s(self) -> float:
        now_s = time.monotonic()
        times = [now_s + _IDLE_S]
        for one in self.pushers:
            if (due_s := one.due_s()) is not None:
                times.append(due_s)
        if (next_s := self.feedback.next_s(now_s)) is not None:
            times.append(next_s)
        if self._later:
            times.append(now_s + self._later[0][0] - time.time())
        return min(times) - now_s

    def _receive(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                packet, source = self.osc.recvfrom(MOST_BYTES + 1)
            except (BlockingIOError, ConnectionError):  # nothing more; or somebody we told has gone
                return
            now_s = time.monotonic()
            self.counts["packets"] += 1
            host = source[0]
            if not self._may(host):
                self.counts["not allowed"] += 1
                continue
            if not self._buckets.takes(host, now_s):
                self.counts["dropped"] += 1
                continue
            try:
                messages = decode(packet)
            except OscError as error:
                self.counts["bad"] += 1
                self._refuse("", f"no OSC: {error}", (host, source[1]), now_s)
                continue
            for message in messages:
                self._take(message, (host, source[1]), now_s)

    def _may(self, host: str) -> bool:
        if is_loopback(host):
            return True
        return any(ipaddress.ip_address(host) in network for network in self.allowed)

    def _take(self, message: Message, source: tuple[str, int], now_s: float) -> None:
        ahead_s = 0.0 if message.due_s is None else message.due_s - time.time()
        if 0 < ahead_s <= _AHEAD_S and len(self._later) < _MOST_WAITING:
            heapq.heappush(self._later, (message.due_s or 0.0, self.counts["packets"], message, source))
        else:  # late, or so far ahead that a clock must be wrong
            self._follow(message, source, now_s)

    def _follow(self, message: Message, source: tuple[str, int], now_s: float) -> None:
        self.counts["messages"] += 1
        sender = f"{source[0]}:{source[1]}"
        try:
            if self._about_us(message, source, now_s):
                return
        except (MessageError, OscError) as error:
            self._refuse(message.address, str(error), source, now_s)
            return
        self._apply(Event(message.address, message.args, sender), source, now_s)

    def _hear(self, now_s: float) -> None:
        """Follow what MIDI has brought."""
        if self.midi is None:
            return
        for port, message in self.midi.arrived(now_s):
            self.counts["midi"] += 1
            follower = self._followers.get(port)
            if follower is None:
                follower = self._followers[port] = Follower.of(port, self.devices)
            for event in follower.follow(message, self._standing):
                self._apply(event, None, now_s)

    def _standing(self, address: str) -> Value | None:
        try:
            return value_at(self.state, address)
        except BridgeError:
            return None

    def _apply(self, event: Event, source: tuple[str, int] | None, now_s: float) -> None:
        if self.record is not None:
            self.record.write(record_line(event, now_s))
        self.state, effects = apply(self.state, event, now_s)
        for effect in effects:
            self._do(effect, source, now_s)

    def _about_us(self, message: Message, source: tuple[str, int], now_s: float) -> bool:
        """Subscriptions and figures, which are about the wire and not about the EQ."""
        match message.address:
            case "/semeq/subscribe":
                port, ttl_s, pattern = _subscription(message.args, source[1])
                self.feedback.subscribe(source[0], port, now_s, ttl_s, pattern)
            case "/semeq/unsubscribe":
                port, _, _ = _subscription(message.args, source[1])
                self.feedback.unsubscribe(source[0], port)
            case "/semeq/status":
                self._send_rows([(f"{ROOT}/status/{name}", value) for name, value in self.status().items()], source)
            case _:
                return False
        return True

    def status(self) -> dict[str, Value]:
        """Every counter, how many listen, how long a change took to its driver at most."""
        found: dict[str, Value] = {name.replace(" ", "-"): self.counts[name] for name in sorted(self.counts)}
        found["subscribers"] = len(self.feedback.subscribers)
        found["pushed"] = sum(one.pushed for one in self.pushers)
        found["slowest-ms"] = round(1000 * self.slowest_s, 3)
        return found

    def _do(self, effect: Effect, source: tuple[str, int] | None, now_s: float) -> None:
        match effect:
            case Changed(instance, address, sender):
                self.counts["changes"] += 1
                for one in self.pushers:
                    if one.instance == instance:
                        one.waiting = True
                        self._arrived_s.setdefault(instance, now_s)
                self.feedback.changed(instance, address, sender, now_s)
            case Replied(address, args, _) if source is not None:
                self._send(encode(address, *args), source)
            case Refused(address, reason, _) if source is not None:
                self._refuse(address, reason, source, now_s)
            case Refused(address, reason, sender):
                self.counts["refused"] += 1
                if self._errors.takes(sender, now_s):
                    self.say(f"{sender}: {address}: {reason}")

    def _refuse(self, address: str, reason: str, source: tuple[str, int], now_s: float) -> None:
        self.counts["refused"] += 1
        if self._errors.takes(source[0], now_s):
            self._send(encode(f"{ROOT}/error", address, reason[:200]), source)

    def _push(self) -> None:
        for one in self.pushers:
            if one.push(lambda name=one.instance: self.state.instances[name].settings, time.monotonic()):  # type: ignore[misc]
                arrived_s = self._arrived_s.pop(one.instance, None)
                if arrived_s is not None:
                    self.slowest_s = max(self.slowest_s, time.monotonic() - arrived_s)
            if (trouble := one.trouble) != self._told.get(one.instance, ""):
                self._told[one.instance] = trouble
                self.say(f"{one.instance}: {trouble or 'it is played again'}")

    def _send_rows(self, rows: Sequence[tuple[str, Value]], to: tuple[str, int]) -> None:
        held: list[bytes] = []
        size = 16
        for address, value in rows:
            packet = encode(address, value)
            if held and size + len(packet) + 4 > _BUNDLE_BYTES:
                self._send(held[0] if len(held) == 1 else bundled(held), to)
                held, size = [], 16
            held.append(packet)
            size += len(packet) + 4
        if held:
            self._send(held[0] if len(held) == 1 else bundled(held), to)

    def _send(self, packet: bytes, to: tuple[str, int]) -> None:
        try:
            self.osc.sendto(packet, to)
            self.counts["sent"] += 1
        except OSError:
            self.counts["unsent"] += 1


def _subscription(args: tuple[Arg, ...], port: int) -> tuple[int, float, str]:
    """Port, time to live and pattern, in this order, each of which may be left out: numbers first, then text."""
    numbers = [arg for arg in args if isinstance(arg, (int, float)) and not isinstance(arg, bool)]
    texts = [arg for arg in args if isinstance(arg, str)]
    if len(numbers) + len(texts) != len(args) or len(numbers) > 2 or len(texts) > 1:
        raise MessageError("it takes a port, a time to live in seconds, and a pattern; each may be left out")
    return int(numbers[0]) if numbers else port, float(numbers[1]) if len(numbers) > 1 else 60.0, "".join(texts)


def bound(host: str, port: int) -> socket.socket:
    """A socket that receives there, with room for bursts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        hint = "another program has it; give another with --osc" if error.errno == errno.EADDRINUSE else error.strerror
        raise BridgeError(f"port {port} at {host}: {hint}") from None
    made.setblocking(False)
    return made


def record_line(event: Event, now_s: float) -> str:
    """An event as a line of JSON; blobs are left out."""
    args = [arg if isinstance(arg, (int, float, str, bool)) else None for arg in event.args]
    return json.dumps({"t": round(now_s, 4), "address": event.address, "args": args}, ensure_ascii=False) + "\n"
