"""The honest bench of a trained system: contributors held out, models trained without them, all figures at once."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

from semeq.errors import SemeqError
from semeq.language import Language
from semeq.model import Model
from semeq_models.bench import crowd, network, places, reconstruction, variety, words
from semeq_models.bench.figures import Report
from semeq_models.bench.trial import Split, Trial, splits_of
from semeq_models.cleaning import Corpus
from semeq_models.errors import DataError

Training = Callable[[Corpus], Model]
"""Make a model from some contributions; with several workers it must be a function of a module."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Parts:
    """What all judges say about one fold."""

    words: words.WordPart
    variety: variety.VarietyPart
    crowd: crowd.CrowdPart
    places: places.PlacePart
    reconstruction: reconstruction.ReconstructionPart
    network: network.NetworkPart


def score(
    name: str,
    train_on: Training,
    corpus: Corpus,
    *,
    count: int = 5,
    seed: int = 0,
    splits: int = 1,
    workers: int = 1,
) -> Report:
    """Train ``count`` models, each without a part of the contributors, and judge them on what was held out.

    One more is trained without SocialFX, to be held against it. More random ``splits`` steady the figures and take as
    many times longer; ``workers`` processes share the folds. The same input gives the same report.
    """
    if workers < 1 or splits < 1 or not 2 <= count <= 20:
        raise DataError(
            f"{count} folds, {splits} splits, {workers} workers: use 2 to 20 folds, 1 or more of the others"
        )
    mid: dict[Language, frozenset[str]] = {"en": words.mid_words(corpus, "en"), "es": words.mid_words(corpus, "es")}
    folds = splits_of(corpus, count, seed, splits)
    judged = partial(_judged, train_on, corpus, mid, seed)
    if workers == 1:
        parts, without = [judged(fold) for fold in folds], _without_socialfx(train_on, corpus)
    else:
        _check_travels(train_on)
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            last = pool.submit(_without_socialfx, train_on, corpus)
            parts, without = list(pool.map(judged, folds)), last.result()
    return Report(
        name=name,
        folds=count,
        splits=splits,
        seed=seed,
        words={group: tuple(sorted(mid[language])) for language, group in _GROUPS.items()},
        figures=(
            *words.figures([part.words for part in parts], corpus, mid, seed),
            *variety.figures([part.variety for part in parts], seed),
            *crowd.figures([part.crowd for part in parts], without, corpus, seed),
            *network.figures([part.network for part in parts]),
            *places.figures([part.places for part in parts], seed),
            *reconstruction.figures([part.reconstruction for part in parts], seed),
        ),
    )


_GROUPS: dict[Language, str] = {"en": "mid words", "es": "Spanish mid words"}


def _judged(
    train_on: Training, corpus: Corpus, mid: Mapping[Language, frozenset[str]], seed: int, split: Split
) -> _Parts:
    trial = Trial(split=split, model=train_on(split.training(corpus)), mid=mid, seed=seed)
    return _Parts(
        words=words.judge(trial),
        variety=variety.judge(trial),
        crowd=crowd.judge(trial),
        places=places.judge(trial),
        reconstruction=reconstruction.judge(trial),
        network=network.judge(trial),
    )


def _without_socialfx(train_on: Training, corpus: Corpus) -> crowd.CrowdPart:
    """Train once more; a system that learns from SocialFX alone refuses, and is not asked."""
    rest = replace(corpus, contributions=tuple(one for one in corpus.contributions if one.source != "socialfx"))
    try:
        model = train_on(rest)
    except SemeqError:
        model = None
    return crowd.judge_without(model, corpus)


def _check_travels(train_on: Training) -> None:
    try:
        pickle.dumps(train_on)
    except (pickle.PicklingError, AttributeError, TypeError):
        raise DataError(
            "several workers need a train_on that is a function of a module, no lambda; or use 1 worker"
        ) from None
