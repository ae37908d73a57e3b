"""What `serve` was asked for: by its options, or by one file, ``semeq.toml``, over which the options go."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semeq.errors import UsageError
from semeq_bridge.core import DEFAULT, ROOT
from semeq_bridge.errors import BridgeError
from semeq_bridge.feedback import is_loopback
from semeq_bridge.live.wanted import Live
from semeq_bridge.midi.table import checked_pattern
from semeq_bridge.toml import listed, read_toml

Start = tuple[tuple[str, float | int | str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """Where to listen, which EQs there are, what plays them, who may speak. ``start`` are values by their address."""

    osc: str = "127.0.0.1:9000"
    tcp: str | None = None
    http: str | None = None
    announce: bool = False
    instances: tuple[str, ...] = (DEFAULT,)
    programs: tuple[str, ...] = ("warm", "bright")
    daws: tuple[str, ...] = ()
    lan: str | None = None
    allow: tuple[str, ...] = ()
    record: Path | None = None
    midi: str | None = None
    midi_port: str | None = None
    maps: tuple[Path, ...] = ()
    learnt: Path | None = None
    project: str | None = None
    start: Start = ()
    live: Live | None = None
    keys: bool = False

    def checked(self) -> Setup:
        """The same, where nobody could be let in by mistake."""
        for name in ("osc", "tcp", "http"):
            said = getattr(self, name)
            if said is not None and not is_loopback(place_of(said)[0]):
                raise UsageError(f"{said} can be reached by others: --{name} takes 127.0.0.1; see --lan with --allow")
        if (self.lan is None) != (not self.allow):
            raise UsageError("--lan ADDRESS and --allow NETWORK go together: where to listen, and who may speak")
        if self.announce and self.http is None:
            raise UsageError("--announce tells others of --http PORT: give that too")
        if self.midi == "":
            raise UsageError("--midi: give a regular expression for names of inputs; . means every one")
        if self.midi_port == "":
            raise UsageError("--midi-port: give the input a name")
        checked_pattern(self.midi or "", "--midi")
        return self

    def with_options(self, **given: Any) -> Setup:
        """The same with what was given as an option; what was not is None, False or an empty list."""
        return replace(self, **{name: value for name, value in given.items() if value not in (None, False, ())})


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


def daw_of(text: str, instances: Sequence[str]) -> tuple[str, str]:
    """``vox=jalv:lv2-x42``, or without an instance for the first."""
    head, equals, rest = text.partition("=")
    if equals and ":" not in head:
        if head not in instances:
            raise UsageError(f"--daw {text!r}: no instance {head!r}; there are {', '.join(instances)}")
        return head, rest
    return instances[0], text


_TEXTS, _LISTS = (
    ("osc", "tcp", "http", "lan", "midi", "midi_port", "project"),
    ("instances", "programs", "daws", "allow", "maps"),
)


def read_setup(path: Path) -> Setup:
    """The setup of a file; files that it names stand beside it."""
    said = read_toml(path)
    if said.get("version") != 1:
        raise BridgeError(f"{path}: write version = 1 at its top")
    known = {*_TEXTS, *_LISTS, "announce", "record"}
    if strange := sorted(set(said) - known - {"version", "start", "device"}):
        names = ", ".join(sorted(known | {"start", "device"}))
        raise BridgeError(f"{path}: {strange[0]!r} is no key; known are {names}")
    found: dict[str, Any] = {}
    for name in _TEXTS:
        if name in said:
            found[name] = _text(said[name], f"{path}: {name}", is_place=name in ("osc", "tcp", "http"))
    for name in _LISTS:
        if name in said:
            row = listed(said, name, f"{path}: {name} is a list of texts")
            found[name] = tuple(_text(one, f"{path}: {name}") for one in row)
    if "maps" in found:
        found["maps"] = tuple(path.parent / one for one in found["maps"])
    if "device" in said:
        found["maps"] = (path, *found.get("maps", ()))
    if "record" in said:
        found["record"] = path.parent / _text(said["record"], f"{path}: record")
    if said.get("announce", False) not in (True, False):
        raise BridgeError(f"{path}: announce is true or false")
    found["announce"] = said.get("announce", False)
    return Setup(**found, start=_start(said.get("start", {}), path))


def _text(said: Any, where: str, *, is_place: bool = False) -> str:
    if is_place and isinstance(said, int) and not isinstance(said, bool):
        return str(said)  # a port
    if not isinstance(said, str):
        raise BridgeError(f"{where}: write text, in quotes")
    return said


def _start(said: Any, path: Path) -> Start:
    if not isinstance(said, Mapping):
        raise BridgeError(f'{path}: start is a table, such as [start] with "{ROOT}/term" = "warm"')
    rows: list[tuple[str, float | int | str]] = []
    for address, value in said.items():
        if not address.startswith(f"{ROOT}/"):
            raise BridgeError(f"{path}: [start] {address!r}: give an address in quotes, such as {ROOT}/term")
        if not isinstance(value, (int, float, str)):
            raise BridgeError(f"{path}: [start] {address}: give a number or text")
        rows.append((address, value))
    return tuple(rows)
