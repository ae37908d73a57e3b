"""What dies is killed hard and started again: a MIDI device, JACK itself, a plug-in host. All goes on by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from semeq import eq
from semeq.settings import EqSettings
from tests.jack_ears import Jackd, heard_db, private_jack
from tests.test_bridge_peers import wanted_db
from tests.test_bridge_rings import INTENSITY, MAP
from tests.test_bridge_serve import Running, running
from tests.waiting import eventually

pytestmark = pytest.mark.peer


@pytest.fixture
def jackd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jackd]:
    """JACK, which waits two seconds for a client that died instead of twenty."""
    monkeypatch.setenv("SEMEQ_MIDI", "jack")
    with private_jack(tmp_path, timeout_ms=200) as it:
        yield it


KNOB = """
import time
import mido
out = mido.Backend("mido.backends.rtmidi/UNIX_JACK").open_output("knob", virtual=True, client_name="knobbox")
while True:
    out.send(mido.Message("control_change", control=21, value=VALUE))
    time.sleep(0.01)
"""


JUMPS = MAP.replace("feedback = true", 'takeover = "jump"').replace('feedback_to = "ring"', "")


class Knob:
    """A device that says again and again where its knob stands; killed at the end, whatever happens."""

    def __init__(self, value: int) -> None:
        self.command = [sys.executable, "-c", KNOB.replace("VALUE", str(value))]

    def __enter__(self) -> Knob:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def until_heard(self, bridge: Running, value: int) -> None:
        """JACK may refuse it while it still waits for one that died: then it is started again."""

        def is_heard() -> bool:
            if self.process.poll() is not None:
                time.sleep(0.5)
                self.__enter__()
            found = bridge.value(INTENSITY)
            return isinstance(found, float) and abs(found - value / 127) < 1e-6

        eventually(is_heard)


def test_a_knob_that_crashed_moves_again_when_it_is_back(jackd: Jackd, tmp_path: Path) -> None:
    assert jackd.process.poll() is None
    (tmp_path / "map.toml").write_text(JUMPS)
    with running("--midi", "knob", "--map", str(tmp_path / "map.toml")) as bridge:
        with Knob(40) as knob:
            knob.until_heard(bridge, 40)
        assert bridge.ask("/semeq/vox/term", "warm") == []  # control goes on at once
        bridge.said("has gone")
        with Knob(90) as knob:
            knob.until_heard(bridge, 90)


def test_jack_itself_can_crash_and_everything_is_back_within_seconds(jackd: Jackd, tmp_path: Path) -> None:
    """MIDI and the plug-in's host are started again, the EQ plays what was asked for meanwhile."""
    (tmp_path / "map.toml").write_text(JUMPS)
    with running("--midi", "knob", "--map", str(tmp_path / "map.toml"), "--daw", "gtr=jalv:lv2-x42") as bridge:
        bridge.ask("/semeq/gtr/term", "warm")
        with Knob(40) as knob:
            knob.until_heard(bridge, 40)
            before = hosts_of(bridge)
            jackd.kill()
            bridge.ask("/semeq/gtr/term", "bright")
            bridge.said("JACK has gone")
        jackd.start()
        back_s = time.monotonic()
        with Knob(90) as knob:
            eventually(lambda: hosts_of(bridge) - before != set())
            assert time.monotonic() - back_s < 5
            knob.until_heard(bridge, 90)
            assert error_db(eq("bright"), tmp_path) < 0.1


def error_db(settings: EqSettings, folder: Path) -> float:
    time.sleep(0.5)
    client = "semeq_x42.*"
    return float(np.abs(heard_db(client, client, folder) - wanted_db(settings, "lv2-x42")).max())


def test_a_host_that_crashed_is_started_again_and_plays_what_was_asked_for(jackd: Jackd, tmp_path: Path) -> None:
    assert jackd.process.poll() is None
    with running("--daw", "vox=jalv:lv2-x42") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        before = hosts_of(bridge)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert before
        bridge.ask("/semeq/vox/term", "bright")
        eventually(lambda: hosts_of(bridge) - before != set())
        eventually(lambda: error_db(eq("bright"), tmp_path) < 0.1)


def hosts_of(bridge: Running) -> set[int]:
    """The jalv that it has started."""
    tasks = Path(f"/proc/{bridge.process.pid}/task").glob("*")
    children = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
    return {pid for pid in children if "jalv" in command_of(pid)}


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
