"""The plain way to answer a word, the mean of its 13 numbers, and the amplitude that is best for any shape."""

from __future__ import annotations

import numpy as np

from semeq.response import Floats
from semeq_models.consensus import own_mean_db
from semeq_models.curves import level_free, settings_db, unit
from semeq_models.folds import Fold


def parameter_mean(fold: Fold, word: str) -> Floats:
    """The curve of the mean of the 13 SAFE numbers; flat where there are none."""
    rows = fold.rows(word, "safe")
    if not rows:
        return np.zeros(len(fold.bands_hz))
    return level_free(settings_db([np.mean([row.settings for row in rows], axis=0)], fold.bands_hz)[0])


def at_best_amplitude(fold: Fold, word: str, shape_db: Floats) -> Floats:
    """The shape at the amplitude with the least mean square error on the training rows: small, as means are."""
    if word not in fold.meanings:
        return np.zeros_like(shape_db)
    wanted = own_mean_db(fold.meanings[word].voices)
    return np.asarray(max(float(np.mean(unit(shape_db) * wanted)), 0.0) * unit(shape_db))
