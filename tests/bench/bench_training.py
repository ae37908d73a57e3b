"""What training costs: every system from scratch on the training data, in seconds of one processor and by the clock.

python tests/bench/bench_training.py [NAME...]
"""

from __future__ import annotations

import sys
import time

import torch

from semeq_models import AUDIO_SPECS, SPECS, load_corpus, train, train_audio
from semeq_models.folder import data_folder


def main() -> None:
    names = sys.argv[1:] or [*SPECS, *AUDIO_SPECS]
    corpus = load_corpus(data_folder())
    print(f"torch {torch.__version__}, one thread")
    print(f"{'system':<14} {'epochs':>6} {'processor s':>11} {'clock s':>8} {'to the first':>12}")
    first = total = 0.0
    for name in names:
        spec = (SPECS | AUDIO_SPECS)[name]
        began = time.perf_counter()
        run = (train_audio if spec.space else train)(spec, corpus)
        clock_s = time.perf_counter() - began
        first, total = first or run.cpu_s, total + clock_s
        row = f"{name:<14} {len(run.history):6d} {run.cpu_s:11.0f} {clock_s:8.0f} {run.cpu_s / first:12.2f}"
        print(row, flush=True)
    print(f"{'together':<14} {'':6} {'':11} {total:8.0f}")


if __name__ == "__main__":
    main()
