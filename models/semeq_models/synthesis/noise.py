"""Pink noise that is pink: white noise shaped in the frequency domain, new samples every time."""

from __future__ import annotations

import numpy as np

from semeq.render import Samples

LOWEST_HZ = 20.0


def pink_noise(rng: np.random.Generator, rate_hz: int, dur_s: float, channels: int = 2) -> Samples:
    """Noise whose power falls by 3.01 dB an octave from 20 Hz up, with an RMS of 1. Shape: ``[C, T]``."""
    return coloured_noise(rng, rate_hz, dur_s, -0.5, channels)


def coloured_noise(rng: np.random.Generator, rate_hz: int, dur_s: float, exponent: float, channels: int) -> Samples:
    """Gaussian noise whose amplitude goes with frequency to a power; nothing below 20 Hz, no DC."""
    frames = round(dur_s * rate_hz)
    freqs_hz = np.fft.rfftfreq(frames, 1.0 / rate_hz)
    spectrum = rng.standard_normal((2, channels, len(freqs_hz)))
    shape = np.where(freqs_hz >= LOWEST_HZ, np.maximum(freqs_hz, LOWEST_HZ) ** exponent, 0.0)
    samples = np.fft.irfft((spectrum[0] + 1j * spectrum[1]) * shape, frames)
    return np.asarray(samples / np.sqrt(np.mean(samples**2)), dtype=np.float32)
