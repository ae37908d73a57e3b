"""A session of an hour, on a clock of its own: nothing grows, and the last of everything is there."""

from __future__ import annotations

import gc
import random
import socket
import threading
import time
import tracemalloc
from functools import partial
from pathlib import Path

import pytest

from semeq.settings import EqSettings
from semeq_bridge.core import Changed, Event, apply, new_state, value_at
from semeq_bridge.feedback import Feedback
from semeq_bridge.midi.hands import Law
from semeq_bridge.midi.rings import Rings
from semeq_bridge.midi.table import Device, Follower, Read, Row
from semeq_bridge.pusher import Pusher
from semeq_bridge.state import State, settings_of
from tests.test_bridge_serve import Running, running
from tests.waiting import free_port

WORDS = ("warm", "bright", "70% warm + 30% full", "less harsh", "airy", "")


class Kept:
    """A driver that keeps the last settings."""

    max_hz = 50.0

    def __init__(self) -> None:
        self.last: EqSettings | None = None

    def push(self, settings: EqSettings) -> None:
        self.last = settings

    def read_back(self) -> EqSettings | None:
        return self.last

    def close(self) -> None: ...


def hour(minutes: int, per_s: int) -> tuple[float, float]:
    """What is held after a third of the session and at its end, in MiB; checks on the way that nothing lags."""
    chance = random.Random(1)
    state = new_state(("vox", "gtr"), ("warm", "bright", "full"))
    feedback, driver = Feedback(), Kept()
    pusher = Pusher("vox", driver)
    knob = Row(kind="cc", number=21, channel=1, target="/semeq/vox/intensity", law=Law(low=-1, high=2), feedback=True)
    rings = Rings((Device(match="", rows=(knob,)),))
    follower = Follower.of("knob", rings.devices)
    marks: list[float] = []
    tracemalloc.start()
    try:
        for tick in range(minutes * 60 * per_s):
            now_s = tick / per_s
            if tick % (30 * per_s) == 0:
                feedback.subscribe("127.0.0.1", 9001 + tick // per_s % 7, now_s, 60.0)
            for event in moved(chance, follower, state_read(state)):
                state, effects = apply(state, event, now_s)
                for effect in effects:
                    if isinstance(effect, Changed):
                        pusher.waiting = True
                        feedback.changed(effect.instance, effect.address, effect.source, now_s)
                        rings.changed()
            pusher.push(partial(settings_in, state), now_s)
            for _ in feedback.due(state, now_s):
                pass
            for _ in rings.due(state_read(state), now_s):
                pass
            if tick + 1 in (minutes * 20 * per_s, minutes * 60 * per_s):
                forget_caches()
                gc.collect()
                marks.append(tracemalloc.get_traced_memory()[0] / 2**20)
    finally:
        tracemalloc.stop()
    pusher.push(partial(settings_in, state), minutes * 60 + 1)
    assert driver.last == state.instances["vox"].settings
    return marks[0], marks[1]


def forget_caches() -> None:
    """Curves that were made before are kept, up to a number; what is left without them must not grow."""
    for one in gc.get_objects():
        if type(one) is type(settings_of):  # asking isinstance would wake objects of torch that warn
            one.cache_clear()


def settings_in(state: State) -> EqSettings:
    return state.instances["vox"].settings


def state_read(state: State) -> Read:
    return lambda address: value_at(state, address)


def moved(chance: random.Random, follower: Follower, read: Read) -> list[Event]:
    """What hands and programs do: knobs are swept, words change, slots are turned, much of it is nonsense."""
    match chance.randrange(10):
        case 0 | 1 | 2 | 3:
            return follower.follow((0xB0, 21, chance.randrange(128)), read)
        case 4:
            return [Event(f"/semeq/{chance.choice(('vox', 'gtr'))}/term", (chance.choice(WORDS),), "127.0.0.1:9001")]
        case 5 | 6:
            band, what = chance.randrange(1, 6), chance.choice(("gain", "freq", "q"))
            return [Event(f"/semeq/vox/band/{band}/{what}/norm", (chance.random(),), "127.0.0.1:9002")]
        case 7:
            return [Event(f"/semeq/vox/{chance.choice(('undo', 'redo', 'ab/store', 'reset'))}", (), "")]
        case 8:
            return [Event(f"/semeq/*/{chance.choice(('bypass', 'hold', 'ab'))}", (chance.randrange(2),), "")]
        case _:
            return [Event(f"/semeq/vox/blend/{chance.choice(('warm', 'full', 'nonsense'))}", (chance.random(),), "")]


def test_nothing_grows_in_a_session_of_an_hour() -> None:
    """Three moves a second on a clock of its own, and all that follows from them."""
    early, late = hour(60, 3)
    assert late - early < 0.25


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look at")
def test_a_process_that_is_used_for_a_while_holds_no_more_than_before() -> None:
    """Memory, file handles and threads of the bridge itself, after 100,000 messages from 200 sockets and 60 lines."""
    port = free_port(socket.SOCK_STREAM)
    with running("--daw", "vox=print:", "--tcp", f"127.0.0.1:{port}") as bridge:
        assert bridge.process.stdout is not None
        drain = threading.Thread(target=bridge.process.stdout.read)
        drain.start()
        used(bridge, port, 4)
        before = held(bridge.process.pid)
        used(bridge, port, 20)
        after = held(bridge.process.pid)
        bridge.process.terminate()
        drain.join(10)
    assert after["threads"] <= before["threads"]
    assert after["files"] <= before["files"]
    assert after["mib"] - before["mib"] < 4


def used(bridge: Running, port: int, rounds: int) -> None:
    for turn in range(rounds):
        with bridge.talk() as talk:
            talk.ask("/semeq/subscribe", patience_s=10)
            for number in range(5000):
                talk.send("/semeq/vox/intensity", number / 5000)
                if number % 500 == 499:
                    time.sleep(0.025)  # a host may send 20,000 a second; a fast machine would send more
                    talk.ask("/semeq/vox/term", WORDS[(turn + number // 500) % len(WORDS)], patience_s=10)
            talk.ask("/semeq/unsubscribe", patience_s=10)
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(b"\xc0/semeq/dump\0\0,\0\0\0\xc0")
                line.recv(1000)
    time.sleep(0.5)


def held(pid: int) -> dict[str, float]:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return {"mib": int(status["VmRSS"].split()[0]) / 1024, "threads": int(status["Threads"]), "files": files}
