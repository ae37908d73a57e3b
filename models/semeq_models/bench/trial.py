"""One fold of the bench: a model that never saw some people, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from semeq.language import Language
from semeq.latent import curves_of, legal
from semeq.model import Model, Word
from semeq.response import Floats
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.curves import level_free
from semeq_models.folds import Fold, folds


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Split:
    """What is held out together, in both languages; ``number`` counts all folds of all splits."""

    number: int
    english: Fold
    spanish: Fold

    def training(self, corpus: Corpus) -> Corpus:
        """The corpus without what is held out."""
        return replace(corpus, contributions=(*self.english.train, *self.spanish.train))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trial:
    """A split, the model trained without what it holds out, and the words of the middle: neither common nor unclear."""

    split: Split
    model: Model
    mid: Mapping[Language, frozenset[str]]
    seed: int


def splits_of(corpus: Corpus, count: int, seed: int, splits: int) -> list[Split]:
    """All folds of all random splits, English and Spanish side by side."""
    found = []
    for turn in range(splits):
        pairs = zip(*(folds(corpus, language, count, seed + turn) for language in _LANGUAGES), strict=True)
        found += [Split(number=turn * count + at, english=en, spanish=es) for at, (en, es) in enumerate(pairs)]
    return found


_LANGUAGES: tuple[Language, Language] = ("en", "es")


def safe_rows(said: Sequence[Contribution], words: Sequence[str] = ()) -> list[Contribution]:
    """SAFE rows, of some words where named."""
    return [one for one in said if one.source == "safe" and (not words or one.word in words)]


def known_words(model: Model) -> list[Word]:
    """All words of all languages."""
    return [word for words in model.vocabularies.values() for word in words.values()]


def answer_db(model: Model, language: Language, word: str, at_hz: Floats) -> Floats:
    """The level-free curve that is played for a word at intensity 1; flat where the word is unknown. Shape: ``[F]``."""
    known = model.vocabularies.get(language, {}).get(word)
    return np.zeros(len(at_hz)) if known is None else level_free(curves_of(known.settings.to_vector(), at_hz))


def drawn_db(model: Model, places: Floats) -> Floats:
    """Level-free curves at places of the latent space. Shapes: ``[..., D] -> [..., F]``.

    A decoder that says curves is taken at its word, before they are fitted to bands (35 ms each).
    """
    said = model.decoder(places)
    return level_free(curves_of(legal(said), model.bands_hz) if model.decoder_output == "settings" else said)


def samples_db(model: Model, word: str, count: int, seed: int | Sequence[int]) -> Floats:
    """Curves drawn around an English word as its people vary; flat where it is unknown. Shape: ``[count, F]``."""
    known = model.vocabularies.get("en", {}).get(word)
    if known is None:
        return np.zeros((count, len(model.bands_hz)))
    normals = np.random.default_rng(seed).normal(size=(count, len(known.spread)))
    return drawn_db(model, known.centre + normals @ known.spread)
