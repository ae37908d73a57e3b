"""What the words of a request mean one by one: the vocabulary, its inflections, small words, numbers and typos."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from semeq.errors import RequestError, UnknownWordError
from semeq.language import Language
from semeq.lexicon import LEXICONS

MAX_WEIGHT, MAX_RATIO = 2.0, 100.0
NEAR = 0.6  # how alike two words are, by difflib, when one may be meant for the other
UNITS = {"db": "dB", "hz": "Hz", "khz": "kHz", "hertz": "Hz", "decibels": "dB"}

_QUOTES = str.maketrans("“”„‟«»″‘’‚‛′´`", '"""""""' + "'" * 7)  # noqa: RUF001  they look alike: that is the point
# Patterns are text: `re` compiles each when it is first needed, and a plain word needs none.
_QUOTED = r'"([^"]*)"'
_NUMBER = r"(\d+(?:[.,]\d+)?|\.\d+)(?:\s*[/\u2044]\s*(\d+))?(?:\s*(%|(?:percent|pct|por\s?ciento)\b))?"
_TOKEN = rf"\"[^\"]+\"|{_NUMBER}|[^\W\d]\w*(?:['-][^\W\d]\w*)*|\S"


class Atom(NamedTuple):
    """``kind`` is word, number, parts, amount, less, and, or, minus, bind (":") or filler."""

    kind: str
    value: float = 1.0
    word: str = ""


_FILLER = Atom("filler")
_SIGNS = (
    dict.fromkeys("+,;&/|\N{EN DASH}\N{EM DASH}", Atom("and"))
    | dict.fromkeys("-\N{MINUS SIGN}", Atom("minus"))
    | dict.fromkeys(":=*x\N{MULTIPLICATION SIGN}", Atom("bind"))
    | dict.fromkeys("\"'.!?¡¿()[]{}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}", _FILLER)
)


@dataclass(frozen=True, eq=False)
class Book:
    """A vocabulary and its language, prepared for look-up."""

    language: Language
    exact: dict[str, str]  # folded -> as in the vocabulary

    @cached_property
    def known(self) -> dict[str, Atom]:
        """Small words, signs, the vocabulary with and without accents: tokens joined by blanks."""
        known = dict(small_words(self.language))
        phrases = {folded: " ".join(_tokens(folded)) for folded in self.exact}
        for spell in (str, plainly, _unhyphened):  # an exact spelling first, then the looser ones
            for folded, phrase in phrases.items():
                known.setdefault(spell(phrase), Atom("word", word=self.exact[folded]))
        return known

    @cached_property
    def longest(self) -> dict[str, int]:
        """How many tokens the longest entry of ``known`` has that begins with a token."""
        longest: dict[str, int] = {}
        for key in self.known:
            tokens = key.split(" ")
            longest[tokens[0]] = max(longest.get(tokens[0], 1), len(tokens))
        return longest

    @cached_property
    def plain(self) -> dict[str, str]:
        """Every word by its spelling without accents."""
        return {plainly(folded): word for folded, word in reversed(self.exact.items())}

    @cached_property
    def forms(self) -> dict[str, Atom]:
        """Aliases, then inflections; the first claim to a form wins, shorter words first."""
        forms: dict[str, Atom] = {}
        for alias, targets in LEXICONS[self.language].aliases.items():
            for target in targets.split():
                if target in self.plain:
                    forms.setdefault(alias, Atom("word", word=self.plain[target]))
        for key in sorted(self.plain, key=lambda key: (len(key), key.endswith("a"), key)):  # cálido before cálida
            if key.isalpha() and len(key) > 2:
                for form, amount in LEXICONS[self.language].forms(key):
                    forms.setdefault(form, Atom("word", amount, self.plain[key]))
        return forms

    @cached_property
    def corrections(self) -> dict[str, Atom]:
        """What a misspelt word may be meant as: modifiers, inflections and, before them, the vocabulary."""
        modifiers = {key: atom for key, atom in self.known.items() if atom.kind in ("amount", "less")}
        return modifiers | self.forms | {key: Atom("word", word=word) for key, word in self.plain.items()}


@lru_cache(maxsize=16)
def book_of(vocabulary: frozenset[str], language: Language) -> Book:
    """Prepare a vocabulary; the last ones stay prepared."""
    exact: dict[str, str] = {}
    for word in sorted(vocabulary, key=lambda word: (len(word), word)):
        exact.setdefault(fold(word), word)
    exact.pop("", None)
    return Book(language, exact)


@lru_cache(maxsize=4)
def small_words(language: Language) -> dict[str, Atom]:
    """Modifiers, connectives, numbers and signs of a language."""
    lexicon = LEXICONS[language]
    kinds = {"filler": lexicon.fillers, "and": lexicon.ands, "or": lexicon.ors, "parts": lexicon.parts}
    small = {entry: Atom(kind) for kind, entries in (kinds | {"less": lexicon.less}).items() for entry in entries}
    small |= {entry: Atom("number", value) for entry, value in lexicon.numbers.items()}
    small |= {entry: Atom("amount", value) for entry, value in lexicon.amounts.items()}
    return small | _SIGNS


@lru_cache(maxsize=4)
def real_words(language: Language) -> frozenset[str]:
    """Words that look like typos and are none, with their inflections."""
    lexicon = LEXICONS[language]
    forms = {form for word in lexicon.real for form, _ in lexicon.forms(word)}
    return lexicon.real | {f"{word}s" for word in lexicon.real} | forms


def fold(text: str) -> str:
    """Return ``text`` without differences of case, width, blanks and quotes."""
    if text.isascii():
        text = text.lower().replace("`", "'")
    else:
        text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold()
        text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(text.split())


def plainly(text: str) -> str:
    """Without accents."""
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _unhyphened(text: str) -> str:
    return plainly(text).replace("-", " ")


def _tokens(text: str) -> list[str]:
    return [match[0] for match in re.finditer(_TOKEN, text)]


def atoms_of(text: str, book: Book, other: Collection[str], notes: list[str]) -> list[Atom]:
    """Return what every token of ``text`` means; add to ``notes`` what took a guess."""
    if '"' in text:  # quotes matter only round an entry of the vocabulary
        text = re.sub(_QUOTED, lambda match: match[0] if match[1].strip() in book.exact else f" {match[1]} ", text)
    tokens = _tokens(text)
    if not UNITS.keys().isdisjoint(tokens):
        _refuse_units(tokens, book)
    plain = tokens if text.isascii() else [plainly(token) for token in tokens]
    atoms: list[Atom] = []
    worded = False  # there is a word since the last "and"
    i = 0
    while i < len(tokens):
        token, bare = tokens[i], plain[i]
        atom, length = _known(tokens, plain, i, book)
        i += length
        if atom is None:
            atom = book.forms.get(bare)
        elif length == 1 and atom.kind != "word" and not worded and token in book.exact and _part_ends(plain, i, book):
            atom = Atom("word", word=book.exact[token])  # "super" alone, but not in "super warm"
        if atom is None and len(pieces := re.findall(r"[^\W_]+", token)) > 1:  # "warm-bright"
            atoms += atoms_of(" ".join(pieces), book, other, notes)
            continue
        if atom is None:
            atom = _corrected(token, bare, book, other, notes)
        if atom.kind != "filler":
            atoms.append(atom)
            worded = atom.kind == "word" or (worded and atom.kind not in ("and", "or", "minus"))
    return atoms


def _refuse_units(tokens: Sequence[str], book: Book) -> None:
    """Say what a request is made of to somebody who asks for "3 dB" or "200 Hz"."""
    for before, token in zip(("", *tokens), tokens, strict=False):
        if token in UNITS and not any(token in key.split(" ") for key in book.known):
            number = f"{before} " if before[:1].isdecimal() else ""
            raise RequestError(
                f'"{_shown(number + UNITS[token])}": a request is words with shares such as "70% warm", not dB or Hz'
            )


def _known(tokens: Sequence[str], plain: Sequence[str], i: int, book: Book) -> tuple[Atom | None, int]:
    """Look up what starts at token ``i``, the longest phrase first; also return how many tokens it takes."""
    token = tokens[i]
    if token[0].isdecimal() or token[0] == "." != token:
        return Atom("number", value_of(token)), 1
    if token[0] == '"' != token:
        return Atom("word", word=book.exact[token[1:-1].strip()]), 1
    longest = book.longest.get(token) or book.longest.get(plain[i], 1)
    for length in range(min(longest, len(tokens) - i), 1, -1):
        end = i + length
        if atom := book.known.get(" ".join(tokens[i:end])) or book.known.get(" ".join(plain[i:end])):
            return atom, length
    return book.known.get(token) or book.known.get(plain[i]), 1


def _part_ends(plain: Sequence[str], i: int, book: Book) -> bool:
    """Say whether a part of a blend ends before token ``i``."""
    if i < len(plain) and plain[i][0] == '"' != plain[i]:
        return False  # a quoted entry
    return i == len(plain) or not plain[i][:1].isalpha() or book.known.get(plain[i], _FILLER).kind in ("and", "or")


def value_of(token: str) -> float:
    """The number that a token says."""
    above, below, percent = match.groups() if (match := re.fullmatch(_NUMBER, token)) else (token, None, None)
    value = float(above.replace(",", "."))
    if below is not None:
        value = value / float(below) if float(below) else float("inf")
    limit, unit = (100 * MAX_WEIGHT, "%") if percent else (MAX_RATIO, "")
    if not value <= limit:
        raise RequestError(f"weight {_shown(token)}: use up to {limit:g}{unit}")
    return value / 100 if percent else value


# Words nobody listed: the other language, typos, and an error that helps.


def _corrected(token: str, plain: str, book: Book, other: Collection[str], notes: list[str]) -> Atom:
    """Return what a misspelt word surely means, with a note, or raise an error that names the nearest words.

    Surely: one word only is nearest, it has at least four letters and the same first one (or the first two are
    swapped), and one slip is enough: a letter missing or too many, two swapped; from 6 letters on also a wrong letter,
    from 7 on two slips but no wrong letter. A wrong letter in a short word makes another word ("clean", "clear").
    Where one slip makes another word all the same ("tiny", "tinny"), ``real`` of the lexicon lists it.
    """
    if other:
        language: Language = "en" if book.language == "es" else "es"
        theirs = book_of(other if isinstance(other, frozenset) else frozenset(other), language)
        if token in theirs.exact or plain in theirs.known or plain in theirs.forms:
            raise UnknownWordError(f'"{_shown(token)}" is {LEXICONS[language].name}: use --language {language}')
    best: dict[str, Atom] = {}
    least = 3
    for key, atom in book.corrections.items() if plain.isalpha() and 3 < len(plain) <= 40 else ():
        if len(key) < 4 or (key[:1] != plain[0] and key[1::-1] != plain[:2]):
            continue
        own = key in book.plain
        limit = min(least, 2 if own and min(len(plain), len(key)) >= 7 else 1)
        if abs(len(key) - len(plain)) > limit or len(set(key).symmetric_difference(plain)) > 2 * limit:
            continue
        slips = _slips(plain, key, wrong_letter=2)
        if slips == 2 and own and len(plain) >= 6:
            slips = _slips(plain, key, wrong_letter=1)
        if slips <= limit and (own or len(plain) > 4):
            best = best if slips == least else {}
            least = slips
            best.setdefault(atom.word or key, atom)
    if len(best) == 1 and plain not in real_words(book.language):
        read_as, atom = best.popitem()
        notes.append(f'read "{_shown(token)}" as "{read_as}"')
        return atom

    near = list(dict.fromkeys([atom.word for atom in best.values() if atom.word] + _near(plain[:40], book)))
    option = "" if book.language == "en" else f" --language {book.language}"
    known = f"nearest known: {', '.join(near[:5])}" if near else f"`semeq words{option}` lists all words"
    known = known if book.exact else "the vocabulary is empty"
    raise UnknownWordError(f'no word "{_shown(token)}"; {known}')


def _near(plain: str, book: Book) -> list[str]:
    """Words that look like ``plain`` or share a beginning or a part with it."""
    import difflib  # only on the way to an error

    if len(plain) < 3 or not plain.isalpha():
        return []
    alike = difflib.get_close_matches(plain, book.plain, n=5, cutoff=NEAR)
    sharing = [key for key in book.plain if plain in key or (len(key) > 3 and (key in plain or key[:4] == plain[:4]))]
    return [book.plain[key] for key in alike + sharing]


def _slips(one: str, two: str, *, wrong_letter: int) -> int:
    """Return the optimal string alignment distance (Damerau 1964), a wrong letter counting ``wrong_letter``.

    >>> _slips("brght", "bright", wrong_letter=2), _slips("wram", "warm", wrong_letter=2)
    (1, 1)
    """
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (0 if a == b else wrong_letter))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _shown(token: str) -> str:
    text = "".join(char if char.isprintable() else "?" for char in token)
    return text if len(text) <= 40 else text[:39] + "…"
