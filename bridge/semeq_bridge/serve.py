"""The loop that moves bytes: datagrams in, one state, settings out to the drivers, values back to those who listen."""

from __future__ import annotations

import heapq
import itertools
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from semeq.settings import EqSettings
from semeq_bridge.controls import Value
from semeq_bridge.core import ROOT, Changed, Effect, Event, Refused, Replied, apply, value_at
from semeq_bridge.errors import BridgeError, MessageError, OscError
from semeq_bridge.feedback import Feedback
from semeq_bridge.limits import Buckets
from semeq_bridge.lines import Line, Lines, Place
from semeq_bridge.meters import Meters
from semeq_bridge.midi.reader import Midi
from semeq_bridge.midi.rings import Rings
from semeq_bridge.midi.table import Device, Follower
from semeq_bridge.osc import MOST_BYTES, Arg, Message, bundled, decode, encode
from semeq_bridge.pusher import Pusher
from semeq_bridge.recall import Keeper
from semeq_bridge.record import Record
from semeq_bridge.sockets import Networks, first, may
from semeq_bridge.state import State

if TYPE_CHECKING:
    from semeq_bridge.live.child import Child
    from semeq_bridge.live.desk import Desk
    from semeq_bridge.live.keys import Keys

_AT_ONCE = 512  # datagrams, before the drivers get their turn
_AHEAD_S, _MOST_WAITING = 2.0, 1024
_BUNDLE_BYTES = 1400  # what one packet of a network holds
_IDLE_S = 1.0


@dataclass(slots=True)
class Server:
    """A socket, the state, those who play it and those who are told. ``stop`` is asked between turns."""

    osc: socket.socket
    state: State
    pushers: list[Pusher] = field(default_factory=list)
    allowed: Networks = ()
    record: Record | None = None
    keeper: Keeper | None = None
    say: Callable[[str], None] = lambda _: None
    wake: socket.socket | None = None
    midi: Midi | None = None
    devices: Sequence[Device] = ()
    rings: Rings = field(default_factory=Rings)
    lines: Lines | None = None
    live: Desk | None = None
    keys: Keys | None = None
    meters: Meters = field(default_factory=Meters)
    also: Mapping[str, int] = field(default_factory=dict)
    feedback: Feedback = field(default_factory=Feedback)
    _buckets: Buckets = field(default_factory=lambda: Buckets(per_s=20_000, burst=40_000))
    _errors: Buckets = field(default_factory=lambda: Buckets(per_s=20, burst=40))
    _later: list[tuple[float, int, Message, Place]] = field(default_factory=list)
    _serial: Iterator[int] = field(default_factory=itertools.count)
    _midi_told: bool = False
    _followers: dict[str, Follower] = field(default_factory=dict)

    def run(self, stopped: Callable[[], bool]) -> None:
        """Serve until ``stopped`` says so."""
        while not stopped():
            self.turn(self._patience_s())

    def turn(self, patience_s: float) -> None:
        """Wait for something, follow it, tell whoever has to know."""
        watched: list[socket.socket | Midi | Line | Lines | Child | Keys] = [self.osc]
        if self.wake is not None:
            watched.append(self.wake)
        if self.live is not None:
            watched += self.live.watched()
        if self.keys is not None:
            watched.append(self.keys)
        if self.midi is not None and self.midi.fileno() >= 0:
            watched.append(self.midi)
        unread: list[Line] = []
        if self.lines is not None:
            watched += [self.lines, *self.lines.open.values()]
            unread = [line for line in self.lines.open.values() if line.unread]
        ready, free, _ = select.select(watched, unread, [], max(0.0, patience_s))
        if self.wake is not None and self.wake in ready:
            self.wake.recv(4096)
        if self.osc in ready:
            self._receive()
        if self.lines is not None:
            self._receive_lines(self.lines, {id(one) for one in ready}, free)
        now_s = time.monotonic()
        self._hear(now_s)
        while self._later and self._later[0][0] <= time.time():
            _, _, message, source = heapq.heappop(self._later)
            self._follow(message, source, now_s)
        self._sound(now_s)
        self._push()
        self._show(now_s)
        if self.keeper is not None:
            self.keeper.keep(self.state, now_s)
        for host, port, rows in self.feedback.due(self.state, time.monotonic()):
            self._send_rows(rows, (host, port))

    def _patience_s(self) -> float:
        now_s = time.monotonic()
        times = [now_s + _IDLE_S]
        for one in self.pushers:
            if (due_s := one.due_s()) is not None:
                times.append(due_s)
        keep_s = self.keeper.due_s(self.state) if self.keeper is not None else None
        sound_s = self.live.due_s() if self.live is not None else None
        for next_s in (self.feedback.next_s(now_s), self.rings.next_s(), keep_s, sound_s):
            if next_s is not None:
                times.append(next_s)
        if self._later:
            times.append(now_s + self._later[0][0] - time.time())
        return min(times) - now_s

    def _receive(self) -> None:
        for number in range(_AT_ONCE):
            try:
                packet, source = self.osc.recvfrom(MOST_BYTES + 1) if number else first(self.osc, self.meters)
            except (BlockingIOError, ConnectionError):  # nothing more; or somebody we told has gone
                return
            if may(self.allowed, source[0]):
                self._packet(packet, source[0], (source[0], source[1]))
            else:
                self.meters.count("not-allowed")

    def _receive_lines(self, lines: Lines, ready: set[int], free: Sequence[Line]) -> None:
        """Whoever came over TCP, what they sent, and what they have room for now."""
        if id(lines) in ready:
            lines.accept()
        for line in free:
            lines.flush(line)
        for line in list(lines.open.values()):
            if id(line) in ready:
                for packet in lines.packets(line):
                    self._packet(packet, line.host, line.place)
                if line.place not in lines.open:
                    self.feedback.unsubscribe(*line.place)

    def _packet(self, packet: bytes, host: str, source: Place) -> None:
        now_s = time.monotonic()
        self.meters.count("packets")
        if not self._buckets.takes(host, now_s):
            self.meters.count("dropped")
            return
        try:
            messages = decode(packet)
        except OscError as error:
            self.meters.count("bad")
            self._refuse("", f"no OSC: {error}", source, now_s)
            return
        for message in messages:
            self._take(message, source, now_s)

    def _take(self, message: Message, source: Place, now_s: float) -> None:
        ahead_s = 0.0 if message.due_s is None else message.due_s - time.time()
        if 0 < ahead_s <= _AHEAD_S and len(self._later) < _MOST_WAITING:
            heapq.heappush(self._later, (message.due_s or 0.0, next(self._serial), message, source))
        else:  # late, or so far ahead that a clock must be wrong
            self._follow(message, source, now_s)

    def _follow(self, message: Message, source: Place, now_s: float) -> None:
        self.meters.count("messages")
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
        if self.midi.failed and not self._midi_told:
            self._midi_told = True
            self.say(f"{self.midi.failed} (OSC goes on)")
        for port, message in self.midi.arrived(now_s):
            if not message:  # it has come
                self.rings.appeared(port)
                continue
            self.meters.count("midi")
            follower = self._followers.get(port)
            if follower is None:
                follower = self._followers[port] = Follower.of(port, self.devices)
            for event in follower.follow(message, self._standing):
                self._apply(event, None, now_s)
            for row, share in follower.moved:
                self.rings.touched(port, row, share, now_s)
            for row in follower.waits:
                where = f"{row.kind} {row.number} waits until it passes {row.target}"
                self.say(f"MIDI: {where}, which is at {self._standing(row.target):.3g} (takeover = pickup)")
        if any("out" in happened for happened in self.midi.happened):
            self.rings.again()
        self.midi.happened.clear()

    def _sound(self, now_s: float) -> None:
        """Follow what is heard and what keys ask for, and play what that makes."""
        if self.live is not None:
            for event in self.live.hear(now_s):
                self._apply(event, None, now_s)
            if self.keys is not None:
                for event in self.keys.pressed(self.state, self.live):
                    self._apply(event, None, now_s)
                self.keys.show(self.state, self.live, now_s)
            self.live.show(self.state)

    def _show(self, now_s: float) -> None:
        """Let rings and motor faders stand where they should."""
        if self.midi is not None:
            for pattern, data in self.rings.due(self._standing, now_s):
                self.meters.count("shown" if self.midi.send(pattern, data) else "not-shown")

    def _standing(self, address: str) -> Value | None:
        try:
            return value_at(self.state, address)
        except BridgeError:
            return None

    def _apply(self, event: Event, source: Place | None, now_s: float) -> None:
        if self.record is not None:
            self.record.keep(event, now_s)
        self.state, effects = apply(self.state, event, now_s)
        replies = [encode(one.address, *one.args) for one in effects if isinstance(one, Replied)]
        if source is not None and replies:
            self._send_together(replies, source)
        for effect in effects:
            self._do(effect, source, now_s)

    def _about_us(self, message: Message, source: Place, now_s: float) -> bool:
        """Subscriptions and figures, which are about the wire and not about the EQ."""
        match message.address:
            case "/semeq/subscribe":
                port, ttl_s, pattern = _subscription(message.args, source[1])
                if source[0].startswith("tcp:") and port != source[1]:
                    raise MessageError("over TCP feedback comes the same way: leave the port out, or give 0")
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
        found = self.meters.rows() | dict(self.also) | {"pushed": sum(one.pushed for one in self.pushers)}
        found |= {"subscribers": len(self.feedback.subscribers), "waiting": len(self._later)}
        found |= self.live.status() if self.live is not None else {}
        return found | {f"trouble-{number}": f"{one.instance}: {one.trouble}" for number, one in self._in_trouble()}

    def _in_trouble(self) -> list[tuple[int, Pusher]]:
        return [(number, one) for number, one in enumerate(self.pushers) if one.trouble]

    def _do(self, effect: Effect, source: Place | None, now_s: float) -> None:
        match effect:
            case Changed(instance, address, sender):
                self.meters.count("changes")
                for one in self.pushers:
                    if one.instance == instance:
                        one.changed(now_s)
                self.feedback.changed(instance, address, sender, now_s)
                self.rings.changed()
            case Refused(address, reason, _) if source is not None:
                self._refuse(address, reason, source, now_s)
            case Refused(address, reason, sender):
                self.meters.count("refused")
                if self._errors.takes(sender, now_s):
                    self.say(f"{sender}: {address}: {reason}")

    def _refuse(self, address: str, reason: str, source: Place, now_s: float) -> None:
        self.meters.count("refused")
        if self._errors.takes(source[0], now_s):
            self._send(encode(f"{ROOT}/error", address, reason[:200]), source)

    def _push(self) -> None:
        for one in self.pushers:
            settings = partial(self._settings, one.instance)
            if one.push(settings, time.monotonic()) and (way_s := one.way_s(time.monotonic())) is not None:
                self.meters.took(way_s)
            if (trouble := one.trouble) != one.told:
                one.told = trouble
                self.say(f"{one.instance}: {trouble or 'it is played again'}")

    def _settings(self, instance: str) -> EqSettings:
        return self.state.instances[instance].settings

    def _send_rows(self, rows: Sequence[tuple[str, Value]], to: Place) -> None:
        self._send_together([encode(address, value) for address, value in rows], to)

    def _send_together(self, packets: Sequence[bytes], to: Place) -> None:
        """In as few bundles as packets of a network hold; one alone as it is."""
        held: list[bytes] = []
        size = 16
        for packet in packets:
            if held and size + len(packet) + 4 > _BUNDLE_BYTES:
                self._send(held[0] if len(held) == 1 else bundled(held), to)
                held, size = [], 16
            held.append(packet)
            size += len(packet) + 4
        if held:
            self._send(held[0] if len(held) == 1 else bundled(held), to)

    def _send(self, packet: bytes, to: Place) -> None:
        try:
            if to[0].startswith("tcp:"):
                sent = self.lines is not None and self.lines.send(packet, to)
                if not sent:
                    self.feedback.unsubscribe(*to)
            else:
                sent = self.osc.sendto(packet, to) > 0
        except OSError:
            sent = False
        self.meters.count("sent" if sent else "unsent")


def _subscription(args: tuple[Arg, ...], port: int) -> tuple[int, float, str]:
    """Port, time to live and pattern, in this order, each of which may be left out: numbers first, then text."""
    numbers = [arg for arg in args if isinstance(arg, (int, float)) and not isinstance(arg, bool)]
    texts = [arg for arg in args if isinstance(arg, str)]
    if len(numbers) + len(texts) != len(args) or len(numbers) > 2 or len(texts) > 1:
        raise MessageError("it takes a port, a time to live in seconds, and a pattern; each may be left out")
    chosen = int(numbers[0]) if numbers else 0
    return chosen or port, float(numbers[1]) if len(numbers) > 1 else 60.0, "".join(texts)
