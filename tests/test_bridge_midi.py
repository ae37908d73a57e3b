"""Knobs and keys: bytes as devices send them, values as people mean them, and no jump when a knob is taken over."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq.errors import SemeqError
from semeq_bridge.core import Event, apply, new_state, value_at
from semeq_bridge.errors import BridgeError
from semeq_bridge.jobs import learn, store
from semeq_bridge.midi.hands import Hand, Law, ticks
from semeq_bridge.midi.learn import guess, row_text
from semeq_bridge.midi.moves import Move, Reader, Stream
from semeq_bridge.midi.table import Device, Follower, Row, read_map, stable_name
from semeq_bridge.session import check_row


def moves(*data: int, fine: frozenset[tuple[int, int]] = frozenset()) -> list[Move]:
    reader = Reader(fine)
    return [move for message in Stream().feed(data) for move in reader.read(message)]


def test_running_status_is_followed() -> None:
    assert moves(0xB0, 21, 64, 21, 65) == [Move("cc", 1, 21, 64), Move("cc", 1, 21, 65)]


def test_real_time_bytes_may_stand_within_a_message() -> None:
    """mido throws such a message away."""
    assert moves(0xB0, 0xF8, 21, 0xFE, 64) == [Move("cc", 1, 21, 64)]


def test_a_system_exclusive_is_skipped_and_ends_running_status() -> None:
    assert moves(0xB0, 21, 1, 0xF0, 0x7E, 1, 2, 3, 0xF7, 21, 64, 0xB1, 21, 5) == [
        Move("cc", 1, 21, 1),
        Move("cc", 2, 21, 5),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_moves_or_nothing(data: bytes) -> None:
    for move in moves(*data, fine=frozenset({(0, 1), (3, 2)})):
        assert 1 <= move.channel <= 16
        assert 0 <= move.value <= move.most


def test_notes_programs_and_the_pitch_wheel() -> None:
    assert moves(0x92, 60, 100, 0x82, 60, 0) == [Move("note", 3, 60, 100), Move("note", 3, 60, 0)]
    assert moves(0xC0, 5) == [Move("program", 1, 5, 5)]
    assert moves(0xE0, 0, 64) == [Move("pitch", 1, 0, 8192, 16_383)]


def test_fourteen_bits_come_coarse_then_fine() -> None:
    fine = frozenset({(0, 21)})
    assert [move.value for move in moves(0xB0, 21, 100, 53, 3, 53, 4, fine=fine)] == [12_800, 12_803, 12_804]
    assert moves(0xB0, 53, 3) == [Move("cc", 1, 53, 3)]  # which it is without a row that says so


def test_an_nrpn_is_chosen_and_then_set_in_two_halves_or_by_steps() -> None:
    chosen = (0xB0, 99, 1, 98, 40)
    assert [move for move in moves(*chosen, 6, 100, 38, 5, 96, 0, 97, 0) if move.kind == "nrpn"] == [
        Move("nrpn", 1, 168, 12_800, 16_383),
        Move("nrpn", 1, 168, 12_805, 16_383),
        Move("nrpn", 1, 168, 12_806, 16_383),
        Move("nrpn", 1, 168, 12_805, 16_383),
    ]
    assert all(move.kind == "cc" for move in moves(*chosen, 99, 127, 98, 127, 6, 100))  # nothing is chosen any more
    assert all(move.kind == "cc" for move in moves(*chosen, 101, 0, 100, 0, 6, 100))  # nor is a registered one ours


@pytest.mark.parametrize(
    ("mode", "up", "down", "fast"),
    [("rel2c", 1, 127, 5), ("relbin", 65, 63, 69), ("relsign", 1, 65, 5)],
)
def test_relative_knobs_turn_both_ways(mode: str, up: int, down: int, fast: int) -> None:
    assert [ticks(mode, value) for value in (up, down, fast)] == [1, -1, 5]  # type: ignore[arg-type]


@given(st.floats(0, 1), st.sampled_from(["lin", "log", "db"]), st.booleans())
def test_a_law_goes_there_and_back(share: float, curve: str, invert: bool) -> None:
    law = Law(low=0.5, high=2.0, curve=curve, invert=invert)  # type: ignore[arg-type]
    assert law.share(law.value(share)) == pytest.approx(share, abs=1e-9)


def test_a_knob_is_picked_up_where_it_passes_the_value() -> None:
    hand = Hand("pickup")
    assert [hand.takes(share, 0.5) for share in (0.0, 0.2, 0.4)] == [None, None, None]
    assert hand.takes(0.6, 0.5) == 0.6  # it has passed
    assert hand.takes(0.7, 0.6) == 0.7
    assert hand.takes(0.8, 0.1) is None  # somebody else moved it away meanwhile
    assert hand.takes(0.05, 0.1) == 0.05


def test_a_fast_knob_is_picked_up_too_and_one_nearby_at_once() -> None:
    assert Hand("pickup").takes(0.51, 0.5) == 0.51
    hand = Hand("pickup")
    hand.takes(0.0, 0.5)
    assert hand.takes(1.0, 0.5) == 1.0


@given(st.floats(0, 1), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_scaling_never_jumps_and_reaches_the_ends(current: float, turns: list[float]) -> None:
    hand, last = Hand("scale"), None
    for share in turns:
        said = hand.takes(share, current)
        if said is not None and last is not None:
            assert 0 <= said <= 1
            assert abs(said - current) <= 1
            current = said
        last = share
    for end in (0.0, 1.0):
        hand.takes(0.5, current)
        assert hand.takes(end, current) == pytest.approx(end)


def test_jumping_follows_at_once() -> None:
    assert Hand("jump").takes(0.9, 0.1) == 0.9


MAP = """
version = 1
[[device]]
match = "(?i)nanokontrol"
[[device.map]]
cc = 21
target = "/semeq/vox/intensity"
[[device.map]]
cc = 22
mode = "rel2c"
step = 0.05
target = "/semeq/vox/morph"
[[device.map]]
cc14 = 7
channel = 2
takeover = "jump"
target = "/semeq/vox/band/1/freq"
range = [20, 20000]
curve = "log"
[[device.map]]
note = 36
toggle = true
target = "/semeq/vox/bypass"
[[device.map]]
program = true
target = "/semeq/vox/term"
values = ["warm", "bright", "full"]
"""


def studio(tmp_path: Path) -> Follower:
    (tmp_path / "map.toml").write_text(MAP)
    return Follower.of("nanoKONTROL2:nanoKONTROL2 MIDI 1 24:0", read_map(tmp_path / "map.toml"))


def test_a_map_turns_knobs_into_values_of_addresses(tmp_path: Path) -> None:
    follower, state = studio(tmp_path), new_state(("vox",))

    def play(*message: int) -> list[Event]:
        nonlocal state
        events = follower.follow(message, lambda address: value_at(state, address))
        for event in events:
            state, _ = apply(state, event, 0.0)
        return events

    play(0xC0, 1)
    assert value_at(state, "/semeq/vox/term") == "bright"
    assert play(0xB0, 21, 0) == []  # the knob stands at 0, the intensity at 1: it waits
    play(0xB0, 21, 127)
    play(0xB0, 21, 64)
    assert value_at(state, "/semeq/vox/intensity") == pytest.approx(64 / 127)
    play(0xB0, 22, 2)
    play(0xB0, 22, 127)
    assert value_at(state, "/semeq/vox/morph") == pytest.approx(0.05)
    play(0xB1, 7, 64)
    assert value_at(state, "/semeq/vox/band/1/freq") == pytest.approx(20 * 1000 ** (8192 / 16_383))
    play(0x90, 36, 100)
    play(0x80, 36, 0)
    assert value_at(state, "/semeq/vox/bypass") == 1
    play(0x90, 36, 100)
    assert value_at(state, "/semeq/vox/bypass") == 0
    assert play(0xB0, 99, 5) == []
    assert play(0xC0, 9) == []


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([(0xB0, 21, value) for value in range(40, 60)], "CC 21 on channel 1"),
        (
            [(0xB2, 21, value) for value in (1, 1, 2, 1, 127, 127, 126, 127, 1, 1)],
            "CC 21 on channel 3, a relative knob (two's",
        ),
        (
            [(0xB0, 21, value) for value in (65, 65, 66, 65, 63, 63, 62, 63, 65)],
            "CC 21 on channel 1, a relative knob (64 is",
        ),
        ([(0xB0, 21, value) for value in (1, 1, 2, 65, 65, 66, 1, 1, 65)], "CC 21 on channel 1, a relative knob (sign"),
        ([(0xB0, 21, 1)] * 12, "turn it both ways"),
        ([m for v in range(20) for m in ((0xB0, 7, v), (0xB0, 39, v * 5))], "CC 7 with 39, 14 bits"),
        ([m for v in range(20) for m in ((0xB0, 99, 1), (0xB0, 98, 40), (0xB0, 6, v))], "NRPN 1, 40 on channel 1"),
        ([(0x90, 36, 100), (0x80, 36, 0)], "note 36"),
        ([(0xE0, 0, value) for value in range(60, 80)], "pitch wheel"),
        ([(0xC0, 3)], "program changes"),
        ([(0xB0, 21, 5)], "few messages"),
        ([(0xB0, 21, value) for value in range(1, 13)], "CC 21 on channel 1"),  # a fader that begins at the bottom
    ],
)
def test_a_moved_control_is_known_by_what_it_sends(messages: list[tuple[int, ...]], said: str) -> None:
    assert said in str(guess(messages))


def test_what_was_learnt_is_kept_beside_the_map_and_works(tmp_path: Path) -> None:
    found = guess([(0xB0, 21, value) for value in range(40, 60)])
    assert found is not None
    for name in ('my "knob" (1)', "other"):
        store(tmp_path / "learnt.toml", row_text(found, "/semeq/vox/intensity", name))
    devices = read_map(tmp_path / "learnt.toml")
    assert [device.means('my "knob" (1) 20:0') for device in devices] == [True, False]
    follower = Follower.of('my "knob" (1) 24:0', devices)
    assert follower.follow((0xB0, 21, 127), lambda _: 1.0) == [
        Event("/semeq/vox/intensity", (1.0,), 'midi:my "knob" (1) 24:0')
    ]


def test_a_row_is_not_learnt_into_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "learnt.toml").write_text("mine = ")
    with pytest.raises(BridgeError, match="no TOML"):
        store(tmp_path / "learnt.toml", "")
    assert (tmp_path / "learnt.toml").read_text() == "mine = "


def test_the_same_knob_under_another_port_number_is_the_same_device(tmp_path: Path) -> None:
    devices = read_map_of(tmp_path)
    assert devices[0].means("nanoKONTROL2:nanoKONTROL2 MIDI 1 28:0")
    assert not devices[0].means("Midi Through:Midi Through Port-0 14:0")
    assert stable_name("X Touch 20:1") == "X Touch"


def read_map_of(tmp_path: Path) -> tuple[Device, ...]:
    (tmp_path / "map.toml").write_text(MAP)
    return read_map(tmp_path / "map.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version = 1", "", "version = 1"),
        ("cc = 21", "cc = 128", "0 to 127"),
        ("cc = 21", "cc = true", "whole number"),
        ("cc = 21", "", "name one of"),
        ("cc = 21", "nrpn = [1]", "nrpn is two numbers"),
        ("cc = 21", "cc = 21\nnote = 3", "name one of"),
        ("cc = 21", "cc = 21\ncolour = 3", "'colour' is no key"),
        ('"/semeq/vox/intensity"', '"intensity"', "target is an address"),
        ('"rel2c"', '"rel"', "abs, rel2c"),
        ("[20, 20000]", "[0, 20000]", "above 0"),
        ("[20, 20000]", "[20]", "two numbers"),
        ('"(?i)nanokontrol"', '"("', "regular expression"),
        ("channel = 2", "channel = 17", "1 to 16"),
        ("[[device]]", "[device]", "[[device]]"),
        ("version = 1", "version = ", "no TOML"),
        ("cc = 21", "cc = 21\nfeedback = 1.5", "true or false"),
        ("cc = 21", 'cc = 21\nfeedback_to = "("', "regular expression"),
        ('["warm", "bright", "full"]', "3", "a list of words"),
    ],
)
def test_a_wrong_map_gets_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "map.toml").write_text(MAP.replace(old, new, 1))
    with pytest.raises(BridgeError) as caught:
        read_map(tmp_path / "map.toml")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def learnt(*rows: Row) -> Device:
    return Device(match="", rows=rows, learnt=True)


def test_what_was_learnt_goes_over_what_a_control_did_and_beside_the_rest() -> None:
    """The same control learnt twice: the last counts."""
    usual = Device(match="", rows=(knob(1, "intensity"), knob(22, "morph")))
    both = Follower.of("x", (usual, learnt(knob(1, "range")), learnt(knob(1, "morph"), knob(44, "intensity"))))
    assert [(row.number, row.target) for row in both.rows] == [
        (22, "/semeq/morph"),
        (1, "/semeq/morph"),
        (44, "/semeq/intensity"),
    ]


def knob(number: int, path: str) -> Row:
    return Row(kind="cc", number=number, channel=0, target=f"/semeq/{path}", law=Law(low=0, high=1))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (knob(1, "intensty"), "no address we know"),
        (knob(1, "gtr/intensity"), "no address we know"),
        (knob(1, "*/colour"), "no address is meant"),
        (Row(kind="cc", number=1, channel=0, target="/semeq/intensity", law=Law(low=5, high=9)), "-1 to 2"),
        (Row(kind="cc", number=1, channel=0, target="/semeq/term", values=("warm", "qzxw")), "qzxw"),
    ],
)
def test_a_control_that_moves_what_is_not_there_is_refused_at_the_start(row: Row, said: str) -> None:
    with pytest.raises(BridgeError, match=said):
        check_row(new_state(("vox",)), row)


@pytest.mark.parametrize(
    "target", ["/semeq/intensity", "/semeq/*/bypass", "/semeq/vox/band/2/gain/norm", "/semeq/blend/warm"]
)
def test_a_control_that_moves_what_is_there_is_taken(target: str) -> None:
    check_row(new_state(("vox",)), Row(kind="cc", number=1, channel=0, target=target))


@pytest.mark.parametrize("target", ["intensity", "/semeq/vox/mrph", "/semeq/Vox/intensity", "/semeq/", ""])
def test_nothing_is_learnt_for_what_is_no_control(target: str) -> None:
    with pytest.raises(SemeqError, match="is no control"):
        learn(target, ".", lambda _: None)


def test_a_knob_that_waits_for_its_value_says_so_once() -> None:
    """Below, below, at it, then moved by another: it waits anew."""
    it, value = Follower.of("x", (Device(match="", rows=(knob(21, "intensity"),)),)), [0.5]
    said = []
    for position in (10, 20, 64, 70, 20, 10):
        for event in it.follow((0xB0, 21, position), lambda _: value[0]):
            value[0] = float(str(event.args[0]))
        said.append(len(it.waits))
        if position == 70:
            value[0] = 0.9
    assert said == [1, 0, 0, 0, 1, 0]
