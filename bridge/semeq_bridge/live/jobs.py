"""What the commands with sound do: their options become a session, or a file is followed, or listened to."""

from __future__ import annotations

import json
import select
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from semeq.errors import UsageError
from semeq.hearing.reference import Reference, references
from semeq_bridge.core import ROOT
from semeq_bridge.errors import BridgeError
from semeq_bridge.live.references import own_references
from semeq_bridge.live.wanted import Live, Tap
from semeq_bridge.recall import project_file
from semeq_bridge.setup import Setup

PROGRAMS = ("warm", "bright", "full", "airy", "clear", "thin", "punchy", "less harsh", "less muddy")
_SHOW_S = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveOptions:
    """The options of live and play, as they were given."""

    jacks: tuple[str, ...] = ()
    device: bool = False
    device_in: str | None = None
    device_out: str | None = None
    file: Path | None = None
    target: Path | None = None
    force: bool = False
    once: bool = False
    channels: int = 2
    client: str = "semeq"
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    when_down: str = "dry"
    terms: tuple[str, ...] = ()
    intensities: tuple[str, ...] = ()
    adapt: bool | None = None
    speed: float | None = None
    reference: str | None = None
    own: tuple[str, ...] = ()
    match: bool | None = None

    @classmethod
    def taken(cls, given: dict[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Ours, and the rest, which is a session's."""
        names = {one.name for one in fields(cls)}
        ours = {name: value for name, value in given.items() if name in names}
        return cls(**ours), {name: value for name, value in given.items() if name not in names}


def live_setup(setup: Setup, options: LiveOptions) -> Setup:
    """The session of ``live``: JACK or a device."""
    is_device = options.device or bool(options.device_in or options.device_out)
    if bool(options.jacks) == is_device:
        raise UsageError("say where the sound is: --jack NAME (once for each EQ), --device, or --file FILE --to FILE")
    if options.target is not None:
        raise UsageError("--to is a file's: it goes with --file")
    patched = options.sources or options.targets or any(one.rpartition("=")[2] not in _TAPS for one in options.hears)
    if is_device and patched:
        raise UsageError("--from, --into and --hear with ports are JACK's: they go with --jack")
    instances = options.jacks or setup.instances
    if is_device and len(instances) > 1:
        raise UsageError("a device has one EQ: leave --instance out but once; with --jack there can be many")
    setup = replace(setup, instances=instances)
    hears = _each(options.hears, instances, "--hear")
    taps: dict[str, Tap] = {name: _TAPS.get(what, "ports") for name, what in hears.items()}
    if is_device:
        backend, how = "device", {"into": options.device_in, "out": options.device_out}
    else:
        backend, how = "jack", {"client": options.client}
    live = Live(
        backend=backend,
        options=how,
        channels=options.channels,
        taps=taps,
        patches={
            "from": _each(options.sources, instances, "--from"),
            "into": _each(options.targets, instances, "--into"),
            "hear": {name: what for name, what in hears.items() if taps[name] == "ports"},
            "dry": options.when_down == "dry",
        },
        own=own_references(options.own),
    )
    return replace(setup, live=live, start=(*setup.start, *_start(setup, options)))


_TAPS: dict[str, Tap] = {"input": "input", "output": "output"}


def play_setup(setup: Setup, options: LiveOptions) -> Setup:
    """The session of ``play``: a file, keys, and a port for OSC that is free."""
    assert options.file is not None
    if not options.file.is_file():
        raise UsageError(f"{options.file}: no such file")
    if len(setup.instances) > 1:
        raise UsageError("play has one EQ: give --instance once at most")
    usual = Setup()
    if setup.programs == usual.programs:
        words = [words for words in _each(options.terms, setup.instances, "--term").values() if words not in PROGRAMS]
        setup = replace(setup, programs=(*words, *PROGRAMS))
    if setup.osc == usual.osc:
        setup = replace(setup, osc=_free(setup.osc))
    none = options.device_out == "none"
    how = {"file": str(options.file), "loop": not options.once, **({} if none else {"out": options.device_out})}
    live = Live(
        backend="clock" if none else "device",
        options=how,
        channels=_channels(options.file),
        patient=False,
        own=own_references(options.own),
    )
    return replace(setup, live=live, start=(*setup.start, *_start(setup, options)), keys=sys.stdin.isatty())


def _channels(path: Path) -> int:
    from semeq.audio import open_audio

    with open_audio(path) as reader:
        return reader.info.channels


def _free(place: str) -> str:
    """The place, or any port where another program has it."""
    from semeq_bridge.setup import place_of
    from semeq_bridge.sockets import bound

    host, port = place_of(place)
    try:
        bound(host, port).close()
    except BridgeError:
        return f"{host}:0"
    return place


def _each(rows: Sequence[str], instances: Sequence[str], option: str) -> dict[str, str]:
    """``INSTANCE=VALUE``, or a value alone, which is for those that are not named."""
    found: dict[str, str] = {}
    for row in rows:
        head, equals, value = row.partition("=")
        named = bool(equals) and head in instances
        if equals and not named and head.isidentifier() and option != "--hear":
            raise UsageError(f"{option} {row!r}: no EQ {head!r}; there are {', '.join(instances)}")
        for name in (head,) if named else [one for one in instances if one not in found]:
            found[name] = value if named else row
    return found


def _start(setup: Setup, options: LiveOptions) -> tuple[tuple[str, float | int | str], ...]:
    """What every EQ begins with. A project that goes on keeps what it had, where nothing else is said."""
    goes_on = setup.project is not None and project_file(setup.project).exists()
    usual = None if goes_on else 1
    rows: list[tuple[str, float | int | str | None]] = []
    terms = _each(options.terms, setup.instances, "--term")
    intensities = _each(options.intensities, setup.instances, "--intensity")
    for name in setup.instances:
        rows += [
            (f"{ROOT}/{name}/reference", options.reference),
            (f"{ROOT}/{name}/speed", options.speed),
            (f"{ROOT}/{name}/adapt", usual if options.adapt is None else int(options.adapt)),
            (f"{ROOT}/{name}/match", usual if options.match is None else int(options.match)),
            (f"{ROOT}/{name}/term", terms.get(name)),
            (f"{ROOT}/{name}/intensity", _number(intensities.get(name))),
        ]
    return tuple((address, value) for address, value in rows if value is not None)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise UsageError(f"--intensity {text!r}: give a number from -1 to 2") from None


def follow_file(options: LiveOptions, rest: dict[str, Any], as_json: bool, show: Callable[[str], None]) -> None:
    """A file through what would be live, into a new one."""
    from semeq_bridge.live.lockstep import play_file
    from semeq_bridge.session import started

    if options.jacks or options.device:
        raise UsageError("--file is instead of --jack and --device")
    if options.file is None or options.target is None:
        raise UsageError("--file FILE goes with --to FILE, a new one")
    if not options.terms:
        raise UsageError("--file wants --term WORDS: what should it become?")
    own = own_references(options.own)
    setup = Setup().with_options(**{key: rest.get(key) for key in ("instances", "programs", "project")})
    setup = replace(setup, live=Live(backend="file", own=own))
    state, _ = started(replace(setup, start=_start(setup, options)), show)
    played = play_file(options.file, options.target, state, own=own, overwrite=options.force)
    (it, *_rest) = played.state.instances.values()
    row = {
        "output": str(options.target),
        "dur_s": round(played.dur_s, 3),
        "clipped": played.clipped,
        "peak": round(played.peak, 4),
        "shares": [round(share, 2) for share in played.shares],
        "heard": it.heard.words,
    }
    if as_json:
        show(json.dumps(row, ensure_ascii=False))
        return
    shares = played.shares or (it.share,)
    moved = f"gave {min(shares):.0%} to {max(shares):.0%} of the words" if it.listening.adapt else "as asked"
    show(f"{options.target}: {played.dur_s:.1f} s, {moved}; sounds {it.heard.words or 'like nothing'} before it")
    if played.clipped:
        show(f"{played.clipped} samples clipped: write a float file, or ask for less")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListenOptions:
    """The options of listen."""

    pattern: str | None = None
    device: str | None = None
    file: Path | None = None
    channels: int = 2
    client: str = "semeq-listen"
    reference: str = "music"
    own: tuple[str, ...] = ()
    memory: float = 10.0
    seconds: float | None = None


def listen(options: ListenOptions, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """What it sounds like, twice a second."""
    if sum(one is not None for one in (options.pattern, options.device, options.file)) != 1:
        raise UsageError("say what to listen to: --jack REGEX, --device REGEX, or --file FILE")
    own = own_references(options.own)
    reference = {**references(), **own}.get(options.reference)
    if reference is None:
        raise UsageError(f"no reference {options.reference!r}; there are {', '.join([*references(), *own])}")
    if options.file is not None:
        yield from _listen_to_file(options.file, reference, options)
    else:
        yield from _listen_live(options, own, say)


def _row(at_s: float, words: str, level_db: float, sounding: bool, reference: str, trust: float) -> dict[str, Any]:
    return {
        "at_s": round(at_s, 2),
        "words": words,
        "level_db": round(level_db, 1) if level_db > -200.0 else -200.0,
        "sounding": sounding,
        "reference": reference,
        "trust": round(trust, 3),
    }


def _listen_to_file(path: Path, reference: Reference, options: ListenOptions) -> Iterator[dict[str, Any]]:
    from semeq.audio import open_audio
    from semeq.hearing.live import Ear
    from semeq_bridge.live.ears import in_words

    with open_audio(path) as reader:
        rate_hz, done = reader.info.rate_hz, 0
        ear = Ear(rate_hz, reader.info.channels, options.memory)
        while (block := reader.read(round(_SHOW_S * rate_hz))).shape[1]:
            ear.update(block)
            done += block.shape[1]
            it = ear.moment(reference)
            yield _row(done / rate_hz, in_words(it, reference), it.level_db, it.sounding, it.reference, it.trust)
            if options.seconds is not None and done / rate_hz >= options.seconds:
                return


def _listen_live(
    options: ListenOptions, own: dict[str, Reference], say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    from semeq_bridge.core import apply, new_state
    from semeq_bridge.live.desk import Desk
    from semeq_bridge.live.follow import MEMORY_SHARE

    if options.pattern is not None:
        how: dict[str, Any] = {"client": options.client, "listen_only": True}
        patches = {"from": {"main": options.pattern}, "dry": False}
        live = Live(backend="jack", options=how, channels=options.channels, patches=patches, patient=False, own=own)
    else:
        how = {"into": options.device if options.device != "." else None, "listen_only": True}
        live = Live(backend="device", options=how, channels=options.channels, patient=False, own=own)
    state = replace(new_state(), references=(*references(), *own))
    (it,) = state.instances.values()
    speed_s = options.memory / MEMORY_SHARE
    how_heard = replace(it.listening, reference=options.reference, speed_s=speed_s, release_s=speed_s)
    state = state.with_instance(replace(it, listening=how_heard))
    desk = Desk(tuple(state.instances), live, say)
    began_s = time.monotonic()
    shown_s = began_s
    try:
        while options.seconds is None or time.monotonic() - began_s < options.seconds:
            select.select(desk.watched(), [], [], 0.1)
            now_s = time.monotonic()
            for event in desk.hear(now_s):
                state, _ = apply(state, event, now_s)
            desk.show(state)
            (it,) = state.instances.values()
            if now_s - shown_s >= _SHOW_S and it.heard.moment is not None:
                shown_s = now_s
                said = it.heard.moment
                at_s = now_s - began_s
                yield _row(at_s, it.heard.words, said.level_db, said.sounding, said.reference, said.trust)
    finally:
        desk.close()
