"""Speech-like sound: a voice with a moving pitch through moving formants, hisses and pauses; no words in it."""

from __future__ import annotations

import numpy as np

from semeq.render import Samples
from semeq_models.synthesis.noise import coloured_noise

_VOWELS_HZ = np.array([[730, 1090, 2440], [270, 2290, 3010], [530, 1840, 2480], [300, 870, 2240], [570, 840, 2410]])
_WIDTHS_HZ = np.array([90.0, 110.0, 170.0])
_HARMONICS = 40


def speech(rng: np.random.Generator, rate_hz: int, dur_s: float) -> Samples:
    """One speaker, mono on both channels, RMS 1 over all. Shape: ``[2, T]``.

    Formants after G. E. Peterson and H. L. Barney 1952, "Control methods used in a study of the vowels".
    """
    frames = round(dur_s * rate_hz)
    steps = np.arange(0, frames + rate_hz, round(0.16 * rate_hz))
    times = np.arange(frames)
    size = rng.uniform(0.9, 1.2)
    formants_hz = size * _VOWELS_HZ[rng.integers(len(_VOWELS_HZ), size=len(steps))]
    base_hz = rng.uniform(90, 230)
    pitch_hz = np.interp(times, steps, base_hz * 2.0 ** (0.25 * rng.standard_normal(len(steps))))
    loud = np.interp(times, steps, (rng.random(len(steps)) < 0.75) * rng.uniform(0.5, 1.0, len(steps)))
    voice = np.zeros(frames)
    phase = 2.0 * np.pi * np.cumsum(pitch_hz) / rate_hz
    coarse = np.arange(0, frames, 64)
    paths = [np.interp(coarse, steps, formants_hz[:, number]) for number in range(3)]
    for harmonic in range(1, _HARMONICS + 1):
        freq_hz = harmonic * pitch_hz[coarse]
        height = sum(
            1.0 / (1.0 + np.square((freq_hz - at) / width)) for at, width in zip(paths, _WIDTHS_HZ, strict=True)
        )
        height = (height + 0.02) / harmonic**0.9 * (freq_hz < 0.45 * rate_hz)
        voice += np.interp(times, coarse, height) * np.sin(harmonic * phase)
    hiss = coloured_noise(rng, rate_hz, dur_s, 0.6, 1)[0][:frames]
    hissing = np.interp(times, steps, (rng.random(len(steps)) < 0.25) * 1.0)
    mono = voice / max(float(np.std(voice)), 1e-9) * loud + 0.25 * hiss * hissing + 0.003 * hiss
    mono -= mono.mean()
    return np.asarray(np.stack([mono, mono]) / np.std(mono), dtype=np.float32)
