"""OSC over TCP, in both ways of framing it, and OSCQuery over HTTP: what is whole is followed, what is bad let go."""

from __future__ import annotations

import errno
import http.client
import json
import random
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq_bridge.controls import CONTROLS
from semeq_bridge.core import Event, apply, new_state
from semeq_bridge.errors import OscError
from semeq_bridge.framing import Frames, Way
from semeq_bridge.lines import MOST_LINES
from semeq_bridge.osc import Message, decode, encode
from semeq_bridge.oscquery import answer, tree
from tests.audio_files import peer
from tests.test_bridge_serve import BRIDGE, Running, command, running
from tests.waiting import free_port

WAYS: tuple[Way, ...] = ("length", "slip")
PACKETS = st.lists(st.binary(min_size=1, max_size=200).map(lambda data: b"/" + data), min_size=1, max_size=8)


@given(PACKETS, st.sampled_from(WAYS), st.integers(1, 50))
def test_what_is_framed_comes_out_whole_however_it_is_cut(packets: list[bytes], way: Way, size: int) -> None:
    stream = b"".join(Frames(way).framed(packet) for packet in packets)
    frames = Frames()
    came = [packet for at in range(0, len(stream), size) for packet in frames.feed(stream[at : at + size])]
    assert (came, frames.way) == (packets, way)


@given(st.binary(max_size=400))
def test_any_bytes_become_packets_or_one_refusal(data: bytes) -> None:
    frames = Frames()
    try:
        packets = list(frames.feed(data))
    except OscError:
        return
    assert sum(map(len, packets)) <= len(data)


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n", b"\x00\x01\x00\x00", b"\x00\x00\x00\x00", b"\xc0" + b"a" * 20_000]
)
def test_what_is_no_osc_is_refused(data: bytes) -> None:
    with pytest.raises(OscError):
        list(Frames().feed(data))


def port_after(what: str, line: str) -> int:
    return int(line.split(what)[1].split("127.0.0.1:")[1].split(";")[0].strip('"}\n'))


@contextmanager
def wired(*args: str) -> Iterator[tuple[Running, int, int]]:
    """A bridge, with the ports of TCP and HTTP."""
    tcp, http_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
    with running("--tcp", f"127.0.0.1:{tcp}", "--http", f"127.0.0.1:{http_port}", *args) as bridge:
        yield bridge, tcp, http_port


class Tcp:
    """A connection that frames in one way."""

    def __init__(self, port: int, way: Way) -> None:
        self.frames, self._wire = Frames(way), socket.create_connection(("127.0.0.1", port), timeout=10)

    def __enter__(self) -> Tcp:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def send(self, address: str, *args: float | int | str) -> None:
        self._wire.sendall(self.frames.framed(encode(address, *args)))

    def messages(self) -> Iterator[Message]:
        """Until nobody sends any more."""
        while data := self._wire.recv(65_536):
            for packet in self.frames.feed(data):
                yield from decode(packet)

    def heard(self, address: str) -> Message:
        return next(message for message in self.messages() if message.address == address)

    def is_closed(self) -> bool:
        try:
            return self._wire.recv(1) == b""
        except ConnectionError:
            return True


@pytest.mark.parametrize("way", WAYS)
def test_tcp_sets_asks_and_is_answered_on_the_same_connection(way: Way) -> None:
    with wired() as (bridge, port, _), Tcp(port, way) as tcp:
        tcp.send("/semeq/vox/term", "warm")
        tcp.send("/semeq/vox/term")
        assert tcp.heard("/semeq/vox/term").args == ("warm",)
        assert bridge.value("/semeq/vox/term") == "warm"
        tcp.send("/semeq/vox/intensity", 9.0)
        assert tcp.heard("/semeq/error").args == ("/semeq/vox/intensity", "9: it takes -1 to 2")


@pytest.mark.parametrize("way", WAYS)
def test_a_subscriber_over_tcp_hears_what_others_move(way: Way) -> None:
    with wired() as (bridge, port, _), Tcp(port, way) as tcp:
        tcp.send("/semeq/subscribe")
        tcp.heard("/semeq/gtr/bypass")  # everything, once
        bridge.ask("/semeq/vox/intensity", 0.25)
        assert tcp.heard("/semeq/vox/intensity").args == (0.25,)
        tcp.send("/semeq/subscribe", 9001)
        assert "leave the port out" in str(tcp.heard("/semeq/error").args[1])


def test_ten_thousand_messages_over_tcp_all_arrive() -> None:
    with wired() as (bridge, port, _), Tcp(port, "slip") as tcp:
        before = counter(bridge, "messages")
        for number in range(10_000):
            tcp.send("/semeq/vox/intensity", number / 10_000)
        tcp.send("/semeq/ping", 1)
        tcp.heard("/semeq/pong")
        assert counter(bridge, "messages") - before >= 10_001
        assert bridge.value("/semeq/vox/intensity") == pytest.approx(0.9999)


def counter(bridge: Running, name: str) -> float:
    rows = {one.address: one.args[0] for one in bridge.ask("/semeq/status")}
    value = rows.get(f"/semeq/status/{name}", 0)
    assert isinstance(value, (int, float))
    return value


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"\x7f\xff\xff\xff", b"\xc0" + b"x" * 30_000]
)
def test_a_connection_that_sends_no_osc_is_closed_and_counted(data: bytes) -> None:
    with wired() as (bridge, port, _), Tcp(port, "slip") as tcp:
        tcp._wire.sendall(data)
        assert tcp.is_closed()
        assert counter(bridge, "bad") >= 1


def test_whoever_does_not_read_is_let_go_and_nobody_waits_for_it() -> None:
    with wired() as (bridge, port, _), Tcp(port, "length") as lazy:
        lazy._wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        end = time.monotonic() + 60
        while counter(bridge, "lines-slow") == 0:
            assert time.monotonic() < end, "it was never let go"
            try:
                for _ in range(50):
                    lazy.send("/semeq/dump")
            except OSError:
                break
        assert bridge.ask("/semeq/vox/term", "bright") == []
        assert bridge.value("/semeq/vox/term") == "bright"


def test_more_connections_than_there_is_room_for_are_refused() -> None:
    with wired() as (bridge, port, _):
        held = [Tcp(port, "slip") for _ in range(MOST_LINES)]
        try:
            held[-1].send("/semeq/ping")
            held[-1].heard("/semeq/pong")
            assert not is_let_in(port)
            assert counter(bridge, "lines-refused") == 1
        finally:
            for one in held:
                one.__exit__()
        end = time.monotonic() + 20
        while not is_let_in(port):  # as soon as they have gone
            assert time.monotonic() < end


def is_let_in(port: int) -> bool:
    try:
        with Tcp(port, "slip") as one:
            one.send("/semeq/ping")
            return any(message.address == "/semeq/pong" for message in one.messages())
    except ConnectionError:
        return False


@pytest.mark.peer
def test_liblo_speaks_tcp_with_us() -> None:
    oscsend = peer("oscsend")
    with wired() as (bridge, port, _):
        subprocess.run([oscsend, f"osc.tcp://127.0.0.1:{port}", "/semeq/vox/term", "s", "warm"], check=True, timeout=20)
        end = time.monotonic() + 20
        while bridge.value("/semeq/vox/term") != "warm":
            assert time.monotonic() < end


@pytest.mark.parametrize("mode", ["1.0", "1.1"])
def test_python_osc_speaks_tcp_with_us(mode: str) -> None:
    from pythonosc.tcp_client import SimpleTCPClient

    with wired() as (bridge, port, _):
        client = SimpleTCPClient("127.0.0.1", port, mode=mode)  # type: ignore[no-untyped-call]
        client.send_message("/semeq/vox/term", "warm")
        client.send_message("/semeq/vox/term", [])
        message = next(iter(client.get_messages(timeout=1)))
        assert (message.address, message.params) == ("/semeq/vox/term", ["warm"])
        client.close()  # type: ignore[no-untyped-call]
        assert bridge.value("/semeq/vox/term") == "warm"


def get(port: int, target: str, host: str | None = None) -> tuple[int, Any]:
    """Status and what the JSON says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", target, headers={} if host is None else {"Host": host})
        response = connection.getresponse()
        body = response.read()
        return response.status, json.loads(body) if body else None
    finally:
        connection.close()


def leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "TYPE" in node:
        yield node
    for inner in node.get("CONTENTS", {}).values():
        yield from leaves(inner)


def test_the_tree_holds_every_control_with_its_range_and_unit() -> None:
    nodes = {node["FULL_PATH"]: node for node in leaves(tree(new_state(("vox",))))}
    for path, control in CONTROLS.items():
        node = nodes[f"/semeq/vox/{path}"]
        assert node["ACCESS"] == (1 if control.get else 0) + (2 if control.put else 0)
        if control.low is not None:
            assert node["RANGE"] == [{"MIN": control.low, "MAX": control.high}]
    assert nodes["/semeq/vox/band/2/freq"]["UNIT"] == ["Hz"]


def test_what_the_tree_says_can_be_sent_is_taken() -> None:
    """Every value it tells, and both ends of every range, are followed as they stand."""
    state = new_state(("vox",))
    state, _ = apply(state, Event("/semeq/vox/blend/warm", (0.5,)), 0.0)
    for node in leaves(tree(state)):
        if not node["FULL_PATH"].startswith("/semeq/vox/") or not node["ACCESS"] & 2:
            continue
        ends = [node["RANGE"][0][end] for end in ("MIN", "MAX")] if "RANGE" in node else []
        for value in [*node.get("VALUE", []), *ends]:
            if (node["FULL_PATH"], value) in [("/semeq/vox/term/index", end) for end in (-1, 127)]:
                continue  # which of them there are depends on the list of programs
            after, effects = apply(state, Event(node["FULL_PATH"], (value,)), 1.0)
            assert all(type(effect).__name__ == "Changed" for effect in effects), (node, effects)
            assert after.instances["vox"].settings is not None


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/semeq/vox/intensity", 200),
        ("/semeq/vox/intensity?VALUE", 200),
        ("/semeq/vox/undo?VALUE", 204),
        ("/semeq/nobody", 404),
        ("/semeq/vox/intensity?COLOUR", 400),
        ("semeq", 400),
        ("/" + "a" * 600, 400),
        ("/semeq/%2e%2e/%2e%2e/etc/passwd", 404),
        ("/?HOST_INFO", 200),
    ],
)
def test_what_is_asked_for_is_answered_or_named(target: str, status: int) -> None:
    assert answer(new_state(("vox",)), target, {"NAME": "semeq"})[0] == status


def test_oscquery_tells_the_values_of_now_and_where_osc_is_heard() -> None:
    with wired() as (bridge, tcp, port):
        bridge.ask("/semeq/vox/intensity", 0.25)
        status, node = get(port, "/semeq/vox/intensity")
        assert (status, node["VALUE"], node["RANGE"]) == (200, [0.25], [{"MIN": -1.0, "MAX": 2.0}])
        _, info = get(port, "/?HOST_INFO")
        assert (info["OSC_IP"], info["OSC_PORT"], info["SEMEQ_TCP_PORT"]) == ("127.0.0.1", bridge.port, tcp)
        assert info["EXTENSIONS"]["VALUE"] is True


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "evil.example:{port}"])
def test_a_request_under_another_name_is_refused(host: str) -> None:
    """A stranger's page that makes a browser ask this machine does so under its own name."""
    with wired() as (bridge, _, port):
        status, said = get(port, "/", host.format(port=port))
        assert (status, list(said)) == (403, ["error"])
        assert counter(bridge, "http-refused") == 1
        assert get(port, "/", f"localhost:{port}")[0] == 200


def test_nothing_can_be_set_over_http() -> None:
    with wired() as (_, _, port):
        for method in ("POST", "PUT", "DELETE"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request(method, "/semeq/vox/intensity", body="1")
            response = connection.getresponse()
            assert (response.status, "error" in json.loads(response.read())) == (501, True)
            connection.close()


def test_garbage_and_idlers_at_the_web_port_do_not_reach_the_bridge() -> None:
    chance = random.Random(6)
    with wired() as (bridge, _, port):
        idlers = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", port)) as wire:
                wire.sendall(chance.randbytes(300) + b"\r\n\r\n")
        assert bridge.ask("/semeq/vox/term", "warm") == []
        for one in idlers:
            one.close()
        end = time.monotonic() + 20
        while True:
            try:
                if get(port, "/semeq/vox/term")[1]["VALUE"] == ["warm"]:
                    break
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < end


def test_others_find_it_where_it_announces_itself() -> None:
    """By another client of zeroconf, over loopback."""
    from zeroconf import ServiceBrowser, ServiceListener, Zeroconf

    found: list[tuple[str, int]] = []

    class Ear(ServiceListener):
        def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
            info = zc.get_service_info(type_, name, timeout=3000)
            if info is not None and info.port is not None:
                found.append((type_, info.port))

        def update_service(self, zc: Zeroconf, type_: str, name: str) -> None: ...

        def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None: ...

    with wired("--announce") as (bridge, _, port):
        ear = Zeroconf(interfaces=["127.0.0.1"])
        try:
            ServiceBrowser(ear, ["_oscjson._tcp.local.", "_osc._udp.local."], Ear())
            wanted = {("_oscjson._tcp.local.", port), ("_osc._udp.local.", bridge.port)}
            end = time.monotonic() + 20
            while not wanted <= set(found) and time.monotonic() < end:
                time.sleep(0.05)
            assert wanted <= set(found)
        finally:
            ear.close()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--tcp", "0.0.0.0:9000"], "--lan with --allow"),
        (["--http", "0.0.0.0:9000"], "--lan with --allow"),
        (["--tcp", "here"], "give a"),
        (["--announce"], "--http PORT"),
    ],
)
def test_what_would_let_others_in_is_refused_at_the_door(args: list[str], said: str) -> None:
    done = command("serve", "--osc", "127.0.0.1:0", *args)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_somebody_has_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ("--tcp", "--http"):
            done = command("serve", "--osc", "127.0.0.1:0", option, f"127.0.0.1:{port}")
            assert (done.returncode, option in done.stderr) == (1, True), done.stderr


def own_host() -> str:
    """This machine by IPv6, where it has that."""
    with socket.socket(socket.AF_INET6) as probe:
        return "127.0.0.1" if probe.connect_ex(("::1", 9)) == errno.EADDRNOTAVAIL else "::1"


def test_all_of_it_works_over_ipv6_where_there_is_any() -> None:
    host = own_host()
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as free:
        port = free.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    places = ["--osc", f"{shown}:{port}", "--tcp", f"{shown}:{port}", "--http", f"{shown}:{port + 1}"]
    process = subprocess.Popen([*BRIDGE, "serve", *places], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert f"{shown}:{port}; TCP at {shown}:{port}; OSCQuery at http://{shown}:{port + 1}" in line
        assert command("send", "/semeq/term", "warm", "--to", f"{shown}:{port}").returncode == 0
        wire = socket.create_connection((host, port), timeout=10)
        wire.sendall(Frames("slip").framed(encode("/semeq/term")))
        assert b"warm" in wire.recv(1000)
        wire.close()
        connection = http.client.HTTPConnection(host, port + 1, timeout=10)
        connection.request("GET", "/semeq/main/term?VALUE")
        assert json.loads(connection.getresponse().read()) == {"VALUE": ["warm"]}
        connection.close()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_length_is_written_in_network_order() -> None:
    assert Frames("length").framed(b"/a\0\0") == struct.pack(">I", 4) + b"/a\0\0"
