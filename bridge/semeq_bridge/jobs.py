"""What the commands do at the other end of a session: learn, ask, watch, list."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from semeq.errors import UsageError
from semeq.personal_file import words_file
from semeq.settings import EqSettings
from semeq.sidecar import write_text
from semeq_bridge.client import Talk
from semeq_bridge.controls import CONTROLS, blend_control
from semeq_bridge.core import ABOUT_ALL, ROOT, check_control, new_state
from semeq_bridge.errors import BridgeError
from semeq_bridge.midi.reader import Midi
from semeq_bridge.midi.table import checked_pattern, read_map, stable_name
from semeq_bridge.osc import Arg
from semeq_bridge.setup import place_of

_SOON_S = 2.0


def learn(target: str, pattern: str, say: Callable[[str], None], *, patience_s: float = 60.0) -> tuple[str, str]:
    """Watch until a control has been moved: what it seems to be, and the row of a map for it."""
    from semeq_bridge.midi.learn import ENOUGH, guess, row_text

    _check_target(target)
    midi = Midi(checked_pattern(pattern, "--midi"), "", say)
    heard: dict[str, list[tuple[int, ...]]] = {}
    began_s, first_s = time.monotonic(), 0.0
    asked, ports = False, set[str]()
    try:
        while (now_s := time.monotonic()) - began_s < patience_s and not midi.failed:
            for port, message in midi.arrived(now_s):
                ports.add(port)
                if not message:
                    continue  # a port that has come
                heard.setdefault(port, []).append(message)
                first_s = first_s or now_s
            if midi.is_up and not asked and (ports or now_s - began_s > _SOON_S):
                asked = True
                none = f"no input whose name {pattern!r} means is there yet (semeq-bridge devices); plug it in, then "
                say(f"{'' if ports else none}move the control up and down ...")
            most = max(heard, key=lambda port: len(heard[port]), default="")
            if most and (len(heard[most]) >= 2 * ENOUGH or now_s - first_s > 3.0):
                found = guess(heard[most])
                if found is not None:
                    return f"{stable_name(most)}: {found}", row_text(found, target, stable_name(most))
            time.sleep(0.02)
    finally:
        midi.close()
    if midi.failed:
        raise BridgeError(midi.failed)
    raise BridgeError(f"nothing was moved for {patience_s:.0f} s; see semeq-bridge devices for the ports there are")


def _check_target(target: str) -> None:
    """A control, of whatever instance there will be."""
    head = target.removeprefix(f"{ROOT}/").partition("/")[0]
    try:
        check_control(new_state(), target)
    except BridgeError:
        try:
            check_control(new_state((head,)), target)
        except BridgeError:
            raise UsageError(f"{target!r} is no control; give one such as {ROOT}/vox/intensity (addresses)") from None


def store(path: Path, row: str) -> None:
    """Add a row to the file of what was learnt; maps written by hand are left alone."""
    if path.exists():
        read_map(path)  # a row behind what cannot be read would be lost
    old = path.read_text("utf-8") if path.exists() else "version = 1\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, f"{old.rstrip()}\n\n{row}")


def learnt_file() -> Path:
    """Where rows that were learnt are kept."""
    return Path(words_file()).with_name("midi-learnt.toml")


def number_or_text(text: str) -> Arg:
    """A word of the command line as an argument: whole number, number, or text."""
    if re.fullmatch(r"[-+]?\d{1,18}", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def ask(to: str, address: str, args: Sequence[Arg]) -> list[tuple[str, tuple[Arg, ...]]]:
    """Send a message to a running bridge; what it answers. Raises where it refuses."""
    if not address.startswith("/"):
        raise UsageError(f"{address!r}: an address begins with a slash, such as {ROOT}/intensity")
    with Talk(*place_of(to)) as talk:
        answers = talk.ask(address, *args)
    for one in answers:
        if one.address == f"{ROOT}/error":
            raise BridgeError(": ".join(str(arg) for arg in one.args if arg != ""))
    return [(one.address, tuple(_shown(arg) for arg in one.args)) for one in answers]


def _shown(arg: Arg) -> Arg:
    """A number as it was meant: OSC carries 32 bits of it."""
    return float(f"{arg:.7g}") if isinstance(arg, float) else arg


def played(to: str, instance: str) -> EqSettings:
    """What an instance of a running bridge plays; the first where none is named."""
    names = [str(name) for _, args in ask(to, f"{ROOT}/list", ()) for name in args]
    instance = instance or names[0]
    if instance not in names:
        raise BridgeError(f"no instance {instance!r} there; there are {', '.join(names)}")
    rows = [args for address, args in ask(to, f"{ROOT}/{instance}/curve", ()) if address == f"{ROOT}/{instance}/curve"]
    numbers = [float(arg) for arg in rows[0] if isinstance(arg, (int, float))] if rows else []
    if len(numbers) != 15:
        raise BridgeError(f"no instance {instance!r} there: semeq-bridge send {ROOT}/list names them")
    return EqSettings.of(numbers[0::3], numbers[1::3], numbers[2::3])


def address_rows() -> list[dict[str, Any]]:
    """The address space, for machines and for the table: what an instance has, and what is about all."""
    kinds = {"f": "number", "i": "whole number", "s": "text", "": "nothing, or 1"}
    rows: list[dict[str, Any]] = [
        {
            "address": f"{ROOT}/<instance>/{control.path}",
            "takes": kinds[control.kind],
            "low": control.low,
            "high": control.high,
            "unit": control.unit,
            "get": control.get is not None,
            "about": control.about,
        }
        for control in (*CONTROLS.values(), blend_control("warm"))
    ]
    rows[-1] |= {"address": f"{ROOT}/<instance>/blend/<word>"}
    nothing = {"low": None, "high": None, "unit": "", "get": True}
    for path, takes, about in ABOUT_ALL:
        rows.append({"address": f"{ROOT}/{path}", "takes": takes or "nothing", **nothing, "about": about})
    return rows


def address_table() -> str:
    """The same as Markdown."""
    lines = ["| address | takes | range | |", "|---|---|---|---|"]
    for row in address_rows():
        span = "" if row["low"] is None else f"{row['low']:g} ... {row['high']:g} {row['unit']}".strip()
        lines.append(f"| `{row['address']}` | {row['takes']} | {span} | {row['about']} |")
    return "\n".join(lines)


def watch(
    to: str, show: Callable[[dict[str, Any], dict[str, Any], float], None], *, turns: int | None, every_s: float = 0.5
) -> None:
    """Ask a running bridge for everything, again and again; ``show`` gets it, what was before, and the time between."""
    done, before, at_s = 0, dict[str, Any](), 0.0
    with Talk(*place_of(to)) as talk:
        while turns is None or done < turns:
            if done:
                time.sleep(every_s)
            answers = [*talk.ask(f"{ROOT}/dump"), *talk.ask(f"{ROOT}/status")]
            now_s, values = time.monotonic(), {one.address: one.args[0] for one in answers if len(one.args) == 1}
            show(values, before, now_s - at_s if done else 0.0)
            done, before, at_s = done + 1, values, now_s
