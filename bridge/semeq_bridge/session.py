"""A session: everything that was asked for is opened, served until told to stop, and closed."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from semeq.errors import UsageError
from semeq_bridge.controls import Value
from semeq_bridge.core import ROOT, Event, Refused, apply, check_control, new_state
from semeq_bridge.drivers import opened
from semeq_bridge.errors import BridgeError
from semeq_bridge.lines import MOST_LINES, Lines
from semeq_bridge.midi.reader import Midi
from semeq_bridge.midi.rings import Rings
from semeq_bridge.midi.table import Device, Row, read_map
from semeq_bridge.pusher import Pusher
from semeq_bridge.recall import Keeper, project_file, read_project
from semeq_bridge.record import Record
from semeq_bridge.serve import Server
from semeq_bridge.setup import Setup, daw_of, place_of
from semeq_bridge.sockets import Networks, bound, may
from semeq_bridge.state import State


def serve(setup: Setup, say: Callable[[str], None]) -> dict[str, Value]:
    """Serve until SIGTERM or Ctrl-C; gives the counters."""
    setup = setup.checked()
    allowed = [_network(text) for text in setup.allow]
    state, keeper = started(setup, say)
    devices = _devices(setup, state, say)
    host, port = place_of(setup.osc)
    with ExitStack() as stack:
        wake, alarm = socket.socketpair()
        stack.callback(wake.close)
        stack.callback(alarm.close)
        wake.setblocking(False)
        osc = stack.enter_context(bound(setup.lan or host, port))
        record = Record(setup.record, say) if setup.record else None
        if record is not None:
            stack.callback(record.close)
        server = Server(osc, state, [], allowed, record, keeper, say, wake)
        for text in setup.daws:
            instance, driver = daw_of(text, setup.instances)
            server.pushers.append(Pusher(instance, opened(driver)))
            stack.callback(server.pushers[-1].driver.close)
        said = [f"OSC at {_shown(osc)}"]
        if setup.tcp is not None:
            server.lines = _lines(setup, allowed, server)
            stack.callback(server.lines.close_all)
            said.append(f"TCP at {_shown(server.lines.ear)}")
        if setup.http is not None:
            said.append(f"OSCQuery at http://{_web(setup, allowed, server, stack)}")
        if setup.midi is not None or setup.midi_port is not None:
            server.devices, server.rings = devices, Rings(devices)
            server.midi = Midi(setup.midi or "", setup.midi_port or "", say)
            stack.callback(server.midi.close)
        elif setup.maps:
            say("a map says what knobs move, but no MIDI is listened to: give --midi too")
        if setup.live is not None:
            from semeq_bridge.live.desk import Desk

            server.live = Desk(setup.instances, setup.live, say)
            stack.callback(server.live.close)
        if setup.keys:
            from semeq_bridge.live.keys import Keys

            server.keys = stack.enter_context(Keys(sys.stdin, sys.stderr))
        told = _until_told(alarm, stack)

        def stopped() -> bool:
            quit_by_key = server.keys is not None and server.keys.quit
            return told() or quit_by_key or (server.live is not None and server.live.ended)

        say("; ".join([*said, f"instances: {', '.join(setup.instances)}", "Ctrl-C stops"]))
        server.run(stopped)
        if keeper is not None:
            keeper.write(server.state)
        return server.status()


def started(setup: Setup, say: Callable[[str], None]) -> tuple[State, Keeper | None]:
    """The state at the start: as the project was left, then the values that the setup names; and who keeps it."""
    state, keeper = new_state(setup.instances, setup.programs), None
    if setup.live is not None:
        from semeq.hearing.reference import references

        state = replace(state, references=(*references(), *setup.live.own))
    if setup.project is not None:
        path = project_file(setup.project)
        state, others = read_project(path, state)
        keeper = Keeper(path, say, others)
        for it in state.instances.values():
            if it.listening.reference not in state.references:
                hint = f"give it with --own-reference {it.listening.reference}=PLACE"
                raise BridgeError(f"{path}: {it.name} is compared with {it.listening.reference!r}, not here: {hint}")
    for address, value in setup.start:
        state, effects = apply(state, Event(address, (value,), "start"), 0.0)
        for effect in effects:
            if isinstance(effect, Refused):
                raise BridgeError(f"[start] {address}: {effect.reason}")
    return state, keeper


def _until_told(alarm: socket.socket, stack: ExitStack) -> Callable[[], bool]:
    """Whether a signal has asked us to stop; each of them wakes the loop."""
    stopping: list[int] = []

    def stop(number: int, _frame: object) -> None:
        stopping.append(number)
        alarm.send(b"x")

    for name in {"SIGTERM", "SIGINT", "SIGHUP"} & set(dir(signal)):
        stack.callback(signal.signal, getattr(signal, name), signal.signal(getattr(signal, name), stop))
    return lambda: bool(stopping)


def _lines(setup: Setup, allowed: Networks, server: Server) -> Lines:
    host, port = place_of(setup.tcp or "")
    ear = bound(setup.lan or host, port, socket.SOCK_STREAM, "--tcp")
    ear.listen(MOST_LINES)
    return Lines(ear, partial(may, allowed), server.meters.count)


def _web(setup: Setup, allowed: Networks, server: Server, stack: ExitStack) -> str:
    """Serve OSCQuery, and tell others of it where asked to; where it is."""
    from semeq_bridge.oscquery import answer, host_info
    from semeq_bridge.web import Web

    host, port = place_of(setup.http or "")
    ours, tcp_port = server.osc.getsockname(), server.lines.ear.getsockname()[1] if server.lines else None
    info = host_info("semeq", ours[0], ours[1], tcp_port)
    web = Web(setup.lan or host, port, lambda target: answer(server.state, target, info), partial(may, allowed))
    server.also = web.counts
    web.start()
    stack.callback(web.stop)
    if setup.announce:
        from semeq_bridge.announce import Announced

        stack.callback(Announced(ours[0], ours[1], web.server_address[1]).stop)
    return _shown(web.socket)


def _shown(of: socket.socket) -> str:
    host, port = of.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _devices(setup: Setup, state: State, say: Callable[[str], None]) -> tuple[Device, ...]:
    """What knobs move: by the maps that were given, else as usual; and what was learnt, which goes over both."""
    given = tuple(device for path in setup.maps for device in read_map(path))
    for row in (row for device in given for row in device.rows):
        check_row(state, row)
    learnt: list[Device] = []
    for device in read_map(setup.learnt) if setup.learnt else ():
        try:
            for row in device.rows:
                check_row(state, row)
            learnt.append(replace(device, learnt=True))
        except BridgeError as error:
            say(f"{setup.learnt}: left out: {error}")
    return (*(given or _usual_map()), *learnt)


def check_row(state: State, row: Row) -> None:
    """Raises where a control would move something that is not there, or to where it cannot go."""
    said: tuple[float | int | str, ...] = row.values
    try:
        check_control(state, row.target)
        if not row.values and row.kind not in ("note", "program"):
            said = (row.law.value(0.0), row.law.value(1.0))
        for value in said:
            for effect in apply(state, Event(row.target, (value,)), 0.0)[1]:
                if isinstance(effect, Refused):
                    raise BridgeError(effect.reason)
    except BridgeError as error:
        raise BridgeError(f"{row.kind} {row.number} -> {row.target}: {error}") from None


def _usual_map() -> tuple[Device, ...]:
    """Where no map says otherwise: CC 1 (the wheel) and 21 are the intensity, 22 the morph, programs the words."""

    def knob(number: int, path: str) -> Row:
        return Row(kind="cc", number=number, channel=0, target=f"{ROOT}/{path}", takeover="scale")

    program = Row(kind="program", number=0, channel=0, target=f"{ROOT}/term/index")
    return (Device(match="", rows=(knob(1, "intensity"), knob(21, "intensity"), knob(22, "morph"), program)),)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise UsageError(f"--allow {text!r}: give a network such as 192.168.1.0/24") from None
