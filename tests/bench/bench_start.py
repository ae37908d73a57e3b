"""How long a stranger waits: whole processes against `import numpy`, and words to settings in a warm process.

`python tests/bench/bench_start.py [rounds]`
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from semeq import eq, interpolate

SEMEQ = str(Path(sys.executable).with_name("semeq"))
PROCESSES = {
    "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
    "python -c 'import semeq'": [sys.executable, "-c", "import semeq"],
    "semeq eq warm --json": [SEMEQ, "eq", "warm", "--json"],
    "semeq words": [SEMEQ, "words"],
}
SERVE = [str(Path(sys.executable).with_name("semeq-bridge")), "serve", "--osc", "127.0.0.1:0", "--instance", "vox"]
REQUESTS = ("warm", "70% warm + 30% full", "a bit less harsh")


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def until_served() -> float:
    """Until the bridge says where it listens."""
    began = time.perf_counter()
    process = subprocess.Popen(SERVE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "OSC at" in process.stderr.readline()
    taken = time.perf_counter() - began
    process.terminate()
    process.communicate(timeout=10)
    return taken


def processes(rounds: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in (*PROCESSES, "semeq-bridge serve: listens")}
    for _ in range(rounds):
        taken["semeq-bridge serve: listens"].append(until_served())
        for name, command in PROCESSES.items():
            taken[name].append(seconds(command))
    peer = statistics.median(next(iter(taken.values())))
    print(f"{'whole process':<28} median ms   ratio   quartiles of the ratio")
    for name, times in taken.items():
        low, middle, high = statistics.quantiles(times, n=4)
        print(f"{name:<28} {middle * 1e3:9.0f}  {middle / peer:6.2f}   {low / peer:.2f}-{high / peer:.2f}")


def warm_process(rounds: int) -> None:
    print(f"\n{'words to settings, warm':<28} median us   p99 us   (a new intensity each time)")
    for request in REQUESTS:
        eq(request)
        times = []
        for turn in range(200 * rounds):
            intensity = turn % 1999 / 1000
            began = time.perf_counter()
            eq(request, intensity)
            times.append(time.perf_counter() - began)
        print(
            f"{request:<28} {statistics.median(times) * 1e6:9.1f}  {statistics.quantiles(times, n=100)[98] * 1e6:7.1f}"
        )
    times = []
    for turn in range(20 * rounds):
        began = time.perf_counter()
        interpolate("warm", "bright", turn % 199 / 198)
        times.append(time.perf_counter() - began)
    print(f"{'between warm and bright':<28} {statistics.median(times) * 1e6:9.1f}")


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    processes(rounds)
    warm_process(rounds)
