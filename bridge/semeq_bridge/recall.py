"""A project: what every instance was asked for, its slots and snapshots, in one JSON file, as it was left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from semeq.errors import SemeqError, UsageError
from semeq.personal_file import words_file
from semeq.settings import GAIN_LIMIT_DB, EqSettings
from semeq.sidecar import write_text
from semeq_bridge.controls import BAND_RANGES
from semeq_bridge.core import new_state
from semeq_bridge.errors import BridgeError
from semeq_bridge.state import (
    MOST_SNAPSHOTS,
    SPEEDS_S,
    Instance,
    Listening,
    Moved,
    Put,
    Sound,
    State,
    Wording,
    checked_words,
)

FORMAT = "semeq.project/1"
_NAME = re.compile(r"[\w][\w .-]{0,63}")
_MOST_BYTES = 4 << 20
_EVERY_S = 2.0
_KEYS = {"sounds", "side", "bypass", "held", "snapshots", "listening"}
_FOLLOWS = ("adapt", "speed_s", "release_s", "reference", "match")


def project_file(name: str) -> Path:
    """Where a project of this name is kept, in the user's own folder."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"project {name!r}: use letters, digits, spaces, - _ and . (not in front), up to 64 of them")
    return Path(words_file()).parent / "projects" / f"{name}.json"


def to_dict(state: State) -> dict[str, Any]:
    """Everything that is worth coming back to; what can be undone is not."""
    return {"format": FORMAT, "instances": {name: _told(it) for name, it in state.instances.items()}}


def _told(it: Instance) -> dict[str, Any]:
    return {
        "sounds": [_sound_told(sound) for sound in it.sounds],
        "side": it.side,
        "bypass": it.bypass,
        "held": None if it.held is None else _sound_told(it.held),
        "snapshots": {name: _sound_told(sound) for name, sound in it.snapshots},
        "listening": {part: getattr(it.listening, part) for part in _FOLLOWS},
    }


def _sound_told(sound: Sound) -> dict[str, Any]:
    moved = [
        {what: asdict(put) for what in BAND_RANGES if (put := getattr(by, what)) is not None} for by in sound.moved
    ]
    said = {"wording": asdict(sound.wording), "weights": dict(sound.weights), "range_db": sound.range_db}
    return said | ({"moved": moved} if any(moved) else {})


def restored(state: State, said: Any) -> State:
    """The state with what a project says of the instances that both have; raises where it is not one of ours."""
    if not isinstance(said, Mapping) or said.get("format") != FORMAT or not isinstance(said.get("instances"), Mapping):
        raise BridgeError(f"no project of this version ({FORMAT})")
    for name, row in said["instances"].items():
        if name in state.instances:
            try:
                state = state.with_instance(_instance(name, row))
            except (SemeqError, KeyError, TypeError, ValueError, AttributeError) as error:
                raise BridgeError(f"instance {name!r} is damaged: {error}") from None
    return state


def _instance(name: str, row: Mapping[str, Any]) -> Instance:
    if strange := sorted(set(row) - _KEYS):
        raise BridgeError(f"{strange[0]!r} is no key")
    first, second = (_sound(sound) for sound in row["sounds"])
    snapshots = tuple((str(key), _sound(sound)) for key, sound in row["snapshots"].items())[:MOST_SNAPSHOTS]
    held = None if row["held"] is None else _sound(row["held"])
    side = int(row["side"] == 1)
    made = Instance(name=name, sounds=(first, second), side=side, bypass=row["bypass"] is True, held=held)
    return replace(made, snapshots=snapshots, listening=_listening(row.get("listening", {})))


def _listening(row: Mapping[str, Any]) -> Listening:
    """How the material was followed; projects that are older say nothing of it."""
    usual = Listening()
    if strange := sorted(set(row) - set(_FOLLOWS)):
        raise BridgeError(f"{strange[0]!r} is no key of listening")
    return Listening(
        adapt=row.get("adapt") is True,
        speed_s=_within(row.get("speed_s", usual.speed_s), *SPEEDS_S),
        release_s=_within(row.get("release_s", usual.release_s), *SPEEDS_S),
        reference=str(row.get("reference", usual.reference)),
        match=row.get("match") is True,
    )


def _sound(row: Mapping[str, Any]) -> Sound:
    weights = tuple((checked_words(str(word)), _within(share, 0, 1)) for word, share in row["weights"].items())
    moved = tuple(_moved(one) for one in row.get("moved", [{}] * 5))
    if len(moved) != 5:
        raise BridgeError(f"{len(moved)} bands moved: there are five")
    range_db = _within(row["range_db"], 0, GAIN_LIMIT_DB)
    return Sound(wording=_wording(row["wording"]), weights=weights, moved=moved, range_db=range_db)


def _wording(row: Mapping[str, Any]) -> Wording:
    words, to = checked_words(str(row["words"])), checked_words(str(row["to"]))
    return Wording(words=words, intensity=_within(row["intensity"], -1, 2), to=to, morph=_within(row["morph"], 0, 1))


def _moved(row: Mapping[str, Any]) -> Moved:
    return Moved(
        **{what: Put(_within(put["value"], *BAND_RANGES[what]), _wording(put["over"])) for what, put in row.items()}
    )


def _within(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise BridgeError(f"{value!r}: a number from {low:g} to {high:g}")
    return float(value)


def read_project(path: Path, state: State) -> tuple[State, dict[str, Any]]:
    """The state with what a file says, and what it says of instances that are not here; as it was without a file."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return state, {}
    except OSError as error:
        raise BridgeError(f"{path}: {error.strerror}") from None
    try:
        if len(data) > _MOST_BYTES:
            raise BridgeError(f"more than {_MOST_BYTES} bytes")
        said = json.loads(data)
        state = restored(state, said)
    except (BridgeError, ValueError, RecursionError) as error:
        raise BridgeError(f"{path}: {error}; move it away to begin anew") from None
    return state, {name: row for name, row in said["instances"].items() if name not in state.instances}


def settings_in(path: Path, instance: str) -> EqSettings:
    """What an instance of a project plays."""
    if not path.exists():
        raise BridgeError(f"{path}: no such project")
    try:
        names = tuple(json.loads(path.read_bytes())["instances"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        names = (instance,)
    instance = instance or next(iter(names), "")
    if instance not in names:
        raise BridgeError(f"{path}: no instance {instance!r}; there are {', '.join(names)}")
    return read_project(path, new_state((instance,)))[0].instances[instance].settings


@dataclass(slots=True)
class Keeper:
    """Writes a project while it is worked on: when something has changed, every two seconds at most; and at the end.

    ``others`` are its instances that are not here this time: they stay in it as they are.
    """

    path: Path
    say: Callable[[str], None]
    others: Mapping[str, Any] = field(default_factory=dict)
    _kept: dict[str, Any] = field(default_factory=dict)
    _seen: State | None = None
    _next_s: float = 0.0
    _failed: str = ""

    def keep(self, state: State, now_s: float) -> None:
        """Look whether it is time, and something new."""
        if state is not self._seen and now_s >= self._next_s:
            self._seen, self._next_s = state, now_s + _EVERY_S
            self.write(state)

    def write(self, state: State) -> None:
        """Write what is new, whole or not at all; where that fails it is said once, and tried again."""
        told = to_dict(state)
        told["instances"] = {**self.others, **told["instances"]}
        if told == self._kept:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
            self._kept, self._failed = told, ""
        except (SemeqError, OSError) as error:
            if str(error) != self._failed:
                self.say(f"the project is not kept: {error}")
            self._failed, self._seen = str(error), None

    def due_s(self, state: State) -> float | None:
        """When there is something to write."""
        return self._next_s if state is not self._seen else None
