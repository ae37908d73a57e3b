"""Live sound in a JACK graph: what a block costs, what is late, how soon a knob is heard, whether it clicks, a soak.

`python tests/bench/bench_live.py [seconds] [table ...]`: the seconds are those of `periods` and `soak` (20; 600 for a
real ten minutes); tables are blocks, periods, knob, zipper, many, loop, soak. Needs jackd; every table but `loop` has a
private one (`-S`, dummy; real-time scheduling where this user may have it, as musicians do), and each figure its peer
in the same run. A bar that is missed is printed as such.

`blocks`, `periods` and `many` have the processes of a session (playing, listening, patching) under this one, which
does the control's part; `knob`, `zipper` and `soak` are what `semeq-bridge live` runs.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import select
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from scipy.interpolate import CubicSpline
from scipy.signal import sosfilt
from scipy.signal.windows import blackmanharris

sys.path.insert(0, str(Path(__file__).parents[2]))
from semeq.hearing.reference import references
from semeq.response import Floats, sections, sos
from semeq_bridge.core import EARS, Event, apply, new_state
from semeq_bridge.live.desk import Desk, asked
from semeq_bridge.live.jack_sound import library
from semeq_bridge.live.panel import TIMES, Asked, Panel, Shape
from semeq_bridge.live.wanted import Live
from semeq_bridge.osc import Arg
from tests.bench.live_peers import AMPLITUDE, TONE_HZ
from tests.test_bridge_serve import Running

PEERS = Path(__file__).with_name("live_peers.py")
RATE_HZ = 48_000
WORDS = ("warm", "bright", "thin", "full", "airy", "muddy", "clear", "less harsh")
EVERY_S = 0.05
Say = tuple[float, str, list[int | float | str]]


def verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def spread(values: Sequence[float] | Floats) -> str:
    """The middle one, and the lowest and highest."""
    return f"{np.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def explain(text: str) -> None:
    print(textwrap.fill(" ".join(text.split()), 120))


class Peer:
    """A client of JACK in a process of its own."""

    def __init__(self, role: str, descriptors: Sequence[int] = (), **setup: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PEERS), role, json.dumps(setup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=tuple(descriptors),
        )
        self.said()

    def said(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a client of JACK has ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> str:
        """End it; the rest of what it said."""
        out, _ = self.process.communicate(timeout=20)
        return out


@contextlib.contextmanager
def opened(role: str, descriptors: Sequence[int] = (), **setup: Any) -> Iterator[Peer]:
    peer = Peer(role, descriptors, **setup)
    try:
        yield peer
    finally:
        peer.close()


def may_be_realtime() -> bool:
    """Whether this user may have threads that nothing else interrupts."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (AttributeError, OSError):
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


@contextlib.contextmanager
def graph(frames: int, is_realtime: bool | None = None) -> Iterator[Any]:
    """A private JACK with blocks of this size; a client of it that only looks."""
    is_realtime = may_be_realtime() if is_realtime is None else is_realtime
    name = f"semeq_bench_{os.getpid()}"
    how = ["-R", "-P", "50"] if is_realtime else ["-r"]
    command = ["jackd", *how, "-S", "-t", "2000", "--no-mlock", "-n", name]
    command += ["-d", "dummy", "-r", str(RATE_HZ), "-p", str(frames)]
    environment = {"JACK_DEFAULT_SERVER": name, "JACK_NO_START_SERVER": "1", "JACK_NO_AUDIO_RESERVATION": "1"}
    before = {key: os.environ.get(key) for key in environment}
    os.environ |= environment
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        client = _looking()
        yield client
        client.close()
    finally:
        server.terminate()
        server.wait(20)
        for key, value in before.items():
            os.environ.pop(key)
            os.environ |= {} if value is None else {key: value}


def _looking() -> Any:
    """A client of the server that has just been started."""
    jack, until_s = library(), time.monotonic() + 15.0
    while True:
        try:
            return jack.Client("bench")
        except jack.JackOpenError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)


class Control:
    """What `semeq-bridge live` does in its own process: one state, the desk, what was heard."""

    def __init__(self, names: tuple[str, ...], source: str) -> None:
        self.names = names
        self.state = replace(new_state(names), references=tuple(references()))
        self.log: list[str] = []
        live = Live(backend="jack", options={"client": "semeq"}, patches={"from": dict.fromkeys(names, source)})
        self.desk = Desk(names, live, self.log.append)
        self.panel = self.desk._panel
        self.heard = self._words = 0

    def send(self, path: str, *args: Arg) -> None:
        """To all of them."""
        for name in self.names:
            self.state, _ = apply(self.state, Event(f"/semeq/{name}/{path}", args), time.monotonic())

    def jump(self) -> None:
        """Other words."""
        self._words += 1
        self.send("term", WORDS[self._words % len(WORDS)])

    def run(self, dur_s: float, each: Callable[[], None] | None = None) -> tuple[int, int]:
        """So long; ``each`` is called every 50 ms. The blocks that were played meanwhile, as a range."""
        until_s = next_s = time.monotonic()
        until_s += dur_s
        first = self.panel.get("blocks")
        while (now_s := time.monotonic()) < until_s:
            if each is not None and now_s >= next_s:
                next_s += EVERY_S
                each()
            self.desk.show(self.state)
            due_s = min(until_s, next_s if each is not None else until_s)
            select.select(self.desk.watched(), [], [], max(min(due_s - time.monotonic(), 0.1), 0.0))
            for event in self.desk.hear(time.monotonic()):
                self.heard += 1
                self.state, _ = apply(self.state, event, time.monotonic())
        return first, self.panel.get("blocks")

    def wait(self) -> None:
        """Until there is sound, and it is connected and warm."""
        until_s = time.monotonic() + 30.0
        while not self.heard or not self.panel.strips[-1].levels[0] > 0.0:
            self.run(0.1)
            if time.monotonic() > until_s:
                raise RuntimeError(f"no sound after 30 s: {self.log}")
        self.run(0.5)

    def processes(self) -> dict[str, psutil.Process]:
        return {child.name: psutil.Process(child.process.pid) for child in self.desk._children if child.process}


@contextlib.contextmanager
def control(names: tuple[str, ...], source: str) -> Iterator[Control]:
    it = Control(names, source)
    try:
        it.wait()
        yield it
    finally:
        it.desk.close()


def times_us(panel: Panel, blocks: tuple[int, int]) -> Floats:
    """How long these blocks took, as many of them as are still known."""
    first, last = blocks
    return panel.times_us[np.arange(max(first, last - TIMES), last) % TIMES].astype(np.float64)


# 1


BARS_US = {64: 40.0, 128: 60.0, 256: 100.0}
REPEATS, REPEAT_S = 5, 0.65


def print_blocks(_: float) -> None:
    """The callback of the engine beside one that only copies, in the same cycles of the same graph."""
    explain(
        f"""stereo, {RATE_HZ} Hz, noise -> copy-only -> EQ, us a block: median (lowest-highest of {REPEATS} repeats of
        {REPEAT_S} s, both in each, at rest and in motion by turns). At rest: a curve, nothing changes; in motion: other
        words every 50 ms, so that the curve glides most of the time; the ears listen in both"""
    )
    print(f"{'frames':>6} {'':<10} {'copy p50':>20} {'EQ p50':>22} {'added p50':>22} {'bar':>5} {'':<7}", end="")
    print(f"{'copy p99':>22} {'EQ p99':>22}")
    for frames, bar_us in BARS_US.items():
        peer = Panel.new(Shape(strips=1, channels=2))
        with (
            graph(frames),
            opened("noise", name="noise", channels=2, every_s=1.0, pause_s=0.0),
            opened(
                "copy", (peer.descriptor,), name="copy", panel=peer.to_text(), sources=["noise:out_1", "noise:out_2"]
            ),
            control(("vox",), "^copy:out_") as it,
        ):
            rows: dict[str, list[tuple[float, float, float, float]]] = {"at rest": [], "in motion": []}
            for _repeat in range(REPEATS):
                for name, found in rows.items():
                    is_moving = name == "in motion"
                    it.send("adapt", int(is_moving))
                    it.send("match", int(is_moving))
                    it.send("term", "warm")
                    it.run(0.15)
                    first = peer.get("blocks")
                    ours = times_us(it.panel, it.run(REPEAT_S, it.jump if is_moving else None))
                    theirs = times_us(peer, (first, peer.get("blocks")))
                    found.append((*np.percentile(theirs, (50, 99)).tolist(), *np.percentile(ours, (50, 99)).tolist()))
        for name, found in rows.items():
            copy50, copy99, ours50, ours99 = np.transpose(found)
            added = ours50 - copy50
            told = verdict(float(np.median(added)) <= bar_us)
            print(
                f"{frames:>6} {name:<10} {spread(copy50):>20} {spread(ours50):>22} {spread(added):>22} {bar_us:5.0f} "
                f"{told:<7}{spread(copy99):>22} {spread(ours99):>22}",
                flush=True,
            )


# 2


def print_periods(seconds: float) -> None:
    """Late callbacks, where words change all the time and the ears listen."""
    explain(
        f"""128 frames ({128 / RATE_HZ * 1e6:.0f} us), words change every 50 ms, adapt on; copy-only in the same graph,
        and alone before and after; late: callbacks over their period, xruns as JACK tells them; bar: 1 a minute more"""
    )
    print(f"{'':<38} {'blocks':>7} {'late':>5} {'a minute':>9} {'xruns':>6} {'p50 us':>8} {'p99 us':>8} {'most us':>9}")
    if may_be_realtime():
        _periods("real-time", seconds, True)
        _periods("ordinary", seconds / 2.0, False)
    else:
        _periods("ordinary", seconds, False)


def _periods(how: str, seconds: float, is_realtime: bool) -> None:
    peer = Panel.new(Shape(strips=1, channels=2))
    rows: dict[str, list[tuple[float, int, int, int, Floats]]] = {
        "EQ": [],
        "copy-only beside it": [],
        "copy-only alone": [],
    }

    def counts(panel: Panel) -> tuple[int, int, int]:
        return panel.get("blocks"), panel.get("late"), panel.get("xruns")

    def keep(name: str, panel: Panel, dur_s: float, before: tuple[int, int, int]) -> None:
        now = counts(panel)
        blocks, late, xruns = (new - old for new, old in zip(now, before, strict=True))
        rows[name].append((dur_s, blocks, late, xruns, times_us(panel, (before[0], now[0]))))

    def alone() -> None:
        time.sleep(0.5)
        before = counts(peer)
        time.sleep(seconds / 8.0)
        keep("copy-only alone", peer, seconds / 8.0, before)

    with (
        graph(128, is_realtime),
        opened("noise", name="noise", channels=2, every_s=1.0, pause_s=0.0),
        opened("copy", (peer.descriptor,), name="copy", panel=peer.to_text(), sources=["noise:out_1", "noise:out_2"]),
    ):
        alone()
        with control(("vox",), "^copy:out_") as it:
            it.send("adapt", 1)
            it.send("match", 1)
            before, theirs = counts(it.panel), counts(peer)
            it.run(seconds, it.jump)
            keep("EQ", it.panel, seconds, before)
            keep("copy-only beside it", peer, seconds, theirs)
        alone()
    rates = {}
    for name, found in rows.items():
        dur_s = sum(row[0] for row in found)
        blocks, late, xruns = (sum(column) for column in list(zip(*found, strict=True))[1:4])
        taken = np.concatenate([row[4] for row in found])  # of a long run the last three minutes
        rates[name] = 60.0 * late / dur_s
        p50, p99 = np.percentile(taken, (50, 99))
        print(
            f"{f'{how}, {dur_s:g} s: {name}':<38} {blocks:7d} {late:5d} {rates[name]:9.1f} {xruns:6d} {p50:8.1f} "
            f"{p99:8.1f} {taken.max():9.1f}"
        )
    more = rates["EQ"] - rates["copy-only beside it"]
    print(f"{how}: {more:+.1f} a minute: {verdict(bool(more <= 1.0))}", flush=True)


# 3 and 4: what `semeq-bridge live` plays, recorded

LIVE = """
import json, sys
from pathlib import Path
from semeq_bridge.live.jobs import LiveOptions, live_setup
from semeq_bridge.run import run_session
jacks, options, rest = json.loads(sys.argv[1])
rest = {key: Path(value) if key == "record" else tuple(map(Path, value)) if key == "maps" else value
        for key, value in rest.items()}
run_session(None, True, rest, lambda setup: live_setup(setup, LiveOptions(jacks=tuple(jacks), **options)))
"""  # the command, with a record of what it heard, which the command has no option for


@contextlib.contextmanager
def live(names: Sequence[str], options: dict[str, Any], **rest: Any) -> Iterator[Running]:
    row = json.dumps([list(names), options, {"osc": "127.0.0.1:0", **rest}])
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen([sys.executable, "-c", LIVE, row], stderr=log, stdout=subprocess.DEVNULL)
        try:
            until_s = time.monotonic() + 30.0
            text = ""
            while "sound: JACK" not in text or "OSC at" not in text:
                if process.poll() is not None or time.monotonic() > until_s:
                    raise RuntimeError(f"semeq-bridge live: {text}")
                time.sleep(0.05)
                text = os.pread(log.fileno(), 1 << 16, 0).decode()
            yield Running(process, int(text.split("OSC at 127.0.0.1:")[1].split(";")[0]))
        finally:
            process.terminate()
            process.wait(15)


def recorded(
    it: Running,
    dur_s: float,
    events: Sequence[Say] = (),
    midi: Sequence[tuple[float, list[int]]] = (),
    sizes: Sequence[tuple[float, int]] = (),
) -> dict[str, Any]:
    """A tone through it, while a hand moves controls."""
    with tempfile.TemporaryDirectory() as folder:
        save = Path(folder) / "heard.npz"
        setup: dict[str, Any] = {
            "into": "semeq:vox_in_1",
            "out_of": "semeq:vox_out_1",
            "port": it.port,
            "save": str(save),
        }
        with opened("tone", (), **setup, dur_s=dur_s, events=list(events), midi=list(midi), sizes=list(sizes)):
            pass
        with np.load(save) as found:
            return {name: found[name] for name in found.files}


HALF = RATE_HZ // TONE_HZ // 2  # the power of a sine over half a period does not ripple


def ways_ms(found: dict[str, Any]) -> Floats:
    """From each packet until the tone is 0.5 dB off where it was; NaN where it never was.

    A sample counts when JACK's cycle has begun that it is in, and as much later as it lies in its block.
    """
    power = np.convolve(found["heard"].astype(np.float64) ** 2, np.ones(HALF) / HALF, mode="valid")
    level_db = 10.0 * np.log10(np.maximum(power, 1e-12))
    places, times_ns, sent_ns = found["places"], found["times_ns"], found["sent_ns"]
    first = places[np.searchsorted(times_ns, sent_ns)]  # of the first cycle that can know of it
    ways = []
    for at, begin, end in zip(sent_ns, first, [*first[1:], len(level_db)], strict=True):
        before_db = np.median(level_db[begin - 10 * HALF : begin - HALF])
        moved = np.abs(level_db[begin:end] - before_db) >= 0.5
        if not moved.any():
            ways.append(np.nan)
            continue
        heard = begin + int(np.argmax(moved)) + HALF // 2
        block = int(np.searchsorted(places, heard, side="right")) - 1
        ways.append((times_ns[block] - at) / 1e6 + (heard - places[block]) / RATE_HZ * 1000.0)
    return np.array(ways)


def settle(it: Running, *more: Say) -> None:
    """A curve to begin with, as asked: no adapting, no trim."""
    for path, value in (("adapt", 0), ("match", 0), ("intensity", 1.0), ("term", ""), ("reset", 1)):
        it.ask(f"/semeq/vox/{path}", value)
    for _, address, args in more:
        it.ask(address, *args)
    time.sleep(0.1)


GAIN, INTENSITY = "/semeq/vox/band/3/gain", "/semeq/vox/intensity"
AT_1_KHZ: tuple[Say, ...] = (
    (0.0, "/semeq/vox/band/3/freq", [1000.0]),
    (0.0, "/semeq/vox/band/3/q", [1.0]),
)
THIN: tuple[Say, ...] = ((0.0, "/semeq/vox/term", ["thin"]),)


def print_knob(_: float) -> None:
    """From a packet to the sound."""
    turns, wait_s = 100, 0.08
    kinds: dict[str, tuple[str, tuple[float, float], tuple[Say, ...]]] = {
        "gain of a band, 6 dB": (GAIN, (0.0, 6.0), AT_1_KHZ),
        "gain of a band, 3 dB": (GAIN, (0.0, 3.0), AT_1_KHZ),
        "intensity 0 - 1 of thin": (INTENSITY, (0.0, 1.0), THIN),
    }
    print(f"semeq-bridge live, 128 frames, OSC -> 1 kHz has changed by 0.5 dB in JACK's buffer; ms of {turns} turns")
    print(f"{'knob':<26} {'p50':>6} {'p99':>6} {'least':>6} {'most':>6} {'p50 of thirds':>18}  bars 12 / 25")
    with graph(128), live(["vox"], {"adapt": False, "match": False}) as it:
        for name, (address, ends, start) in kinds.items():
            settle(it, (0.0, address, [ends[0]]), *start)
            at_s = [0.3 + number * wait_s + (number * 0.618 % 1.0) * 0.016 for number in range(turns)]
            events: list[Say] = [(s, address, [ends[1 - number % 2]]) for number, s in enumerate(at_s)]
            found = recorded(it, at_s[-1] + 0.2, events)
            ways = ways_ms(found)
            thirds = [float(np.nanmedian(part)) for part in np.array_split(ways, 3)]
            p50, p99 = np.nanpercentile(ways, (50, 99))
            met = f"{verdict(p50 <= 12.0)} / {verdict(bool(p99 <= 25.0 and not np.isnan(ways).any()))}"
            lost = f" ({np.isnan(ways).sum()} not heard)" if np.isnan(ways).any() else ""
            print(
                f"{name:<26} {p50:6.1f} {p99:6.1f} {np.nanmin(ways):6.1f} {np.nanmax(ways):6.1f} "
                f"{min(thirds):8.1f} - {max(thirds):5.1f}    {met}{lost}; {found['delay']} frames through JACK, "
                f"{found['xruns']} xruns",
                flush=True,
            )


WINDOW = 8192
SKIRTS_HZ = (150.0, 300.0)


def loudest_dbfs(heard: Floats, skirt_hz: float) -> float:
    """The highest component of a spectrogram that is so far from the tone."""
    window = blackmanharris(WINDOW, sym=False)  # its side lobes: -92 dB
    frames = np.lib.stride_tricks.sliding_window_view(heard, WINDOW)[:: WINDOW // 16]
    away = np.abs(np.fft.rfftfreq(WINDOW, 1.0 / RATE_HZ) - TONE_HZ) > skirt_hz
    most = max(float(np.abs(np.fft.rfft(frame * window))[away].max()) for frame in frames)
    return float(20.0 * np.log10(max(2.0 * most / window.sum(), 1e-12)))


def followed(start: Sequence[Say], events: Sequence[Say]) -> list[tuple[float, Asked]]:
    """What is asked for at which time: the same events, followed without a wire."""
    state, rows = new_state(("vox",)), []
    for at_s, address, args in [*((-1.0, *say[1:]) for say in start), *events]:
        state, _ = apply(state, Event(address, tuple(args)), at_s)
        rows.append((at_s, asked(state.instances["vox"])))
    return rows


def hard(rows: Sequence[tuple[float, Asked]], dur_s: float) -> Floats:
    """The naive filter: other coefficients, or other wires, from the next block of 128 frames on."""
    frames = round(dur_s * RATE_HZ) // 128 * 128
    dry = AMPLITUDE * np.sin(2.0 * np.pi * TONE_HZ / RATE_HZ * np.arange(frames))
    out, memory = np.empty(frames), np.zeros((5, 2))
    waiting, now = list(rows), Asked()
    for at in range(0, frames, 128):
        while waiting and waiting[0][0] * RATE_HZ <= at:
            now = waiting.pop(0)[1]
        block = dry[at : at + 128]
        wet, memory = sosfilt(sos(now.settings, RATE_HZ), block, zi=memory)
        wet = block if now.bypass else wet
        out[at : at + 128] = wet - block if now.delta else wet
    return out


GLIDE_S, GRID_HZ = 0.03, 4000


def ideal(rows: Sequence[tuple[float, Asked]], dur_s: float) -> Floats:
    """No filter at all: the tone with the level and phase that the curves give it, as they glide along a Hann of 30 ms.

    They glide as those of `StreamingEq` do, in log Hz, log Q and dB, and delta along half a cosine.
    """
    count, glide = round(dur_s * GRID_HZ), round(GLIDE_S * GRID_HZ)
    points = np.zeros((count + glide, 17))
    for at_s, now in rows:
        it = now.settings.scaled(0.0).with_preamp(0.0) if now.bypass else now.settings
        row = [*np.log(it.freqs_hz), *it.gains_db, *np.log(it.qs), it.preamp_db, float(now.delta)]
        points[max(round(at_s * GRID_HZ) + glide, 0) :] = row
    hann, cosine = np.hanning(glide + 2)[1:-1], np.sin(np.pi * (np.arange(glide) + 0.5) / glide)
    shapes = [hann / hann.sum()] * 16 + [cosine / cosine.sum()]
    way = np.stack([np.convolve(one, shape, "valid") for one, shape in zip(points.T, shapes, strict=True)], axis=1)
    b, a = sections(np.exp(way[:, :5]), way[:, 5:10], np.exp(way[:, 10:15]), RATE_HZ)
    z = np.exp(-2j * np.pi * TONE_HZ / RATE_HZ * np.arange(3))
    gain = np.prod((b @ z) / (a @ z), axis=-1) * 10.0 ** (way[:, 15] / 20.0) - way[:, 16]
    at = np.arange(round(dur_s * RATE_HZ)) * GRID_HZ / RATE_HZ
    turn = np.exp(2j * np.pi * TONE_HZ / RATE_HZ * np.arange(len(at)))
    return np.asarray(AMPLITUDE * (CubicSpline(np.arange(len(gain)), gain)(at) * turn).imag)


BLOCKS = ("JACK's block 128-256-64-128", "the same while words change")
MAP = """
version = 1
[[device]]
match = "bench_tone"
[[device.map]]
cc = 21
takeover = "jump"
target = "/semeq/vox/intensity"
range = [0.0, 1.0]
"""


def turned(path: str, values: Sequence[int | float | str], every_s: float) -> list[Say]:
    return [(0.5 + number * every_s, f"/semeq/vox/{path}", [value]) for number, value in enumerate(values)]


def print_zipper(_: float) -> None:
    """The highest component beside a tone."""
    sweep = [(0.5 + number / 127, number) for number in range(128)]
    by_midi: list[Say] = [(at_s, INTENSITY, [number / 127]) for at_s, number in sweep]
    by_gain: list[Say] = [(at_s, GAIN, [24.0 * number / 127 - 12.0]) for at_s, number in sweep]
    kinds: dict[str, tuple[tuple[Say, ...], list[Say]]] = {
        "at rest": (THIN, []),
        "CC 0-127 in 1 s: intensity": ((*THIN, (0.0, INTENSITY, [0.0])), by_midi),
        "a band's gain -12 to 12 in 1 s": ((*AT_1_KHZ, (0.0, GAIN, [-12.0])), by_gain),
        "other words every 200 ms": (THIN, turned("term", WORDS[:7], 0.2)),
        "other words every 50 ms": (THIN, turned("term", WORDS * 4, EVERY_S)),
        "bypass on/off every 200 ms": (THIN, turned("bypass", [1, 0] * 4, 0.2)),
        "delta on/off every 200 ms": (THIN, turned("delta", [1, 0] * 4, 0.2)),
        BLOCKS[0]: (THIN, []),
        BLOCKS[1]: (THIN, turned("term", WORDS[:7], 0.2)),
    }
    explain(
        f"""1 kHz at {20.0 * np.log10(AMPLITUDE):.1f} dBFS through semeq-bridge live, 128 frames; the highest component
        in dBFS (Blackman-Harris of {WINDOW} samples) further from the tone than the skirts of a smooth glide. `ideal`
        is those skirts alone: the tone, no filter, its level and phase along a Hann of 30 ms; where words move a band
        across the tone they reach beyond 150 Hz, so the bar holds beyond 300. `hard`: other coefficients between two
        blocks"""
    )
    print(f"{'':<32} {'beyond 150 Hz':>26} {'beyond 300 Hz':>27}")
    print(f"{'':<32} {'live':>8} {'ideal':>8} {'hard':>8} {'live':>10} {'ideal':>8} {'hard':>8}   bar -80 beyond 300")
    with tempfile.TemporaryDirectory() as folder, graph(128):
        (Path(folder) / "map.toml").write_text(MAP)
        rest = {"midi": "bench_tone", "maps": [str(Path(folder) / "map.toml")]}
        with live(["vox"], {"adapt": False, "match": False}, **rest) as it:
            for name, (start, events) in kinds.items():
                settle(it, *start)
                dur_s = (events[-1][0] if events else 1.7) + 0.3
                midi = [(at_s, [0xB0, 21, number]) for at_s, number in sweep] if name.startswith("CC") else []
                sizes = [(0.6, 256), (1.0, 64), (1.4, 128)] if name in BLOCKS else []
                found = recorded(it, dur_s, [] if midi else events, midi, sizes)
                first = int(found["began"]) + round(0.2 * RATE_HZ)
                heard = found["heard"][first : first + round((dur_s - 0.3) * RATE_HZ)].astype(np.float64)
                rows = followed(start, events)
                cut = slice(round(0.2 * RATE_HZ), None)
                signals = heard, ideal(rows, dur_s)[cut], hard(rows, dur_s)[cut]
                levels = [[loudest_dbfs(one, skirt_hz) for one in signals] for skirt_hz in SKIRTS_HZ]
                figures = "  ".join("{:8.1f} {:8.1f} {:8.1f}".format(*row) for row in levels)
                more = f", {found['xruns']} xruns" if found["xruns"] else ""
                print(f"{name:<32} {figures}   {verdict(levels[1][0] <= -80.0)}{more}", flush=True)
                it.ask("/semeq/vox/bypass", 0)
                it.ask("/semeq/vox/delta", 0)


# 5


def print_many(_: float) -> None:
    """Sixteen at once."""
    names = tuple(f"i{number}" for number in range(16))
    period_us = 256 / RATE_HZ * 1e6
    explain(
        f"""16 stereo EQs in one session, 256 frames ({period_us:.0f} us), noise into all, adapt on; one callback plays
        all; {REPEATS} repeats of {REPEAT_S} s, median (lowest-highest); bar: it runs, p99 told"""
    )
    print(f"{'':<34} {'p50 us':>24} {'p99 us':>24} {'late':>5} {'xruns':>6}  CPU % of a core")
    cases: dict[str, Callable[[Control], Callable[[], None] | None]] = {
        "adapting, at rest otherwise": lambda _: None,
        "other words in one, every 50 ms": lambda it: lambda: _one(it),
        "other words in all 16, every 50 ms": lambda it: it.jump,
    }
    with (
        graph(256),
        opened("noise", name="noise", channels=2, every_s=1.0, pause_s=0.0),
        control(names, "^noise:out_") as it,
    ):
        for path, value in (("adapt", 1), ("match", 1), ("speed", 2.0), ("term", "warm")):
            it.send(path, value)
        it.run(3.0)
        processes = {**it.processes(), "control": psutil.Process()}
        for name, case in cases.items():
            late, xruns, began_s = it.panel.get("late"), it.panel.get("xruns"), time.monotonic()
            cpu_s = {who: sum(one.cpu_times()[:2]) for who, one in processes.items()}
            rows = [
                np.percentile(times_us(it.panel, it.run(REPEAT_S, case(it))), (50, 99)) for _repeat in range(REPEATS)
            ]
            took_s = time.monotonic() - began_s
            shares = [
                f"{who} {100.0 * (sum(one.cpu_times()[:2]) - cpu_s[who]) / took_s:.0f}"
                for who, one in processes.items()
            ]
            p50, p99 = np.transpose(rows)
            print(
                f"{name:<34} {spread(p50):>24} {spread(p99):>24} {it.panel.get('late') - late:5d} "
                f"{it.panel.get('xruns') - xruns:6d}  {', '.join(shares)}",
                flush=True,
            )


def _one(it: Control) -> None:
    it._words += 1
    term = WORDS[it._words % len(WORDS)]
    it.state, _ = apply(it.state, Event(f"/semeq/{it.names[0]}/term", (term,)), time.monotonic())


# 6


def _usage(pid: int) -> dict[str, tuple[float, int]]:
    """Memory in MiB and open handles of the control process and of its children."""
    main = psutil.Process(pid)
    names = {one.pid: one.cmdline()[2].rpartition(".")[2] for one in main.children(recursive=True)}
    return {
        names.get(one.pid, "control"): (one.memory_info().rss / (1 << 20), one.num_fds())
        for one in (main, *main.children(recursive=True))
    }


def _lags_ms(record: Path, begun_s: Sequence[float]) -> Floats:
    """From the moment that noise begins again to the first frame in the control process that has heard it."""
    frames = []
    for line in record.read_text().splitlines():
        row = json.loads(line)
        if row["address"].endswith(f"/{EARS}"):
            frames.append((float(row["t"]), float(row["args"][4])))
    at_s, level_db = np.transpose(frames)
    ways = []
    for begun in begun_s:
        later = np.flatnonzero((at_s > begun) & (level_db > -60.0))
        if len(later):
            ways.append(1000.0 * (at_s[later[0]] - begun))
    return np.array(ways)


def print_soak(seconds: float) -> None:
    """Memory, handles, and whether control and audio stay together."""
    marks, every_s = 5, 2.0
    explain(
        f"""semeq-bridge live, 128 frames, {seconds:g} s, noise that pauses every {every_s:g} s, adapt on, other words
        every second; memory in MiB / open handles; played: frames by our count against JACK's clock and the wall's"""
    )
    with tempfile.TemporaryDirectory() as folder, graph(128) as client:
        record = Path(folder) / "record.jsonl"
        noise = Peer("noise", name="noise", channels=2, every_s=every_s, pause_s=0.4)
        with live(["vox"], {"sources": ("^noise:out_",), "terms": ("warm",)}, record=str(record)) as it:
            time.sleep(3.0)
            rows = []
            for mark in range(marks):
                with it.talk() as talk:
                    said = {one.address.rpartition("/")[2]: one.args[0] for one in talk.ask("/semeq/status")}
                    now = time.monotonic(), int(client.last_frame_time), 128 * int(str(said["sound-blocks"]))
                rows.append((now, _usage(it.process.pid)))
                line = ", ".join(f"{who} {mib:.1f} / {handles}" for who, (mib, handles) in rows[-1][1].items())
                print(f"{now[0] - rows[0][0][0]:7.1f} s  {line}", flush=True)
                until_s = rows[0][0][0] + (mark + 1) * seconds / (marks - 1)
                word = 0
                while mark < marks - 1 and time.monotonic() < until_s:
                    with it.talk() as talk:
                        talk.send("/semeq/vox/term", WORDS[(word := word + 1) % len(WORDS)])
                    time.sleep(max(min(1.0, until_s - time.monotonic()), 0.0))
        begun_s = json.loads(noise.close())["begun_s"]
        lags = _lags_ms(record, [at_s for at_s in begun_s if at_s > rows[0][0][0]])
    (first, usage), (last, usage_end) = rows[0], rows[-1]
    wall_s, by_jack, ours = (end - begin for begin, end in zip(first, last, strict=True))
    grown = {who: usage_end[who][0] - usage[who][0] for who in usage}
    print(
        f"played {ours} frames, JACK's clock {by_jack:.0f} ({ours - by_jack:+.0f}), the wall's "
        f"{wall_s * RATE_HZ:.0f} ({(ours / (wall_s * RATE_HZ) - 1.0) * 1e6:+.0f} ppm; a block is "
        f"{128 / (wall_s * RATE_HZ) * 1e6:.0f} ppm)"
    )
    print(", ".join(f"{name} {said[f'sound-{name}']!s}" for name in ("late", "xruns", "starts")))
    halves = np.array_split(lags, 2)
    print(
        f"sound -> heard by the control: {spread(halves[0])} ms in the first half, {spread(halves[1])} in the second "
        f"({len(lags)} onsets; a frame is 50 ms)"
    )
    worst = max(grown, key=lambda who: grown[who])
    steady = all(usage_end[who][1] <= usage[who][1] for who in usage)
    per_min = grown[worst] / wall_s * 60.0
    moved = abs(float(np.median(halves[1]) - np.median(halves[0])))
    print(
        f"bar: flat, no drift: memory grew most in {worst}, {grown[worst]:+.2f} MiB ({per_min:+.2f} a minute): "
        f"{verdict(grown[worst] < 2.0)} (2 MiB); handles "
        f"{verdict(steady)}; lag moved by {moved:.0f} ms: {verdict(moved < 50.0 and abs(ours - by_jack) <= 1024)}"
    )


def print_loop(_: float) -> None:
    """A medley, as it would be live: dull, neutral, bright, silence, dull again, 40 s each and 10 s of silence."""
    from tests.test_live import DULL, NEUTRAL, SECTION_S, SILENCE, SPARKLING, SPEED_S, settled, shares_of

    medley = np.concatenate([DULL, NEUTRAL, SPARKLING, SILENCE, DULL], axis=1)
    edges = np.round(20 * np.cumsum([0, SECTION_S, SECTION_S, SECTION_S, 10.0, SECTION_S])).astype(int)
    print(
        f"{'share of bright given':<38}{'dull':>8}{'neutral':>9}{'bright':>8}{'dull':>8}  settled s   beyond  silence"
    )
    for what, after_eq, knows in (
        ("what goes in is heard", False, True),
        ("what comes out, its curve known", True, True),
        ("what comes out, told of no EQ", True, False),
    ):
        shares = shares_of(medley, after_eq=after_eq, knows=knows)
        parts = [shares[a:b] for a, b in itertools.pairwise(edges)]
        found = [settled(part) for part in (parts[1], parts[2], parts[4])]
        ends = "".join(f"{end:>8.2f}" for end in (float(parts[0][-200:].mean()), *(end for end, _, _ in found)))
        times = "/".join(f"{after_s:.1f}" for _, after_s, _ in found)
        most = max(beyond for _, _, beyond in found)
        still = "still" if len(set(parts[3][10:])) == 1 else "MOVES"
        is_met = all(after_s <= SPEED_S for _, after_s, _ in found) and most < 0.2 and still == "still"
        print(f"{what:<38}{ends} {times:>12} {most:>7.0%}   {still}  {verdict(is_met)}")
    explain(f"""bar: the right order, settled within the {SPEED_S:g} s of --speed, at most 20 % beyond, silence nothing.
        Lockstep with the sound, 44.1 kHz, a made piece of music; no clock, the same numbers every time.""")


TABLES: dict[str, Callable[[float], None]] = {
    "blocks": print_blocks,
    "periods": print_periods,
    "knob": print_knob,
    "zipper": print_zipper,
    "many": print_many,
    "loop": print_loop,
    "soak": print_soak,
}


def main() -> None:
    """Print the tables that were asked for."""
    seconds = next((float(arg) for arg in sys.argv[1:] if arg not in TABLES), 20.0)
    chosen = [arg for arg in sys.argv[1:] if arg in TABLES] or list(TABLES)
    if not shutil.which("jackd"):
        print("no jackd here (Debian: apt install jackd2): nothing was measured")
        return
    os.environ["SEMEQ_MIDI"] = "jack"
    load = os.getloadavg()[0]
    how = "real-time" if may_be_realtime() else "ordinary"
    python = platform.python_version()
    print(f"{os.cpu_count()} cores ({platform.machine()}), load before {load:.2f}, {how} scheduling, Python {python}")
    for name in chosen:
        began_s = time.monotonic()
        print(f"\n-- {name}")
        TABLES[name](seconds)
        print(f"({time.monotonic() - began_s:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
