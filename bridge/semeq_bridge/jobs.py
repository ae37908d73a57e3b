"""What the commands do: serve until told to stop, ask, replay, list."""

from __future__ import annotations

import ipaddress
import json
import re
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from semeq.errors import UsageError
from semeq.personal_file import words_file
from semeq.sidecar import write_text
from semeq_bridge.client import Talk
from semeq_bridge.controls import CONTROLS, Value
from semeq_bridge.core import DEFAULT, ROOT, Event, Refused, apply, new_state, values
from semeq_bridge.drivers import opened
from semeq_bridge.errors import BridgeError
from semeq_bridge.feedback import is_loopback
from semeq_bridge.midi.reader import Midi
from semeq_bridge.midi.table import Device, Row, checked_pattern, read_map, stable_name
from semeq_bridge.osc import Arg
from semeq_bridge.pusher import Pusher
from semeq_bridge.serve import Server, bound


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """What `serve` was asked for."""

    osc: str = "127.0.0.1:9000"
    instances: tuple[str, ...] = (DEFAULT,)
    programs: tuple[str, ...] = ("warm", "bright")
    daws: tuple[str, ...] = ()
    lan: str | None = None
    allow: tuple[str, ...] = ()
    record: Path | None = None
    midi: str | None = None
    midi_port: str = ""
    maps: tuple[Path, ...] = ()


def place_of(text: str) -> tuple[str, int]:
    """Host and port: "127.0.0.1:9000", "[::1]:9000", "9000"."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise UsageError(f"{text!r}: give an address in digits and a port, such as 127.0.0.1:9000") from None
    if not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise UsageError(f"{text!r}: give a port, 0 to 65535, such as 127.0.0.1:9000")
    return host, int(port)


def serve(setup: Setup, say: Callable[[str], None]) -> dict[str, Value]:
    """Serve until SIGTERM or Ctrl-C; gives the counters."""
    host, port = place_of(setup.osc)
    if not is_loopback(host):
        raise UsageError(f"{host} can be reached by others: --osc takes 127.0.0.1; see --lan with --allow")
    if (setup.lan is None) != (not setup.allow):
        raise UsageError("--lan ADDRESS and --allow NETWORK go together: where to listen, and who may speak")
    allowed = [_network(text) for text in setup.allow]
    checked_pattern(setup.midi or "", "--midi")
    state = new_state(setup.instances, setup.programs)
    with ExitStack() as stack:
        wake, alarm = socket.socketpair()
        stack.callback(wake.close)
        stack.callback(alarm.close)
        ours = stack.enter_context(bound(setup.lan or host, port))
        record = stack.enter_context(_new_file(setup.record)) if setup.record else None
        pushers = []
        for text in setup.daws:
            instance, driver = _daw(text, setup.instances)
            pushers.append(Pusher(instance, opened(driver)))
            stack.callback(pushers[-1].driver.close)
        wake.setblocking(False)
        server = Server(ours, state, pushers, allowed, record, say, wake)
        if setup.midi is not None or setup.midi_port:
            server.devices = [device for path in setup.maps for device in read_map(path)] or _usual_map()
            server.midi = Midi(setup.midi or "", setup.midi_port, say)
            stack.callback(server.midi.close)
        stopping: list[int] = []

        def stop(number: int, _frame: object) -> None:
            stopping.append(number)
            alarm.send(b"x")

        for name in {"SIGTERM", "SIGINT", "SIGHUP"} & set(dir(signal)):
            stack.callback(signal.signal, getattr(signal, name), signal.signal(getattr(signal, name), stop))
        said = ours.getsockname()
        say(f"OSC at {said[0]}:{said[1]}; instances: {', '.join(setup.instances)}; Ctrl-C stops")
        server.run(lambda: bool(stopping))
        return server.status()


def _usual_map() -> list[Device]:
    """Where no map says otherwise: CC 1 (the wheel) and 21 are the intensity, 22 the morph, programs the words."""
    rows = (
        Row(kind="cc", number=1, channel=0, target=f"{ROOT}/intensity"),
        Row(kind="cc", number=21, channel=0, target=f"{ROOT}/intensity"),
        Row(kind="cc", number=22, channel=0, target=f"{ROOT}/morph"),
        Row(kind="program", number=0, channel=0, target=f"{ROOT}/term/index"),
    )
    return [Device(match="", rows=rows)]


def learn(target: str, pattern: str, say: Callable[[str], None], *, patience_s: float = 60.0) -> tuple[str, str]:
    """Watch until a control has been moved: what it seems to be, and the row of a map for it."""
    from semeq_bridge.midi.learn import ENOUGH, guess, row_text

    if not target.startswith(f"{ROOT}/"):
        raise UsageError(f"{target}: give an address such as {ROOT}/intensity")
    midi = Midi(checked_pattern(pattern, "--midi"), "", say)
    heard: dict[str, list[tuple[int, ...]]] = {}
    began_s, first_s = time.monotonic(), 0.0
    try:
        while (now_s := time.monotonic()) - began_s < patience_s and not midi.failed:
            for port, message in midi.arrived(now_s):
                heard.setdefault(port, []).append(message)
                first_s = first_s or now_s
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


def store(path: Path, row: str) -> None:
    """Add a row to the file of what was learnt; maps written by hand are left alone."""
    if path.exists():
        read_map(path)  # a row behind what cannot be read would be lost
    old = path.read_text("utf-8") if path.exists() else "version = 1\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, f"{old.rstrip()}\n\n{row}")


def _new_file(path: Path) -> TextIO:
    try:
        return path.open("x", encoding="utf-8")
    except FileExistsError:
        raise BridgeError(f"{path}: exists; give another name for the record") from None


def learnt_file() -> Path:
    """Where rows that were learnt are kept."""
    return Path(words_file()).with_name("midi-learnt.toml")


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise UsageError(f"--allow {text!r}: give a network such as 192.168.1.0/24") from None


def _daw(text: str, instances: Sequence[str]) -> tuple[str, str]:
    """``vox=jalv:lv2-x42``, or without an instance for the first."""
    head, equals, rest = text.partition("=")
    if equals and ":" not in head:
        if head not in instances:
            raise UsageError(f"--daw {text!r}: no instance {head!r}; there are {', '.join(instances)}")
        return head, rest
    return instances[0], text


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
    with Talk(*place_of(to)) as talk:
        answers = talk.ask(address, *args)
    for one in answers:
        if one.address == f"{ROOT}/error":
            raise BridgeError(": ".join(str(arg) for arg in one.args))
    return [(one.address, one.args) for one in answers]


def address_rows() -> list[dict[str, Any]]:
    """The address space of an instance, for machines and for the table."""
    return [
        {
            "address": f"{ROOT}/<instance>/{control.path}",
            "takes": {"f": "number", "i": "whole number", "s": "text", "": "nothing, or 1"}[control.kind],
            "low": control.low,
            "high": control.high,
            "unit": control.unit,
            "get": control.get is not None,
            "about": control.about,
        }
        for control in CONTROLS.values()
    ]


def address_table() -> str:
    """The same as Markdown."""
    lines = ["| address | takes | range | |", "|---|---|---|---|"]
    for row in address_rows():
        span = "" if row["low"] is None else f"{row['low']:g} ... {row['high']:g} {row['unit']}".strip()
        lines.append(f"| `{row['address']}` | {row['takes']} | {span} | {row['about']} |")
    return "\n".join(lines)


def replay(path: Path, instances: tuple[str, ...], programs: tuple[str, ...]) -> tuple[dict[str, Value], int, int]:
    """Follow a record again, without a wire: all values at its end, how many events, how many were refused."""
    state = new_state(instances, programs)
    count = refused = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                said = json.loads(line)
                event = Event(str(said["address"]), tuple(said["args"]))
                state, effects = apply(state, event, float(said["t"]))
                count += 1
                refused += sum(isinstance(effect, Refused) for effect in effects)
    except OSError as error:
        raise BridgeError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BridgeError(f"{path}: line {count + 1} is no event that serve --record wrote") from None
    return {address: value for name in state.instances for address, value in values(state, name)}, count, refused


def watch(to: str, show: Callable[[dict[str, Any]], None], *, turns: int | None, every_s: float = 0.5) -> None:
    """Ask a running bridge for everything, again and again."""
    done = 0
    with Talk(*place_of(to)) as talk:
        while turns is None or done < turns:
            if done:
                time.sleep(every_s)
            answers = [*talk.ask(f"{ROOT}/dump"), *talk.ask(f"{ROOT}/status")]
            show({one.address: one.args[0] for one in answers if len(one.args) == 1})
            done += 1
