"""The bridge without a wire: whatever arrives, the state stays legal, and the same events give the same state."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semeq import eq, interpolate
from semeq.response import log_grid_hz, response_db
from semeq.settings import EqSettings
from semeq_bridge.controls import CONTROLS, Value
from semeq_bridge.core import ABOUT_ALL, Changed, Event, Refused, Replied, apply, new_state, value_at, values
from semeq_bridge.errors import BridgeError
from semeq_bridge.osc import Arg
from semeq_bridge.record import record_line, replay
from semeq_bridge.state import State

GRID = log_grid_hz(points=50)


def after(*events: tuple[object, ...], state: State | None = None, every_s: float = 2.0) -> State:
    """The state after some messages, each ``(path, value ...)``, with time between them."""
    state = state or new_state(("vox", "gtr"))
    for number, (path, *args) in enumerate(events):
        state, effects = apply(state, Event(f"/semeq/{path}", tuple(args)), number * every_s)  # type: ignore[arg-type]
        assert not [one for one in effects if isinstance(one, Refused)], effects
    return state


def at(state: State, path: str) -> Value | None:
    return value_at(state, f"/semeq/vox/{path}")


def settings(state: State) -> EqSettings:
    return state.instances["vox"].settings


NUMBERS = st.one_of(st.floats(-3, 30_000), st.integers(-3, 130), st.booleans())
TEXTS = st.sampled_from(["warm", "70% warm + 30% full", "less harsh", "", "bright", "nonsense", "on", "x" * 300])
PATHS = st.one_of(
    st.sampled_from(sorted(CONTROLS)),
    st.sampled_from(
        ["blend/warm", "blend/airy", "blend/none", "dump", "curve", "list", "nowhere", "*", "band/*/gain", "["]
    ),
)
EVENTS = st.lists(
    st.tuples(
        PATHS, st.lists(st.one_of(NUMBERS, TEXTS, st.none(), st.binary(max_size=3)), max_size=2), st.floats(0, 5)
    ),
    max_size=25,
)


@given(EVENTS)
def test_any_events_leave_a_legal_state_and_raise_nothing(events: list[tuple[str, list[Arg], float]]) -> None:
    state, now_s = new_state(("vox", "gtr")), 0.0
    for path, args, gap_s in events:
        now_s += gap_s
        state, _ = apply(state, Event(f"/semeq/vox/{path}", tuple(args)), now_s)
    for name in ("vox", "gtr"):
        assert isinstance(state.instances[name].settings, EqSettings)  # which checks its own ranges
        for address, value in values(state, name):
            control = CONTROLS.get(address.removeprefix(f"/semeq/{name}/"))
            if control is not None and control.low is not None and control.high is not None:
                assert control.low - 1e-6 <= float(value) <= control.high + 1e-6
    assert len(state.instances["vox"].past) <= 64


@given(EVENTS)
def test_the_same_events_give_the_same_state(events: list[tuple[str, list[Arg], float]]) -> None:
    def played() -> State:
        state, now_s = new_state(("vox", "gtr")), 0.0
        for path, args, gap_s in events:
            now_s += gap_s
            state, _ = apply(state, Event(f"/semeq/vox/{path}", tuple(args)), now_s)
        return state

    assert played() == played()


def test_a_record_followed_again_ends_where_it_ended(tmp_path: Path) -> None:
    events = [
        Event("/semeq/vox/term", ("warm",)),
        Event("/semeq/vox/intensity", (0.5,)),
        Event("/semeq/vox/nowhere", (1,)),
    ]
    state, lines = new_state(("vox",)), ""
    for number, event in enumerate(events):
        state, _ = apply(state, event, float(number))
        lines += record_line(event, float(number))
    (tmp_path / "r.jsonl").write_text(lines)
    ended, count, refused = replay(tmp_path / "r.jsonl", ("vox",), ("warm", "bright"))
    assert (ended, count, refused) == (dict(values(state, "vox")), 3, 1)
    (tmp_path / "r.jsonl").write_text(lines + "{}\n")
    with pytest.raises(BridgeError, match="line 4"):
        replay(tmp_path / "r.jsonl", ("vox",), ())


def test_words_and_intensity_are_what_semeq_makes_of_them() -> None:
    assert settings(after(("vox/term", "warm"), ("vox/intensity", 0.5))) == eq("warm", 0.5)
    assert settings(after(("vox/term", "70% warm + 30% full"))) == eq("70% warm + 30% full")
    assert settings(after(("vox/term", "warm"), ("vox/intensity", -1))) == eq("warm", -1)


def test_the_first_instance_answers_without_its_name_and_the_other_is_left_alone() -> None:
    state = after(("term", "warm"))
    assert state.instances["vox"].sound.wording.words == "warm"
    assert state.instances["gtr"].sound.wording.words == ""


def test_morph_goes_from_one_to_the_other() -> None:
    def morphed(share: float) -> EqSettings:
        return settings(after(("vox/term", "warm"), ("vox/morph/to", "bright"), ("vox/morph", share)))

    assert morphed(0) == eq("warm")
    assert morphed(1) == interpolate("warm", "bright", 1.0)
    assert morphed(0.5) == interpolate("warm", "bright", 0.5)


def test_faders_of_words_make_a_blend() -> None:
    state = after(("vox/blend/warm", 0.7), ("vox/blend/full", 0.3))
    assert settings(state) == eq("warm:0.7, full:0.3")
    assert at(state, "blend/warm") == 0.7
    assert at(after(("vox/blend/warm", 0.0), state=state), "term") == "full:0.3"


def test_a_and_b_are_two_sounds() -> None:
    state = after(("vox/term", "warm"), ("vox/ab/store",), ("vox/ab", 1), ("vox/term", "bright"))
    assert at(state, "term") == "bright"
    assert at(after(("vox/ab", 0), state=state), "term") == "warm"


def test_bypass_is_flat_and_leaves_bands_where_they_are() -> None:
    state = after(("vox/term", "warm"), ("vox/bypass", "on"))
    assert settings(state).is_flat
    assert settings(state).freqs_hz == eq("warm").freqs_hz
    assert settings(after(("vox/bypass", 0), state=state)) == eq("warm")


def test_hold_keeps_what_is_played_while_controls_move() -> None:
    state = after(("vox/term", "warm"), ("vox/hold", 1), ("vox/term", "bright"))
    assert settings(state) == eq("warm")
    assert settings(after(("vox/hold", 0), state=state)) == eq("bright")


def test_a_band_stands_where_a_hand_put_it_and_moves_on_with_the_words() -> None:
    state = after(("vox/term", "warm"), ("vox/band/2/gain", -3.0), ("vox/band/2/freq", 500.0))
    band = settings(state).bands[1]
    assert [band.gain_db, band.freq_hz] == pytest.approx([-3.0, 500.0])
    by_hand_db = -3.0 - eq("warm").gains_db[1]
    on = after(("vox/intensity", 0.5), state=state)
    assert settings(on).gains_db[1] == pytest.approx(eq("warm", 0.5).gains_db[1] + by_hand_db)
    assert settings(after(("vox/reset",), state=state)) == eq("warm")


def test_a_fader_from_0_to_1_reaches_both_ends() -> None:
    assert at(after(("vox/band/3/freq/norm", 0)), "band/3/freq") == pytest.approx(20)
    assert at(after(("vox/band/3/freq/norm", 1)), "band/3/freq") == pytest.approx(20_000)
    assert at(after(("vox/band/3/gain/norm", 0.5)), "band/3/gain") == pytest.approx(0, abs=1e-9)


def test_the_range_brings_all_bands_down_together() -> None:
    state = after(("vox/term", "warm"), ("vox/range", 2.0))
    gains = np.array(settings(state).gains_db)
    assert np.abs(gains).max() == pytest.approx(2.0)
    np.testing.assert_allclose(gains / np.array(eq("warm").gains_db), gains[0] / eq("warm").gains_db[0])


def test_a_turned_knob_is_undone_at_once_and_two_changes_one_by_one() -> None:
    state = after(("vox/term", "warm"))
    for number in range(50):
        state, _ = apply(state, Event("/semeq/vox/intensity", (number / 50,)), 100 + number * 0.02)
    state, _ = apply(state, Event("/semeq/vox/undo"), 200.0)
    assert at(state, "intensity") == 1.0
    state, _ = apply(state, Event("/semeq/vox/redo"), 201.0)
    assert at(state, "intensity") == pytest.approx(0.98)
    state, _ = apply(state, Event("/semeq/vox/undo"), 202.0)
    state, _ = apply(state, Event("/semeq/vox/undo"), 203.0)
    assert at(state, "term") == ""


def test_programs_are_chosen_by_number_and_one_after_the_other() -> None:
    state = new_state(("vox",), ("warm", "bright", "full"))
    assert at(after(("vox/term/index", 2), state=state), "term") == "full"
    assert at(after(("vox/term/next",), ("vox/term/next",), state=state), "term") == "bright"
    assert at(after(("vox/term/next",), ("vox/term/prev",), state=state), "term") == "full"
    _, (refused,) = apply(state, Event("/semeq/vox/term/index", (3,)), 0.0)
    assert refused == Refused("/semeq/vox/term/index", "3: there are 3 programs, from 0", "")


def test_a_button_that_is_let_go_does_nothing() -> None:
    state = after(("vox/term", "warm"))
    assert apply(state, Event("/semeq/vox/undo", (0.0,)), 9.0) == (state, ())


@pytest.mark.parametrize(
    ("path", "args", "reason"),
    [
        ("intensity", (3.0,), "3: it takes -1 to 2"),
        ("intensity", ("loud",), "no number: it takes one -1 to 2"),
        ("intensity", (1, 2), "2 values: it takes one -1 to 2"),
        ("band/1/freq", (5.0,), "5: it takes 20 to 20000 Hz"),
        ("term", ("brihgtt",), "bright"),
        ("term", (3,), "a number: it takes text"),
        ("band/6/gain", (1.0,), "no address we know"),
        ("nowhere", (), "no address we know"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_what_can(path: str, args: tuple[Arg, ...], reason: str) -> None:
    state = new_state(("vox",))
    same, effects = apply(state, Event(f"/semeq/vox/{path}", args, "me"), 0.0)
    assert same is state
    assert isinstance(effects[0], Refused)
    assert reason in effects[0].reason
    assert effects[0].source == "me"


def test_without_a_value_an_address_says_what_it_is() -> None:
    state = after(("vox/term", "warm"))
    assert apply(state, Event("/semeq/vox/term", (), "me"), 0.0)[1] == (Replied("/semeq/vox/term", ("warm",), "me"),)
    rows = apply(state, Event("/semeq/vox/dump"), 0.0)[1]
    assert len(rows) == sum(control.get is not None for control in CONTROLS.values())
    (curve,) = apply(state, Event("/semeq/vox/curve"), 0.0)[1]
    assert isinstance(curve, Replied)
    freqs, gains, qs = (list(map(float, curve.args[place::3])) for place in range(3))
    said = EqSettings.of(freqs, gains, qs)
    assert np.allclose(response_db(said, GRID), response_db(eq("warm"), GRID))


def test_a_wildcard_reaches_all_it_means() -> None:
    state, effects = apply(new_state(("vox", "gtr")), Event("/semeq/*/term", ("warm",)), 0.0)
    assert [one.sound.wording.words for one in state.instances.values()] == ["warm", "warm"]
    assert [one.instance for one in effects if isinstance(one, Changed)] == ["vox", "gtr"]


@pytest.mark.parametrize("names", [(), ("Vox",), ("a b",), ("band",), ("subscribe",), ("a", "a"), ("x" * 40,)])
def test_names_that_would_confuse_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(BridgeError):
        new_state(names)


def test_the_table_of_addresses_has_every_control() -> None:
    from semeq_bridge.jobs import address_rows, address_table

    assert len(address_rows()) == len(CONTROLS) + 1 + len(ABOUT_ALL)
    assert all(f"`/semeq/<instance>/{path}`" in address_table() for path in CONTROLS)
    json.dumps(address_rows())
