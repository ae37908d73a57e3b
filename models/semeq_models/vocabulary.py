"""The word table: which words stand, how strongly they are set, how sure we are, what is near and what opposite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semeq.language import Language
from semeq.response import Floats
from semeq_models.agreement import agreement, chances, confidence
from semeq_models.cleaning import SHAPE_DB, Contribution, Corpus
from semeq_models.consensus import Consensus, Voice, consensus, own_mean_db, synonyms_mean_db
from semeq_models.curves import cosine, level_free, rms_db, unit
from semeq_models.lexicon import DOUBTED, OPPOSITES, SYNONYMS, TONE_WORDS, partners

LEAST_PEOPLE, LEAST_PEOPLE_TONE = 3, 2
_STRENGTH_PEOPLE, _STRENGTH_PRIOR = 3, 5.0
_NEAR, _OPPOSED, _OPPOSED_UNTOLD = 0.4, -0.3, -0.5
_MOST_SYNONYMS = 4
_AS_CONTRARY = 0.1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entry:
    """What is known of one word: ``mean_db`` is its people's mean, ``curve_db`` the same at their typical strength."""

    word: str
    language: Language
    contributors: int
    rows: int
    agreement: float
    chance: float
    confidence: str
    strength_db: float
    curve_db: Floats
    mean_db: Floats
    synonyms: tuple[str, ...]
    opposite: str | None


def vocabulary(corpus: Corpus, language: Language) -> list[Entry]:
    """Every word of one language that enough people used, in alphabetical order."""
    if not any(one.language == language for one in corpus.contributions):
        return []
    meanings = consensus(corpus.contributions, language)
    heard = {word: list(meaning.voices) for word, meaning in meanings.items()}
    odds = chances(heard)
    kept = {word: meaning for word, meaning in sorted(meanings.items()) if enough_people(word, meaning, language)}
    own = {word: own_mean_db(heard[word]) for word in kept}
    sure = {
        word: _confidence(word, own[word], synonyms_mean_db(word, heard, language), heard[word], odds[word], language)
        for word in kept
    }
    entries = []
    for word, meaning in kept.items():
        strength = strength_db(word, language, corpus.contributions)
        curve = np.round(strength * unit(level_free(meaning.curve_db)), 4)
        entries.append(
            Entry(
                word=word,
                language=language,
                contributors=len(heard[word]),
                rows=sum(voice.rows for voice in heard[word]),
                agreement=round(min(max(_agreement(heard[word]), 0.0), 1.0), 3),
                chance=odds[word],
                confidence=sure[word],
                strength_db=strength,
                curve_db=curve,
                mean_db=level_free(meaning.curve_db),
                synonyms=synonyms(word, own, language),
                opposite=opposite(word, own, kept, sure, language),
            )
        )
    return entries


def enough_people(word: str, meaning: Consensus, language: Language) -> bool:
    """Three people make a word; two are enough for a word that speaks of tone."""
    least = LEAST_PEOPLE_TONE if word in TONE_WORDS[language] else LEAST_PEOPLE
    return len(meaning.voices) >= least


def strength_db(word: str, language: Language, contributions: Sequence[Contribution]) -> float:
    """How strongly people typically set the word: the median over SAFE people, drawn towards that of all words."""
    said: dict[str, list[float]] = {}
    for one in contributions:
        if (one.word, one.language, one.source) == (word, language, "safe"):
            said.setdefault(one.person, []).append(float(rms_db(one.curve_db)))
    if len(said) < _STRENGTH_PEOPLE:
        return SHAPE_DB
    typical = float(np.median([np.median(strengths) for strengths in said.values()]))
    return round((len(said) * typical + _STRENGTH_PRIOR * SHAPE_DB) / (len(said) + _STRENGTH_PRIOR), 3)


def synonyms(word: str, own: Mapping[str, Floats], language: Language) -> tuple[str, ...]:
    """Dictionary synonyms whose own curves look alike, nearest first."""
    near = {other: float(cosine(own[word], own[other])) for other in partners(word, SYNONYMS[language]) if other in own}
    alike = sorted((other for other, shape in near.items() if shape >= _NEAR), key=lambda other: (-near[other], other))
    return tuple(alike[:_MOST_SYNONYMS])


def opposite(
    word: str, own: Mapping[str, Floats], kept: Mapping[str, Consensus], sure: Mapping[str, str], language: Language
) -> str | None:
    """The dictionary opposite where the curves oppose too; else the most contrary word that people agree about.

    Of dictionary opposites about as contrary as the most contrary one, the one that most people used.
    """
    told = {
        other: float(cosine(own[word], own[other])) for other in partners(word, OPPOSITES[language]) if other in own
    }
    if told and min(told.values()) <= _OPPOSED:
        near = [other for other in told if told[other] <= min(told.values()) + _AS_CONTRARY]
        return min(near, key=lambda other: (-len(kept[other].voices), told[other], other))
    curve = kept[word].curve_db
    untold = {other: float(cosine(curve, kept[other].curve_db)) for other in kept if sure[other] != "weak"}
    contrary = min(untold, key=lambda other: (untold[other], other), default=None)
    return contrary if contrary is not None and untold[contrary] <= _OPPOSED_UNTOLD else None


def _agreement(said: Sequence[Voice]) -> float:
    return agreement(np.stack([voice.shape for voice in said]))


def _confidence(
    word: str, own_db: Floats, synonyms_db: Floats | None, said: Sequence[Voice], chance: float, language: Language
) -> str:
    if word in DOUBTED[language]:
        return "weak"
    return confidence(
        agreement=_agreement(said),
        chance=chance,
        contributors=len(said),
        rows=sum(voice.rows for voice in said),
        synonyms_agree=synonyms_db is not None and float(cosine(own_db, synonyms_db)) >= 0.5,
    )
