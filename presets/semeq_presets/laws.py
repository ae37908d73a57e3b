"""How the programs we write for turn numbers into a curve, where that is not the Audio EQ Cookbook.

Each law takes frequencies, gains and Qs ``[..., 5]``, where ``[F]`` and the sample rate, and gives their sum.
"""

from __future__ import annotations

import numpy as np

from semeq.response import Floats, bands_db


def cookbook(freqs: Floats, gains: Floats, qs: Floats, at_hz: Floats, rate_hz: float) -> Floats:
    """The Audio EQ Cookbook: five sections, summed."""
    return np.asarray(bands_db(freqs, gains, qs, at_hz, rate_hz).sum(axis=-2))


def analog(freqs: Floats, gains: Floats, qs: Floats, at_hz: Floats, rate_hz: float) -> Floats:
    """The analogue prototypes of the cookbook, without the bend that a bilinear transform gives them."""
    del rate_hz
    x = at_hz / freqs[..., None]
    amp, q = 10.0 ** (gains[..., None] / 40.0), qs[..., None]
    bells = _ratio_db((x - 1 / x) ** 2, (amp / q) ** 2, (amp * q) ** -2.0)[..., 1:4, :]
    root = np.sqrt(amp) / q
    low = amp**2 * ((amp - x**2) ** 2 + (root * x) ** 2) / ((1 - amp * x**2) ** 2 + (root * x) ** 2)
    high = amp**2 * ((1 - amp * x**2) ** 2 + (root * x) ** 2) / ((amp - x**2) ** 2 + (root * x) ** 2)
    shelves = 10 * np.log10(low[..., 0, :]) + 10 * np.log10(high[..., 4, :])
    return np.asarray(bells.sum(axis=-2) + shelves)


def _ratio_db(square: Floats, top: Floats, bottom: Floats) -> Floats:
    return np.asarray(10 * np.log10((square + top) / (square + bottom)))


_EQ10Q_DEAD = (0.98, 1.01)  # linear gains between these are played flat


def eq10q(freqs: Floats, gains: Floats, qs: Floats, at_hz: Floats, rate_hz: float) -> Floats:
    """EQ10Q 2.2: shelves of the cookbook; bells with the gain at half the sample rate that an analogue bell has there.

    S. J. Orfanidis, "Digital parametric equalizer design with prescribed Nyquist-frequency gain", JAES 45 (1997); the
    bandwidth is taken at the geometric mean of the gains at the top and at half the rate.
    """
    shelf_gains = gains.copy()
    shelf_gains[..., 1:4] = 0.0
    total = cookbook(freqs, shelf_gains, qs, at_hz, rate_hz)
    f, q = freqs[..., 1:4], qs[..., 1:4]
    top = 10.0 ** (gains[..., 1:4] / 20.0)
    dead = (top >= _EQ10Q_DEAD[0]) & (top <= _EQ10Q_DEAD[1])
    g = np.where(dead, 2.0, top)
    w = 2 * np.pi * f / rate_hz
    away = (w * w - np.pi**2) ** 2
    width = (w * np.pi / q) ** 2
    end2 = (away + g * width) / (away + width / g)  # squared gain at half the rate
    end, mid2, g2 = np.sqrt(end2), np.sqrt(end2) * g, g * g
    f_top, f_zero, f_end = np.abs(g2 - mid2), np.abs(mid2 - 1), np.abs(mid2 - end2)
    centre = np.sqrt(np.abs(g2 - end2) / np.abs(g2 - 1)) * np.tan(w / 2) ** 2
    band = w / (np.sqrt(g) * q) * np.sqrt((g2 - mid2) / (mid2 - 1))
    wide = (1 + np.sqrt(f_zero / f_end) * centre) * np.tan(band / 2)
    c = f_end * wide**2 - 2 * centre * (np.abs(mid2 - end) - np.sqrt(f_zero * f_end))
    d = 2 * centre * (np.abs(g2 - end) - np.sqrt(np.abs(g2 - 1) * np.abs(g2 - end2)))
    a = np.sqrt(np.maximum(c + d, 0) / f_top)
    b = np.sqrt(np.maximum(g2 * c + mid2 * d, 0) / f_top)
    phi = np.sin(np.pi * np.minimum(at_hz, rate_hz / 2) / rate_hz) ** 2
    sin2, cos2 = phi, 1 - phi
    tops = (end[..., None] * sin2 - centre[..., None] * cos2) ** 2 + b[..., None] ** 2 * sin2 * cos2
    bottoms = (sin2 - centre[..., None] * cos2) ** 2 + a[..., None] ** 2 * sin2 * cos2
    bells = 10 * np.log10(np.maximum(tops, 1e-30) / np.maximum(bottoms, 1e-30))
    return np.asarray(total + np.where(dead[..., None], 0.0, bells).sum(axis=-2))
