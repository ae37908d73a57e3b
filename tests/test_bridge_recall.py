"""A session is left and gone on with: no sound is lost, not by a crash either; a damaged file is refused."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from semeq import eq
from semeq.errors import SemeqError
from semeq.settings import EqSettings
from semeq_bridge.core import Event, Refused, apply, new_state
from semeq_bridge.osc import Arg
from semeq_bridge.recall import Keeper, project_file, read_project, restored, settings_in, to_dict
from semeq_bridge.state import MOST_SNAPSHOTS, State
from tests.test_bridge_core import EVENTS, after, at, settings
from tests.test_bridge_serve import command, running


def forgetting(state: State) -> State:
    """Without what can be undone, which is not kept."""
    rows = {name: replace(it, past=(), future=(), touched=("", 0.0)) for name, it in state.instances.items()}
    return replace(state, instances=rows)


@given(EVENTS)
def test_whatever_was_done_is_there_again(events: list[tuple[str, list[Arg], float]]) -> None:
    state, now_s = new_state(("vox", "gtr")), 0.0
    for path, args, gap_s in events:
        now_s += gap_s
        state, _ = apply(state, Event(f"/semeq/vox/{path}", tuple(args)), now_s)
    state, _ = apply(state, Event("/semeq/vox/snapshot/save", ("last",)), now_s)
    again = restored(new_state(("vox", "gtr")), json.loads(json.dumps(to_dict(state))))
    assert again == forgetting(state)
    assert settings(again) == settings(state)


def test_a_snapshot_comes_back_and_the_way_there_can_be_undone() -> None:
    state = after(("vox/term", "warm"), ("vox/band/2/gain", 3.0), ("vox/snapshot/save", "verse"))
    verse = settings(state)
    state = after(("vox/term", "bright"), ("vox/snapshot/save", "chorus"), state=state, every_s=2)
    assert at(state, "snapshot/list") == "verse, chorus"
    back = after(("vox/snapshot/load", "verse"), state=state)
    assert settings(back) == verse
    assert settings(after(("vox/undo",), state=back)) == settings(state)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("snapshot/load", "verse", "none yet"),
        ("snapshot/save", "", "1 to 40"),
        ("snapshot/save", "a\nb", "1 to 40"),
        ("snapshot/save", 3, "takes text"),
    ],
)
def test_a_snapshot_that_cannot_be_is_named(path: str, value: Arg, said: str) -> None:
    _, (effect,) = apply(new_state(("vox",)), Event(f"/semeq/vox/{path}", (value,)), 0.0)
    assert isinstance(effect, Refused)
    assert said in effect.reason


def test_only_so_many_snapshots_are_kept() -> None:
    state = after(*(("vox/snapshot/save", str(number)) for number in range(MOST_SNAPSHOTS)))
    _, (effect,) = apply(state, Event("/semeq/vox/snapshot/save", ("one more",)), 0.0)
    assert isinstance(effect, Refused)
    after(("vox/snapshot/save", "0"), state=state)  # over one of them


def damaged(change: dict[str, Any]) -> Any:
    said = to_dict(after(("vox/term", "warm"), ("vox/band/1/q", 2.0)))
    said["instances"]["vox"] |= change
    return said


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        {"format": "semeq.project/99", "instances": {}},
        {"format": "semeq.project/1", "instances": []},
        damaged({"sounds": []}),
        damaged({"sounds": [{}, {}]}),
        damaged({"colour": "red"}),
        damaged({"held": 3}),
        damaged({"snapshots": [1]}),
        {"format": "semeq.project/1", "instances": {"vox": None}},
    ],
)
def test_a_damaged_project_is_refused_in_one_line(tmp_path: Path, said: Any) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(said))
    with pytest.raises(SemeqError, match="move it away to begin anew") as caught:
        read_project(path, new_state(("vox",)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"), [("intensity", 9), ("intensity", True), ("morph", "x"), ("words", "qzxw nonsense"), ("to", None)]
)
def test_a_number_or_word_that_could_not_have_been_set_is_refused(key: str, value: object) -> None:
    said = to_dict(after(("vox/term", "warm")))
    said["instances"]["vox"]["sounds"][0]["wording"][key] = value
    with pytest.raises(SemeqError, match="is damaged"):
        restored(new_state(("vox",)), said)


def test_instances_that_one_of_both_lacks_are_left_as_they_are() -> None:
    said = to_dict(after(("vox/term", "warm"), ("gtr/term", "bright")))
    state = restored(new_state(("vox", "bass")), said)
    assert settings(state) == eq("warm")
    assert state.instances["bass"].settings == EqSettings.flat()


def test_it_is_written_at_most_every_two_seconds_and_the_last_always(tmp_path: Path) -> None:
    keeper, state = Keeper(tmp_path / "deep" / "p.json", lambda _: None), new_state(("vox",))
    writes = 0
    for tick in range(100):
        state = after(("vox/intensity", tick / 100), state=state)
        before = keeper.path.stat().st_mtime_ns if keeper.path.exists() else 0
        keeper.keep(state, tick / 10)
        writes += (keeper.path.stat().st_mtime_ns if keeper.path.exists() else 0) != before
        time.sleep(0.001)
    assert writes <= 6
    assert keeper.due_s(state) is not None
    keeper.write(state)
    assert read_project(keeper.path, new_state(("vox",)))[0] == forgetting(state)
    assert [path.name for path in keeper.path.parent.iterdir()] == ["p.json"]


def test_a_place_that_cannot_be_written_is_told_once_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    keeper = Keeper(tmp_path / "file" / "p.json", said.append)
    for tick in range(5):
        keeper.keep(new_state(("vox",)), 3.0 * tick)
    assert len(said) == 1
    assert "is not kept" in said[0]
    (tmp_path / "file").unlink()
    keeper.keep(new_state(("vox",)), 30.0)
    assert keeper.path.exists()


def test_instances_that_are_not_here_this_time_stay_in_the_project(tmp_path: Path) -> None:
    """A session with one of two EQs does not take the other's sounds and snapshots away."""
    whole = after(("vox/term", "warm"), ("gtr/term", "bright"), ("gtr/snapshot/save", "solo"))
    path = tmp_path / "p.json"
    Keeper(path, print).write(whole)
    state, others = read_project(path, new_state(("vox", "bass")))
    Keeper(path, print, others).write(after(("vox/term", "airy"), state=state))
    again, _ = read_project(path, new_state(("vox", "gtr")))
    assert settings(again) == eq("airy")
    assert again.instances["gtr"] == forgetting(whole).instances["gtr"]


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "x" * 65, "a\nb"])
def test_a_project_is_no_path(name: str) -> None:
    with pytest.raises(SemeqError, match="use letters"):
        project_file(name)


def test_a_session_goes_on_where_a_crash_ended_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed hard, three seconds after the last move; a start that says otherwise goes over it."""
    monkeypatch.setenv("SEMEQ_CONFIG", str(tmp_path))
    with running("--project", "Song 1") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        bridge.ask("/semeq/vox/snapshot/save", "verse")
        bridge.ask("/semeq/vox/intensity", 0.5)
        time.sleep(3.0)
        os.kill(bridge.process.pid, signal.SIGKILL)
    with running("--project", "Song 1") as bridge:
        assert bridge.value("/semeq/vox/intensity") == 0.5
        assert bridge.value("/semeq/vox/snapshot/list") == "verse"
        bridge.ask("/semeq/vox/term", "bright")  # kept at the end
    done = command("export", "vox", "--project", "Song 1")
    assert EqSettings.from_json(done.stdout) == eq("bright", 0.5)
    assert settings_in(project_file("Song 1"), "vox") == eq("bright", 0.5)
    assert command("export", "bass", "--project", "Song 1").returncode == 1
    assert command("export", "vox", "--project", "Song 2").returncode == 1


def test_what_a_running_bridge_plays_can_be_exported() -> None:
    with running() as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        done = command("export", "vox", "--to", bridge.to)
        played = EqSettings.from_json(done.stdout)
        assert played.gains_db == pytest.approx(eq("warm").gains_db, abs=1e-5)
        assert command("export", "bass", "--to", bridge.to).returncode == 1
