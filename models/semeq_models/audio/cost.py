"""What listening costs beside decoding the file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from semeq.audio import open_audio
from semeq.hearing.analysis import analyze
from semeq_models.audio.figures import Figure
from semeq_models.synthesis.music import rawmix

_MINUTES, _ROUNDS, _RATE_HZ = 3, 5, 44_100


def cost_figure(rng: np.random.Generator) -> Figure:
    """The time of one analysis of three minutes beyond decoding, against decoding its FLAC; medians of 5."""
    import soundfile  # only where there is something to pack

    piece = 0.1 * rawmix(rng, _RATE_HZ, 20.0)
    audio = np.tile(piece, (1, 3 * _MINUTES)) + 0.002 * rng.standard_normal((2, 3 * _MINUTES * piece.shape[1]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "piece.flac"
        soundfile.write(path, audio.T, _RATE_HZ, subtype="PCM_16")
        decoding, whole = _median_s(lambda: _decode(path)), _median_s(lambda: analyze(path))
    about = f"{_MINUTES} minutes, medians of {_ROUNDS}; with decoding {whole / decoding:.2f}"
    return Figure(
        name="cost of an analysis / decoding its FLAC", bar="<= 1.5", value=whole / decoding - 1.0, about=about
    )


def _decode(path: Path) -> None:
    with open_audio(path) as reader:
        while reader.read(1 << 17).shape[1]:
            pass


def _median_s(call: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))
