"""What the five bands do to a spectrum: Audio EQ Cookbook biquads in float64 and their sum in dB.

R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from semeq.errors import AudioError, UsageError
from semeq.settings import EqSettings, checked_settings, number_or_nan, shown

Floats = npt.NDArray[np.float64]

RATE_HZ = 48_000.0
"""The sample rate a curve is drawn at unless another is named."""
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000

PREAMP_MARGIN_DB = 0.001
_GRID_POINTS = 512
_SHELVES = (0, 4)
_BELLS = slice(1, 4)
_SIDE = np.array([1.0, -1.0])  # low shelf, high shelf: the same formula mirrored in frequency


def check_rate(rate_hz: float) -> float:
    """``rate_hz`` as a float; sample rates that no audio has are refused."""
    if not MIN_RATE_HZ <= (number := number_or_nan(rate_hz)) <= MAX_RATE_HZ:
        raise AudioError(f"sample rate {shown(rate_hz)} Hz: use {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")
    return number


def sections(freqs_hz: Floats, gains_db: Floats, qs: Floats, rate_hz: float) -> tuple[Floats, Floats]:
    """Numerators and denominators of the five biquads. Shapes: ``[..., 5] -> [..., 5, 3]`` twice.

    A band at or above half the sample rate cannot be built: a low shelf there is a plain gain, any other band nothing.
    """
    amp = 10.0 ** (gains_db / 40.0)
    omega = 2.0 * np.pi * freqs_hz / rate_hz
    cos, alpha = np.cos(omega), np.sin(omega) / (2.0 * qs)
    b = np.empty((*np.shape(amp), 3))
    a = np.empty_like(b)

    bell_amp, bell_alpha, bell_cos = amp[..., _BELLS], alpha[..., _BELLS], cos[..., _BELLS]
    b[..., _BELLS, 0] = 1.0 + bell_alpha * bell_amp
    b[..., _BELLS, 2] = 1.0 - bell_alpha * bell_amp
    a[..., _BELLS, 0] = 1.0 + bell_alpha / bell_amp
    a[..., _BELLS, 2] = 1.0 - bell_alpha / bell_amp
    b[..., _BELLS, 1] = a[..., _BELLS, 1] = -2.0 * bell_cos

    shelf_amp = amp[..., _SHELVES]
    shelf_cos = cos[..., _SHELVES] * _SIDE
    root = 2.0 * np.sqrt(shelf_amp) * alpha[..., _SHELVES]
    up, down = shelf_amp + 1.0, shelf_amp - 1.0
    b[..., _SHELVES, 0] = shelf_amp * (up - down * shelf_cos + root)
    b[..., _SHELVES, 1] = shelf_amp * (down - up * shelf_cos) * (2.0 * _SIDE)
    b[..., _SHELVES, 2] = shelf_amp * (up - down * shelf_cos - root)
    a[..., _SHELVES, 0] = up + down * shelf_cos + root
    a[..., _SHELVES, 1] = (down + up * shelf_cos) * (-2.0 * _SIDE)
    a[..., _SHELVES, 2] = up + down * shelf_cos - root

    beyond = omega >= np.pi
    if np.any(beyond):
        b[beyond] = a[beyond] = (1.0, 0.0, 0.0)
        low_shelf = beyond[..., 0]
        b[..., 0, 0] = np.where(low_shelf, amp[..., 0] ** 2, b[..., 0, 0])
    return b, a


def bands_db(freqs_hz: Floats, gains_db: Floats, qs: Floats, at_hz: Floats, rate_hz: float = RATE_HZ) -> Floats:
    """Gain of each band alone, in dB. Shapes: ``[..., 5], [F] -> [..., 5, F]``."""
    b, a = sections(freqs_hz, gains_db, qs, rate_hz)
    phi = np.sin(np.pi * np.minimum(at_hz, rate_hz / 2.0) / rate_hz) ** 2
    return np.asarray(10.0 * np.log10(_power(b, phi) / _power(a, phi)))


def _power(c: Floats, phi: Floats) -> Floats:
    """|c0 + c1/z + c2/z²|² on the unit circle, with phi = sin²(w/2)."""
    c0, c1, c2 = c[..., 0, None], c[..., 1, None], c[..., 2, None]
    ends = c0 * c2
    return np.asarray((c0 + c1 + c2) ** 2 + phi * (16.0 * ends * phi - 4.0 * (c0 * c1 + 4.0 * ends + c1 * c2)))


def arrays(settings: EqSettings) -> tuple[Floats, Floats, Floats]:
    """Frequencies, gains and Qs of the five bands as arrays. Shapes: ``[5]`` each."""
    return np.array(settings.freqs_hz), np.array(settings.gains_db), np.array(settings.qs)


def response_db(settings: EqSettings, freqs_hz: npt.ArrayLike, rate_hz: float = RATE_HZ) -> Floats:
    """Gain of the whole curve, in dB: preamp plus every band. Shapes: ``[F] -> [F]``.

    Frequencies above half the sample rate get the value there.

    >>> lows = EqSettings.from_text("+6 dB low shelf at 200 Hz")
    >>> response_db(lows, [20, 200, 20_000]).round(2).tolist()
    [6.0, 3.0, 0.0]
    """
    settings, at_hz = checked_settings(settings), _checked_freqs(freqs_hz)
    curves = bands_db(*arrays(settings), np.ravel(at_hz), check_rate(rate_hz))
    return np.asarray(settings.preamp_db + curves.sum(axis=0)).reshape(at_hz.shape)


def _checked_freqs(freqs_hz: npt.ArrayLike) -> Floats:
    try:
        at_hz = np.asarray(freqs_hz, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"frequencies {shown(freqs_hz)}: use numbers in Hz") from None
    legal = (at_hz >= 0.0) & np.isfinite(at_hz)
    if not legal.all():
        raise UsageError(f"frequency {at_hz[~legal][0]:g} Hz: use 0 Hz and above, no NaN or infinity")
    return at_hz


def sos(settings: EqSettings, rate_hz: float) -> Floats:
    """Second-order sections ``[5, 6]`` (as in scipy) of the whole curve; the preamp sits in the first."""
    b, a = sections(*arrays(checked_settings(settings)), check_rate(rate_hz))
    rows = np.concatenate([b, a], axis=-1) / a[..., :1]
    rows[0, :3] *= 10.0 ** (settings.preamp_db / 20.0)
    return rows


def log_grid_hz(low_hz: float = 20.0, high_hz: float = 20_000.0, points: int = _GRID_POINTS) -> Floats:
    """Frequencies evenly spaced in octaves."""
    return np.geomspace(low_hz, high_hz, points)


def peak_db(settings: EqSettings, rate_hz: float = RATE_HZ) -> float:
    """Highest point of the summed curve, in dB, between 0 Hz and half the sample rate.

    >>> round(peak_db(EqSettings.flat().with_gain(3, 6.0)), 3)
    6.0
    """
    freqs, gains, qs = arrays(checked_settings(settings))
    rate_hz = check_rate(rate_hz)
    nyquist_hz = rate_hz / 2.0
    centres = freqs[freqs < nyquist_hz]
    grid = np.sort(np.concatenate([[0.0, nyquist_hz], log_grid_hz(5.0, nyquist_hz), centres]))
    grid = grid[np.diff(grid, prepend=-1.0) > 0]  # np.unique would import numpy.ma
    curve = bands_db(freqs, gains, qs, grid, rate_hz).sum(axis=0)
    best = int(curve.argmax())
    near = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 65)  # zoom in on the highest point
    zoomed = bands_db(freqs, gains, qs, near, rate_hz).sum(axis=0)
    return float(settings.preamp_db + max(curve.max(), zoomed.max()))


def auto_preamp_db(settings: EqSettings, rate_hz: float = RATE_HZ) -> float:
    """Gain (never above 0 dB) that keeps the highest point of the curve at or below 0 dB.

    >>> auto_preamp_db(EqSettings.flat())
    0.0
    """
    peak = peak_db(checked_settings(settings).with_preamp(0.0), rate_hz)
    return -(peak + PREAMP_MARGIN_DB) if peak > 0 else 0.0


def octave_changes_db(settings: EqSettings, rate_hz: float = RATE_HZ) -> dict[float, float]:
    """Mean change in each octave band (centres 31.5 Hz to 16 kHz) that fits below half the sample rate."""
    changes = {}
    for centre_hz in octave_centres_hz(rate_hz):
        inside = np.geomspace(centre_hz / np.sqrt(2), centre_hz * np.sqrt(2), 25)
        changes[centre_hz] = float(response_db(settings, inside, rate_hz).mean())
    return changes


def octave_centres_hz(rate_hz: float = RATE_HZ) -> Iterable[float]:
    """Nominal octave centres whose band lies below half the sample rate."""
    nominal = (31.5, 63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
    return [centre for centre in nominal if centre * 1.4 < rate_hz / 2]
