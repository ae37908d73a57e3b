"""As loud as it came: what a curve adds to the loudness of some material, foreseen from its spectrum and taken back.

Foreseen, not measured afterwards: the moment a knob is turned the level is right. The spectrum moves slowly, and the
trim never goes further than ``MOST_DB``.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from semeq.hearing.longterm import BANDS_HZ, WIDTHS_HZ
from semeq.hearing.reference import load_reference
from semeq.response import Floats, response_db
from semeq.settings import EqSettings

MOST_DB = 12.0


def trim_db(settings: EqSettings, shape_db: Floats | None) -> float:
    """What keeps material of this spectrum as loud under a curve; without one, of music in general.

    >>> trim_db(EqSettings.flat(), None)
    0.0
    """
    if settings.is_flat:
        return 0.0
    powers = _weights() * 10.0 ** ((load_reference().mean_db if shape_db is None else shape_db) / 10.0)
    gains = 10.0 ** (response_db(settings.with_preamp(0.0), BANDS_HZ) / 10.0)
    louder_db = 10.0 * math.log10(float(powers @ gains) / float(powers.sum()))
    return round(min(max(-louder_db, -MOST_DB), MOST_DB), 1) + 0.0


@lru_cache(maxsize=1)
def _weights() -> Floats:
    """How much each band counts for loudness: its width, under the K-weighting of BS.1770 (its analogue form)."""
    s = 2j * np.pi * BANDS_HZ
    high, low = 2.0 * math.pi * 1681.974, 2.0 * math.pi * 38.135
    gain, q = 10.0 ** (3.999843 / 20.0), 0.7071752
    shelf = (gain * s**2 + math.sqrt(gain) * high / q * s + high**2) / (s**2 + high / q * s + high**2)
    cut = s**2 / (s**2 + low / 0.5003270 * s + low**2)
    return np.asarray(WIDTHS_HZ * np.abs(shelf * cut) ** 2)
