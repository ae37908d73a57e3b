"""Log-mel pictures of sound, for encoders that hear sound itself: 64 bands, two seconds at a time."""

from __future__ import annotations

import numpy as np

from semeq.render import Samples
from semeq.response import Floats

BANDS, FRAMES, SIZE, HOP, RATE_HZ = 64, 86, 2048, 1024, 44_100
WINDOW = (FRAMES - 1) * HOP + SIZE  # samples: about two seconds
_LOW_HZ, _HIGH_HZ, _FLOOR = 20.0, 20_000.0, 1e-10


def log_mel(samples: Samples) -> Floats:
    """Log10 of the power in each band of each frame, channels averaged. Shapes: ``[C, WINDOW] -> [BANDS, FRAMES]``."""
    mono = np.asarray(samples, dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(mono, SIZE, axis=1)[:, ::HOP]
    window = np.hanning(SIZE + 1)[:-1].astype(np.float32)
    power = np.mean(np.square(np.abs(np.fft.rfft(frames * window))), axis=0)
    return np.asarray(np.log10(np.maximum(power @ _BANK.T, _FLOOR)).T)


def hz_to_mel(freq_hz: Floats) -> Floats:
    """Mel of a frequency (D. O'Shaughnessy 1987)."""
    return np.asarray(2595.0 * np.log10(1.0 + freq_hz / 700.0))


def _bank() -> Floats:
    """Triangles that overlap by half, evenly spaced in mel. Shape: ``[BANDS, bins]``."""
    low, high = hz_to_mel(np.array([_LOW_HZ, _HIGH_HZ]))
    corners = np.linspace(low, high, BANDS + 2)
    mels = hz_to_mel(np.arange(SIZE // 2 + 1) * RATE_HZ / SIZE)
    rising = (mels - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    falling = (corners[2:, None] - mels) / (corners[2:] - corners[1:-1])[:, None]
    bank = np.maximum(np.minimum(rising, falling), 0.0)
    nearest = np.argmin(np.abs(mels - corners[1:-1, None]), axis=1)
    bank[np.arange(BANDS), nearest] = np.maximum(bank[np.arange(BANDS), nearest], 0.05)  # no band is empty
    return np.asarray(bank)


_BANK = _bank()
