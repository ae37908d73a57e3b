"""What the command listen does: it says what a file, a device or ports of JACK sound like, and plays nothing."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from semeq.errors import UsageError
from semeq.hearing.reference import Reference, references
from semeq_bridge.live.checks import check_pattern
from semeq_bridge.live.references import own_references
from semeq_bridge.live.wanted import Live

_SHOW_S = 0.5


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
    for pattern, option in ((options.pattern, "--jack"), (options.device, "--device")):
        check_pattern(pattern, option)
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
    now_s = began_s = shown_s = time.monotonic()
    is_up = False
    try:
        while options.seconds is None or now_s - began_s < options.seconds:
            select.select(desk.watched(), [], [], 0.1)
            now_s = time.monotonic()
            for event in desk.hear(now_s):
                state, _ = apply(state, event, now_s)
            desk.show(state)
            is_up = is_up or desk.playing
            if not is_up:
                began_s = shown_s = now_s
            (it,) = state.instances.values()
            if now_s - shown_s >= _SHOW_S and it.heard.moment is not None:
                shown_s = now_s
                said = it.heard.moment
                at_s = now_s - began_s
                yield _row(at_s, it.heard.words, said.level_db, said.sounding, said.reference, said.trust)
    finally:
        desk.close()
