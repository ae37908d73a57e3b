"""The bridge without a wire: a message and the time turn a state into the next, and say what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from semeq.errors import SemeqError
from semeq_bridge.controls import CONTROLS, Change, Control, Value, blend_control
from semeq_bridge.errors import BridgeError, MessageError
from semeq_bridge.osc import Arg
from semeq_bridge.pattern import is_pattern, matches
from semeq_bridge.state import Instance, State, checked_words

ROOT = "/semeq"
DEFAULT = "main"
EARS = "heard/frame"
"""Where what is heard arrives; only from those who listen, or from a record."""
MOST_INSTANCES, MOST_PROGRAMS = 64, 128
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TAKEN = {"subscribe", "unsubscribe", "ping", "pong", "list", "status", "error", "dump", "programs", "learn", "blend"}

ABOUT_ALL = (
    (
        "subscribe",
        "port, seconds, pattern; each may be left out",
        "be told what changes; renew before the time is over",
    ),
    ("unsubscribe", "port, or nothing", "no more"),
    ("list", "", "the names of all instances"),
    ("programs", "", "the words of the program list"),
    ("dump", "", "all values, each at its address; /semeq/<instance>/dump those of one"),
    ("<instance>/curve", "", "frequency, gain and Q of the five bands that are played, in one message"),
    (
        "<instance>/spectrum",
        "",
        "what is heard, in dB on 40 bands from 20 Hz to 19.7 kHz, level-free; nothing where nobody listens",
    ),
    ("ping", "anything", "answered by /semeq/pong with the same"),
    ("status", "", "what came, was refused, dropped and sent; how long changes took; drivers in trouble"),
    ("error", "is sent to you", "the address that was refused, and why"),
)
"""What is about all instances, or about the wire: path, what it takes, what it does."""


@dataclass(frozen=True, slots=True)
class Event:
    """A message and who sent it: nobody in particular where it came from a file or a test."""

    address: str
    args: tuple[Arg, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """An instance is not what it was; ``address`` was set by ``source``."""

    instance: str
    address: str
    source: str


@dataclass(frozen=True, slots=True)
class Replied:
    """Something to tell whoever asked."""

    address: str
    args: tuple[Value, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Refused:
    """What was wrong with a message, for whoever sent it."""

    address: str
    reason: str
    source: str


Effect = Changed | Replied | Refused


def new_state(names: tuple[str, ...] = (DEFAULT,), programs: tuple[str, ...] = ("warm", "bright")) -> State:
    """Flat instances of these names, the first of which answers without its name too."""
    if twice := [name for name in names if names.count(name) > 1]:
        raise BridgeError(f"instance {twice[0]!r} is named twice: each has a name of its own")
    if not 0 < len(names) <= MOST_INSTANCES:
        raise BridgeError(f"{len(names)} instances: 1 to {MOST_INSTANCES}")
    heads = {path.partition("/")[0] for path in CONTROLS} | _TAKEN
    for name in names:
        if not _NAME.fullmatch(name) or name in heads:
            raise BridgeError(f"instance {name!r}: use up to 32 small letters, digits, - and _; no name of a control")
    if len(programs) > MOST_PROGRAMS:
        raise BridgeError(f"{len(programs)} programs: {MOST_PROGRAMS} at most")
    known = tuple(checked_words(words) for words in programs)
    return State(instances={name: Instance(name=name) for name in names}, programs=known)


def apply(state: State, event: Event, now_s: float) -> tuple[State, tuple[Effect, ...]]:
    """The state after an event, and what follows from it. Nothing that arrives raises.

    >>> state, effects = apply(new_state(), Event("/semeq/term", ("warm",)), 0.0)
    >>> state.instances["main"].settings.gains_db[0] > 0, effects
    (True, (Changed(instance='main', address='/semeq/main/term', source=''),))
    >>> apply(state, Event("/semeq/intensity", (3.0,)), 0.0)[1][0].reason
    '3: it takes -1 to 2'
    """
    try:
        if is_pattern(event.address):
            targets = [address for address in addresses(state) if matches(event.address, address)]
            if not targets:
                raise MessageError("no address is meant by it")
        else:
            targets = [event.address]
        effects: list[Effect] = []
        for address in targets:
            state, effect = _one(state, address, event, now_s)
            effects += effect
    except SemeqError as error:
        return state, (Refused(event.address[:200], str(error)[:200], event.source),)
    return state, tuple(effects)


def _one(state: State, address: str, event: Event, now_s: float) -> tuple[State, list[Effect]]:
    if (told := _told(state, address, event)) is not None:
        return state, told
    if address.endswith(f"/{EARS}") and event.source in (EARS, ""):
        return _hear(state, address, event, now_s)
    instance, control = _found(state, address)
    full = f"{ROOT}/{instance.name}/{control.path}"
    if not event.args and control.get is not None:
        return state, [Replied(full, (control.get(instance, state),), event.source)]
    if control.put is None:
        raise MessageError("it can only be read; send it without a value")
    change = Change(value=control.checked(event.args), address=full, now_s=now_s, state=state)
    after = control.put(instance, change)
    if after == instance:
        return state, []
    if instance.heard.moment is not None or after.listening != instance.listening:
        from semeq_bridge.live.follow import with_words

        after = with_words(instance, after)
    return state.with_instance(after), [Changed(instance.name, full, event.source)]


def _hear(state: State, address: str, event: Event, now_s: float) -> tuple[State, list[Effect]]:
    """A frame of what is heard, for one instance."""
    from semeq_bridge.live.follow import followed, read_frame

    name = address.removeprefix(f"{ROOT}/").removesuffix(f"/{EARS}")
    if name not in state.instances:
        raise MessageError("no address we know")
    moment, words, peaks_dbfs = read_frame(event.args)
    after = followed(state.instances[name], moment, words, peaks_dbfs, now_s)
    return state.with_instance(after), [Changed(name, address, EARS)]


def _told(state: State, address: str, event: Event) -> list[Effect] | None:
    """Answers that are about all instances, or all of one."""
    match address.removeprefix(ROOT).split("/")[1:] if address.startswith(f"{ROOT}/") else None:
        case ["ping"]:
            args = tuple(arg for arg in event.args if isinstance(arg, (int, float, str)))
            return [Replied(f"{ROOT}/pong", args, event.source)]
        case ["list"]:
            return [Replied(f"{ROOT}/list", tuple(state.instances), event.source)]
        case ["programs"]:
            return [Replied(f"{ROOT}/programs", state.programs, event.source)]
        case ["dump"]:
            return [one for name in state.instances for one in _dump(state, name, event.source)]
        case [str(name), "dump"] if name in state.instances:
            return _dump(state, name, event.source)
        case [str(name), "curve"] if name in state.instances and not event.args:
            bands = state.instances[name].settings.bands
            row = tuple(value for band in bands for value in (band.freq_hz, band.gain_db, band.q))
            return [Replied(address, row, event.source)]
        case [str(name), "spectrum"] if name in state.instances and not event.args:
            moment = state.instances[name].heard.moment
            levels = () if moment is None else tuple(round(float(level), 2) for level in moment.shape_db)
            return [Replied(address, levels, event.source)]
    return None


def _dump(state: State, name: str, source: str) -> list[Effect]:
    return [Replied(address, (value,), source) for address, value in values(state, name)]


def values(state: State, name: str) -> Iterator[tuple[str, Value]]:
    """Everything that can be read about an instance, by its full address."""
    instance = state.instances[name]
    for control in controls_of(instance):
        if control.get is not None:
            yield f"{ROOT}/{name}/{control.path}", control.get(instance, state)


def controls_of(instance: Instance) -> Iterator[Control]:
    """Every control of an instance, the faders of its blend among them."""
    yield from CONTROLS.values()
    for word, _ in instance.sound.weights:
        yield _blend(word)


def value_at(state: State, address: str) -> Value | None:
    """What stands at a full address; None where nothing can be read."""
    instance, control = _found(state, address)
    return None if control.get is None else control.get(instance, state)


def check_control(state: State, address: str) -> None:
    """Raises where an address is no control of these instances, nor a pattern that means one."""
    if not is_pattern(address):
        _found(state, address)
    elif not any(matches(address, one) for one in addresses(state)):
        raise MessageError("no address is meant by it")


def addresses(state: State) -> list[str]:
    """All full addresses."""
    return [f"{ROOT}/{name}/{path}" for name in state.instances for path in CONTROLS]


def _found(state: State, address: str) -> tuple[Instance, Control]:
    head, _, rest = address.removeprefix(f"{ROOT}/").partition("/")
    if head not in state.instances:  # the first instance answers without its name
        head, rest = next(iter(state.instances)), address.removeprefix(f"{ROOT}/")
    ours = address.startswith(f"{ROOT}/")
    control = CONTROLS.get(rest) if ours else None
    if control is None and ours and rest.startswith("blend/"):
        control = _blend(rest.removeprefix("blend/"))
    if control is None:
        raise MessageError("no address we know; semeq-bridge addresses lists them")
    return state.instances[head], control


@lru_cache(maxsize=256)
def _blend(word: str) -> Control:
    return blend_control(word)
