"""StreamingEq against five pedalboard filters: time of a block, error of the curve, noise.

Run ``python tests/bench/bench_streaming.py``. Times are medians over repeats, with the lowest and highest median; the
two engines take turns within each repeat, so a busy machine slows both.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pedalboard import (
    Gain,
    HighShelfFilter,
    LowShelfFilter,
    PeakFilter,
    Pedalboard,
    Plugin,
)
from scipy.signal import sosfilt

from semeq.response import Floats, response_db, sos
from semeq.settings import EqSettings
from semeq.streaming import Audio, StreamingEq

RATE_HZ = 48_000
REPEATS = 7
SECONDS = 2.0  # of sound in each repeat; at least MIN_BLOCKS blocks
MIN_BLOCKS = 200
ROOM = EqSettings.of((120, 300, 1000, 3000, 8000), (5, 2, -3, 4, -6), (0.7, 1.5, 2, 0.5, 0.9), -2.0)
THIN = EqSettings.of((200, 700, 900, 5000, 6000), (-9, -2, 6, -4, 6), (0.7, 0.8, 6, 1.5, 0.7), 1.0)
Process = Callable[[Audio], object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Median and 99th percentile of a block, each as the median, lowest and highest of all repeats."""

    p50_us: tuple[float, float, float]
    p99_us: tuple[float, float, float]
    mean_us: float


def chain(settings: EqSettings) -> Pedalboard:
    """The same curve as five float32 filters."""
    kinds = {"low_shelf": LowShelfFilter, "bell": PeakFilter, "high_shelf": HighShelfFilter}
    filters: list[Plugin] = [
        kinds[band.kind](cutoff_frequency_hz=band.freq_hz, gain_db=band.gain_db, q=band.q) for band in settings.bands
    ]
    return Pedalboard([Gain(settings.preamp_db), *filters])


def noise(frames: int, channels: int = 2) -> Audio:
    """Noise at -20 dBFS."""
    return np.random.default_rng(0).normal(0.0, 0.1, (channels, frames)).astype(np.float32)


def contest(engines: dict[str, Process], frames: int) -> dict[str, Times]:
    """Time each engine on blocks of ``frames``, in turns, with the garbage collector off as in a live process."""
    block = noise(frames)
    count = max(MIN_BLOCKS, int(SECONDS * RATE_HZ / frames))
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in engines}
    gc.disable()
    for _ in range(REPEATS):
        for name, process in engines.items():
            taken = np.empty(count)
            for number in range(count):
                start = time.perf_counter()
                process(block)
                taken[number] = time.perf_counter() - start
            taken *= 1e6
            rows[name].append((float(np.median(taken)), float(np.percentile(taken, 99)), float(taken.mean())))
    gc.enable()
    times = {}
    for name, found in rows.items():
        middle, low, high = np.median(found, axis=0), np.min(found, axis=0), np.max(found, axis=0)
        spread = [(float(middle[i]), float(low[i]), float(high[i])) for i in range(2)]
        times[name] = Times(p50_us=spread[0], p99_us=spread[1], mean_us=float(middle[2]))
    return times


def moving(eq: StreamingEq, frames: int) -> Process:
    """``eq`` with a new target every 10 ms or every block, so that it never comes to rest."""
    every, count = max(1, RATE_HZ // 100 // frames), 0

    def process(block: Audio) -> None:
        nonlocal count
        if count % every == 0:
            eq.set(THIN if count // every % 2 else ROOM)
        count += 1
        eq.process(block)

    return process


def print_times() -> None:
    """Blocks at rest and in motion."""
    print(f"stereo, {RATE_HZ} Hz; us a block: median (lowest-highest of {REPEATS} repeats); garbage collector off")
    print(f"{'block':>6} {'engine':<22} {'p50 us':>24} {'p99 us':>24} {'core %':>7} {'x chain':>8}")
    for frames in (16, 64, 128, 256, 4096):
        board = chain(ROOM)
        still, ride = StreamingEq(ROOM, rate_hz=RATE_HZ), StreamingEq(ROOM, rate_hz=RATE_HZ)
        engines: dict[str, Process] = {
            "pedalboard chain": lambda block, board=board: board.process(block, RATE_HZ, reset=False),  # type: ignore[misc]
            "StreamingEq at rest": still.process,
            "StreamingEq in motion": moving(ride, frames),
        }
        times = contest(engines, frames)
        chain_us = times["pedalboard chain"].p50_us[0]
        for name, row in times.items():
            p50, p99 = (f"{mid:9.1f} ({low:.1f}-{high:.1f})" for mid, low, high in (row.p50_us, row.p99_us))
            core = row.mean_us * 1e-6 * RATE_HZ / frames * 100
            print(f"{frames:>6} {name:<22} {p50:>24} {p99:>24} {core:7.2f} {row.p50_us[0] / chain_us:8.2f}")


def print_threads() -> None:
    """Time of all threads over time of this one: 1.00 says that the matrix library woke no helper."""
    print("\nCPU time of the process / of the calling thread, 4096-frame blocks at rest")
    for channels in (1, 2, 8, 17, 64):
        eq, block = StreamingEq(ROOM, rate_hz=RATE_HZ, channels=channels), noise(4096, channels)
        all_s, own_s = time.process_time(), time.thread_time()
        for _ in range(200):
            eq.process(block)
        print(f"{channels:>4} channels  {(time.process_time() - all_s) / (time.thread_time() - own_s):.2f}")


def print_silence() -> None:
    """Blocks of a tail that decays for a minute: slow denormal numbers would show."""
    eq, quiet = StreamingEq(ROOM, rate_hz=RATE_HZ), np.zeros((2, 64), np.float32)
    eq.process(noise(RATE_HZ))
    taken = []
    for _ in range(60 * RATE_HZ // 64):
        start = time.perf_counter()
        eq.process(quiet)
        taken.append(time.perf_counter() - start)
    seconds = np.median(np.reshape(taken[: 60 * 750], (60, 750)), axis=1) * 1e6
    print(
        f"\na minute of decay, 64-frame blocks: first second {seconds[0]:.1f} us, slowest second {seconds.max():.1f} us"
    )


def curve_error_db(render: Callable[[Audio], Audio], settings: EqSettings, rate_hz: int) -> float:
    """Largest distance from the drawn curve, 20 Hz to 20 kHz, in dB."""
    frames = 1 << 19
    impulse = np.zeros((1, frames), np.float32)
    impulse[0, 0] = 0.5
    freqs_hz = np.fft.rfftfreq(frames, 1 / rate_hz)
    audible = (freqs_hz >= 20) & (freqs_hz <= 20_000)
    heard_db = 20 * np.log10(np.abs(np.fft.rfft(2.0 * render(impulse)[0].astype(np.float64)))[audible])
    return float(np.abs(heard_db - response_db(settings, freqs_hz[audible], rate_hz)).max())


def noise_dbfs(render: Callable[[Audio], Audio], settings: EqSettings, rate_hz: int) -> float:
    """RMS of the distance from the same filters in float64, on noise at -20 dBFS."""
    audio = noise(1 << 17, 1)
    exact: Floats = sosfilt(sos(settings, rate_hz), audio.astype(np.float64))
    error = render(audio).astype(np.float64) - exact
    return float(20 * np.log10(np.sqrt(np.mean(error**2)) + 1e-12))


def print_accuracy() -> None:
    """One low shelf of +6 dB at several frequencies."""
    print("\none low shelf, +6 dB: largest error of the curve in dB, and of noise at -20 dBFS in dBFS (law: 0.01 dB)")
    print(f"{'rate':>6} {'shelf':>7} {'Q':>5} {'pedalboard dB':>14} {'Streaming dB':>13}", end=" ")
    print(f"{'pedalboard dBFS':>16} {'Streaming dBFS':>15}")
    for rate_hz in (44_100, 48_000, 96_000):
        for freq_hz in (30, 60, 120, 250):
            for q in (0.7, 10.0):
                settings = EqSettings.of((freq_hz, 300, 1000, 3000, 8000), (6, 0, 0, 0, 0), (q, 1, 1, 1, 0.7))

                def by_chain(audio: Audio, settings: EqSettings = settings, rate_hz: int = rate_hz) -> Audio:
                    return np.asarray(chain(settings).process(audio, rate_hz), np.float32)

                def by_stream(audio: Audio, settings: EqSettings = settings, rate_hz: int = rate_hz) -> Audio:
                    return StreamingEq(settings, rate_hz=rate_hz, channels=1).process(audio)

                chain_db, stream_db = (curve_error_db(by, settings, rate_hz) for by in (by_chain, by_stream))
                chain_dbfs, stream_dbfs = (noise_dbfs(by, settings, rate_hz) for by in (by_chain, by_stream))
                print(f"{rate_hz:>6} {freq_hz:>4} Hz {q:>5} {chain_db:>14.5f} {stream_db:>13.6f}", end=" ")
                print(f"{chain_dbfs:>16.1f} {stream_dbfs:>15.1f}")


def main() -> None:
    """Print all tables."""
    print_times()
    print_threads()
    print_silence()
    print_accuracy()


if __name__ == "__main__":
    main()
