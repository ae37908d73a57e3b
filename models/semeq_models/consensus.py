"""What a word means: the fused mean of everyone's curves, leaning on its synonyms where few have spoken.

Each person is one voice, however many rows they left. A SAFE voice weighs 1, a SocialFX one 0.75 plus the consistency
of its ratings. A word's mean is drawn towards the mean of its dictionary synonyms with the weight of
`PRIOR_VOICES` voices: it decides little for a common word, and much for a rare one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semeq.language import Language
from semeq.response import Floats
from semeq_models.cleaning import Contribution
from semeq_models.curves import unit
from semeq_models.lexicon import SYNONYMS, partners

BASE_WEIGHT = 0.75
PRIOR_VOICES = 2.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Voice:
    """One person on one word: their mean curve, the mean of its shapes, and how much it counts."""

    source: str
    curve_db: Floats
    shape: Floats
    weight: float
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Consensus:
    """Everything said about one word of one language."""

    voices: tuple[Voice, ...]
    curve_db: Floats

    @property
    def weight(self) -> float:
        """How many full voices the word has."""
        return sum(voice.weight for voice in self.voices)


def voices(contributions: Iterable[Contribution]) -> dict[str, list[Voice]]:
    """The voices behind every word; give contributions of one language only."""
    rows: dict[tuple[str, str], list[Contribution]] = defaultdict(list)
    for contribution in contributions:
        rows[contribution.word, contribution.person].append(contribution)
    found: dict[str, list[Voice]] = defaultdict(list)
    for (word, _), said in sorted(rows.items(), key=lambda item: item[0]):
        curves = np.stack([one.curve_db for one in said])
        trust = 1.0 if said[0].source == "safe" else BASE_WEIGHT + float(np.mean([one.consistency for one in said]))
        found[word].append(
            Voice(
                source=said[0].source,
                curve_db=curves.mean(axis=0),
                shape=unit(curves).mean(axis=0),
                weight=trust,
                rows=len(said),
            )
        )
    return found


def row_weights(rows: Sequence[Contribution]) -> Floats:
    """How much each row counts, so that all rows of one person on one word count as one voice."""
    count = Counter((row.word, row.person) for row in rows)
    trust = [1.0 if row.source == "safe" else BASE_WEIGHT + row.consistency for row in rows]
    return np.asarray(np.array(trust) / [count[row.word, row.person] for row in rows])


def own_mean_db(said: Iterable[Voice]) -> Floats:
    """The weighted mean of some voices."""
    heard = list(said)
    weights = [voice.weight for voice in heard]
    return np.asarray(np.average([voice.curve_db for voice in heard], axis=0, weights=weights))


def synonyms_mean_db(word: str, heard: Mapping[str, list[Voice]], language: Language) -> Floats | None:
    """Mean curve of the word's dictionary synonyms, the better known counting more; None where there is none."""
    known = [other for other in partners(word, SYNONYMS[language]) if other in heard]
    if not known:
        return None
    weights = [sum(voice.weight for voice in heard[other]) for other in known]
    shares = [weight / (weight + PRIOR_VOICES) for weight in weights]
    return np.asarray(np.average([own_mean_db(heard[other]) for other in known], axis=0, weights=shares))


def consensus(contributions: Iterable[Contribution], language: Language) -> dict[str, Consensus]:
    """The meaning of every word of one language; rows of other languages are left out."""
    heard = voices(one for one in contributions if one.language == language)
    meanings = {}
    for word, said in heard.items():
        curve, prior = own_mean_db(said), synonyms_mean_db(word, heard, language)
        if prior is not None:
            weight = sum(voice.weight for voice in said)
            curve = (weight * curve + PRIOR_VOICES * prior) / (weight + PRIOR_VOICES)
        meanings[word] = Consensus(voices=tuple(said), curve_db=curve)
    return meanings
