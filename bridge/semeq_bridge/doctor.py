"""Is everything there that a session needs? One row a thing: how it is, and what to do where it is not well."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Any

from semeq_bridge.client import Talk
from semeq_bridge.core import ROOT
from semeq_bridge.errors import BridgeError

_PATIENCE_S = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at. ``needed`` is whether the bridge is of no use without it."""

    what: str
    well: bool
    said: str
    needed: bool = False

    def __str__(self) -> str:
        return f"{'ok ' if self.well else '-- '} {self.what:<11} {self.said}"


def findings(host: str, port: int) -> list[Finding]:
    """Everything, in the order of a signal: OSC, MIDI, JACK, sound, what plays."""
    return [_osc(host, port), _midi(), _jack(), _jack_client(), _sound(), _jalv(), _ardour(), _live()]


def devices_here() -> tuple[dict[str, list[Any]], list[str]]:
    """MIDI ports and sound devices, and why there are none where their library is not there."""
    from semeq_bridge.live.device_sound import devices
    from semeq_bridge.midi.ports import names

    found: dict[str, list[Any]] = {"inputs": [], "outputs": [], "sound": []}
    whys: list[str] = []
    try:
        found["inputs"], found["outputs"] = names()
    except BridgeError as error:
        whys.append(str(error))
    try:
        found["sound"] = devices()
    except BridgeError as error:
        whys.append(str(error))
    return found, whys


def device_text(row: Any) -> str:
    """A port or a device in a line.

    >>> device_text({"name": "USB", "inputs": 2, "outputs": 0, "system": "ALSA"})
    'USB (2 in, 0 out, ALSA)'
    """
    return (
        f"{row['name']} ({row['inputs']} in, {row['outputs']} out, {row['system']})"
        if isinstance(row, dict)
        else str(row)
    )


def _osc(host: str, port: int) -> Finding:
    from semeq_bridge.sockets import bound

    try:
        with Talk(host, port) as talk:
            (names,) = talk.ask(f"{ROOT}/list", patience_s=_PATIENCE_S)
        said = f"a bridge answers at {host}:{port}, with {', '.join(map(str, names.args))}"
        return Finding(what="OSC", well=True, said=said, needed=True)
    except (BridgeError, ValueError):
        pass
    try:
        bound(host, port).close()
    except BridgeError as error:
        return Finding(what="OSC", well=False, said=str(error), needed=True)
    return Finding(what="OSC", well=True, said=f"{host}:{port} is free: semeq-bridge serve", needed=True)


def _midi() -> Finding:
    from semeq_bridge.midi.ports import names

    try:
        inputs, _ = names()
    except BridgeError as error:
        return Finding(what="MIDI", well=False, said=f"{str(error).rstrip(chr(46))}; OSC works without it")
    said = f"inputs: {', '.join(inputs)}" if inputs else "no inputs: plug a device in, it is found while serve runs"
    return Finding(what="MIDI", well=True, said=said)


def _jack() -> Finding:
    from semeq_bridge.jack import is_answered, jack_socket

    name = os.environ.get("JACK_DEFAULT_SERVER", "default")
    server = jack_socket()
    if server is not None and is_answered(server):
        return Finding(what="JACK", well=True, said=f"the server {name!r} answers")
    hint = "needed for jalv and for MIDI over JACK; JACK_DEFAULT_SERVER names another (PipeWire's does not show here)"
    return Finding(what="JACK", well=False, said=f"no server {name!r} runs; {hint}")


def _jack_client() -> Finding:
    from semeq_bridge.live.jack_sound import library

    try:
        library()
    except BridgeError as error:
        return Finding(what="JACK-Client", well=False, said=f"{error}; needed for live --jack and listen --jack")
    return Finding(what="JACK-Client", well=True, said="its library is there: semeq-bridge live --jack NAME")


def _sound() -> Finding:
    from semeq_bridge.live.device_sound import devices

    try:
        rows = devices()
    except BridgeError as error:
        return Finding(what="sound", well=False, said=f"{error}; needed for play, and for live and listen --device")
    if not any(row["outputs"] for row in rows):
        hint = "plug one in or start JACK; play FILE --device-out none works without"
        return Finding(what="sound", well=False, said=f"no device with outputs: {hint}")
    return Finding(what="sound", well=True, said=f"devices: {', '.join(map(device_text, rows))}")


def _jalv() -> Finding:
    found = shutil.which("jalv")
    said = found or "not installed (Debian: apt install jalv); needed for --daw jalv only"
    return Finding(what="jalv", well=found is not None, said=said)


def _ardour() -> Finding:
    from semeq_bridge.drivers.ardour import PORT, tracks

    try:
        there = tracks()
    except BridgeError:
        hint = f"does not answer at port {PORT}; open a session, switch OSC on (Preferences > Control Surfaces)"
        return Finding(what="Ardour", well=False, said=hint)
    return Finding(what="Ardour", well=True, said=f"tracks: {', '.join(there) or 'none'}")


def _live() -> Finding:
    from semeq_bridge.drivers.ableton import PORT, tracks

    try:
        there = tracks()
    except BridgeError:
        hint = f"does not answer at port {PORT}; choose AbletonOSC as a control surface (see bridge/ableton)"
        return Finding(what="Live", well=False, said=hint)
    return Finding(what="Live", well=True, said=f"tracks: {', '.join(there) or 'none'}")
