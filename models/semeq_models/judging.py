"""The bench by name: a system trained anew without the people it is judged on, or a finished model as it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from semeq.model import Model
from semeq_models.bench import Report, score
from semeq_models.cleaning import Corpus
from semeq_models.errors import ChoiceError, DataError
from semeq_models.systems import Spec, spec_named
from semeq_models.train import train


def evaluate(
    judged: Spec | str | Model,
    corpus: Corpus,
    *,
    count: int = 5,
    splits: int = 1,
    seed: int = 0,
    workers: int = 1,
) -> Report:
    """Judge a system by contributor-grouped cross-validation, or a finished model on these very rows.

    A finished model is not trained again: that is honest only for rows it has never seen.

    >>> from dataclasses import replace
    >>> from semeq_models.made_up import made_up_corpus
    >>> report = evaluate(replace(spec_named("v3"), epochs=60), made_up_corpus(), count=2)
    >>> report.figure("warm: shape cosine").value.value > 0.5
    True
    """
    if isinstance(judged, Model):
        return score(judged.name, partial(_as_it_is, judged, corpus), corpus, count=count, splits=splits, seed=seed)
    spec = spec_named(judged) if isinstance(judged, str) else judged
    return score(spec.name, partial(_trained, spec), corpus, count=count, splits=splits, seed=seed, workers=workers)


def _trained(spec: Spec, corpus: Corpus) -> Model:
    return train(spec, corpus, variants=False).model


def _as_it_is(model: Model, whole: Corpus, part: Corpus) -> Model:
    heard = {one.source for one in part.contributions}
    if heard != {one.source for one in whole.contributions}:
        raise DataError("a finished model cannot forget one of its data sets")
    return model


def read_reports(path: Path, names: Sequence[str]) -> list[Report]:
    """Reports that `evaluate -o` wrote, in the order of ``names``."""
    try:
        found = {said["name"]: Report.from_dict(said) for said in json.loads(path.read_bytes())}
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; write it with semeq-models evaluate NAME... -o FILE") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError(f"{path}: holds no reports; write it with semeq-models evaluate NAME... -o FILE") from None
    if missing := [name for name in names if name not in found]:
        raise ChoiceError(f"{path}: no report of {missing[0]}; it has {', '.join(found)}")
    return [found[name] for name in names]
