"""A knob over real JACK MIDI: what is lost and doubled, and how long a turn takes until Ardour's EQ has moved.

`python tests/bench/bench_bridge_midi.py [turns]`. Needs jackd; for the second part Ardour 7 and x42-plugins too. The
way is from the frame at which the knob's message stands in JACK's buffer to the frame at which a tone through the EQ
is halfway, in dB, between where it was and where it goes; the smoothing of the plug-in is a part of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.jack_ears import private_jack
from tests.test_bridge_ardour import Daw, made_session
from tests.test_bridge_peers import KNOB, SENDER
from tests.test_bridge_serve import running

TARGET = "/semeq/vox/intensity"
TURN = """
import json, sys, time
import jack, numpy as np
count = int(sys.argv[1])
client = jack.Client("knobbox")
tone, ear, knob = client.outports.register("out"), client.inports.register("in"), client.midi_outports.register("knob")
rate, block, frames, turns, wait = client.samplerate, client.blocksize, [0], [], [0]
heard = np.zeros(rate * (count + 8), np.float32)
@client.set_process_callback
def process(block):
    at = frames[0]
    tone.get_array()[:] = 0.05 * np.sin(2 * np.pi * 1000 / rate * (at + np.arange(block)))
    if at + block <= len(heard):
        heard[at : at + block] = ear.get_array()
    knob.clear_buffer()
    if wait[0] and at >= wait[0] and len(turns) < count:
        offset = (37 * len(turns)) % block
        knob.write_midi_event(offset, (0xB0, 21, 127 if len(turns) % 2 else 0))
        turns.append(at + offset)
        wait[0] = at + rate // 2 + (977 * len(turns)) % rate // 8
    frames[0] += block
with client:
    end = time.monotonic() + 60
    def ports(name, **kind):
        while not (found := client.get_ports(name, **kind)):
            assert time.monotonic() < end, name
            time.sleep(0.05)
        return found[0]
    client.connect(tone, ports("ardour:vox/audio_in 1", is_input=True))
    client.connect(ports("ardour:Master/audio_out 1", is_output=True), ear)
    while not client.get_all_connections(knob):
        assert time.monotonic() < end, "the bridge did not come"
        time.sleep(0.05)
    time.sleep(1)
    wait[0] = frames[0] + rate
    while len(turns) < count or frames[0] < turns[-1] + rate // 2:
        time.sleep(0.05)
window = rate // 1000
found = []
for number, turn in enumerate(turns):
    part = heard[turn : turn + rate * 2 // 5].astype(np.float64)
    power = np.convolve(part**2, np.ones(window) / window, mode="valid")  # a whole turn of the tone: no ripple
    level = 10 * np.log10(np.maximum(power, 1e-12))
    before, after = np.median(level[:50]), np.median(level[-rate // 10 :])
    if abs(after - before) > 6:
        passed = (level - (before + after) / 2) * np.sign(after - before) > 0
        found.append(1000 * (int(np.argmax(passed)) + window / 2) / rate)
print(json.dumps({"ways_ms": found, "block": block}))
"""
MAP = """
version = 1
[[device]]
match = "knob"
[[device.map]]
cc = 21
takeover = "jump"
target = "/semeq/vox/band/3/gain"
range = [-12.0, 12.0]
"""


def lost_and_doubled(folder: Path, count: int) -> None:
    """As many turns at 1,000 a second, and as many in a burst."""
    (folder / "map.toml").write_text(KNOB)
    print(f"{'turns of a knob':<24} {'sent':>8} {'lost':>6} {'doubled':>8} {'out of order':>13}")
    for name, rate in (("at 1,000 a second", 1000), ("in a burst", 0)):
        record = folder / f"{rate}.jsonl"
        with running("--midi", "knob", "--map", str(folder / "map.toml"), "--record", str(record)) as bridge:
            sender = subprocess.Popen(
                [sys.executable, "-c", SENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
            bridge.said("knob")
            time.sleep(0.5)
            assert sender.stdin is not None
            assert sender.stdout is not None
            sender.stdin.write(f"{count} {rate}\n")
            sender.stdout.readline()
            last = -1.0  # what the sender's library still holds would go with it, so it stays until all has come
            while (now := float(str(bridge.value(TARGET)))) != last:
                last = now
                time.sleep(1.0)
            sender.communicate(timeout=20)
        rows = [json.loads(line) for line in record.read_text().splitlines() if f'"{TARGET}", "args": [' in line]
        heard = [round(127 * row["args"][0]) for row in rows if row["args"]]
        steps = [(new - old) % 128 for old, new in zip([-1, *heard], heard, strict=False)]
        lost = sum(step - 1 for step in steps if 1 < step < 64)
        print(
            f"{name:<24} {count:8d} {max(lost, count - len(heard)):6d} {steps.count(0):8d} "
            f"{sum(step >= 64 for step in steps):13d}",
            flush=True,
        )


def until_heard(folder: Path, turns: int) -> None:
    daw = Daw(folder)
    made_session(daw)
    (folder / "map.toml").write_text(MAP)
    try:
        daw.start()
        args = ["--daw", "vox=ardour:vox/x42", "--midi", "knob", "--map", str(folder / "map.toml")]
        with running(*args) as bridge:
            bridge.ask("/semeq/vox/term", "warm")
            bridge.ask("/semeq/vox/band/3/freq", 1000.0)
            bridge.ask("/semeq/vox/band/3/q", 1.0)
            done = subprocess.run([sys.executable, "-c", TURN, str(turns)], capture_output=True, text=True, check=True)
    finally:
        daw.kill()
    said = json.loads(done.stdout.splitlines()[-1])
    ways = sorted(said["ways_ms"])
    late = ways[int(0.9 * len(ways))]
    print(
        f"\nknob -> heard through Ardour's EQ, {said['block']} frames at 48 kHz: p50 {np.median(ways):.1f} ms, "
        f"p90 {late:.1f}, least {ways[0]:.1f}, most {ways[-1]:.1f} ({len(ways)} of {turns} turns)"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    if not shutil.which("jackd"):
        print("no jackd here (Debian: apt install jackd2): nothing was measured")
        return
    os.environ["SEMEQ_MIDI"] = "jack"
    with tempfile.TemporaryDirectory() as folder, private_jack(Path(folder)):
        lost_and_doubled(Path(folder), count)
        if shutil.which("ardour7-lua"):
            until_heard(Path(folder), max(20, count // 100))
        else:
            print("no Ardour here (Debian: apt install ardour x42-plugins): the way to it was not measured")


if __name__ == "__main__":
    main()
