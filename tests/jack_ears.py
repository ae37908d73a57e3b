"""A private JACK server, and an ear in it: noise into one port, what comes out of another as a curve."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from semeq.response import Floats, log_grid_hz
from semeq_presets.peers.measure import curve_db, from_period, steady_period
from tests.audio_files import peer

GRID = log_grid_hz(points=200)
FRAMES, RATE_HZ = 1 << 15, 48_000
PATIENCE_S = 60.0


class Jackd:
    """A private JACK server that can be killed and started again."""

    def __init__(self, folder: Path, timeout_ms: int) -> None:
        self.name = f"semeq_{os.getpid()}_{timeout_ms}"
        self._log = (folder / "jackd.log").open("w")
        how = ["-r", "-S", "-t", str(timeout_ms), "--no-mlock", "-n", self.name, "-d", "dummy"]
        self._command = [peer("jackd"), *how, "-p", "256", "-r"]
        self.start()

    def start(self, rate_hz: int = RATE_HZ) -> None:
        """Start it and wait until clients can come."""
        command = [*self._command, str(rate_hz)]
        environment = os.environ | {"JACK_NO_AUDIO_RESERVATION": "1"}
        self.process = subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT, env=environment)
        wait = peer("jack_wait") if Path("/usr/bin/jack_wait").exists() else None
        if wait:
            subprocess.run([wait, "-w", "-t", "30", "-s", self.name], check=True, capture_output=True)
        else:
            time.sleep(2)

    def kill(self) -> None:
        """As if it had crashed."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """End it. JACK has places for eight servers; one that was killed keeps its own until its name ends well."""
        self._end()
        if self.process.returncode == -signal.SIGKILL:
            self.start()
            self._end()
        self._log.close()

    def _end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def private_jack(folder: Path, timeout_ms: int = 2000) -> Iterator[Jackd]:
    """A private JACK server, where clients look for it meanwhile. Clients that hang are waited for ten time-outs."""
    jackd = Jackd(folder, timeout_ms)
    before = {key: os.environ.get(key) for key in ("JACK_DEFAULT_SERVER", "JACK_NO_START_SERVER")}
    os.environ |= {"JACK_DEFAULT_SERVER": jackd.name, "JACK_NO_START_SERVER": "1"}
    try:
        yield jackd
    finally:
        jackd.stop()
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@pytest.fixture(scope="module")
def jack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private JACK server; its name is where clients look for it."""
    with private_jack(tmp_path_factory.mktemp("jack")) as jackd:
        yield jackd.name


MEASURE = """
import sys, time
import jack, numpy as np
from semeq_presets.peers.measure import period
into, out_of, target, frames = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
client = jack.Client("semeq_ear")
out, ear = client.outports.register("out"), client.inports.register("in")
noise = np.tile(period(frames).astype(np.float32) * 0.25, 2)
heard, place = np.zeros(5 * frames, np.float32), [0]
@client.set_process_callback
def process(count):
    at = place[0] % frames
    out.get_array()[:] = noise[at : at + count]
    if place[0] + count <= len(heard):
        heard[place[0] : place[0] + count] = ear.get_array()
    place[0] += count
with client:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        inputs = client.get_ports(into, is_audio=True, is_input=True)
        outputs = client.get_ports(out_of, is_audio=True, is_output=True)
        if inputs and outputs:
            break
        time.sleep(0.05)
    client.connect(out, inputs[0])
    client.connect(outputs[0], ear)
    place[0] = 0
    while place[0] < len(heard):
        time.sleep(0.05)
np.save(target, heard)
"""


def heard_db(into: str, out_of: str, folder: Path) -> Floats:
    """What becomes of noise between the first ports of such names, as a curve: from the last steady period."""
    target = folder / "heard.npy"
    command = [sys.executable, "-c", MEASURE, into, out_of, str(target), str(FRAMES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-1000:]
    steady = steady_period(np.load(target).astype(np.float64), FRAMES, 1e-3)
    assert steady is not None, "nothing steady was heard"
    return curve_db(from_period(steady / 0.25), GRID, RATE_HZ)
