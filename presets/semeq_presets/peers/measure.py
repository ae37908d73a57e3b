"""From what an impulse became to a curve in dB."""

from __future__ import annotations

import shutil

import numpy as np

from semeq.response import Floats
from semeq_presets.errors import PeerError

FRAMES = 1 << 16


def period(frames: int = FRAMES) -> Floats:
    """What is played into a program over and over: pink noise with every frequency in it, its peak at 1.

    An impulse has so little at 20 Hz that the rounding of single precision, and of SoX's integers, shows: by 0.07 dB.
    """
    bins = np.arange(frames // 2 + 1)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, len(bins))
    phases[[0, -1]] = 0.0
    samples = np.fft.irfft(np.exp(1j * phases) / np.sqrt(np.maximum(bins, 8)))
    return np.asarray(samples / np.abs(samples).max())


def from_period(heard: Floats) -> Floats:
    """The impulse response from any whole period of what came out; its greatest sample is moved to a quarter."""
    response = np.fft.irfft(np.fft.rfft(heard) / np.fft.rfft(period(len(heard))))
    return np.roll(response, len(heard) // 4 - int(np.abs(response).argmax()))


def steady_period(samples: Floats, frames: int, tolerance: float) -> Floats | None:
    """The last period that is as the one before it, with no gap and nothing still gliding: the mean of the two."""
    for end in range(len(samples), 2 * frames - 1, -frames // 8):
        before, last = samples[end - 2 * frames : end - frames], samples[end - frames : end]
        if np.abs(last).max() > 1e-6 and np.abs(last - before).max() < tolerance * np.abs(last).max():
            return np.asarray((before + last) / 2, np.float64)
    return None


def curve_db(response: Floats, at_hz: Floats, rate_hz: float) -> Floats:
    """The gain at some frequencies of an impulse response; bins lie close enough to join them by lines."""
    size = 1 << max(18, int(np.ceil(np.log2(len(response)))))
    power = np.abs(np.fft.rfft(response, size)) ** 2
    bins = np.fft.rfftfreq(size, 1 / rate_hz)
    return np.asarray(np.interp(at_hz, bins, 10 * np.log10(power + 1e-30)))


def program(name: str, package: str) -> str:
    """Where a program is, or how to get it."""
    found = shutil.which(name)
    if found is None:
        raise PeerError(f"no {name} here: install it to check this format (Debian: apt install {package})")
    return found
