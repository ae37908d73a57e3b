"""Ways through the latent space: a word turned up from nothing, and the straight way from one word to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from semeq.answer import between
from semeq.latent import curves_of, decode
from semeq.model import Model, Word
from semeq.response import Floats
from semeq_models.bench.trial import drawn_db, known_words
from semeq_models.curves import level_free, rms_db

INTENSITIES = np.linspace(0.0, 2.0, 33)
STEPS = 24
BEST_KNOWN = 10
SETBACK_DB = 0.01
"""A curve that shrinks by less while it is turned up still counts as growing: nobody hears it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """Turning words up: what is left at 0 (dB), and the share of words that only grow, up to 1 and up to 2."""

    at_zero_db: float
    grow_to_one: float
    grow_to_two: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """All ways between some words: length over straight distance, and largest over mean step."""

    length: float
    longest: float
    step: float
    roughest: float


def growth_by_decoder(model: Model) -> Growth:
    """Words turned up by their distance from the origin of the latent space."""
    words = known_words(model)
    places = INTENSITIES[:, None, None] * np.array([word.latent for word in words])
    at_zero_db = curves_of(decode(model, np.zeros(model.latent_dim)), model.bands_hz)
    return _growth(float(np.abs(at_zero_db).max()), drawn_db(model, places))


def growth_as_played(model: Model) -> Growth:
    """Words turned up as the product does it: by their gains."""
    words = known_words(model)
    vectors = [[word.settings.scaled(float(part)).to_vector() for word in words] for part in INTENSITIES]
    curves_db = curves_of(vectors, model.bands_hz)
    return _growth(float(np.abs(curves_db[0]).max()), level_free(curves_db))


def _growth(at_zero_db: float, curves_db: Floats) -> Growth:
    """Shape of the curves: ``[intensities, words, F]``."""
    strengths_db = rms_db(curves_db)
    setbacks_db = np.maximum.accumulate(strengths_db, axis=0) - strengths_db
    to_one = INTENSITIES <= 1.0
    return Growth(
        at_zero_db=at_zero_db,
        grow_to_one=float(np.mean(setbacks_db[to_one].max(axis=0) <= SETBACK_DB)),
        grow_to_two=float(np.mean(setbacks_db.max(axis=0) <= SETBACK_DB)),
    )


def best_known(model: Model) -> list[Word]:
    """The English words that most people used."""
    return sorted(model.vocabularies.get("en", {}).values(), key=lambda word: (-word.contributors, word.name))[
        :BEST_KNOWN
    ]


def ways_by_decoder(model: Model) -> Ways | None:
    """Straight ways in the latent space, decoded."""
    parts = np.linspace(0.0, 1.0, STEPS + 1)[:, None]
    places = [(1.0 - parts) * one.latent + parts * other.latent for one, other in combinations(best_known(model), 2)]
    return ways(drawn_db(model, np.array(places))) if places else None


def ways_as_played(model: Model) -> Ways | None:
    """The ways that `semeq.interpolate` takes."""
    vectors = [
        [
            between(model, one.settings, other.settings, (one.latent, other.latent), step / STEPS).to_vector()
            for step in range(STEPS + 1)
        ]
        for one, other in combinations(best_known(model), 2)
    ]
    return ways(level_free(curves_of(vectors, model.bands_hz))) if vectors else None


def ways(walks_db: Floats | Sequence[Floats]) -> Ways | None:
    """Measure some ways; those between equal curves lead nowhere and are left out. Shape: ``[ways, places, F]``."""
    walks = np.asarray(walks_db)
    steps_db = rms_db(np.diff(walks, axis=1))
    straight_db = rms_db(walks[:, -1] - walks[:, 0])
    apart = straight_db > 1e-6
    if not apart.any():
        return None
    lengths = steps_db[apart].sum(axis=1) / straight_db[apart]
    largest = steps_db[apart].max(axis=1) / steps_db[apart].mean(axis=1)
    return Ways(
        length=float(lengths.mean()),
        longest=float(lengths.max()),
        step=float(largest.mean()),
        roughest=float(largest.max()),
    )
