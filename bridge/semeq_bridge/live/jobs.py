"""What the commands with sound do: their options become a session, or a file is followed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from semeq.errors import UsageError
from semeq_bridge.core import ROOT
from semeq_bridge.errors import BridgeError, MessageError
from semeq_bridge.live.checks import check_pattern, check_reference, needs
from semeq_bridge.live.references import own_references
from semeq_bridge.live.wanted import Live, Tap
from semeq_bridge.recall import project_file
from semeq_bridge.setup import Setup
from semeq_bridge.state import checked_words

PROGRAMS = ("warm", "bright", "full", "airy", "clear", "thin", "punchy", "less harsh", "less muddy")


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
    _check(options)
    needs("sounddevice" if is_device else "jack")
    hears = _patterns(options.hears, instances, "--hear")
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
            "from": _patterns(options.sources, instances, "--from"),
            "into": _patterns(options.targets, instances, "--into"),
            "hear": {name: what for name, what in hears.items() if taps[name] == "ports"},
            "dry": options.when_down == "dry",
        },
        own=own_references(options.own),
    )
    return replace(setup, live=live, start=_start(setup, options))


_TAPS: dict[str, Tap] = {"input": "input", "output": "output"}


def play_setup(setup: Setup, options: LiveOptions) -> Setup:
    """The session of ``play``: a file, keys, and a port for OSC that is free."""
    assert options.file is not None
    if not options.file.is_file():
        why = "a folder; name a file in it" if options.file.is_dir() else "no such file"
        raise UsageError(f"{options.file}: {why}")
    _check(options)
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
    return replace(setup, live=live, start=_start(setup, options), keys=_has_keys())


def _has_keys() -> bool:
    """Whether there is a terminal, and it is ours: who reads from it in the background is stopped."""
    if sys.stdin is None or not sys.stdin.isatty() or not hasattr(os, "tcgetpgrp"):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # not the terminal of our session, where nobody is in the background
        return True


def _check(options: LiveOptions) -> None:
    """What can be known to be wrong before anything is opened."""
    check_pattern(options.device_in, "--device-in")
    check_pattern(options.device_out, "--device-out")
    own = [row.partition("=")[0] for row in options.own]
    if options.reference is not None:
        check_reference(options.reference, own)


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


def _patterns(rows: Sequence[str], instances: Sequence[str], option: str) -> dict[str, str]:
    """The same, where every value is a regular expression."""
    found = _each(rows, instances, option)
    for pattern in found.values():
        check_pattern(pattern, option)
    return found


def _start(setup: Setup, options: LiveOptions) -> tuple[tuple[str, float | int | str], ...]:
    """What every EQ begins with: as usual, over it what a file says, over that the options.

    A project that goes on keeps what it had, where nothing else is said.
    """
    goes_on = setup.project is not None and project_file(setup.project).exists()
    usual = (
        () if goes_on else tuple((f"{ROOT}/{name}/{it}", 1) for name in setup.instances for it in ("adapt", "match"))
    )
    rows: list[tuple[str, float | int | str | None]] = []
    terms = _each(options.terms, setup.instances, "--term")
    intensities = _each(options.intensities, setup.instances, "--intensity")
    for words in terms.values():
        try:
            checked_words(words)
        except MessageError as error:
            raise UsageError(f"--term {words!r}: {error}") from None
    for name in setup.instances:
        rows += [
            (f"{ROOT}/{name}/reference", options.reference),
            (f"{ROOT}/{name}/speed", options.speed),
            (f"{ROOT}/{name}/adapt", None if options.adapt is None else int(options.adapt)),
            (f"{ROOT}/{name}/match", None if options.match is None else int(options.match)),
            (f"{ROOT}/{name}/term", terms.get(name)),
            (f"{ROOT}/{name}/intensity", _number(intensities.get(name))),
        ]
    return (*usual, *setup.start, *((address, value) for address, value in rows if value is not None))


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        raise UsageError(f"--intensity {text!r}: give a number from -1 to 2") from None
    if not -1.0 <= number <= 2.0:  # neither is NaN
        raise UsageError(f"--intensity {text!r}: give a number from -1 to 2")
    return number


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
    _check(options)
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
        "muted_blocks": played.muted,
        "peak": round(played.peak, 4),
        "shares": [round(share, 2) for share in played.shares],
        "heard": it.heard.words,
    }
    if as_json:
        show(json.dumps(row, ensure_ascii=False))
        return
    shares = played.shares or (it.share,)
    moved = f"gave {min(shares):.0%} to {max(shares):.0%} of the words" if it.listening.adapt else "as asked"
    moved = "flat" if not it.sound.wording.intensity else moved
    show(f"{options.target}: {played.dur_s:.1f} s, {moved}; sounds {it.heard.words or 'like nothing'} before it")
    if played.muted:
        show(f"{played.muted} blocks hold NaN, infinity or what is far too loud, and are silent: repair {options.file}")
    if played.clipped:
        show(f"{played.clipped} samples clipped: write a float file, or ask for less")
