"""Curves on the 40 bands: level-free, compared by shape (cosine) and by RMS in dB. Last axis = bands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from semeq.hearing.longterm import BANDS_HZ as BANDS_HZ  # the 40 bands of SocialFX, for data without that file
from semeq.response import Floats, bands_db
from semeq.settings import SHELF_Q

_TINY = 1e-12


def level_free(curves_db: Floats) -> Floats:
    """The same curves with their mean over the bands removed."""
    return np.asarray(curves_db - curves_db.mean(axis=-1, keepdims=True))


def rms_db(curves_db: Floats) -> Floats:
    """Root mean square over the bands."""
    return np.asarray(np.sqrt(np.mean(curves_db**2, axis=-1)))


def unit(curves_db: Floats) -> Floats:
    """The same shapes with RMS 1 dB; a flat curve stays flat."""
    return np.asarray(curves_db / np.maximum(rms_db(curves_db), _TINY)[..., None])


def cosine(one: Floats, other: Floats) -> Floats:
    """Shape cosine of level-free curves: 1 same shape, 0 unrelated (or flat), -1 opposite."""
    return np.asarray(np.mean(unit(one) * unit(other), axis=-1))


def settings_db(vectors: npt.ArrayLike, bands_hz: Floats) -> Floats:
    """Curves of many 13-number settings at once. Shapes: ``[R, 13], [F] -> [R, F]``."""
    numbers = np.asarray(vectors, dtype=np.float64)
    qs = np.full((*numbers.shape[:-1], 5), SHELF_Q)
    qs[..., 1:4] = numbers[..., [4, 7, 10]]
    bands = bands_db(numbers[..., [1, 3, 6, 9, 12]], numbers[..., [0, 2, 5, 8, 11]], qs, bands_hz)
    return np.asarray(bands.sum(axis=-2))
