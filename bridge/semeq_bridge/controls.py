"""Every address an instance has: what it takes, in which unit, how it is read and what it changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, EqBand
from semeq_bridge.errors import MessageError
from semeq_bridge.said import expect_text, heard_text
from semeq_bridge.state import (
    MOST_BLENDED,
    MOST_SNAPSHOTS,
    QUIETEST_DB,
    SPEEDS_S,
    Instance,
    Put,
    Sound,
    State,
    blend_text,
    checked_words,
    settings_of,
)

Kind = Literal["f", "i", "s", ""]
Value = float | int | str
MOST_NAME_CHARS = 40
BAND_RANGES = {"freq": (MIN_FREQ_HZ, MAX_FREQ_HZ), "gain": (-GAIN_LIMIT_DB, GAIN_LIMIT_DB), "q": (MIN_Q, MAX_Q)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What arrived for a control: the value, checked; the address it came to; the time."""

    value: Value
    address: str
    now_s: float
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """One address below an instance. Those without ``get`` are buttons, those without ``put`` can only be read."""

    path: str
    kind: Kind
    about: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    get: Callable[[Instance, State], Value] | None = None
    put: Callable[[Instance, Change], Instance] | None = None

    def checked(self, args: tuple[object, ...]) -> Value:
        """The value in a message's arguments; a button needs none, and one that is let go (0) does nothing."""
        if self.kind == "":
            return 0 if args and args[0] in (0, False, "off") else 1
        if len(args) != 1:
            raise MessageError(f"{len(args)} values: it takes one{self._range()}")
        (value,) = args
        if self.kind == "s":
            if not isinstance(value, str):
                raise MessageError("a number: it takes text")
            return value
        return self._number(value)

    def _number(self, value: object) -> float | int:
        value = (
            {"on": 1, "off": 0, "true": 1, "false": 0}.get(value.lower(), value) if isinstance(value, str) else value
        )
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise MessageError(f"no number: it takes one{self._range()}")
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            raise MessageError(f"{value:g}: it takes{self._range()}")
        return round(value) if self.kind == "i" else float(value)

    def _range(self) -> str:
        if self.low is None or self.high is None:
            return ""
        return f" {self.low:g} to {self.high:g}{f' {self.unit}' if self.unit else ''}"


def _sound(change: Callable[[Sound, Value], Sound]) -> Callable[[Instance, Change], Instance]:
    """A control that changes the sound."""
    return lambda instance, it: instance.with_sound(change(instance.sound, it.value), it.address, it.now_s)


def _term(sound: Sound, value: Value) -> Sound:
    return replace(sound.saying(words=checked_words(str(value))), weights=())


def _programmed(step: int) -> Callable[[Instance, Change], Instance]:
    """Words of the program list: the number that was said, or the next or last."""

    def put(instance: Instance, it: Change) -> Instance:
        programs = it.state.programs
        if not programs or (step and not it.value):
            return instance
        number = (_program(instance, it.state) + step) % len(programs) if step else int(it.value)
        if number == -1:
            return instance
        if not 0 <= number < len(programs):
            raise MessageError(f"{number}: there are {len(programs)} programs, from 0")
        return instance.with_sound(_term(instance.sound, programs[number]), it.address, it.now_s)

    return put


def _program(instance: Instance, state: State) -> int:
    words = instance.sound.wording.words
    return state.programs.index(words) if words in state.programs else -1


def _stored(instance: Instance, it: Change) -> Instance:
    """The sound that is heard, into both slots: from here on the other is what it was."""
    return replace(instance, sounds=(instance.sound, instance.sound)) if it.value else instance


def _button(press: Callable[[Instance], Instance]) -> Callable[[Instance, Change], Instance]:
    return lambda instance, it: press(instance) if it.value else instance


def _hold(instance: Instance, it: Change) -> Instance:
    return replace(instance, held=(instance.held or instance.sound) if it.value else None)


def _snapshot_saved(instance: Instance, it: Change) -> Instance:
    """The sound that is heard under a name, in place of what had it."""
    name = str(it.value).strip()
    if not 1 <= len(name) <= MOST_NAME_CHARS or not name.isprintable():
        raise MessageError(f"a snapshot has a name of 1 to {MOST_NAME_CHARS} characters")
    others = tuple(pair for pair in instance.snapshots if pair[0] != name)
    if len(others) >= MOST_SNAPSHOTS:
        raise MessageError(f"there are {MOST_SNAPSHOTS} snapshots; save over one of them")
    return replace(instance, snapshots=(*others, (name, instance.sound)))


def _snapshot_loaded(instance: Instance, it: Change) -> Instance:
    """The sound of a name; what was before can be had again by undo."""
    found = dict(instance.snapshots).get(str(it.value).strip())
    if found is None:
        names = ", ".join(name for name, _ in instance.snapshots) or "none yet"
        raise MessageError(f"no snapshot {str(it.value)[:40]!r}; there are: {names}")
    return instance.with_sound(found, it.address, it.now_s)


def _listening(name: str, *also: str) -> Callable[[Instance, Change], Instance]:
    """A control of how an instance follows the material."""

    def put(instance: Instance, it: Change) -> Instance:
        value = bool(it.value) if isinstance(getattr(instance.listening, name), bool) else it.value
        changed: dict[str, Any] = dict.fromkeys((name, *also), value)
        return replace(instance, listening=replace(instance.listening, **changed))

    return put


def _reference(instance: Instance, it: Change) -> Instance:
    if it.value not in it.state.references:
        raise MessageError(f"no reference {str(it.value)[:40]!r}; there are: {', '.join(it.state.references)}")
    return replace(instance, listening=replace(instance.listening, reference=str(it.value)))


def _reset(sound: Sound, value: Value) -> Sound:
    return replace(sound, moved=Sound().moved) if value else sound


def _peak(way: str, instance: Instance, _: State) -> Value:
    return instance.heard.in_dbfs if way == "in" else instance.heard.out_dbfs


CONTROLS: dict[str, Control] = {
    control.path: control
    for control in (
        Control(
            path="term",
            kind="s",
            about='words: "warm", "70% warm + 30% full", "less harsh"; "" is flat',
            get=lambda it, _: it.sound.wording.words,
            put=_sound(_term),
        ),
        Control(
            path="term/index",
            kind="i",
            low=-1,
            high=127,
            about="number in the list of programs, from 0; -1 is none of them",
            get=_program,
            put=_programmed(0),
        ),
        Control(path="term/next", kind="", about="the next of the programs", put=_programmed(1)),
        Control(path="term/prev", kind="", about="the one before", put=_programmed(-1)),
        Control(
            path="intensity",
            kind="f",
            low=-1,
            high=2,
            about="0 is flat, 1 how strongly people set it, -1 the opposite",
            get=lambda it, _: it.sound.wording.intensity,
            put=_sound(lambda sound, value: sound.saying(intensity=float(value))),
        ),
        Control(
            path="morph",
            kind="f",
            low=0,
            high=1,
            about="on the way from term (0) to morph/to (1)",
            get=lambda it, _: it.sound.wording.morph,
            put=_sound(lambda sound, value: sound.saying(morph=float(value))),
        ),
        Control(
            path="morph/to",
            kind="s",
            about="the words at the other end",
            get=lambda it, _: it.sound.wording.to,
            put=_sound(lambda sound, value: sound.saying(to=checked_words(str(value)))),
        ),
        Control(
            path="range",
            kind="f",
            low=0,
            high=GAIN_LIMIT_DB,
            unit="dB",
            about="no band goes further than this; the others come down with it",
            get=lambda it, _: it.sound.range_db,
            put=_sound(lambda sound, value: replace(sound, range_db=float(value))),
        ),
        Control(
            path="bypass",
            kind="i",
            low=0,
            high=1,
            about="1 plays flat",
            get=lambda it, _: int(it.bypass),
            put=lambda instance, it: replace(instance, bypass=bool(it.value)),
        ),
        Control(
            path="ab",
            kind="i",
            low=0,
            high=1,
            about="which of two sounds is heard and changed: 0 is A, 1 is B",
            get=lambda it, _: it.side,
            put=lambda instance, it: instance.turned_to(int(it.value)),
        ),
        Control(path="ab/store", kind="", about="copies the sound that is heard into the other slot", put=_stored),
        Control(
            path="hold",
            kind="i",
            low=0,
            high=1,
            about="1 keeps what is played while controls move; 0 lets it follow",
            get=lambda it, _: int(it.held is not None),
            put=_hold,
        ),
        Control(path="snapshot/save", kind="s", about="keeps the sound under a name", put=_snapshot_saved),
        Control(path="snapshot/load", kind="s", about="the sound of a name", put=_snapshot_loaded),
        Control(
            path="snapshot/list",
            kind="s",
            about="the names there are, with commas",
            get=lambda it, _: ", ".join(name for name, _ in it.snapshots),
        ),
        Control(path="undo", kind="", about="the sound before the last change", put=_button(Instance.undone)),
        Control(path="redo", kind="", about="the change again", put=_button(Instance.redone)),
        Control(path="reset", kind="", about="takes back what was changed by hand about the bands", put=_sound(_reset)),
        Control(
            path="adapt",
            kind="i",
            low=0,
            high=1,
            about="1 gives only what the material lacks of the words, where somebody listens to it (live)",
            get=lambda it, _: int(it.listening.adapt),
            put=_listening("adapt"),
        ),
        Control(
            path="speed",
            kind="f",
            low=SPEEDS_S[0],
            high=SPEEDS_S[1],
            unit="s",
            about="a change of the material is followed within so long; sets speed/release too",
            get=lambda it, _: it.listening.speed_s,
            put=_listening("speed_s", "release_s"),
        ),
        Control(
            path="speed/release",
            kind="f",
            low=SPEEDS_S[0],
            high=SPEEDS_S[1],
            unit="s",
            about="the same where less is to be given than before",
            get=lambda it, _: it.listening.release_s,
            put=_listening("release_s"),
        ),
        Control(
            path="reference",
            kind="s",
            about='what the material is compared with: "music", "speech", "pink", "flat", or one of your own',
            get=lambda it, _: it.listening.reference,
            put=_reference,
        ),
        Control(path="heard", kind="s", about="what it hears, in words", get=lambda it, _: heard_text(it)),
        Control(path="expect", kind="s", about="what it does about that", get=lambda it, _: expect_text(it)),
        Control(
            path="share",
            kind="f",
            low=0,
            high=1.5,
            about="how much of the words is given now; 1 is as asked",
            get=lambda it, _: it.share,
        ),
        Control(
            path="match",
            kind="i",
            low=0,
            high=1,
            about="1 keeps what is played as loud as it came, by up to 12 dB",
            get=lambda it, _: int(it.listening.match),
            put=_listening("match"),
        ),
        Control(
            path="trim",
            kind="f",
            low=-12,
            high=12,
            unit="dB",
            about="what that takes now",
            get=lambda it, _: it.settings.preamp_db,
        ),
        Control(
            path="delta",
            kind="i",
            low=0,
            high=1,
            about="1 plays only what the EQ changes (live)",
            get=lambda it, _: int(it.listening.delta),
            put=_listening("delta"),
        ),
        *(
            Control(
                path=f"meter/{way}",
                kind="f",
                low=QUIETEST_DB,
                high=60,
                unit="dBFS",
                about=f"peak of what {goes} (live)",
                get=partial(_peak, way),
            )
            for way, goes in (("in", "goes in"), ("out", "comes out"))
        ),
    )
}


def _band_control(number: int, what: str) -> Control:
    low, high = BAND_RANGES[what]

    def get(instance: Instance, _: State) -> Value:
        return _of_band(settings_of(instance.sound).bands[number - 1], what)

    def move(sound: Sound, value: Value) -> Sound:
        put = Put(float(value), sound.wording)
        by = replace(sound.moved[number - 1], **{what: put})
        return replace(sound, moved=(*sound.moved[: number - 1], by, *sound.moved[number:]))

    unit = {"freq": "Hz", "gain": "dB", "q": ""}[what]
    about = f"{what} of band {number}; set, it stays so much off the words until reset"
    return Control(
        path=f"band/{number}/{what}", kind="f", low=low, high=high, unit=unit, about=about, get=get, put=_sound(move)
    )


def _of_band(band: EqBand, what: str) -> float:
    return {"freq": band.freq_hz, "gain": band.gain_db, "q": band.q}[what]


def _as_norm(control: Control, what: str) -> Control:
    """The same from 0 to 1, for faders that know nothing else; frequency and Q in equal steps of octaves."""
    low, high = BAND_RANGES[what]

    def out(share: float) -> float:
        return low + (high - low) * share if what == "gain" else low * (high / low) ** share

    def into(value: float) -> float:
        return (value - low) / (high - low) if what == "gain" else math.log(value / low) / math.log(high / low)

    getter, putter = control.get, control.put
    assert getter is not None
    assert putter is not None

    def get(instance: Instance, state: State) -> Value:
        return into(float(getter(instance, state)))

    def put(instance: Instance, it: Change) -> Instance:
        return putter(instance, replace(it, value=min(max(out(float(it.value)), low), high)))

    about = f"the same from 0 to 1{'' if what == 'gain' else ', in octaves'}"
    return Control(path=f"{control.path}/norm", kind="f", low=0, high=1, about=about, get=get, put=put)


for _number in range(1, 6):
    for _what in ("freq", "gain", "q"):
        _control = _band_control(_number, _what)
        CONTROLS |= {_control.path: _control, f"{_control.path}/norm": _as_norm(_control, _what)}


def blend_control(word: str) -> Control:
    """A fader for one word of a blend; what all are together is made 1."""
    checked_words(word)

    def get(instance: Instance, _: State) -> Value:
        return dict(instance.sound.weights).get(word, 0.0)

    def put(sound: Sound, value: Value) -> Sound:
        weights = dict(sound.weights) | {word: float(value)}
        held = tuple(pair for pair in weights.items() if pair[1])
        if len(held) > MOST_BLENDED:
            raise MessageError(f"more than {MOST_BLENDED} words in a blend")
        return replace(sound.saying(words=blend_text(held)), weights=held)

    about = "how much of a word is in the blend"
    return Control(path=f"blend/{word}", kind="f", low=0, high=1, about=about, get=get, put=_sound(put))
