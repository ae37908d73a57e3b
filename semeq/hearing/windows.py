"""Windows of sound, evenly spread over a programme, for encoders that hear sound itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semeq.hearing.heard import Audio
from semeq.hearing.mel import RATE_HZ, WINDOW, log_mel
from semeq.render import Samples
from semeq.response import Floats

MOST_WINDOWS = 16


def mel_windows(audio: Audio, rate_hz: float | None) -> Floats:
    """Log-mel pictures of up to 16 windows, each in a row. Shape: ``[windows, BANDS * FRAMES]``."""
    samples = _samples(audio)
    rate = float(rate_hz or _rate(audio))
    if rate != RATE_HZ:
        from scipy.signal import resample_poly

        samples = resample_poly(samples, RATE_HZ, round(rate), axis=1)
    if samples.shape[1] < WINDOW:
        samples = np.pad(samples, ((0, 0), (0, WINDOW - samples.shape[1])))
    starts = np.linspace(0, samples.shape[1] - WINDOW, min(MOST_WINDOWS, samples.shape[1] // WINDOW)).astype(int)
    return np.stack([log_mel(samples[:, start : start + WINDOW]).ravel() for start in starts])


def _samples(audio: Audio) -> Samples:
    """All samples of an array; of a file, no more than two minutes from its middle."""
    if not isinstance(audio, (str, Path)):
        return np.atleast_2d(audio)
    from semeq.audio import open_audio

    with open_audio(Path(audio)) as reader:
        wanted = 120 * reader.info.rate_hz
        skip = max(reader.info.frames - wanted, 0) // 2
        while skip > 0 and (got := reader.read(min(skip, 1 << 18)).shape[1]):
            skip -= got
        return reader.read(wanted)


def _rate(audio: Audio) -> float:
    from semeq.audio import open_audio

    if not isinstance(audio, (str, Path)):
        return float(RATE_HZ)
    with open_audio(Path(audio)) as reader:
        return float(reader.info.rate_hz)
