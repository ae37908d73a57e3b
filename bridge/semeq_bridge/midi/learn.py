"""What kind of control was moved, judged by what it sent; and the row of a map that makes it move something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from semeq_bridge.midi.hands import Mode
from semeq_bridge.midi.moves import Kind, Reader

ENOUGH = 12
_SLOW = 12  # steps at a time that a hand turns a relative knob


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """What it seems to be, and how sure that is."""

    kind: Kind
    channel: int
    number: int
    mode: Mode = "abs"
    unsure: str = ""

    def __str__(self) -> str:
        what = {
            "cc": f"CC {self.number}",
            "cc14": f"CC {self.number} with {self.number + 32}, 14 bits",
            "nrpn": f"NRPN {self.number // 128}, {self.number % 128}",
            "pitch": "the pitch wheel",
            "note": f"note {self.number}",
            "program": "program changes",
        }[self.kind]
        how = {
            "abs": "",
            "rel2c": ", a relative knob (two's complement)",
            "relbin": ", a relative knob (64 is rest)",
            "relsign": ", a relative knob (sign and amount)",
        }[self.mode]
        return f"{what} on channel {self.channel}{how}{f'; {self.unsure}' if self.unsure else ''}"


def guess(messages: Sequence[tuple[int, ...]]) -> Guess | None:
    """The control that was moved most in some messages; None where none was.

    >>> print(guess([(0xB0, 21, value) for value in range(40, 60)]))
    CC 21 on channel 1
    """
    reader = Reader()
    moves = [move for message in messages for move in reader.read(message)]
    if not moves:
        return None
    if nrpn := [move for move in moves if move.kind == "nrpn"]:
        return Guess(kind="nrpn", channel=nrpn[-1].channel, number=nrpn[-1].number)
    counted: Counter[tuple[Kind, int, int]] = Counter((move.kind, move.channel, move.number) for move in moves)
    kind, channel, number = counted.most_common(1)[0][0]
    if kind != "cc":
        return Guess(kind=kind, channel=channel, number=number)
    coarse = number - 32 if number >= 32 else number
    both = {move.number for move in moves if move.kind == "cc" and move.channel == channel}
    if coarse < 32 and {coarse, coarse + 32} <= both:
        return Guess(kind="cc14", channel=channel, number=coarse)
    values = [move.value for move in moves if (move.kind, move.channel, move.number) == ("cc", channel, number)]
    mode, unsure = _mode(values)
    return Guess(kind="cc", channel=channel, number=number, mode=mode, unsure=unsure)


def _mode(values: Sequence[int]) -> tuple[Mode, str]:
    """Absolute, unless the values keep to the few that a relative knob sends."""
    if len(values) < 4:
        return "abs", "few messages: move it on to be sure"
    low = all(1 <= value <= _SLOW for value in values)
    if all(64 - _SLOW <= value <= 64 + _SLOW and value != 64 for value in values) and _swings(values, 64):
        return "relbin", ""
    if all(1 <= value <= _SLOW or value >= 128 - _SLOW for value in values) and not low:
        return "rel2c", ""
    if all(1 <= value <= _SLOW or 65 <= value <= 64 + _SLOW for value in values) and not low:
        return "relsign", ""
    if low and len(set(values)) < len(values) / 2 and values.count(1) > len(values) / 3:
        return "rel2c", "it was turned one way only: turn it both ways to be sure"
    return "abs", ""


def _swings(values: Sequence[int], rest: int) -> bool:
    """Whether the same steps come again and again, as a fader passing by does not send them."""
    return len(set(values)) < len(values) / 2 and any(abs(value - rest) == 1 for value in values)


def row_text(found: Guess, target: str, port: str) -> str:
    """The device and row of a map for it, in TOML."""
    key = {
        "cc": f"cc = {found.number}",
        "cc14": f"cc14 = {found.number}",
        "nrpn": f"nrpn = [{found.number // 128}, {found.number % 128}]",
        "pitch": "pitch = true",
        "note": f"note = {found.number}",
        "program": "program = true",
    }[found.kind]
    lines = ["[[device]]", f"match = {_literal(port)}", "[[device.map]]", key, f"channel = {found.channel}"]
    if found.mode != "abs":
        lines.append(f'mode = "{found.mode}"')
    return "\n".join([*lines, f'target = "{target}"', ""])


def _literal(port: str) -> str:
    """A port's name as a pattern that means just it."""
    pattern = f"^{re.escape(port)}$"
    escaped = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
