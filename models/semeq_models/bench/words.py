"""Word to curve: how near a system's answer comes to what held-out people did with the word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semeq.language import Language
from semeq.model import Model
from semeq.response import Floats
from semeq_models.agreement import DRAWS, agreement
from semeq_models.bench.bootstrap import Estimate, mean_of, pair_mean_of, point
from semeq_models.bench.figures import Better, Figure
from semeq_models.bench.plain import at_best_amplitude, parameter_mean
from semeq_models.bench.trial import Trial, answer_db, safe_rows
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.consensus import Consensus, consensus, voices
from semeq_models.curves import cosine, rms_db, unit
from semeq_models.folds import LEAST_PEOPLE, Fold, consistent_words, people
from semeq_models.vocabulary import strength_db

COMMON = ("warm", "bright")
SECTION = "word to curve"
_BLIND, _SPANISH = "mid words, chosen blind", "Spanish mid words"
_COLUMNS: tuple[tuple[str, Better], ...] = (
    ("shape cosine", "higher"),
    ("RMS dB, best amplitude", "lower"),
    ("RMS dB, intensity 1", "lower"),
)
_MID: dict[Language, str] = {"en": "mid words", "es": _SPANISH}

GROUPS = {
    "warm": "SAFE people",
    "bright": "SAFE people",
    "mid words": "consistent English words, chosen on all rows",
    "mid words, chosen blind": "English words consistent in the training folds",
    _SPANISH: "consistent Spanish words, chosen on all rows",
}
LEAST_PEOPLE_MID = 5
DRAWS_IN_FOLDS = 300

Three = tuple[float, float, float]
"""Shape cosine, RMS dB at the best amplitude, RMS dB at intensity 1."""
Answer = Callable[[Fold, str], tuple[Floats, Floats]]
"""The shape for a word, and the curve at intensity 1."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WordPart:
    """One fold: scores by (group, row of the table) and unit, a person or a word, and which mid words are known."""

    scores: Mapping[tuple[str, str], Mapping[str, list[Three]]]
    known: Mapping[Language, float]


def mid_words(corpus: Corpus, language: Language) -> frozenset[str]:
    """Words that people agree about more than chance would, chosen on all rows; without the two common ones."""
    return _consistent(consensus(corpus.contributions, language), LEAST_PEOPLE_MID, DRAWS)


def _consistent(meanings: dict[str, Consensus], least_people: int, draws: int) -> frozenset[str]:
    return frozenset(consistent_words(meanings, least_people, draws) - set(COMMON)) if meanings else frozenset()


def judge(trial: Trial) -> WordPart:
    """Score every held-out person on every word of the table, as `semeq_models.evaluate` does.

    At intensity 1 a system is taken as it plays, and the plain mean, as there, at the strength people typically set.
    """
    scores: dict[tuple[str, str], dict[str, list[Three]]] = defaultdict(lambda: defaultdict(list))
    english, spanish = trial.split.english, trial.split.spanish
    blind = _consistent(english.meanings, LEAST_PEOPLE, DRAWS_IN_FOLDS)
    for row, answer in {"value": _system(trial.model), "flat": _flat, "plain": _plain}.items():
        for word in COMMON:
            for person, three in _scored(english, word, "safe", answer):
                scores[word, row][person].append(three)
        for group, fold, words in (
            ("mid words", english, trial.mid["en"]),
            (_BLIND, english, blind),
            (_SPANISH, spanish, trial.mid["es"]),
        ):
            for word in sorted(words):
                scores[group, row][word] += [three for _, three in _scored(fold, word, None, answer)]
    known: dict[Language, float] = {key: _share_known(trial.model, key, words) for key, words in trial.mid.items()}
    return WordPart(scores={key: dict(units) for key, units in scores.items()}, known=known)


def _share_known(model: Model, language: Language, words: Iterable[str]) -> float:
    vocabulary = model.vocabularies.get(language, {})
    return float(np.mean([float(word in vocabulary) for word in words] or [np.nan]))


def _system(model: Model) -> Answer:
    def answer(fold: Fold, word: str) -> tuple[Floats, Floats]:
        curve_db = answer_db(model, fold.language, word, fold.bands_hz)
        return curve_db, curve_db

    return answer


def _flat(fold: Fold, _word: str) -> tuple[Floats, Floats]:
    return np.zeros(len(fold.bands_hz)), np.zeros(len(fold.bands_hz))


def _plain(fold: Fold, word: str) -> tuple[Floats, Floats]:
    shape_db = parameter_mean(fold, word)
    return shape_db, strength_db(word, fold.language, fold.train) * unit(shape_db)


def _scored(fold: Fold, word: str, source: str | None, answer: Answer) -> list[tuple[str, Three]]:
    if not (heard := people(fold.test, word, source)):
        return []
    shape_db, at_one_db = answer(fold, word)
    best_db = at_best_amplitude(fold, word, shape_db)
    return [
        (person, scored(shape_db, best_db, at_one_db, np.stack([row.curve_db for row in rows])))
        for person, rows in heard.items()
    ]


def scored(shape_db: Floats, best_db: Floats, at_one_db: Floats, curves_db: Floats) -> Three:
    """Mean scores of an answer against the curves of one person. Shapes: ``[F]`` three times, ``[R, F]``."""
    return (
        float(np.mean(cosine(np.broadcast_to(shape_db, curves_db.shape), curves_db))),
        float(np.mean(rms_db(best_db - curves_db))),
        float(np.mean(rms_db(at_one_db - curves_db))),
    )


def figures(
    parts: Sequence[WordPart], corpus: Corpus, mid: Mapping[Language, frozenset[str]], seed: int
) -> list[Figure]:
    """The table of all groups, each with its ceiling."""
    found = []
    for group, note in GROUPS.items():
        units = {row: _units(parts, group, row) for row in ("value", "flat", "plain")}
        ceilings = _ceilings(corpus, group, sorted(units["value"]), seed)
        for column, (name, better) in enumerate(_COLUMNS):
            rows = {row: mean_of([units[row][unit][column] for unit in sorted(units[row])], seed) for row in units}
            found.append(
                Figure(
                    section=SECTION,
                    name=f"{group}: {name}",
                    better=better,
                    value=rows["value"],
                    flat=rows["flat"],
                    plain=rows["plain"],
                    ceiling=ceilings[column],
                    note=f"{len(units['value'])} {note}",
                )
            )
    for language, group in _MID.items():
        share = np.mean([part.known[language] for part in parts])
        found.append(
            Figure(
                section=SECTION,
                name=f"{group}: share known",
                better="higher",
                value=point(float(share)),
                note=f"of {len(mid[language])}; an unknown word counts as flat",
            )
        )
    return found


def _units(parts: Sequence[WordPart], group: str, row: str) -> dict[str, Three]:
    """Mean scores of every unit over all folds."""
    heard: dict[str, list[Three]] = defaultdict(list)
    for part in parts:
        for unit_name, threes in part.scores.get((group, row), {}).items():
            heard[unit_name] += threes
    return {name: _mean(threes) for name, threes in heard.items() if threes}


def _mean(threes: Sequence[Three]) -> Three:
    cosines, best, at_one = np.mean(threes, axis=0).tolist()
    return cosines, best, at_one


def _ceilings(corpus: Corpus, group: str, words: Sequence[str], seed: int) -> list[Estimate | None]:
    """The root of the agreement, and the error of the mean of these very people: no one curve is nearer to them."""
    if group in COMMON:
        rows = safe_rows(corpus.contributions, [group])
        said = voices(rows).get(group, [])
        if not said:
            return [None] * 3
        shapes = np.array([voice.shape for voice in said])
        errors_db = mean_of(_in_sample_db(rows, group), seed)
        return [pair_mean_of(shapes @ shapes.T / shapes.shape[1], seed, root=True), errors_db, errors_db]
    rows = [one for one in corpus.contributions if one.language == ("es" if group == _SPANISH else "en")]
    heard = voices(rows)
    roots = [np.sqrt(max(agreement(np.array([voice.shape for voice in heard[word]])), 0.0)) for word in words]
    errors_db = mean_of([_in_sample_db(rows, word).mean() for word in words], seed)
    return [mean_of(roots, seed), errors_db, errors_db]


def _in_sample_db(rows: Sequence[Contribution], word: str) -> Floats:
    """Each person's error of the mean of all people, themselves included. Shape: ``[people]``."""
    heard = [np.stack([row.curve_db for row in said]) for said in people(rows, word).values()]
    mean_db = np.mean([curves.mean(axis=0) for curves in heard], axis=0)
    return np.array([float(np.mean(rms_db(mean_db - curves))) for curves in heard])
