"""How well each design foretells what held-out people do with a word: shape cosine and level-free RMS error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from semeq_models.agreement import DRAWS
from semeq_models.cleaning import Corpus
from semeq_models.consensus import consensus
from semeq_models.curves import cosine, rms_db, unit
from semeq_models.designs import BANDS_DESIGN, DESIGNS, at_best_amplitude
from semeq_models.folds import LEAST_PEOPLE, Fold, consistent_words, folds, people
from semeq_models.socialfx import Language
from semeq_models.vocabulary import strength_db

GROUPS = {
    "warm": "SAFE people",
    "bright": "SAFE people",
    "mid words": "consistent English words, chosen on all rows",
    "mid words, chosen blind": "English words consistent in the training folds",
    "Spanish mid words": "consistent Spanish words, chosen on all rows",
}
LEAST_PEOPLE_MID = 5
SPLITS = 5
DRAWS_IN_FOLDS = 300
_COMMON = ("warm", "bright")
_BOOTSTRAP = 2000

Scores = dict[tuple[str, str], dict[str, list[tuple[float, float, float]]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """One design on one group of words; ``units`` people (warm, bright) or words were scored."""

    group: str
    design: str
    units: int
    cosine: Interval
    rms_db: Interval
    rms_at_one_db: Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """The cross-validated table and which words its groups hold."""

    folds: int
    seed: int
    splits: int
    scores: tuple[Score, ...]
    mid_words: tuple[str, ...]
    spanish_mid_words: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def score(self, group: str, design: str) -> Score:
        """One cell of the table."""
        return next(score for score in self.scores if (score.group, score.design) == (group, design))


def evaluate(corpus: Corpus, *, count: int = 5, seed: int = 0, splits: int = SPLITS, bands: bool = True) -> Evaluation:
    """Cross-validate all designs by contributor, over several random splits.

    Without ``bands`` the design that fits bands, the slow one, is left out.
    """
    designs = [name for name in DESIGNS if bands or name != BANDS_DESIGN]
    mid = {language: _mid_words(corpus, language) for language in ("en", "es")}
    scores: Scores = defaultdict(lambda: defaultdict(list))
    for fold in _all_folds(corpus, "en", count, seed, splits):
        blind = consistent_words(fold.meanings, LEAST_PEOPLE, DRAWS_IN_FOLDS) - set(_COMMON)
        wanted = {word: ("safe", [word]) for word in _COMMON}
        for word in sorted(blind | mid["en"]):
            groups = [("mid words", mid["en"]), ("mid words, chosen blind", blind)]
            wanted[word] = ("", [group for group, words in groups if word in words])
        for word, (source, groups_of_word) in wanted.items():
            _score(scores, fold, word, source, groups_of_word, designs)
    for fold in _all_folds(corpus, "es", count, seed, splits):
        for word in sorted(mid["es"]):
            _score(scores, fold, word, "", ["Spanish mid words"], designs)
    table = [_summary(group, design, scores[group, design], seed) for group in GROUPS for design in designs]
    return Evaluation(
        folds=count,
        seed=seed,
        splits=splits,
        scores=tuple(table),
        mid_words=tuple(sorted(mid["en"])),
        spanish_mid_words=tuple(sorted(mid["es"])),
    )


def _all_folds(corpus: Corpus, language: Language, count: int, seed: int, splits: int) -> Iterator[Fold]:
    for number in range(splits):
        yield from folds(corpus, language, count, seed + number)


def _mid_words(corpus: Corpus, language: Language) -> set[str]:
    return consistent_words(consensus(corpus.contributions, language), LEAST_PEOPLE_MID, DRAWS) - set(_COMMON)


def _score(scores: Scores, fold: Fold, word: str, source: str, groups: Sequence[str], designs: Sequence[str]) -> None:
    """Add every held-out person's mean scores, under the person, or under the word in a group of words."""
    strength = strength_db(word, fold.language, fold.train)
    for design in designs if (heard := people(fold.test, word, source or None)) else []:
        shape = DESIGNS[design](fold, word)
        best = at_best_amplitude(fold, word, shape)
        for person, rows in heard.items():
            curves = np.stack([row.curve_db for row in rows])
            score = (
                float(np.mean(cosine(np.broadcast_to(shape, curves.shape), curves))),
                float(np.mean(rms_db(best - curves))),
                float(np.mean(rms_db(strength * unit(shape) - curves))),
            )
            for group in groups:
                scores[group, design][person if group in _COMMON else word].append(score)


def _summary(group: str, design: str, units: Mapping[str, list[tuple[float, float, float]]], seed: int) -> Score:
    means = np.array([np.mean(units[unit], axis=0) for unit in sorted(units)])
    random = np.random.default_rng(seed)
    picks = random.integers(len(means), size=(_BOOTSTRAP, len(means)))
    low, high = np.quantile(means[picks].mean(axis=1), [0.025, 0.975], axis=0)
    intervals = [_interval(*bounds) for bounds in zip(means.mean(axis=0), low, high, strict=True)]
    return Score(
        group=group,
        design=design,
        units=len(means),
        cosine=intervals[0],
        rms_db=intervals[1],
        rms_at_one_db=intervals[2],
    )


def _interval(mean: float, low: float, high: float) -> Interval:
    return Interval(mean=round(float(mean), 3), low=round(float(low), 3), high=round(float(high), 3))


def table_lines(evaluation: Evaluation) -> list[str]:
    """The table as Markdown rows."""
    lines = [
        "| words | design | scored | shape cosine | RMS dB, best amplitude | RMS dB, intensity 1 |",
        "|---|---|---|---|---|---|",
    ]
    for score in evaluation.scores:
        kind = "people" if score.group in _COMMON else "words"
        lines.append(
            f"| {score.group} | {score.design} | {score.units} {kind} "
            f"| {score.cosine} | {score.rms_db} | {score.rms_at_one_db} |"
        )
    return lines
