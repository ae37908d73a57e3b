"""Words become a request: one small grammar for blends, degrees, negatives and typos, in English and Spanish.

A part is ``[weight] [modifiers] word`` or ``word [weight]``; between parts may stand ``+``, ``,``, ``and``, ``but`` ...

* A weight is a share of full strength: ``70%``, ``0.7``, ``7/10``, ``half``, ``2 parts``.
* Parts without a weight share evenly what the weights leave of 100%.
* Modifiers multiply the one word after them: slightly 0.35, somewhat 0.5, more 1, very 1.4, extremely 1.7, less -0.7
  (-1 beside a degree or a weight), not very -0.5, not -1. ``semeq.lexicon`` lists them all.
* A blend never adds up to more than 100%: beyond that only the ratios count. One word alone may go to 200%.

>>> VOCABULARY = frozenset({"warm", "full", "bright", "harsh", "muddy", "boomy"})
>>> for text in ("warm", "70% warm + 30% full", "warm and full", "70% warm + full", "warm:7, full:3", "very warm",
...              "less harsh", "a bit less harsh", "not harsh", "not very bright", "warm but less boomy",
...              "brght, no mud"):
...     print(f"{text:20} {parse(text, VOCABULARY)}")
warm                 warm
70% warm + 30% full  70% warm + 30% full
warm and full        50% warm + 50% full
70% warm + full      70% warm + 30% full
warm:7, full:3       70% warm + 30% full
very warm            140% warm
less harsh           70% less harsh
a bit less harsh     35% less harsh
not harsh            not harsh
not very bright      50% less bright
warm but less boomy  50% warm - 35% boomy
brght, no mud        50% bright - 50% muddy
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from semeq.errors import RequestError
from semeq.language import Language
from semeq.lexicon import LESS_ALONE, LEXICONS
from semeq.lookup import MAX_WEIGHT, Atom, atoms_of, book_of, fold, plainly, small_words, value_of

MAX_CHARS, MAX_WORDS = 1000, 20
DIGITS = 6  # of a weight: the canonical text keeps them all, so it reads back to the same number
SLACK = 5e-4  # more than rounding can add to a sum, so a canonical text is not scaled again

_SHARES = r"(\d+(?:[/:-]\d+)+) (.+)"
_OPTION = r"\s(-[hilo]|--[a-z][a-z-]*)(?=[\s=]|$)"
_SIMPLE = r"[^\W\d_]+(?:-[^\W\d_]+)*"


@dataclass(frozen=True, slots=True)
class Part:
    """One word of the vocabulary and how much of it: 1 is full strength, below 0 the opposite direction."""

    word: str
    weight: float


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for: at least one part, in order of mention, none of them zero.

    ``str()`` is its canonical text, which parses back to an equal request and never begins with a dash (a shell would
    take it for an option); notes do not count for equality.
    """

    parts: tuple[Part, ...]
    language: Language
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        less, no = LEXICONS[self.language].say
        small = small_words(self.language)
        text = ""
        for part in self.parts:
            folded = fold(part.word)
            safe = re.fullmatch(_SIMPLE, folded) and small.keys().isdisjoint(
                (plainly(folded), f"{no} {plainly(folded)}")
            )
            word = part.word if safe else f'"{part.word}"'
            if len(self.parts) == 1 and abs(part.weight) == 1:
                return part.word if part.weight > 0 else f"{no} {word}"
            percent = f"{abs(part.weight) * 100:.{DIGITS - 2}f}".rstrip("0").rstrip(".") + "%"
            if text:
                text += f" {'-' if part.weight < 0 else '+'} {percent} {word}"
            else:
                text = f"{percent} {less} {word}" if part.weight < 0 else f"{percent} {word}"
        return text


def parse(text: str, vocabulary: Collection[str], *, language: Language = "en", other: Collection[str] = ()) -> Request:
    """Read ``text`` as a request in words of ``vocabulary``; see the module for the meaning of weights and modifiers.

    ``other`` is the vocabulary of the other language: its words are refused by saying so, never read. Raises
    UnknownWordError (which names the nearest words) or RequestError, always in one line. Fastest with a frozenset.
    """
    if language not in LEXICONS:
        raise RequestError(f"language {language!r}: use one of {', '.join(LEXICONS)}")
    if len(text) > MAX_CHARS:
        raise RequestError(f"a request of {len(text)} characters: use at most {MAX_CHARS}")
    book = book_of(vocabulary if isinstance(vocabulary, frozenset) else frozenset(vocabulary), language)
    folded = fold(text)
    word = book.exact.get(folded) or book.exact.get(folded.strip("\"' .,;:!?"))
    if word is not None:
        return Request((Part(word, 1.0),), language)
    if option := re.search(_OPTION, folded):
        raise RequestError(f"{option[1]} looks like an option: write it outside the quotes, after the words")
    notes: list[str] = []
    shares = re.fullmatch(_SHARES, folded)  # "50/50 warm bright"
    values = re.split("[/:-]", shares[1]) if shares else []
    drafts, ratio = _drafts(atoms_of(shares[2] if shares else folded, book, other, notes))
    if shares and len(values) == len(drafts) and all(draft.share is None for draft in drafts):
        ratio = True
        for draft, value in zip(drafts, values, strict=True):
            draft.share = value_of(value)
    elif shares:  # "1/2 warm, 1/2 full"
        drafts, ratio = _drafts(atoms_of(folded, book, other, notes))
    return Request(_weighed(drafts, ratio, notes), language, tuple(dict.fromkeys(notes)))


@dataclass(slots=True)
class _Draft:
    """A part being read: its modifiers and weight may come before or after its word."""

    word: str = ""
    factor: float = 1.0
    less: bool = False
    graded: bool = False  # a degree says how much less
    share: float | None = None

    @property
    def modified(self) -> bool:
        return self.factor != 1 or self.less or self.graded

    def absorb(self, loose: _Draft) -> None:
        """Take what was said of this word in another place."""
        self.factor *= loose.factor
        self.less |= loose.less
        self.graded |= loose.graded
        self.share = self.share if loose.share is None else loose.share


def _drafts(atoms: Iterable[Atom]) -> tuple[list[_Draft], bool]:
    """Group atoms into parts; also say whether the weights are ratios ("2 parts")."""
    drafts: list[_Draft] = []
    ahead = _Draft()  # what belongs to the next word
    here: _Draft | None = None  # the last word since the last "and"
    carried: _Draft | None = None  # the part before an "or"
    weight_first = bound = ratio = False
    last = ""
    for kind, value, word in (*atoms, Atom("and")):
        if kind == "word":
            if carried is not None and carried.factor < 0 and not ahead.modified:  # "not muddy or harsh"
                ahead.absorb(_Draft("", carried.factor, carried.less, carried.graded))
            ahead.word, ahead.factor = word, ahead.factor * value
            drafts.append(ahead)
            here, ahead, carried, bound = ahead, _Draft(), None, False
        elif kind == "number" or (kind == "parts" and last != "number"):
            if ahead.share is not None:
                raise RequestError('two weights for one word: give each word one, e.g. "70% warm + 30% full"')
            ahead.share = value
            weight_first |= here is None
            if here is not None and here.share is None and (bound or not (weight_first or ahead.modified)):
                here.absorb(ahead)
                ahead, bound = _Draft(), False
        elif kind in ("amount", "less"):
            ahead.factor *= value if kind == "amount" else -1
            ahead.less |= kind == "less"
            ahead.graded |= kind == "amount" and value != -1
        elif kind == "bind":
            bound = here is not None
        elif kind in ("and", "or", "minus"):
            if kind != "minus" or not (bound or ahead.modified):
                _close(drafts, ahead, here)
                carried = drafts[-1] if kind == "or" and drafts else None
                ahead, here, weight_first, bound = _Draft(), None, False, False
            if kind == "minus":
                ahead.factor = -ahead.factor
        ratio |= kind == "parts"
        last = kind
    return drafts, ratio


def _close(drafts: Sequence[_Draft], ahead: _Draft, here: _Draft | None) -> None:
    """Give what no word followed to the word before it: "warm, 70%", "warm a bit"."""
    if ahead.share is not None:
        here = here or (drafts[-1] if drafts else None)
        if here is None or here.share is not None:
            raise RequestError(f'weight {ahead.share:g} has no word: put one after it, e.g. "70% warm"')
    if ahead.modified and here is None:
        raise RequestError('a word such as "less" or "very" needs another after it, e.g. "less harsh"')
    if here is not None:
        here.absorb(ahead)


def _weighed(drafts: Sequence[_Draft], ratio: bool, notes: list[str]) -> tuple[Part, ...]:
    """Return the parts and their weights; add to ``notes`` the words that cancel themselves."""
    if not drafts:
        raise RequestError('say what you want, e.g. "70% warm + 30% full"; `semeq words` lists all words')
    shares = [draft.share for draft in drafts if draft.share is not None]
    given, missing = sum(shares), [draft.word for draft in drafts if draft.share is None]
    if missing and 1 - given < SLACK:
        raise RequestError(f'the weights already add up to {given:.0%}: give "{missing[0]}" one too')
    weights: dict[str, float] = {}
    wanted: set[str] = set()
    for draft in drafts:
        weight = draft.factor * ((1 - given) / len(missing) if draft.share is None else draft.share)
        if draft.less and not draft.graded and draft.share is None:
            weight *= LESS_ALONE
        weights[draft.word] = weights.get(draft.word, 0.0) + weight
        if weight:
            wanted.add(draft.word)
    notes += [f'"{word}" cancels itself' for word in weights if word in wanted and not round(weights[word], DIGITS)]
    weights = {word: weight for word, weight in weights.items() if round(weight, DIGITS)}
    total = sum(map(abs, weights.values()))
    if not weights:
        raise RequestError("the weights sum to 0: nothing is left to do; give at least one word a weight")
    if ratio or (len(weights) > 1 and total > 1 + SLACK):
        weights = {word: weight / total for word, weight in weights.items()}
    elif len(weights) == 1 and max(shares, default=0.0) > MAX_WEIGHT:
        raise RequestError(f"weight {max(shares):g}: one word alone goes up to {MAX_WEIGHT:g} (200%)")
    if len(weights) > MAX_WORDS:
        raise RequestError(f"a blend of {len(weights)} words: use at most {MAX_WORDS}")
    rounded = {word: round(max(-MAX_WEIGHT, min(MAX_WEIGHT, weight)), DIGITS) for word, weight in weights.items()}
    return tuple(Part(word, weight) for word, weight in rounded.items() if weight)
