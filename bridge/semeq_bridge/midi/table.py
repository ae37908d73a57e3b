"""The map from controls to addresses: a TOML file, read once and checked; and a port whose bytes become events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semeq_bridge.core import ROOT, Event
from semeq_bridge.errors import BridgeError
from semeq_bridge.midi.hands import CURVES, MODES, TAKEOVERS, Hand, Law, Mode, Takeover, ticks
from semeq_bridge.midi.moves import Kind, Move, Reader, Stream
from semeq_bridge.osc import Arg
from semeq_bridge.toml import listed, one_of, read_toml, real, whole

Read = Callable[[str], float | int | str | None]
_KEYS: tuple[Kind, ...] = ("cc", "cc14", "nrpn", "pitch", "note", "program")
_KNOWN = {*_KEYS, "channel", "mode", "rel_sign", "step", "takeover", "target"}
_KNOWN |= {"range", "curve", "invert", "values", "toggle", "feedback", "feedback_to"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One control and what it moves."""

    kind: Kind
    number: int
    channel: int
    target: str
    law: Law = field(default=Law())
    mode: Mode = "abs"
    rel_sign: int = 1
    step: float = 0.01
    takeover: Takeover = "pickup"
    values: tuple[str, ...] = ()
    toggle: bool = False
    feedback: bool = False
    feedback_to: str = ""

    @property
    def control(self) -> tuple[str, int]:
        """Which control it is, on whatever channel."""
        return self.kind, self.number

    @property
    def picks_up(self) -> bool:
        """Whether it waits until it passes the value."""
        is_knob = self.kind not in ("note", "program") and self.mode == "abs" and not self.values
        return is_knob and self.takeover == "pickup"

    def is_moved_by(self, move: Move) -> bool:
        """Whether this is the control that moved."""
        if move.kind != self.kind or (self.channel and move.channel != self.channel):
            return False
        return self.kind in ("program", "pitch") or move.number == self.number


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """Which ports the rows are for: a pattern for their names, without the numbers that change from start to start."""

    match: str
    rows: tuple[Row, ...]
    learnt: bool = False

    def means(self, port: str) -> bool:
        """Whether a port is such a device."""
        return re.search(self.match, stable_name(port)) is not None


def stable_name(port: str) -> str:
    """The name of a port without its numbers.

    >>> stable_name("nanoKONTROL2:nanoKONTROL2 MIDI 1 24:0")
    'nanoKONTROL2:nanoKONTROL2 MIDI 1'
    """
    return re.sub(r"\s+\d+:\d+$", "", port)


@dataclass(slots=True)
class Follower:
    """One port: its bytes become events. Remembers where its controls stood."""

    port: str
    rows: tuple[Row, ...]
    reader: Reader
    stream: Stream = field(default_factory=Stream)
    hands: dict[Row, Hand] = field(default_factory=dict)
    moved: list[tuple[Row, float | None]] = field(default_factory=list)
    waits: list[Row] = field(default_factory=list)
    _waiting: set[Row] = field(default_factory=set)

    @classmethod
    def of(cls, port: str, devices: Sequence[Device]) -> Follower:
        """A follower for a port with the rows of all devices that mean it."""
        meant = [device for device in devices if device.means(port)]
        learnt = {row.control: row for device in meant if device.learnt for row in device.rows}  # the last one counts
        others = [row for device in meant if not device.learnt for row in device.rows if row.control not in learnt]
        rows = (*others, *learnt.values())
        fine = frozenset((row.channel, row.number) for row in rows if row.kind == "cc14")
        return cls(port=port, rows=rows, reader=Reader(fine))

    def follow(self, data: tuple[int, ...], read: Read) -> list[Event]:
        """The events of some bytes, as a driver hands them over; ``read`` says what stands at an address now.

        ``moved`` holds afterwards which controls a hand was at, and where they stand if they know; ``waits`` those that
        have begun to wait until they pass the value, which looks as if they were dead.
        """
        events = []
        self.moved.clear()
        self.waits.clear()
        for move in (move for message in self.stream.feed(data) for move in self.reader.read(message)):
            for row in self.rows:
                if not row.is_moved_by(move):
                    continue
                self.moved.append((row, move.value / move.most if row.mode == "abs" else None))
                if (value := self._value(row, move, read)) is not None:
                    self._waiting.discard(row)
                    events.append(Event(row.target, (value,), f"midi:{self.port}"))
                elif row.picks_up and row not in self._waiting and isinstance(read(row.target), (int, float)):
                    self._waiting.add(row)
                    self.waits.append(row)
        return events

    def _value(self, row: Row, move: Move, read: Read) -> Arg:
        if row.kind == "program" or row.values:
            if not row.values:
                return move.value
            if row.kind == "program":
                return row.values[move.value] if move.value < len(row.values) else None
            return row.values[min(move.value * len(row.values) // (move.most + 1), len(row.values) - 1)]
        current = read(row.target)
        if row.kind == "note":
            if not row.toggle:
                return 1 if move.value else 0
            return None if not move.value else 0 if current else 1
        standing = row.law.share(float(current)) if isinstance(current, (int, float)) else 0.0
        if row.mode != "abs":
            turned = ticks(row.mode, move.value) * row.rel_sign * row.step
            share: float | None = min(max(standing + turned, 0.0), 1.0) if turned else None
        else:
            hand = self.hands.setdefault(row, Hand(row.takeover))
            share = hand.takes(move.value / move.most, standing)
        return None if share is None else row.law.value(share)


def read_map(path: Path) -> tuple[Device, ...]:
    """The devices of a map file."""
    said = read_toml(path)
    if said.get("version") != 1:
        raise BridgeError(f"{path}: write version = 1 at its top")
    devices = listed(said, "device", f"{path}: devices are written [[device]]")
    return tuple(_device(row, f"{path}: device {number}") for number, row in enumerate(devices, 1))


def _device(said: Any, where: str) -> Device:
    how = f"{where}: its controls are written [[device.map]]"
    if not isinstance(said, dict):
        raise BridgeError(how)
    rows = tuple(_row(row, f"{where}, map {number}") for number, row in enumerate(listed(said, "map", how), 1))
    return Device(match=checked_pattern(said.get("match", ""), f"{where}: match"), rows=rows)


def checked_pattern(pattern: Any, what: str) -> str:
    """A regular expression for the names of ports."""
    try:
        re.compile(pattern)
    except (re.error, TypeError, RecursionError):
        raise BridgeError(f"{what} {pattern!r} is no regular expression") from None
    return str(pattern)


def _row(said: Any, where: str) -> Row:
    if not isinstance(said, dict):
        raise BridgeError(f"{where}: its controls are written [[device.map]]")
    if strange := sorted(set(said) - _KNOWN):
        raise BridgeError(f"{where}: {strange[0]!r} is no key; known are {', '.join(sorted(_KNOWN))}")
    kinds: list[Kind] = [key for key in _KEYS if key in said]
    if len(kinds) != 1:
        raise BridgeError(f"{where}: name one of {', '.join(sorted(_KEYS))}")
    kind = kinds[0]
    target = said.get("target", "")
    if not isinstance(target, str) or not target.startswith(f"{ROOT}/"):
        raise BridgeError(f"{where}: target is an address such as {ROOT}/intensity")
    return Row(
        kind=kind,
        number=_number(said[kind], kind, where),
        channel=whole(said["channel"], 1, 16, f"{where}: channel") if "channel" in said else 0,
        target=target,
        law=_law(said, where),
        mode=one_of(said, "mode", MODES, where),
        rel_sign=whole(said.get("rel_sign", 1), -1, 1, f"{where}: rel_sign") or 1,
        step=real(said.get("step", 0.01), f"{where}: step"),
        takeover=one_of(said, "takeover", TAKEOVERS, where, "pickup"),
        values=tuple(map(str, listed(said, "values", f"{where}: values is a list of words"))),
        toggle=said.get("toggle") is True,
        feedback=_feedback(said, kind, where),
        feedback_to=checked_pattern(said.get("feedback_to", ""), f"{where}: feedback_to"),
    )


def _feedback(said: Mapping[str, Any], kind: str, where: str) -> bool:
    if said.get("feedback", False) not in (True, False):
        raise BridgeError(f"{where}: feedback is true or false")
    if said.get("feedback") and kind == "program":
        raise BridgeError(f"{where}: program changes have nothing that could show feedback")
    return bool(said.get("feedback", False)) or "feedback_to" in said


def _number(said: Any, kind: str, where: str) -> int:
    if kind in ("program", "pitch"):
        return 0
    if kind == "nrpn" and isinstance(said, list) and len(said) == 2:
        high, low = (whole(part, 0, 127, f"{where}: nrpn") for part in said)
        return high * 128 + low
    if kind == "nrpn" and isinstance(said, list):
        raise BridgeError(f"{where}: nrpn is two numbers, such as [1, 40], or one of 14 bits")
    most = {"nrpn": 16_383, "cc14": 31}.get(kind, 127)
    return whole(said, 0, most, f"{where}: {kind}")


def _law(said: Mapping[str, Any], where: str) -> Law:
    span = said.get("range", [0.0, 1.0])
    if not isinstance(span, list) or len(span) != 2:
        raise BridgeError(f"{where}: range is two numbers, such as [0.0, 1.0]")
    low, high = (real(one, f"{where}: range") for one in span)
    curve = one_of(said, "curve", CURVES, where)
    if low >= high or (curve == "log" and low <= 0):
        raise BridgeError(f"{where}: range goes up{', from above 0 for a log curve' if curve == 'log' else ''}")
    return Law(low=low, high=high, curve=curve, invert=said.get("invert") is True)
