"""Presets: how long all formats take, how true each is by prediction, and how true curves come back.

`python tests/bench/bench_presets.py [rounds] [settings]`: whole processes against `import numpy`, in the same run;
then as many random settings as asked for (gains of 12 dB, bells of Q 0.3 to 6, shelves of Q 0.4 to 1.2).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from semeq.response import log_grid_hz, response_db
from semeq_presets import FORMATS, plan
from semeq_presets.export import files_of, preset_of
from semeq_presets.load import from_bytes
from semeq_presets.plan import Plan, played_db

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.curves import wild_settings

PRESETS = str(Path(sys.executable).with_name("semeq-presets"))
GRID = log_grid_hz(points=200)


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def processes(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
            "export warm --format apo": [PRESETS, "export", "warm", "--format", "apo", "-o", folder, "--force"],
            "export warm --format all": [PRESETS, "export", "warm", "--format", "all", "-o", folder, "--force"],
        }
        taken: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(rounds):
            for name, command in rows.items():
                taken[name].append(seconds(command))
    peer, *_ = taken.values()
    print(f"{'whole process':<28} median ms   ratio   quartiles of the ratio, round by round")
    for name, times in taken.items():
        ratios = [one / other for one, other in zip(times, peer, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:<28} {statistics.median(times) * 1e3:9.0f}  {middle:6.2f}   {low:.2f}-{high:.2f}")


def table(count: int) -> None:
    print(f"\n{count} random settings    predicted error, dB          read back, dB")
    print(f"{'format':<16}    {'median':>8} {'95 %':>8} {'worst':>8}   {'worst':>8} {'over .1':>8}")
    for name, form in FORMATS.items():
        plans = [plan(wild_settings(seed), form) for seed in range(count)]
        errors = np.array([planned.error_db for planned in plans])
        line = f"{name:<16}    {np.median(errors):8.3f} {np.quantile(errors, 0.95):8.3f} {errors.max():8.3f}"
        if form.reads:
            back = np.array([came_back(planned) for planned in plans])
            line += f"   {back.max():8.3f} {(back > 0.1).sum():8d}"
        print(line, flush=True)


def came_back(planned: Plan) -> float:
    """How far what is read is off what was written: numbers, a drawn curve, or EQ10Q's own bells."""
    files = files_of(planned.format, preset_of(planned, "x", "y"))
    back = from_bytes(next(data for path, data in files.items() if "manifest" not in path), planned.format.name)
    said = planned.held if planned.format.ranges.preamp_db else planned.held.with_preamp(0.0)
    wanted = response_db(said, GRID)
    if planned.format.law == "eq10q":
        wanted = played_db(planned.held, planned.format, GRID, planned.rate_hz)
    return float(np.abs(response_db(back.settings, GRID) - wanted).max())


if __name__ == "__main__":
    processes(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
    table(int(sys.argv[2]) if len(sys.argv) > 2 else 100)
