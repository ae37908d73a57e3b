"""Held-out people in the latent space: whether their words part there, beside the space of the 13 numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semeq.latent import FREQS, QS, encode
from semeq.response import Floats
from semeq_models.bench.bootstrap import Estimate, point, ratio_of
from semeq_models.bench.clusters import Labels, davies_bouldin, probe, silhouettes, silhouettes_among
from semeq_models.bench.figures import Better, Figure
from semeq_models.bench.trial import Trial, safe_rows
from semeq_models.bench.words import COMMON
from semeq_models.cleaning import Contribution

LEAST_ROWS = 5
_LOGARITHMIC = [*FREQS, *QS]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cloud:
    """One fold in one space: figures of the training rows, and one value for every held-out row, by person."""

    train: Mapping[str, float]
    held_out: Mapping[str, tuple[Floats, tuple[str, ...]]]
    davies_bouldin: float


PlacePart = Mapping[str, Cloud]
"""One fold: the latent space (value) beside the space of the 13 numbers (plain)."""


def judge(trial: Trial) -> PlacePart:
    """Encode the SAFE rows of a fold, learnt and held out."""
    fold = trial.split.english
    learnt, held_out = safe_rows(fold.train), safe_rows(fold.test)
    rows = Counter(one.word for one in (*learnt, *held_out))
    terms = sorted(word for word, count in rows.items() if count >= LEAST_ROWS)
    mean, deviation = _moments(learnt)
    spaces: dict[str, Callable[[Sequence[Contribution]], Floats]] = {
        "value": lambda said: encode(trial.model, [one.settings for one in said]),
        "plain": lambda said: (_logs(said) - mean) / deviation,
    }
    return {name: _cloud(place, learnt, held_out, terms) for name, place in spaces.items()} if held_out else {}


def _logs(rows: Sequence[Contribution]) -> Floats:
    numbers = np.array([row.settings for row in rows])
    numbers[:, _LOGARITHMIC] = np.log(numbers[:, _LOGARITHMIC])
    return numbers


def _moments(rows: Sequence[Contribution]) -> tuple[Floats, Floats]:
    numbers = _logs(rows)
    return numbers.mean(axis=0), np.maximum(numbers.std(axis=0), 1e-12)


def _cloud(
    place: Callable[[Sequence[Contribution]], Floats],
    learnt: Sequence[Contribution],
    held_out: Sequence[Contribution],
    terms: Sequence[str],
) -> Cloud:
    train: dict[str, float] = {}
    found: dict[str, tuple[Floats, tuple[str, ...]]] = {}
    index = float("nan")
    inside, outside, near, far = _of(COMMON, place, learnt, held_out)
    if len(set(near)) == len(set(far)) == len(COMMON):
        owners = _people(held_out, COMMON)
        train["pair"], found["pair"] = float(silhouettes(inside, near).mean()), (silhouettes(outside, far), owners)
        train["davies_bouldin"], index = davies_bouldin(inside, near), davies_bouldin(outside, far)
        guessed = probe(inside, near == COMMON[0], np.concatenate([inside, outside]))
        right = (guessed == (np.concatenate([near, far]) == COMMON[0])).astype(np.float64)
        train["probe"], found["probe"] = float(right[: len(near)].mean()), (right[len(near) :], owners)
    terms = [word for word in terms if any(one.word == word for one in learnt)]
    inside, outside, near, far = _of(terms, place, learnt, held_out)
    if len(terms) > 1 and len(far):
        train["terms"] = float(silhouettes(inside, near).mean())
        found["terms"] = (silhouettes_among(outside, far, inside, near), _people(held_out, terms))
    return Cloud(train=train, held_out=found, davies_bouldin=index)


def _of(
    words: Sequence[str],
    place: Callable[[Sequence[Contribution]], Floats],
    learnt: Sequence[Contribution],
    held_out: Sequence[Contribution],
) -> tuple[Floats, Floats, Labels, Labels]:
    """Places of the rows of some words, learnt and held out, and the words of both."""
    sides = [[one for one in rows if one.word in words] for rows in (learnt, held_out)]
    inside, outside = (place(rows) if rows else np.zeros((0, 1)) for rows in sides)
    near, far = (np.array([one.word for one in rows], dtype=np.str_) for rows in sides)
    return inside, outside, near, far


def _people(rows: Sequence[Contribution], words: Sequence[str]) -> tuple[str, ...]:
    return tuple(one.person for one in rows if one.word in words)


_ROWS = ("value", "plain")
_NOTE = "reported, not tuned for; plain = the 13 numbers, standardised"
Asked = Callable[[Sequence[Cloud], int], Estimate | None]


def _trained(key: str) -> Asked:
    """The mean over folds of a figure of the training rows."""

    def asked(clouds: Sequence[Cloud], _seed: int) -> Estimate | None:
        said = [cloud.train[key] for cloud in clouds if key in cloud.train]
        return point(float(np.mean(said))) if said else None

    return asked


def _held_out(key: str) -> Asked:
    """The mean over held-out rows; the interval draws people."""

    def asked(clouds: Sequence[Cloud], seed: int) -> Estimate | None:
        heard: dict[str, list[float]] = defaultdict(list)
        for values, owners in (cloud.held_out[key] for cloud in clouds if key in cloud.held_out):
            for value, owner in zip(values.tolist(), owners, strict=True):
                heard[owner].append(value)
        rows = [heard[owner] for owner in sorted(heard)]
        return ratio_of([sum(values) for values in rows], [len(values) for values in rows], seed)

    return asked


def _davies_bouldin(clouds: Sequence[Cloud], _seed: int) -> Estimate | None:
    """The mean over folds, weighted by held-out rows."""
    said = [(cloud.davies_bouldin, len(cloud.held_out["pair"][1])) for cloud in clouds if "pair" in cloud.held_out]
    return point(float(np.average([index for index, _ in said], weights=[rows for _, rows in said]))) if said else None


_CLUSTERS: tuple[tuple[str, Better, Asked], ...] = (
    ("warm and bright: silhouette, training", "", _trained("pair")),
    ("warm and bright: silhouette, held out", "", _held_out("pair")),
    ("warm and bright: Davies-Bouldin, training", "", _trained("davies_bouldin")),
    ("warm and bright: Davies-Bouldin, held out", "", _davies_bouldin),
    ("warm and bright: probe accuracy, training", "", _trained("probe")),
    ("warm and bright: probe accuracy, held out", "higher", _held_out("probe")),
    (f"words of {LEAST_ROWS} rows or more: silhouette, training", "", _trained("terms")),
    (f"words of {LEAST_ROWS} rows or more: silhouette, held out", "", _held_out("terms")),
)


def figures(parts: Sequence[PlacePart], seed: int) -> list[Figure]:
    """Clusters, in training and held out; plain = the 13 numbers, standardised."""
    found = []
    for name, better, asked in _CLUSTERS:
        rows = {row: asked([part[row] for part in parts if row in part], seed) for row in _ROWS}
        found.append(
            Figure(section="clusters", name=name, better=better, value=rows["value"], plain=rows["plain"], note=_NOTE)
        )
    return found
