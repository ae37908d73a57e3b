"""What listening costs: one analysis of three minutes against decoding its FLAC, and memory against length.

python tests/bench/bench_hearing.py [MINUTES] [ROUNDS]
"""

import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from semeq.audio import open_audio
from semeq.demo import music
from semeq.hearing.analysis import analyze
from semeq.hearing.heard import hear

RATE_HZ = 44_100


def decode(path: Path) -> None:
    with open_audio(path) as reader:
        while reader.read(1 << 17).shape[1]:
            pass


def median_s(call: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    quartiles = statistics.quantiles(times, n=4)
    return quartiles[1], quartiles[0], quartiles[2]


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    piece = 0.5 * music(20.0)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "piece.flac"
        audio = np.tile(piece, (1, int(minutes * 3) + 1))[:, : int(minutes * 60 * RATE_HZ)]
        audio = audio + 0.002 * rng.standard_normal(audio.shape)  # as hard to pack as a recording
        soundfile.write(path, audio.T, RATE_HZ, subtype="PCM_16")
        analyze(path)
        base, base_low, base_high = median_s(lambda: decode(path), rounds)
        print(f"{minutes:g} minutes stereo, {RATE_HZ} Hz, FLAC 16 bit; medians of {rounds}, quartiles in brackets")
        print(f"{'':<34}{'ms':>8}   ratio to decoding")
        print(f"{'decode (semeq.audio)':<34}{base * 1e3:8.0f}   1.00 [{base_low / base:.2f}, {base_high / base:.2f}]")
        for name, call in (
            ("decode and hear", lambda: hear(path)),
            ("decode, hear and analyze", lambda: analyze(path)),
        ):
            middle, low, high = median_s(call, rounds)
            print(f"{name:<34}{middle * 1e3:8.0f}   {middle / base:.2f} [{low / base:.2f}, {high / base:.2f}]")
        for share in (0.25, 1.0):
            short = Path(folder) / "short.flac"
            soundfile.write(short, audio[:, : int(share * audio.shape[1])].T, RATE_HZ, subtype="PCM_16")
            tracemalloc.start()
            hear(short)
            peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
            print(f"peak of Python's memory for {share * minutes:g} minutes: {peak_mb:.0f} MB")
            tracemalloc.stop()


if __name__ == "__main__":
    main()
