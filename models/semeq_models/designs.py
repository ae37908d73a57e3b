"""Ways to answer a word with a curve, compared on held-out people: from doing nothing to what ships."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semeq.response import Floats
from semeq_models.bands import fit_bands
from semeq_models.cleaning import SHAPE_DB
from semeq_models.consensus import own_mean_db
from semeq_models.curves import level_free, settings_db, unit
from semeq_models.folds import Fold


def flat(fold: Fold, _word: str) -> Floats:
    """Do nothing."""
    return np.zeros(len(fold.bands_hz))


def parameter_mean(fold: Fold, word: str) -> Floats:
    """The curve of the mean of the 13 SAFE numbers."""
    rows = fold.rows(word, "safe")
    if not rows:
        return flat(fold, word)
    return level_free(settings_db([np.mean([row.settings for row in rows], axis=0)], fold.bands_hz)[0])


def curve_mean(fold: Fold, word: str) -> Floats:
    """The mean of the SAFE curves."""
    rows = fold.rows(word, "safe")
    return np.asarray(np.mean([row.curve_db for row in rows], axis=0)) if rows else flat(fold, word)


def semeq_curve(fold: Fold, word: str) -> Floats:
    """The word's fused consensus curve."""
    return fold.meanings[word].curve_db if word in fold.meanings else flat(fold, word)


def semeq_bands(fold: Fold, word: str) -> Floats:
    """The same as five bands: what the product plays."""
    if word not in fold.meanings:
        return flat(fold, word)
    if word not in fold.drawings:
        curve = SHAPE_DB * unit(level_free(semeq_curve(fold, word)))
        settings = fit_bands(curve, fold.bands_hz).settings
        fold.drawings[word] = level_free(settings_db([settings.to_vector()], fold.bands_hz)[0])
    return fold.drawings[word]


DESIGNS: dict[str, Callable[[Fold, str], Floats]] = {
    "flat": flat,
    "mean of the parameters, SAFE": parameter_mean,
    "mean curve, SAFE": curve_mean,
    "semeq, consensus curve": semeq_curve,
    "semeq, five bands": semeq_bands,
}
BANDS_DESIGN = "semeq, five bands"


def at_best_amplitude(fold: Fold, word: str, shape_db: Floats) -> Floats:
    """The shape at the amplitude with the least mean square error on the training rows: small, as means are."""
    if word not in fold.meanings:
        return np.zeros_like(shape_db)
    wanted = own_mean_db(fold.meanings[word].voices)
    return np.asarray(max(float(np.mean(unit(shape_db) * wanted)), 0.0) * unit(shape_db))
