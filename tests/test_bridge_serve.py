"""The bridge on the wire: a process that is sent datagrams, floods and nonsense, and tells those who listen."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from semeq_bridge.client import Talk
from semeq_bridge.controls import CONTROLS
from semeq_bridge.core import new_state
from semeq_bridge.drivers.generic_osc import GenericOsc
from semeq_bridge.errors import BridgeError
from semeq_bridge.osc import Message, bundled, decode, encode
from semeq_bridge.serve import Server
from semeq_bridge.sockets import bound
from tests.waiting import free_port

BRIDGE = [sys.executable, "-c", "from semeq_bridge.cli import main; main()"]


class Running:
    """A bridge in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port
        self.to = f"127.0.0.1:{port}"

    def talk(self) -> Talk:
        return Talk("127.0.0.1", self.port)

    def ask(self, address: str, *args: int | float | str) -> list[Message]:
        with self.talk() as talk:
            return talk.ask(address, *args, patience_s=10)

    def said(self, what: str, patience_s: float = 30.0) -> str:
        """The next line it says with this in it."""
        assert self.process.stderr is not None
        until, line = time.monotonic() + patience_s, ""
        while what not in line:
            ready, _, _ = select.select([self.process.stderr], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"nothing with {what!r} was said"
            line = self.process.stderr.readline().decode()
        return line

    def value(self, address: str) -> object:
        (answer,) = self.ask(address)
        return answer.args[0]


@contextmanager
def running(*args: str, environment: dict[str, str] | None = None) -> Iterator[Running]:
    command = [*BRIDGE, "serve", "--osc", "127.0.0.1:0", "--instance", "vox", "--instance", "gtr", "--json", *args]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # so that what select sees is all there is
        env=os.environ | (environment or {}),
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        assert "OSC at" in line, line
        yield Running(process, int(line.split("127.0.0.1:")[1].split(";")[0]))
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def bridge() -> Iterator[Running]:
    with running() as it:
        yield it


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*BRIDGE, *args], capture_output=True, text=True, timeout=30, check=False)


def test_what_is_set_can_be_asked_for(bridge: Running) -> None:
    assert bridge.ask("/semeq/vox/term", "warm") == []
    assert bridge.value("/semeq/vox/term") == "warm"
    assert bridge.value("/semeq/gtr/term") == ""


def test_whoever_asks_the_wrong_way_is_told(bridge: Running) -> None:
    (error,) = bridge.ask("/semeq/vox/intensity", 7.0)
    assert error == Message("/semeq/error", ("/semeq/vox/intensity", "7: it takes -1 to 2"))
    with bridge.talk() as talk:
        talk._socket.sendto(b"nonsense", talk.to)
        assert any("no OSC" in str(one.args) for one in talk.ask("/semeq/list"))


def test_drivers_get_every_last_value(bridge: Running) -> None:
    del bridge
    with running("--daw", "gtr=print:") as it:
        it.ask("/semeq/gtr/term", "warm")
        with it.talk() as talk:
            for number in range(200):
                talk.send("/semeq/gtr/intensity", number / 199)
        time.sleep(0.3)
        it.process.send_signal(signal.SIGTERM)
        out, _ = it.process.communicate(timeout=10)
    rows = [json.loads(line)["settings"] for line in out.splitlines()]
    assert it.process.returncode == 0
    assert rows[-1]["bands"][0]["gain_db"] == pytest.approx(2.958, abs=0.01)


def test_subscribers_hear_of_changes_but_not_their_own_at_once(bridge: Running) -> None:
    with bridge.talk() as me, bridge.talk() as other:
        for talk in (me, other):
            talk.ask("/semeq/subscribe")
        list(other.received(0.2)), list(me.received(0.1))  # everything, once
        me.send("/semeq/vox/intensity", 0.25)
        heard = {one.address: one.args[0] for one in other.received(0.1)}
        assert heard["/semeq/vox/intensity"] == pytest.approx(0.25)
        assert [one for one in me.received(0.03) if one.address == "/semeq/vox/intensity"] == []


def test_a_fast_fader_is_told_at_most_thirty_times_a_second_and_its_last_value_always(bridge: Running) -> None:
    with bridge.talk() as me, bridge.talk() as other:
        other.ask("/semeq/subscribe")
        list(other.received(0.2))
        for number in range(400):
            me.send("/semeq/vox/intensity", number / 400)
            time.sleep(0.0025)
        me.send("/semeq/vox/intensity", 1.5)
        heard = [one.args[0] for one in other.received(0.5) if one.address == "/semeq/vox/intensity"]
    assert heard[-1] == 1.5
    assert 5 < len(heard) < 70  # in about a second and a half


def test_a_pattern_and_a_port_of_its_own_are_kept_to(bridge: Running) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as panel, bridge.talk() as talk:
        panel.bind(("127.0.0.1", 0))
        panel.settimeout(5)
        talk.ask("/semeq/subscribe", panel.getsockname()[1], 30, "/semeq/vox/band/*/gain")
        heard = {one.address for one in decode(panel.recv(8192))}
    assert heard == {f"/semeq/vox/band/{number}/gain" for number in range(1, 6)}


def test_only_so_many_may_listen(bridge: Running) -> None:
    answers = []
    with bridge.talk() as talk:
        for port in range(20_000, 20_100):
            answers += talk.ask("/semeq/subscribe", port)
    assert sum("no more" in str(one.args) for one in answers if one.address == "/semeq/error") >= 20
    status = {one.address: one.args[0] for one in bridge.ask("/semeq/status")}
    assert int(str(status["/semeq/status/subscribers"])) <= 16


def test_a_burst_loses_nothing_and_the_last_value_stands(bridge: Running) -> None:
    """2,000 messages to 200 addresses as fast as they go; the rate is benched, not tested."""
    addresses = [
        f"/semeq/{name}/band/{n}/{what}/norm"
        for name in ("vox", "gtr")
        for n in range(1, 6)
        for what in ("gain", "freq")
    ]
    with bridge.talk() as talk:
        for number in range(2000):
            talk.send(addresses[number % len(addresses)], number / 2000)
            if number % 100 == 99:
                talk.ask("/semeq/list", patience_s=10)
    status = {one.address: one.args[0] for one in bridge.ask("/semeq/status")}
    assert int(str(status["/semeq/status/messages"])) >= 2000 + 2 * 20
    assert "/semeq/status/dropped" not in status
    for place, address in enumerate(addresses):
        assert bridge.value(address) == pytest.approx((2000 - len(addresses) + place) / 2000, abs=1e-4)


KILLERS = [
    b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc" + bytes(8),
    bundled([encode("/semeq/vox/term", "warm")]).replace(bytes(7) + b"\x01", b"\xff" * 8),
    encode("/semeq/" + "*a" * 8 + "b", 1),
    encode("/semeq/*/*/*/*", 1.0),
    bytes(60_000),
]


@pytest.mark.parametrize("packet", KILLERS)
def test_one_packet_that_hangs_others_is_a_line_in_the_counters(bridge: Running, packet: bytes) -> None:
    with bridge.talk() as talk:
        talk._socket.sendto(packet, talk.to)
        began = time.monotonic()
        talk.ask("/semeq/list", patience_s=5)
        assert time.monotonic() - began < 1


ARGUMENTS = [
    0,
    1,
    -1,
    2**31,
    2**63 - 1,
    2**64 - 1,
    0.5,
    1e300,
    -1e300,
    True,
    None,
    "",
    "warm",
    "x" * 300,
    "\ud7ff",
    b"",
    b"abc",
]
PLACES = [
    "ping",
    "list",
    "programs",
    "dump",
    "status",
    "subscribe",
    "unsubscribe",
    "error",
    "pong",
    "",
    "*",
    "vox",
    "vox/*",
]
PLACES += [
    "vox/dump",
    "vox/curve",
    "blend/warm",
    "blend/",
    "vox/blend/*",
    *(f"vox/{path}" for path in CONTROLS),
    "[",
    "{a",
]


def test_nothing_that_can_be_decoded_stops_the_server() -> None:
    """40,000 messages of every kind of argument to every kind of address, followed in this process."""
    chance = random.Random(2026)
    with bound("127.0.0.1", 0) as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
        mine.bind(("127.0.0.1", 0))
        server = Server(ours, new_state(("vox",)))
        for _ in range(40_000):
            args = tuple(chance.choice(ARGUMENTS) for _ in range(chance.choice((0, 0, 1, 1, 1, 2, 3))))
            server._follow(Message(f"/semeq/{chance.choice(PLACES)}", args), mine.getsockname(), time.monotonic())
        server.turn(0.0)
        assert server.meters.counts["messages"] == 40_000
        assert server.meters.counts["changes"] > 1000


def test_a_message_for_later_is_followed_then(bridge: Running) -> None:
    import struct

    due_s = time.time() + 0.5
    tag = struct.pack(">II", int(due_s) + 2_208_988_800, int(due_s % 1 * 2**32))
    inside = [encode("/semeq/vox/term", "warm"), encode("/semeq/gtr/term", "airy"), encode("/semeq/vox/intensity", 0.5)]
    packet = b"#bundle\0" + tag + b"".join(struct.pack(">i", len(one)) + one for one in inside)
    with bridge.talk() as talk:
        talk._socket.sendto(packet, talk.to)
    assert bridge.value("/semeq/vox/term") == ""
    time.sleep(0.8)
    assert [bridge.value(f"/semeq/{name}") for name in ("vox/term", "gtr/term", "vox/intensity")] == [
        "warm",
        "airy",
        0.5,
    ]


def test_it_stops_cleanly_when_asked(bridge: Running) -> None:
    bridge.process.send_signal(signal.SIGTERM)
    _, err = bridge.process.communicate(timeout=10)
    assert bridge.process.returncode == 0
    assert json.loads(err.splitlines()[-1])["counts"]["pushed"] == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--osc", "0.0.0.0:9000"), "can be reached by others"),
        (("--lan", "0.0.0.0"), "go together"),
        (("--lan", "0.0.0.0", "--allow", "x"), "192.168.1.0/24"),
        (("--osc", "nowhere"), "127.0.0.1:9000"),
        (("--osc", "127.0.0.1:99999"), "0 to 65535"),
        (("--daw", "cubase:"), "there are ardour, reaper"),
        (("--daw", "bass=print:"), "no instance 'bass'"),
        (("--instance", "Vox"), "small letters"),
        (("--program", "brihgtt"), "bright"),
        (("--daw", "generic-osc:nowhere.toml"), "No such file"),
        (("--daw", "ardour:vox@127.0.0.1:99999"), "host and port"),
        (("--midi", "("), "no regular expression"),
        (("--record", str(Path(__file__))), "exists; give another name"),
    ],
)
def test_a_wrong_start_gets_one_line(args: tuple[str, ...], said: str) -> None:
    done = command("serve", *args)
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_port_that_is_taken_is_named(bridge: Running) -> None:
    done = command("serve", "--osc", bridge.to)
    assert done.returncode == 1
    assert "another program has it" in done.stderr


def test_send_says_what_stands_there_and_what_was_wrong(bridge: Running) -> None:
    assert command("send", "/semeq/vox/term", "warm", "--to", bridge.to).returncode == 0
    done = command("send", "/semeq/vox/term", "--to", bridge.to)
    assert done.stdout == "/semeq/vox/term warm\n"
    done = command("send", "/semeq/vox/intensity", "7", "--to", bridge.to)
    assert (done.returncode, done.stderr) == (1, "semeq-bridge: /semeq/vox/intensity: 7: it takes -1 to 2\n")


def test_numbers_below_zero_are_sent_as_they_stand(bridge: Running) -> None:
    assert command("send", "/semeq/vox/band/2/gain", "-3", "--to", bridge.to).returncode == 0
    assert bridge.value("/semeq/vox/band/2/gain") == pytest.approx(-3)
    done = command("send", "semeq/vox", "1", "--to", bridge.to)
    assert (done.returncode, "begins with a slash" in done.stderr) == (2, True)


def test_how_long_a_change_takes_does_not_count_from_one_that_changed_nothing() -> None:
    """An intensity without words alters no curve; what comes a second later is quick all the same."""
    with running("--daw", "vox=print:") as bridge:
        bridge.ask("/semeq/vox/intensity", 0.5)
        time.sleep(1.0)
        bridge.ask("/semeq/vox/term", "warm")
        time.sleep(0.1)
        assert float(str(status_of(bridge)["slowest-ms"])) < 500


def status_of(bridge: Running) -> dict[str, object]:
    return {one.address.removeprefix("/semeq/status/"): one.args[0] for one in bridge.ask("/semeq/status")}


def test_a_driver_in_trouble_is_told_once_and_shown_by_the_monitor() -> None:
    """Beside one that is well, on the same instance."""
    with running("--daw", "vox=ardour:vox@127.0.0.1:9", "--daw", "vox=print:") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        bridge.said("no answer from Ardour")
        time.sleep(3)
        assert "! vox: no answer from Ardour" in command("monitor", "--once", "--to", bridge.to).stdout
        bridge.process.terminate()
        _, err = bridge.process.communicate(timeout=10)
    assert b"played again" not in err


def test_nobody_there_is_one_line() -> None:
    port = free_port()
    with Talk("127.0.0.1", port) as talk, pytest.raises(BridgeError, match="start semeq-bridge serve"):
        talk.ask("/semeq/list", patience_s=0.3)


def test_monitor_shows_values_and_counters(bridge: Running) -> None:
    bridge.ask("/semeq/vox/term", "warm")
    shown = json.loads(command("monitor", "--once", "--json", "--to", bridge.to).stdout)
    assert shown["/semeq/vox/term"] == "warm"
    assert int(shown["/semeq/status/messages"]) > 0


def test_the_drivers_say_what_is_there_or_why_not() -> None:
    rows = [json.loads(line) for line in command("drivers", "--look", "--json").stdout.splitlines()]
    assert {"ardour", "ableton", "reaper", "midi-out", "jalv"} == {row["name"] for row in rows}
    assert all(row["targets"] or row["why"] or row["name"] == "midi-out" for row in rows)
    assert "(beta)" in command("drivers").stdout


def test_the_doctor_says_what_is_there_and_what_to_do(bridge: Running) -> None:
    rows = {row["what"]: row for row in json.loads(command("doctor", "--json", "--to", bridge.to).stdout)}
    assert rows["OSC"]["said"] == f"a bridge answers at {bridge.to}, with vox, gtr"
    assert set(rows) == {"OSC", "MIDI", "JACK", "JACK-Client", "sound", "jalv", "Ardour", "Live"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        done = command("doctor", "--to", f"127.0.0.1:{other.getsockname()[1]}")
    assert done.returncode == 1
    assert "another program has it" in done.stdout


def test_what_was_recorded_is_replayed(tmp_path: Path) -> None:
    with running("--record", str(tmp_path / "r.jsonl")) as it:
        it.ask("/semeq/vox/term", "warm")
        it.ask("/semeq/vox/intensity", 0.5)
        ended = it.value("/semeq/vox/band/1/gain")
        it.process.send_signal(signal.SIGTERM)
        it.process.communicate(timeout=10)
    done = command("replay", str(tmp_path / "r.jsonl"), "--instance", "vox", "--instance", "gtr", "--json")
    assert json.loads(done.stdout)["values"]["/semeq/vox/band/1/gain"] == pytest.approx(ended, abs=1e-5)


def test_without_midi_one_line_says_so_and_osc_goes_on() -> None:
    with running("--midi", ".", environment={"SEMEQ_MIDI": "jack", "JACK_DEFAULT_SERVER": "nobody"}) as it:
        assert "OSC goes on" in it.said("MIDI")
        assert it.ask("/semeq/vox/term", "warm") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a socket had no room for")
def test_what_the_system_had_no_room_for_is_counted(bridge: Running) -> None:
    """The bridge is stopped for a moment, more is sent than its socket holds, and it is let go on."""
    bridge.process.send_signal(signal.SIGSTOP)
    packet = encode("/semeq/vox/term", "warm" * 40)
    with bridge.talk() as talk:
        for _ in range(20_000):
            talk._socket.sendto(packet, talk.to)
    bridge.process.send_signal(signal.SIGCONT)
    with bridge.talk() as talk:
        talk.send("/semeq/list")
        while not list(talk.received(0.5)):  # what it still holds is followed first
            talk.send("/semeq/list")
    rows = {one.address: one.args[0] for _ in range(2) for one in bridge.ask("/semeq/status")}
    lost, seen = rows["/semeq/status/overflow"], rows["/semeq/status/packets"]
    assert isinstance(lost, int)
    assert isinstance(seen, int)
    assert lost > 0
    assert lost + seen == pytest.approx(20_000, abs=10)


def test_memory_does_not_grow_with_messages(bridge: Running) -> None:
    def memory_kb() -> int:
        text = Path(f"/proc/{bridge.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc here")
    with bridge.talk() as talk:
        for turn in range(6):
            for number in range(2000):
                talk.send("/semeq/vox/intensity", (turn * 2000 + number) % 997 / 997)
                if number % 200 == 199:
                    talk.ask("/semeq/list", patience_s=10)
            if turn == 2:
                before = memory_kb()
    assert memory_kb() - before < 8000


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("port = 9", 'port = "abc"', "port is a whole number, 1 to 65535"),
        ("port = 9", "port = 9\nmax_hz = 0", "max_hz is above 0"),
        ("port = 9", 'port = 9\nmax_hz = "fast"', "max_hz is a number"),
        ("[[send]]", "send = 3\n[other]", "[[send]]"),
        ("band = 1", 'band = "one"', "1 to 5"),
        ("band = 1", "band = 6", "1 to 5"),
        ("band = 1", 'band = 1\nlaw = "lognorm"\nlow = 0\nhigh = 3', "low above 0"),
        ("band = 1", 'band = 1\nlaw = "norm"', "needs low and high"),
        ("band = 1", "band = 1\nlow = nan", "low is a number"),
        ("band = 1", "band = 1\nbefore = 3", "before is a list"),
        ("band = 1", "band = 1\nbefore = [[1]]", "numbers and text"),
        ('"gain"', '"volume"', "freq, gain, q"),
        ('"/x"', '"x"', "begins with a slash"),
        ("port = 9", "port = ", "no TOML"),
    ],
)
def test_a_wrong_template_gets_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = 'port = 9\n[[send]]\naddress = "/x"\nwhat = "gain"\nband = 1\n'
    (tmp_path / "t.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(BridgeError) as caught:
        GenericOsc(str(tmp_path / "t.toml"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_generic_osc_sends_what_the_templates_say(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daw:
        daw.bind(("127.0.0.1", 0))
        daw.settimeout(5)
        (tmp_path / "t.toml").write_text(
            f"port = {daw.getsockname()[1]}\n"
            '[[send]]\naddress = "/eq/{band}/gain"\nwhat = "gain"\nlaw = "norm"\nlow = -15\nhigh = 15\n'
            '[[send]]\naddress = "/eq/bell/{band0}/oct"\nwhat = "q"\nlaw = "octaves"\n'
            '[[send]]\naddress = "/eq/level"\nwhat = "preamp"\nbefore = [1, "main"]\n'
        )
        with running("--daw", f"vox=generic-osc:{tmp_path / 't.toml'}") as it:
            heard: dict[str, tuple[object, ...]] = {}

            def listen() -> None:
                while len(heard) < 11 or heard["/eq/1/gain"][0] == 0.5:
                    (message,) = decode(daw.recv(8192))
                    heard[message.address] = message.args

            it.ask("/semeq/vox/term", "warm")
            listen()
    assert heard["/eq/1/gain"][0] == pytest.approx((2.958 + 15) / 30, abs=1e-4)
    assert set(heard) == {f"/eq/{n}/gain" for n in range(1, 6)} | {f"/eq/bell/{n}/oct" for n in range(5)} | {
        "/eq/level"
    }
    assert heard["/eq/level"][:2] == (1, "main")
