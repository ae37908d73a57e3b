"""Test signals and files, made here."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float64]


def noise(dur_s: float = 1.0, rate_hz: int = 48_000, channels: int = 2, peak: float = 0.25, seed: int = 0) -> Samples:
    """Repeatable noise, ``[channels, samples]``."""
    samples = np.random.default_rng(seed).uniform(-peak, peak, (channels, round(dur_s * rate_hz)))
    return np.asarray(samples)


def sine(freq_hz: float, dur_s: float = 1.0, rate_hz: int = 48_000, peak: float = 0.25) -> Samples:
    """One channel of a steady tone, ``[1, samples]``."""
    return peak * np.sin(2 * np.pi * freq_hz * np.arange(round(dur_s * rate_hz)) / rate_hz)[None]


def write(
    path: Path, samples: Samples | npt.NDArray[np.float32], rate_hz: int = 48_000, subtype: str = "PCM_24"
) -> Path:
    """Write a file with soundfile, so that our own writer is not its own judge."""
    soundfile.write(path, samples.T, rate_hz, subtype=subtype)
    return path


def read(path: Path) -> tuple[Samples, int]:
    """Read a file with soundfile, ``[channels, samples]`` and the rate."""
    samples, rate_hz = soundfile.read(path, always_2d=True)
    return samples.T, rate_hz
