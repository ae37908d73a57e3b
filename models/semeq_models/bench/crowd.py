"""SocialFX listeners as judges: how well an answer correlates with the mean curve of people in another experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semeq.model import Model
from semeq.response import Floats
from semeq_models.agreement import agreement
from semeq_models.bench.bootstrap import DRAWS, Estimate, around, draws_of_people, point
from semeq_models.bench.figures import Figure
from semeq_models.bench.plain import parameter_mean
from semeq_models.bench.trial import Trial, answer_db
from semeq_models.bench.words import COMMON
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.consensus import Voice, voices
from semeq_models.curves import cosine
from semeq_models.folds import Fold

SECTION = "SocialFX consensus"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Verdict:
    """Some listeners on one word, their weights, and the answers they are held against."""

    people: tuple[str, ...]
    curves_db: Floats
    weights: Floats
    answers_db: Mapping[str, Floats]


CrowdPart = Mapping[str, Verdict]


def judge(trial: Trial) -> CrowdPart:
    """Answers against the SocialFX rows that this fold holds out."""
    fold = trial.split.english
    return {word: verdict for word in COMMON if (verdict := _verdict(trial.model, fold, fold.test, word))}


def judge_without(model: Model | None, corpus: Corpus) -> CrowdPart:
    """Answers of a model that never saw SocialFX, against all its rows; None is a system that learns nothing else."""
    said = tuple(one for one in corpus.contributions if one.source != "socialfx" and one.language == "en")
    fold = Fold(bands_hz=corpus.bands_hz, language="en", train=said, test=(), meanings={})
    return {word: verdict for word in COMMON if (verdict := _verdict(model, fold, corpus.contributions, word))}


def _verdict(model: Model | None, fold: Fold, rows: Sequence[Contribution], word: str) -> Verdict | None:
    heard = listeners(rows, word)
    if not heard:
        return None
    answers = {"plain": parameter_mean(fold, word)}
    if model is not None:
        answers["value"] = answer_db(model, "en", word, fold.bands_hz)
    return Verdict(
        people=tuple(sorted({one.person for one in _said(rows, word)})),  # in the order of their voices
        curves_db=np.array([voice.curve_db for voice in heard]),
        weights=np.array([voice.weight for voice in heard]),
        answers_db=answers,
    )


def listeners(rows: Sequence[Contribution], word: str) -> list[Voice]:
    """The English SocialFX voices on a word."""
    return voices(_said(rows, word)).get(word, [])


def _said(rows: Sequence[Contribution], word: str) -> list[Contribution]:
    return [one for one in rows if (one.word, one.language, one.source) == (word, "en", "socialfx")]


def figures(parts: Sequence[CrowdPart], without: CrowdPart, corpus: Corpus, seed: int) -> list[Figure]:
    """Correlations of both words, learnt without any SocialFX row, and with those of the other folds."""
    found = []
    for name, said, note in (
        ("trained without SocialFX", [without], "all its English rows"),
        ("held-out SocialFX", parts, "held-out rows, mean of the folds"),
    ):
        for word in COMMON:
            verdicts = [part[word] for part in said if word in part]
            found.append(
                Figure(
                    section=SECTION,
                    name=f"{word}: correlation, {name}",
                    better="higher",
                    value=correlation(verdicts, "value", seed),
                    flat=point(0.0),
                    plain=correlation(verdicts, "plain", seed),
                    ceiling=_ceiling(verdicts, listeners(corpus.contributions, word)),
                    note=note,
                )
            )
    return found


def correlation(verdicts: Sequence[Verdict], row: str, seed: int = 0) -> Estimate | None:
    """Mean correlation over folds, weighted by their listeners; the interval draws listeners."""
    if not verdicts or any(row not in verdict.answers_db for verdict in verdicts):
        return None
    sizes = np.array([len(verdict.weights) for verdict in verdicts], dtype=np.float64)
    times = draws_of_people([verdict.people for verdict in verdicts], seed)
    values, drawn, heard = [], [], []
    for verdict, own in zip(verdicts, times, strict=True):
        answer = verdict.answers_db[row]
        values.append(float(cosine(answer, verdict.weights @ verdict.curves_db)))
        drawn.append(cosine(np.broadcast_to(answer, (DRAWS, len(answer))), own * verdict.weights @ verdict.curves_db))
        heard.append(own.any(axis=1))
    weights = sizes[:, None] * np.array(heard)  # no listener drawn: nothing to correlate with
    mean = (np.array(drawn) * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-12)
    return around(float(np.average(values, weights=sizes)), mean, least=-1.0, most=1.0)


def _ceiling(verdicts: Sequence[Verdict], everyone: Sequence[Voice]) -> Estimate | None:
    """What the truth would reach: the root of the reliability of a mean of so many listeners (Spearman-Brown)."""
    if not verdicts or len(everyone) < 2:
        return None
    alike = max(agreement(np.array([voice.shape for voice in everyone])), 0.0)
    sizes = [len(verdict.weights) for verdict in verdicts]
    heard = [float(verdict.weights.sum() ** 2 / np.sum(verdict.weights**2)) for verdict in verdicts]
    roots = [np.sqrt(voters * alike / (1.0 + (voters - 1.0) * alike)) for voters in heard]
    return point(float(np.average(roots, weights=sizes)))
