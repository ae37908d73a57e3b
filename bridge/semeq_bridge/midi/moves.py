"""From MIDI bytes to moves of a control: complete messages out of a stream, then CC, 14-bit CC, NRPN, notes ..."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["cc", "cc14", "nrpn", "pitch", "note", "program"]
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_COMMON_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_NRPN_HIGH, _NRPN_LOW, _RPN_HIGH, _RPN_LOW, _DATA, _DATA_LOW, _UP, _DOWN = 99, 98, 101, 100, 6, 38, 96, 97
_NO_NUMBER = (127, 127)


@dataclass(slots=True)
class Stream:
    """Complete channel messages out of raw bytes: running status is followed, real-time bytes may stand anywhere."""

    _status: int = 0
    _data: list[int] = field(default_factory=list)
    _skip: bool = False  # inside a system exclusive

    def feed(self, data: Iterable[int]) -> Iterator[tuple[int, ...]]:
        """The messages that are complete now."""
        for byte in data:
            if byte >= 0xF8:  # real time: between, and even within, other messages
                continue
            if byte >= 0x80:
                self._data.clear()
                self._skip = byte == 0xF0
                self._status = byte if byte < 0xF0 or byte in _COMMON_BYTES else 0
                continue
            if self._skip or not self._status:
                continue
            self._data.append(byte)
            needed = _COMMON_BYTES.get(self._status) or _DATA_BYTES[self._status & 0xF0]
            if len(self._data) == needed:
                message = (self._status, *self._data)
                self._data.clear()
                if self._status >= 0xF0:
                    self._status = 0
                    continue
                yield message


@dataclass(frozen=True, slots=True)
class Move:
    """What a control did: which one, where it stands, and the most it can."""

    kind: Kind
    channel: int
    number: int
    value: int
    most: int = 127


@dataclass(slots=True)
class Reader:
    """Moves out of complete messages; ``fine`` are the (channel or 0 for any, CC) that have 14 bits."""

    fine: frozenset[tuple[int, int]] = frozenset()
    _high: dict[tuple[int, int], int] = field(default_factory=dict)
    _number: dict[int, tuple[int, int]] = field(default_factory=dict)
    _is_nrpn: dict[int, bool] = field(default_factory=dict)
    _held: dict[tuple[int, int], int] = field(default_factory=dict)

    def read(self, message: tuple[int, ...]) -> list[Move]:
        """The moves of one message, most often one."""
        if len(message) < 2 or not 0x80 <= message[0] < 0xF0 or any(not 0 <= byte < 128 for byte in message[1:]):
            return []
        kind, channel = message[0] & 0xF0, (message[0] & 0x0F) + 1
        match kind, message[1:]:
            case 0xB0, (number, value):
                return self._control(channel, number, value)
            case 0x90, (number, value):
                return [Move("note", channel, number, value)]
            case 0x80, (number, _):
                return [Move("note", channel, number, 0)]
            case 0xC0, (number, *_):
                return [Move("program", channel, number, number)]
            case 0xE0, (low, high):
                return [Move("pitch", channel, 0, high * 128 + low, 16_383)]
        return []

    def _control(self, channel: int, number: int, value: int) -> list[Move]:
        if number in (_NRPN_HIGH, _NRPN_LOW, _RPN_HIGH, _RPN_LOW):
            high, low = self._number.get(channel, _NO_NUMBER)
            self._is_nrpn[channel] = number in (_NRPN_HIGH, _NRPN_LOW)
            self._number[channel] = (value, low) if number in (_NRPN_HIGH, _RPN_HIGH) else (high, value)
            return [Move("cc", channel, number, value)]
        chosen = self._number.get(channel, _NO_NUMBER)
        if chosen != _NO_NUMBER and self._is_nrpn.get(channel) and number in (_DATA, _DATA_LOW, _UP, _DOWN):
            return [self._nrpn(channel, chosen[0] * 128 + chosen[1], number, value)]
        if self._is_fine(channel, number):
            self._high[channel, number] = value
            return [Move("cc14", channel, number, value * 128, 16_383)]  # a new coarse value begins at its bottom
        if number >= 32 and self._is_fine(channel, number - 32):
            high = self._high.get((channel, number - 32), 0)
            return [Move("cc14", channel, number - 32, high * 128 + value, 16_383)]
        return [Move("cc", channel, number, value)]

    def _nrpn(self, channel: int, chosen: int, number: int, value: int) -> Move:
        held = self._held.get((channel, chosen), 0)
        match number:
            case 6:
                held = value * 128
            case 38:
                held = held // 128 * 128 + value
            case 96:
                held = min(held + 1, 16_383)
            case _:
                held = max(held - 1, 0)
        self._held[channel, chosen] = held
        return Move("nrpn", channel, chosen, held, 16_383)

    def _is_fine(self, channel: int, number: int) -> bool:
        return number < 32 and ((channel, number) in self.fine or (0, number) in self.fine)
