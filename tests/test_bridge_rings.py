"""LED rings and motor faders stand where the value stands; a hand is not worked against; any DAW can learn it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq import eq
from semeq.settings import EqSettings
from semeq_bridge.drivers import opened
from semeq_bridge.drivers.midi_out import FIRST_CC, FIRST_NRPN, Place, settings_from, steps_of
from semeq_bridge.errors import BridgeError
from semeq_bridge.midi.hands import Law
from semeq_bridge.midi.moves import Reader, Stream
from semeq_bridge.midi.rings import Rings
from semeq_bridge.midi.table import Device, Follower, Row
from tests.audio_files import peer
from tests.jack_ears import PATIENCE_S, jack
from tests.test_bridge_serve import running

__all__ = ["jack"]  # a fixture
PORT = "nanoKONTROL2:nanoKONTROL2 MIDI 1 24:0"
INTENSITY = "/semeq/vox/intensity"
ROW = Row(kind="cc", number=21, channel=1, target=INTENSITY, law=Law(low=-1, high=1), feedback=True)


def rings(*rows: Row) -> Rings:
    return Rings((Device(match="nano", rows=rows or (ROW,)),))


def test_a_port_that_comes_is_shown_where_everything_stands() -> None:
    it = rings()
    it.appeared(PORT)
    (sent,) = it.due(lambda _: 0.0, 1.0)
    assert sent == (r"^nanoKONTROL2:nanoKONTROL2\ MIDI\ 1$", bytes([0xB0, 21, 64]))
    assert list(it.due(lambda _: 0.0, 2.0)) == []


def test_what_others_move_is_shown_thirty_times_a_second_and_the_last_of_it_always() -> None:
    it, value = rings(), [0.0]
    it.appeared(PORT)
    shown = []
    for millis in range(1000):
        value[0] = millis / 1000
        it.changed()
        shown += [data[2] for _, data in it.due(lambda _: value[0], millis / 1000)]
    shown += [data[2] for _, data in it.due(lambda _: 1.0, 1.1)]
    assert len(shown) <= 32
    assert shown[-1] == 127


def test_a_hand_is_left_alone_until_it_has_rested() -> None:
    it = rings()
    it.appeared(PORT)
    list(it.due(lambda _: 0.0, 0.0))
    it.touched(PORT, ROW, 0.5, 1.0)
    it.changed()
    assert list(it.due(lambda _: 0.9, 1.1)) == []
    assert it.next_s() is not None
    assert [data[2] for _, data in it.due(lambda _: 0.9, 1.2)] == [121]
    assert it.next_s() is None


def test_what_a_hand_did_itself_is_not_sent_back() -> None:
    it = rings()
    it.appeared(PORT)
    list(it.due(lambda _: 0.0, 0.0))
    follower = Follower.of(PORT, it.devices)
    (event,) = follower.follow((0xB0, 21, 64), lambda _: 0.0)
    ((row, share),) = follower.moved
    it.touched(PORT, row, share, 1.0)
    assert list(it.due(lambda _: float(str(event.args[0])), 2.0)) == []


def test_a_ring_that_does_not_know_where_it_stands_is_told_after_a_turn() -> None:
    row = Row(kind="cc", number=21, channel=1, target=INTENSITY, mode="rel2c", feedback=True)
    it = rings(row)
    it.appeared(PORT)
    list(it.due(lambda _: 0.5, 0.0))
    it.touched(PORT, row, None, 1.0)
    assert [data for _, data in it.due(lambda _: 0.6, 1.2)] == [bytes([0xB0, 21, 76])]


@pytest.mark.parametrize(
    ("row", "data"),
    [
        (Row(kind="cc14", number=7, channel=2, target=INTENSITY, feedback=True), "b1 07 40 b1 27 00"),
        (
            Row(kind="nrpn", number=130, channel=1, target=INTENSITY, feedback=True),
            "b0 63 01 b0 62 02 b0 06 40 b0 26 00",
        ),
        (Row(kind="pitch", number=0, channel=1, target=INTENSITY, feedback=True), "e0 00 40"),
        (Row(kind="note", number=36, channel=0, target=INTENSITY, toggle=True, feedback=True), "90 24 40"),
    ],
)
def test_every_kind_of_control_is_shown_as_it_would_send(row: Row, data: str) -> None:
    it = rings(row)
    it.appeared(PORT)
    assert [sent.hex(" ") for _, sent in it.due(lambda _: 0.5, 1.0)] == [data]


def test_words_are_shown_by_their_place_in_the_list() -> None:
    row = Row(
        kind="cc", number=5, channel=1, target="/semeq/vox/term", values=("warm", "bright", "full"), feedback=True
    )
    it = rings(row)
    it.appeared(PORT)
    assert [data[2] for _, data in it.due(lambda _: "bright", 1.0)] == [64]
    it.changed()
    assert list(it.due(lambda _: "airy", 2.0)) == []


SETTINGS = st.tuples(
    st.lists(st.floats(20, 20_000), min_size=5, max_size=5).map(sorted),
    st.lists(st.floats(-12, 12), min_size=5, max_size=5),
    st.lists(st.floats(0.1, 10), min_size=5, max_size=5),
).map(lambda rows: EqSettings.of(*rows))


@given(SETTINGS)
def test_fourteen_bits_are_enough_for_every_number(settings: EqSettings) -> None:
    back = settings_from(steps_of(settings))
    assert back.gains_db == pytest.approx(settings.gains_db, abs=12 / 16_383)
    assert back.freqs_hz == pytest.approx(settings.freqs_hz, rel=3e-4)
    assert back.qs == pytest.approx(settings.qs, rel=2e-4)


@pytest.mark.parametrize("target", ["IAC/cc7", "IAC@17", "IAC@0", "(", "IAC/nrpn@99"])
def test_a_wrong_midi_out_is_one_line(target: str) -> None:
    with pytest.raises(BridgeError, match="midi-out"):
        Place.of(target)


EAR = """
import select, sys, time
import mido
backend = mido.Backend("mido.backends.rtmidi/UNIX_JACK")
ear = backend.open_input("ring", virtual=True, client_name="ringbox")
out = backend.open_output("knob", virtual=True, client_name="knobbox")
print("up", flush=True)
end = time.monotonic() + 60
while not select.select([sys.stdin], [], [], 0.002)[0] and time.monotonic() < end:
    for message in ear.iter_pending():
        print(message.hex(), flush=True)
ear.close()
out.close()
"""
MAP = """
version = 1
[[device]]
match = "knob"
[[device.map]]
cc = 21
target = "/semeq/vox/intensity"
range = [0.0, 1.0]
feedback = true
feedback_to = "ring"
"""


class Box:
    """A device with a ring, in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", EAR]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self.line() == "up"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def __enter__(self) -> Box:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.process.communicate("go\n", timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate(timeout=10)


def shown_at_last(box: Box, wanted: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while (line := box.line()) != wanted:
        assert line, "the box ended"
        assert time.monotonic() < end


@pytest.mark.peer
def test_a_ring_over_jack_follows_what_osc_moves_and_catches_up_when_it_is_back(
    jack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unplugged and plugged in again, it is shown everything anew."""
    assert jack
    monkeypatch.setenv("SEMEQ_MIDI", "jack")
    (tmp_path / "map.toml").write_text(MAP)
    with running("--midi", "knob", "--map", str(tmp_path / "map.toml")) as bridge:
        with Box() as box:
            bridge.said("knob")
            bridge.ask(INTENSITY, 0.25)
            shown_at_last(box, "B0 15 20")
        bridge.said("has gone")
        bridge.ask(INTENSITY, 0.75)
        with Box() as box:
            shown_at_last(box, "B0 15 5F")
            assert bridge.value(INTENSITY) == 0.75


@pytest.mark.peer
@pytest.mark.parametrize("way", ["cc14", "nrpn"])
def test_midi_out_sends_every_number_and_again_when_the_port_is_back(
    jack: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    peer("jackd")
    assert jack
    monkeypatch.setenv("SEMEQ_MIDI", "jack")
    with running("--daw", f"vox=midi-out:ring/{way}@3") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        for intensity in (1.0, 0.5):
            bridge.ask(INTENSITY, intensity)
            with Box() as box:
                assert received(box, way) == pytest.approx(eq("warm", intensity).gains_db, abs=1e-3)


def received(box: Box, way: str) -> tuple[float, ...]:
    """The gains that fifteen numbers of 14 bits stand for, once all have come."""
    fine = frozenset((3, FIRST_CC + number) for number in range(15))
    reader, stream, heard = Reader(fine), Stream(), dict[int, int]()
    end, whole_s = time.monotonic() + PATIENCE_S, 0.0
    last = FIRST_CC + 14 if way == "cc14" else FIRST_NRPN + 14
    first = FIRST_CC if way == "cc14" else FIRST_NRPN
    count = 0
    while time.monotonic() < end and not (len(heard) == 15 and whole_s):
        line = box.line()
        assert line, f"the box heard nothing any more after {sorted(heard)}"
        for message in stream.feed(bytes.fromhex(line)):
            for move in reader.read(message):
                if move.kind == way:
                    assert move.channel == 3
                    heard[move.number - first] = move.value
                    count += 1
                    whole_s = time.monotonic() if move.number == last and count >= 30 else 0.0
    return tuple(settings_from([heard[number] for number in range(15)]).gains_db)


def test_a_port_that_is_not_there_is_told_and_the_bridge_goes_on() -> None:
    with running("--daw", "vox=midi-out:nowhere") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        assert "vox: " in bridge.said("vox: ")
        assert bridge.value("/semeq/vox/term") == "warm"


def test_every_driver_is_named_and_none_opens_for_nonsense() -> None:
    with pytest.raises(BridgeError, match="no driver 'cubase'"):
        opened("cubase:vox")
