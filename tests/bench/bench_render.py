"""File to file against the same filters called once in memory, and against scipy, ffmpeg and sox.

10 minutes of stereo, 48 kHz, 24 bit, WAV to WAV. One process, rounds interleaved, medians; what counts are the ratios.
`python tests/bench/bench_render.py [minutes] [rounds]`
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pedalboard
import soundfile
from scipy.signal import sosfilt

from semeq import EqSettings, eq, sos
from semeq.apply import ApplyOptions, apply_file
from semeq.render import choose_engine

RATE_HZ = 48_000
# Two curves: one that single precision renders truthfully, so that both sides use pedalboard, and a word of the model.
CURVES = {
    "high bands": EqSettings.of((900, 1200, 2500, 5000, 9000), (3, -2, 2, -3, 4)),
    "warm": eq("warm"),
}


def board(settings: EqSettings) -> pedalboard.Pedalboard:
    kinds = {"low_shelf": pedalboard.LowShelfFilter, "bell": pedalboard.PeakFilter}
    return pedalboard.Pedalboard(
        [
            kinds.get(band.kind, pedalboard.HighShelfFilter)(
                cutoff_frequency_hz=band.freq_hz, gain_db=band.gain_db, q=band.q
            )
            for band in settings.bands
        ]
    )


def in_memory(samples: np.ndarray, settings: EqSettings) -> None:
    board(settings).process(samples, RATE_HZ)


def with_scipy(source: Path, target: Path, settings: EqSettings) -> None:
    samples, rate_hz = soundfile.read(source)
    soundfile.write(target, sosfilt(sos(settings, rate_hz), samples, axis=0), rate_hz, subtype="PCM_24")


def with_ffmpeg(source: Path, target: Path, settings: EqSettings) -> None:
    names = {"low_shelf": "lowshelf", "bell": "equalizer", "high_shelf": "highshelf"}
    chain = ",".join(f"{names[band.kind]}=f={band.freq_hz}:g={band.gain_db}:t=q:w={band.q}" for band in settings.bands)
    quiet = ["ffmpeg", "-v", "error", "-y", "-i", str(source), "-af", f"volume={settings.preamp_db}dB,{chain}"]
    subprocess.run([*quiet, "-c:a", "pcm_s24le", str(target)], check=True)


def with_sox(source: Path, target: Path, settings: EqSettings) -> None:
    names = {"low_shelf": "bass", "bell": "equalizer", "high_shelf": "treble"}
    chain: list[str] = ["vol", f"{settings.preamp_db}dB"]
    for band in settings.bands:
        if band.kind == "bell":
            chain += [names[band.kind], f"{band.freq_hz}", f"{band.q}q", f"{band.gain_db}"]
        else:
            chain += [names[band.kind], f"{band.gain_db}", f"{band.freq_hz}", f"{band.q}q"]
    subprocess.run(["sox", str(source), "-b", "24", str(target), *chain], check=True)


def main(minutes: float = 10, rounds: int = 5) -> None:
    frames = int(minutes * 60 * RATE_HZ)
    rng = np.random.default_rng(1)
    samples = (0.05 * rng.standard_normal((2, frames), dtype=np.float32)).clip(-0.5, 0.5)
    cores = len(os.sched_getaffinity(0))
    print(f"{minutes:g} min stereo, {RATE_HZ} Hz, 24 bit; {rounds} rounds; {cores} cores")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.wav", Path(folder) / "out.wav"
        soundfile.write(source, samples.T, RATE_HZ, subtype="PCM_24")
        for name, settings in CURVES.items():
            used = settings.with_preamp(-8.0)
            options = ApplyOptions(preamp_db=-8.0, overwrite=True)
            jobs: dict[str, Callable[[], object]] = {
                "pedalboard, in memory": partial(in_memory, samples, used),
                f"semeq ({choose_engine(settings, RATE_HZ)})": partial(apply_file, source, target, used, options),
                "semeq, one core": partial(on_one_core, partial(apply_file, source, target, used, options)),
                "scipy and soundfile": partial(with_scipy, source, target, used),
            }
            if shutil.which("ffmpeg"):
                jobs["ffmpeg -af"] = partial(with_ffmpeg, source, target, used)
            if shutil.which("sox"):
                jobs["sox"] = partial(with_sox, source, target, used)
            table(name, jobs, rounds)


def on_one_core(job: Callable[[], object]) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        job()
    finally:
        os.sched_setaffinity(0, cores)


def table(name: str, jobs: dict[str, Callable[[], object]], rounds: int) -> None:
    taken: dict[str, list[float]] = {job: [] for job in jobs}
    for _ in range(rounds):
        for job, run in jobs.items():
            began = time.perf_counter()
            run()
            taken[job].append(time.perf_counter() - began)
    peer = statistics.median(next(iter(taken.values())))
    print(f"\n{name:<28} median s   ratio   spread of the ratio")
    for job, times in taken.items():
        low, high = min(times) / peer, max(times) / peer
        print(
            f"{job:<28} {statistics.median(times):8.2f}  {statistics.median(times) / peer:6.2f}   {low:.2f}-{high:.2f}"
        )


if __name__ == "__main__":
    minutes, rounds, *_ = [*sys.argv[1:], "10", "5"] if len(sys.argv) != 2 else [sys.argv[1], "5"]
    main(float(minutes), int(rounds))
