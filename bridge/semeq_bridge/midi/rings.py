"""Where LED rings and motor faders should stand: what others moved is sent to a control, never what its own hand did.

Pure but for what it remembers; the time is given to it. A control that is touched is left alone until it has rested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from semeq_bridge.midi.table import Device, Follower, Row, stable_name

_REST_S, _GAP_S = 0.150, 1 / 30
_MOST_14 = 16_383
Read = Callable[[str], float | int | str | None]


@dataclass(slots=True)
class Rings:
    """All controls that want to be told, on the ports that are there."""

    devices: tuple[Device, ...] = ()
    _ports: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    _shown: dict[tuple[str, Row], int] = field(default_factory=dict)
    _touched_s: dict[tuple[str, Row], float] = field(default_factory=dict)
    _next_s: float = 0.0
    _dirty: bool = False

    def appeared(self, port: str) -> None:
        """A port has come, or come back: everything is shown on it."""
        rows = tuple(row for row in Follower.of(port, self.devices).rows if row.feedback)
        if rows:
            self._ports[port] = rows
            self._shown = {key: shown for key, shown in self._shown.items() if key[0] != port}
            self._dirty = True

    def again(self) -> None:
        """An output has been opened: what was sent before may not have arrived."""
        self._shown.clear()
        self.changed()

    def touched(self, port: str, row: Row, share: float | None, now_s: float) -> None:
        """A hand is at a control, which stands at ``share``; None where it is one that does not know."""
        if not row.feedback:
            return
        if port not in self._ports:
            self.appeared(port)
        self._touched_s[port, row] = now_s
        if share is not None:
            self._shown[port, row] = _steps(row, share)
        self._dirty = True

    def changed(self) -> None:
        """Some value is not what it was."""
        self._dirty = bool(self._ports)

    def due(self, read: Read, now_s: float) -> Iterator[tuple[str, bytes]]:
        """A pattern for the port, and the bytes that show what has to be shown now."""
        if not self._dirty or now_s < self._next_s:
            return
        self._next_s, self._dirty = now_s + _GAP_S, False
        for port, rows in self._ports.items():
            for row in rows:
                steps = _standing(row, read(row.target))
                if steps is None or self._shown.get((port, row)) == steps:
                    continue
                if now_s - self._touched_s.get((port, row), -1.0) < _REST_S:
                    self._dirty = True  # looked at again when the hand has gone
                    continue
                self._shown[port, row] = steps
                yield row.feedback_to or f"^{re.escape(stable_name(port))}$", _bytes(row, steps)

    def next_s(self) -> float | None:
        """When there may be something to show."""
        return self._next_s if self._dirty else None


def _standing(row: Row, value: float | int | str | None) -> int | None:
    """Where a control should stand for a value, in its own steps."""
    if row.values:
        if value not in row.values:
            return None
        return _steps(row, row.values.index(str(value)) / max(1, len(row.values) - 1))
    return _steps(row, row.law.share(float(value))) if isinstance(value, (int, float)) else None


def _steps(row: Row, share: float) -> int:
    return round(share * (127 if row.kind in ("cc", "note") else _MOST_14))


def _bytes(row: Row, steps: int) -> bytes:
    channel = max(row.channel, 1) - 1
    high, low = steps >> 7, steps & 127
    match row.kind:
        case "note":
            return bytes([0x90 | channel, row.number, steps])
        case "cc":
            return bytes([0xB0 | channel, row.number, steps])
        case "cc14":
            return cc14(channel, row.number, steps)
        case "nrpn":
            return nrpn(channel, row.number, steps)
        case _:
            return bytes([0xE0 | channel, low, high])


def cc14(channel: int, number: int, steps: int) -> bytes:
    """Two controllers that make 14 bits, the coarse one first.

    >>> cc14(0, 14, 8192).hex(" ")
    'b0 0e 40 b0 2e 00'
    """
    return bytes([0xB0 | channel, number, steps >> 7, 0xB0 | channel, number + 32, steps & 127])


def nrpn(channel: int, number: int, steps: int) -> bytes:
    """Four controllers: which number, then its value.

    >>> nrpn(1, 130, 1).hex(" ")
    'b1 63 01 b1 62 02 b1 06 00 b1 26 01'
    """
    rows = ((99, number >> 7), (98, number & 127), (6, steps >> 7), (38, steps & 127))
    return b"".join(bytes([0xB0 | channel, control, value]) for control, value in rows)
