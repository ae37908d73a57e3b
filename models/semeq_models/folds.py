"""Cross-validation by contributor: folds that hold out whole contributors, and what is learned without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from semeq.language import Language
from semeq.response import Floats
from semeq_models.agreement import chances
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.consensus import Consensus, consensus

LEAST_PEOPLE, CHANCE = 4, 0.05


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fold:
    """One split of one language: what was learned from, what was held out, and the words' meanings in the former."""

    bands_hz: Floats
    language: Language
    train: tuple[Contribution, ...]
    test: tuple[Contribution, ...]
    meanings: dict[str, Consensus]

    def rows(self, word: str, source: str | None = None) -> list[Contribution]:
        """Training rows of a word, of one data set where named."""
        return [one for one in self.train if one.word == word and source in (None, one.source)]


def folds(corpus: Corpus, language: Language, count: int, seed: int) -> Iterator[Fold]:
    """Split by contributor, large ones first into the emptiest fold; the seed shuffles the many small ones."""
    said = [one for one in corpus.contributions if one.language == language]
    sizes = Counter(one.group for one in said)
    order = np.random.default_rng(seed).permutation(sorted(sizes))
    place: dict[str, int] = {}
    filled = [0] * count
    for group in sorted(order.tolist(), key=lambda group: -sizes[group]):
        place[group] = int(np.argmin(filled))
        filled[place[group]] += sizes[group]
    for number in range(count):
        train = tuple(one for one in said if place[one.group] != number)
        test = tuple(one for one in said if place[one.group] == number)
        meanings = consensus(train, language)
        yield Fold(bands_hz=corpus.bands_hz, language=language, train=train, test=test, meanings=meanings)


def consistent_words(meanings: dict[str, Consensus], least_people: int, draws: int) -> set[str]:
    """Words whose users agree more than chance would, among those with enough people."""
    odds = chances({word: meaning.voices for word, meaning in meanings.items()}, draws=draws)
    return {word for word in meanings if odds[word] < CHANCE and len(meanings[word].voices) >= least_people}


def people(said: Sequence[Contribution], word: str, source: str | None = None) -> dict[str, list[Contribution]]:
    """Held-out rows of a word by person."""
    found: dict[str, list[Contribution]] = {}
    for one in said:
        if one.word == word and source in (None, one.source):
            found.setdefault(one.person, []).append(one)
    return found
