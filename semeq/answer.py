"""What a model plays: a blend of words, another person's way to set them, the way from one curve to another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from semeq.blend import Guess, combine, interpolate_settings
from semeq.latent import decode_settings, encode, guesser
from semeq.model import Model, Word
from semeq.response import Floats, response_db
from semeq.settings import EqSettings, number_or_nan

Parts = tuple[tuple[Word, float], ...]
"""Words and how much of each; negative amounts are taken away."""
TINY_DB, MOST_RAISED = 1e-6, 4.0


def blended(model: Model, parts: Parts) -> EqSettings:
    """Several words at once: the sum of their curves, or what the decoder makes of the sum of their places."""
    if model.blending == "latent":
        return decode_settings(model, place_of(parts))
    words, amounts = zip(*parts, strict=True)
    guess = guesser(model, [(word.latent, word.settings) for word in words])
    return combine([word.settings for word in words], amounts, guess=guess)


def varied(model: Model, parts: Parts, seed: int, typical: EqSettings) -> EqSettings:
    """How some other person might set the words: drawn around the mean of their people, the same for the same seed.

    The shape is that person's, the strength that of ``typical``: how strongly is what intensity is for.
    """
    random = np.random.default_rng(seed)  # the same numbers on every machine
    drawn = [amount * (word.centre + random.standard_normal(len(word.spread)) @ word.spread) for word, amount in parts]
    settings = decode_settings(model, np.sum(drawn, axis=0))
    wanted_db, has_db = (_strength_db(one, model.bands_hz) for one in (typical, settings))
    return settings.scaled(min(wanted_db / max(has_db, TINY_DB), MOST_RAISED))


def _strength_db(settings: EqSettings, bands_hz: Floats) -> float:
    """RMS of the curve without its level."""
    return float(np.std(response_db(settings, bands_hz)))


def place_of(parts: Parts) -> Floats:
    """Where some words are together in the latent space."""
    return np.asarray(np.sum([amount * word.latent for word, amount in parts], axis=0))


def between(model: Model, a: EqSettings, b: EqSettings, places: Sequence[Floats | None], position: float) -> EqSettings:
    """The way from ``a`` (0) to ``b`` (1), both ends exact; ``places`` are theirs where they are known."""
    if model.blending == "curves" or not 0 < number_or_nan(position) < 1:
        return interpolate_settings(a, b, position, guess=_guesser(model, a, b))
    known = zip((a, b), places, strict=True)
    ends = [encode(model, end.to_vector()) if place is None else place for end, place in known]
    preamp_db = (1.0 - position) * a.preamp_db + position * b.preamp_db
    return decode_settings(model, (1.0 - position) * ends[0] + position * ends[1]).with_preamp(preamp_db)


@lru_cache(maxsize=256)  # one object for one pair of ends: the timetable of the way is remembered by it
def _guesser(model: Model, a: EqSettings, b: EqSettings) -> Guess:
    return guesser(model, [(encode(model, end.to_vector()), end) for end in (a, b)])
