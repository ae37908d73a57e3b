"""Bytes that nobody should send: packets and streams of OSC, MIDI, and messages of every kind, changed at random.

`python tests/bench/bench_bridge_fuzz.py [count]`. "Escaped" are exceptions other than the one refusal; memory is what
Python holds, at the start and at the end. python-osc is left out: the second kind of packet never comes back from it.
"""

from __future__ import annotations

import random
import struct
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from semeq_bridge.core import Event, apply, new_state, value_at
from semeq_bridge.errors import OscError
from semeq_bridge.framing import Frames
from semeq_bridge.midi.hands import Takeover
from semeq_bridge.midi.moves import Kind
from semeq_bridge.midi.table import Device, Follower, Row
from semeq_bridge.osc import bundled, decode, encode
from semeq_bridge.state import State

SEEDS = [
    encode("/semeq/intensity", 0.5),
    encode("/semeq/term", "warm", 3, b"abc"),
    encode("/semeq/*/band/[1-3]/{gain,freq}", 0.25),
    bundled([encode("/semeq/vox/band/1/gain", 3.0), bundled([encode("/semeq/*/bypass", 1)])]),
    b"#bundle\0" + b"\xff" * 8 + struct.pack(">i", -4) + encode("/semeq/vox/term", "airy"),
]
TAKEOVERS: tuple[Takeover, ...] = ("pickup", "jump", "scale")
KINDS: tuple[tuple[Kind, int], ...] = (("cc", 21), ("cc14", 7), ("nrpn", 130), ("pitch", 0), ("note", 60))
ROWS = tuple(
    Row(kind=kind, number=number, channel=0, target="/semeq/vox/intensity", takeover=takeover)
    for kind, number in KINDS
    for takeover in TAKEOVERS
)


def mutated(chance: random.Random, packet: bytearray) -> bytes:
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        place = chance.randrange(len(packet) or 1)
        match chance.randrange(5):
            case 0 if packet:
                packet[place] = chance.randrange(256)
            case 1:
                del packet[place : place + chance.randrange(9)]
            case 2:
                packet += chance.randbytes(chance.randrange(8))
            case 3:
                packet[place:place] = packet[: chance.randrange(40)]
            case _:
                packet[place : place + 4] = struct.pack(">i", chance.choice((-4, -1, 0, 4, 2**31 - 1, -(2**31))))
    return bytes(packet[:9000])


class Target:
    """Everything that bytes reach: the decoder, the state, the framing of TCP, the reader of MIDI."""

    def __init__(self) -> None:
        self.state: State = new_state(("vox", "gtr"))
        self.frames = Frames()
        self.follower = Follower.of("knob", (Device(match="", rows=ROWS),))
        self.refused = 0

    def osc(self, data: bytes) -> None:
        try:
            messages = decode(data)
        except OscError:
            self.refused += 1
            return
        for message in messages:
            self.state, _ = apply(self.state, Event(message.address, message.args), 0.0)

    def tcp(self, data: bytes) -> None:
        try:
            for packet in self.frames.feed(data):
                self.osc(packet)
        except OscError:
            self.refused += 1
            self.frames = Frames()

    def midi(self, data: bytes) -> None:
        for event in self.follower.follow(tuple(data), lambda address: value_at(self.state, address)):
            self.state, _ = apply(self.state, event, 0.0)


def midi_bytes(chance: random.Random, _: bytearray) -> bytes:
    heads = (0xB0, 0xB3, 0x90, 0x80, 0xC0, 0xE0, 0xF0, 0xF7, 0xF8, 0xFE, 0xF1, 0xF2)
    return bytes(
        chance.choice(heads) if chance.random() < 0.3 else chance.randrange(256) for _ in range(chance.randint(1, 24))
    )


def run(name: str, count: int, make: Callable[[random.Random, bytearray], bytes], kind: str) -> None:
    chance, target = random.Random(2026), Target()
    take: Callable[[bytes], None] = getattr(target, kind)
    escaped, slowest_s = 0, 0.0
    tracemalloc.start()
    begin_mib, began = 0.0, time.perf_counter()
    for number in range(count):
        if number == count // 10:  # by then every cache is full
            begin_mib = tracemalloc.get_traced_memory()[0] / 2**20
        data = make(chance, bytearray(chance.choice(SEEDS)))
        at = time.perf_counter()
        try:
            take(data)
        except Exception as error:  # which is what is counted
            escaped += 1
            print(repr(error)[:100], data.hex()[:80])
        slowest_s = max(slowest_s, time.perf_counter() - at)
    passed_s, end_mib = time.perf_counter() - began, tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    print(
        f"{name:<30} {count:9d} {escaped:8d} {target.refused:9d} {count / passed_s:9.0f} {1000 * slowest_s:9.1f} "
        f"{begin_mib:8.2f} {end_mib:8.2f}",
        flush=True,
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    print(f"{'':<30} {'sent':>9} {'escaped':>8} {'refused':>9} {'per s':>9} {'most, ms':>9} {'MiB then':>8} {'now':>8}")
    run("OSC packets", count, mutated, "osc")
    run("OSC over TCP", count // 4, mutated, "tcp")
    run("MIDI strings", count, midi_bytes, "midi")


if __name__ == "__main__":
    main()
