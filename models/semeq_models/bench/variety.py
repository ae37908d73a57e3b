"""Random variation around a word: do samples differ from the word, and from each other, as held-out people do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from semeq.latent import FREQS, QS, curves_of, legal
from semeq.response import Floats
from semeq_models.bench.figures import Better, Figure
from semeq_models.bench.metrics import Gap, diversity, gap, mean_energy_distance_db, person_weights
from semeq_models.bench.trial import Trial, safe_rows, samples_db
from semeq_models.bench.words import COMMON
from semeq_models.cleaning import Contribution
from semeq_models.curves import level_free

SAMPLES = 300
SECTION = "variation"
_LOGARITHMIC = [*FREQS, *QS]

VarietyPart = Mapping[tuple[str, str], Gap]
"""Distances by word and row of the table."""


def judge(trial: Trial) -> VarietyPart:
    """Draw samples around both common words and measure them against the held-out rows."""
    fold, found = trial.split.english, {}
    for place, word in enumerate(COMMON):
        held_out = safe_rows(fold.test, [word])
        learnt = safe_rows(fold.train, [word])
        if not held_out or not learnt:
            continue
        seeds = (trial.seed, trial.split.number, place)
        for row, (drawn_db, weights) in {
            "value": (samples_db(trial.model, word, SAMPLES, seeds), np.full(SAMPLES, 1 / SAMPLES)),
            "flat": (np.zeros((1, len(fold.bands_hz))), np.ones(1)),
            "plain": (_gaussian_db(learnt, fold.bands_hz, seeds), np.full(SAMPLES, 1 / SAMPLES)),
            "ceiling": (_curves_db(learnt), person_weights([one.person for one in learnt])),
        }.items():
            found[word, row] = gap(drawn_db, weights, _curves_db(held_out), [one.person for one in held_out])
    return found


def _curves_db(rows: Sequence[Contribution]) -> Floats:
    return np.array([row.curve_db for row in rows])


def _gaussian_db(rows: Sequence[Contribution], at_hz: Floats, seeds: Sequence[int]) -> Floats:
    """Curves of normally distributed settings (logarithms of Hz and Q), with the mean and covariance of people's."""
    numbers = np.array([row.settings for row in rows])
    numbers[:, _LOGARITHMIC] = np.log(numbers[:, _LOGARITHMIC])
    weights = person_weights([row.person for row in rows])
    mean = weights @ numbers
    off = (numbers - mean) * np.sqrt(weights)[:, None]
    normals = np.random.default_rng(seeds).normal(size=(SAMPLES, len(off)))
    drawn = mean + normals @ off  # the covariance of the rows, without its factorisation
    drawn[:, _LOGARITHMIC] = np.exp(np.clip(drawn[:, _LOGARITHMIC], -20.0, 20.0))
    return level_free(curves_of(legal(drawn), at_hz))


def figures(parts: Sequence[VarietyPart], seed: int) -> list[Figure]:
    """Energy distance and diversity of both words; plain = normal settings, ceiling = the training rows."""
    found = []
    for word in COMMON:
        gaps = {row: [part[word, row] for part in parts if (word, row) in part] for row in _ROWS}
        distances = {row: mean_energy_distance_db(folds, seed) for row, folds in gaps.items()}
        varied = {row: diversity(folds, seed) for row, folds in gaps.items()}
        found += [
            Figure(
                section=SECTION,
                name=f"{word}: {name}",
                better=better,
                value=rows["value"],
                flat=rows["flat"],
                plain=rows["plain"],
                ceiling=rows["ceiling"],
                note=f"{what}; plain = normal settings, ceiling = training rows",
            )
            for name, better, what, rows in zip(_NAMES, _BETTER, _WHAT, (distances, varied), strict=True)
        ]
    return found


_ROWS = ("value", "flat", "plain", "ceiling")
_NAMES = ("energy distance, dB", "diversity")
_BETTER: tuple[Better, Better] = ("lower", "near 1")
_WHAT = ("samples to held-out people", "distance between samples over distance between people")
