"""Clients of JACK for `bench_live.py`: one that only copies, one with noise, a tone with a recorder and a hand.

`python tests/bench/live_peers.py ROLE JSON`. All end when their standard input does; the tone when it has been heard.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semeq.streaming import Audio
from semeq_bridge.live.jack_sound import library
from semeq_bridge.live.panel import TIMES, Panel
from semeq_bridge.osc import encode

MOST_FRAMES = 8192
TONE_HZ = 1000
AMPLITUDE = 0.5
_PATIENCE_S = 30.0


def connect(client: Any, pairs: Sequence[tuple[str, str]]) -> None:
    """Make these connections, as soon as there are such ports."""
    until_s = time.monotonic() + _PATIENCE_S
    for pair in pairs:
        while not all(any(port.name == name for port in client.get_ports(is_audio=True)) for name in pair):
            if time.monotonic() > until_s:
                raise TimeoutError(f"no ports {pair}")
            time.sleep(0.02)
        if pair[1] not in {port.name for port in client.get_all_connections(pair[0])}:
            with contextlib.suppress(library().JackErrorCode):  # the patchbay has made it meanwhile
                client.connect(*pair)


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def copy(name: str, panel: dict[str, int], sources: list[str]) -> None:
    """As many ports as sources, copied as the engine's backend does it, and timed as it times itself."""
    jack, seen = library(), Panel.seen(**panel)
    client = jack.Client(name)
    places = range(1, len(sources) + 1)
    into = [client.inports.register(f"in_{place}") for place in places]
    outs = [client.outports.register(f"out_{place}") for place in places]
    buffer = np.zeros((len(sources), MOST_FRAMES), np.float32)
    rate_hz = client.samplerate

    def process(frames: int) -> None:
        began_ns = time.perf_counter_ns()
        block = buffer[:, :frames]
        for row, port in zip(block, into, strict=True):
            row[:] = port.get_array()
        for row, port in zip(block, outs, strict=True):
            port.get_array()[:] = row
        took_us = (time.perf_counter_ns() - began_ns) / 1000.0
        seen.times_us[seen.get("blocks") % TIMES] = took_us
        seen.count("blocks")
        if took_us * rate_hz > frames * 1e6:
            seen.count("late")

    client.set_process_callback(process)
    client.set_xrun_callback(lambda _: seen.count("xruns"))
    gc.collect()
    gc.freeze()
    gc.disable()
    client.activate()
    connect(client, [(source, f"{name}:in_{place}") for place, source in zip(places, sources, strict=True)])
    say(up=name)
    sys.stdin.read()
    client.deactivate()
    client.close()


def noise(name: str, channels: int, every_s: float, pause_s: float) -> None:
    """Noise at -20 dBFS, with a pause once in a while; says when it began again."""
    jack = library()
    client = jack.Client(name)
    outs = [client.outports.register(f"out_{place}") for place in range(1, channels + 1)]
    length = 1 << 17
    table = np.random.default_rng(1).normal(0.0, 0.1, length + MOST_FRAMES).astype(np.float32)
    every, pause = round(every_s * client.samplerate), round(pause_s * client.samplerate)
    place, is_on, begun_s = [0], [True], [time.monotonic()]

    def process(frames: int) -> None:
        now = place[0]
        sounds = not pause or now % every >= pause
        if sounds and not is_on[0]:
            begun_s.append(time.monotonic())
        is_on[0] = sounds
        for number, port in enumerate(outs):
            at = (now + 40_009 * number) % length
            port.get_array()[:] = table[at : at + frames] if sounds else 0.0
        place[0] = now + frames

    client.set_process_callback(process)
    gc.collect()
    gc.freeze()
    gc.disable()
    client.activate()
    say(up=name)
    sys.stdin.read()
    client.deactivate()
    client.close()
    say(begun_s=begun_s[1:])


class Tone:
    """A tone of whole samples a period into an EQ, and what comes out of it; two clients, so that there is no loop.

    Each block has the time at which its cycle began, by the clock of the system: JACK's own estimate of the frame that
    is played now is off by up to 8 ms for seconds after a cycle was late.
    """

    def __init__(self, dur_s: float, midi: list[tuple[float, list[int]]]) -> None:
        jack = library()
        self.player, self.ear = jack.Client("bench_tone"), jack.Client("bench_ear")
        self.rate_hz = int(self.player.samplerate)
        self.out, self.into = self.player.outports.register("out"), self.ear.inports.register("in")
        self.knob = self.player.midi_outports.register("knob")
        self._period = self.rate_hz // TONE_HZ
        phase = 2.0 * np.pi * np.arange(MOST_FRAMES + self._period) / self._period
        self._wave: Audio = (AMPLITUDE * np.sin(phase)).astype(np.float32)
        self._midi = [(round(at_s * self.rate_hz), bytes(data)) for at_s, data in midi]
        self._place = -1  # of the tone; -1 while it is silent
        self.sounds, self.began = False, 0
        self.heard = np.zeros(round((dur_s + 3.0) * self.rate_hz), np.float32)
        self._filled = self._cycle_ns = 0
        self._blocks: list[tuple[int, int]] = []  # where each begins, and when
        self._xruns = 0
        self.player.set_process_callback(self._play)
        self.ear.set_process_callback(self._hear)
        self.ear.set_xrun_callback(self._late)

    def _late(self, _: float) -> None:
        self._xruns += self.sounds

    def _play(self, frames: int) -> None:
        self._cycle_ns = time.monotonic_ns()
        out = self.out.get_array()
        self.knob.clear_buffer()
        if not self.sounds:
            out[:] = 0.0
            return
        if self._place < 0:
            self._place, self.began = 0, self._filled
        at = self._place % self._period
        out[:] = self._wave[at : at + frames]
        while self._midi and self._midi[0][0] < self._place + frames:
            due, data = self._midi.pop(0)
            self.knob.write_midi_event(max(due - self._place, 0), data)
        self._place += frames

    def _hear(self, frames: int) -> None:
        at = self._filled
        if at + frames <= len(self.heard):
            self.heard[at : at + frames] = self.into.get_array()
            self._blocks.append((at, self._cycle_ns))
            self._filled = at + frames

    def save(self, path: Path, sent_ns: list[int]) -> None:
        heard = self.heard[: self._filled]
        onset = int(np.argmax(np.abs(heard) > 1e-6)) - 1  # the first sample of a sine is 0
        places, times_ns = np.transpose(self._blocks)
        np.savez(
            path,
            heard=heard,
            places=places,
            times_ns=times_ns,
            sent_ns=np.array(sent_ns, np.int64),
            began=self.began,
            delay=onset - self.began,
            xruns=self._xruns,
        )


def tone(
    into: str,
    out_of: str,
    port: int,
    save: str,
    dur_s: float,
    events: list[tuple[float, str, list[float | int | str]]],
    midi: list[tuple[float, list[int]]],
    sizes: list[tuple[float, int]],
) -> None:
    """Through an EQ, while controls are moved by OSC or MIDI or JACK changes its block; then all of it is saved."""
    it = Tone(dur_s, midi)
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    it.ear.activate()
    it.player.activate()
    connect(it.player, [("bench_tone:out", into), (out_of, "bench_ear:in")])
    until_s = time.monotonic() + _PATIENCE_S
    while midi and not it.player.get_all_connections(it.knob):
        if time.monotonic() > until_s:
            raise TimeoutError("nobody listens to the knob")
        time.sleep(0.02)
    time.sleep(0.2)
    gc.collect()
    gc.freeze()
    gc.disable()
    it.sounds = True
    began_s, sent_ns = time.monotonic(), []
    packets = [(at_s, encode(address, *args)) for at_s, address, args in events]
    todo: list[tuple[float, bytes | int]] = sorted([*packets, *sizes], key=lambda one: one[0])
    for at_s, what in todo:
        time.sleep(max(began_s + at_s - time.monotonic(), 0.0))
        if isinstance(what, int):
            it.player.blocksize = what
        else:
            sent_ns.append(time.monotonic_ns())
            wire.sendto(what, ("127.0.0.1", port))
    time.sleep(max(began_s + dur_s - time.monotonic(), 0.0))
    it.save(Path(save), sent_ns)
    for client in (it.ear, it.player):
        client.deactivate()
        client.close()
    say(done=save)


ROLES: dict[str, Callable[..., None]] = {"copy": copy, "noise": noise, "tone": tone}

if __name__ == "__main__":
    ROLES[sys.argv[1]](**json.loads(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # JACK's threads are not waited for
