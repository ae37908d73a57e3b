"""Do people mean the same by a word: shape cosine between every two of them, against random sets of as many curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from semeq.response import Floats
from semeq_models.consensus import Voice

DRAWS = 2000
_AT_ONCE = 100


def agreement(shapes: Floats) -> float:
    """Mean cosine between the rows of different people, every person counting the same. Shapes: ``[people, bands]``.

    One person's rows are never compared with each other; fewer than two people cannot agree.
    """
    return float(_agreements(shapes))


def _agreements(shapes: Floats) -> Floats:
    """The same for many sets at once. Shapes: ``[..., people, bands] -> [...]``."""
    people = shapes.shape[-2]
    if people < 2:
        return np.zeros(shapes.shape[:-2])
    everyone = np.mean(shapes.sum(axis=-2) ** 2, axis=-1)
    oneself = np.sum(np.mean(shapes**2, axis=-1), axis=-1)
    return np.asarray((everyone - oneself) / (people * (people - 1)))


def chances(heard: Mapping[str, Sequence[Voice]], seed: int = 0, draws: int = DRAWS) -> dict[str, float]:
    """For every word, how often as many voices drawn from all words agree as well (a permutation p-value)."""
    pool = np.stack([voice.shape for said in heard.values() for voice in said])
    random = np.random.default_rng(seed)
    drawn: dict[int, Floats] = {}
    for people in sorted({len(said) for said in heard.values()}):
        lots = [
            random.random((_AT_ONCE, len(pool))).argpartition(people - 1, axis=1)[:, :people]
            for _ in range(0, draws, _AT_ONCE)
        ]
        drawn[people] = np.concatenate([_agreements(pool[lot]) for lot in lots])[:draws]
    found = {}
    for word, said in heard.items():
        reached = agreement(np.stack([voice.shape for voice in said]))
        found[word] = float((1 + np.sum(drawn[len(said)] >= reached)) / (1 + draws))
    return found


def confidence(*, agreement: float, chance: float, contributors: int, rows: int, synonyms_agree: bool) -> str:
    """Name it: good, fair or weak.

    Chance below 1 % counts; between 1 and 5 % it counts where the word's synonyms, heard from others, say the same.
    """
    meant = chance < 0.01 or (chance < 0.05 and synonyms_agree)
    if not meant or contributors < 4 or rows < 4:
        return "weak"
    return "good" if agreement >= 0.3 and contributors >= 8 else "fair"
