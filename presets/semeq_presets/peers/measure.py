"""From what an impulse became to a curve in dB."""

from __future__ import annotations

import shutil

import numpy as np

from semeq.response import Floats
from semeq_presets.errors import PeerError

FRAMES = 1 << 16


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
