"""Words of your own: a name for settings you made, used like any word of a model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from semeq.errors import RequestError, UnknownWordError, UsageError
from semeq.language import LANGUAGES, Language
from semeq.latent import encode
from semeq.model import Model, Word
from semeq.response import response_db
from semeq.settings import EqSettings, shown

MOST_NAME_WORDS, MOST_NAME_CHARS = 4, 60
_NAME = r"[^\W\d_]+(?:['-][^\W\d_]+)*(?: [^\W\d_]+(?:['-][^\W\d_]+)*)*"


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonalWord:
    """A name and what it stands for at intensity 1; the preamp is not part of it."""

    name: str
    language: Language
    settings: EqSettings

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise UsageError(f"language {shown(self.language)}: use {' or '.join(LANGUAGES)}")
        object.__setattr__(self, "name", plain_name(self.name))
        if not any(self.settings.gains_db):
            raise UsageError(f"{self.name!r} would be flat; give settings or a curve that do something")
        object.__setattr__(self, "settings", self.settings.with_preamp(0.0))


def plain_name(name: object) -> str:
    """A name as it is kept: small letters, single blanks; an error where it could not be said in a request."""
    text = " ".join(name.split()).casefold() if isinstance(name, str) else ""
    if not re.fullmatch(_NAME, text) or len(text.split()) > MOST_NAME_WORDS or len(text) > MOST_NAME_CHARS:
        raise UsageError(f"name {shown(name)}: use 1 to {MOST_NAME_WORDS} words of letters, such as my vocal air")
    return text


def check_new(name: str, language: Language, model: Model) -> str:
    """``name`` as it is kept, or an error where a request with it would be read as something else."""
    from semeq.grammar import parse  # its tables only when words are read
    from semeq.lookup import small_words

    name = plain_name(name)
    small = small_words(language)
    parts = [small.get(part) for part in name.split()]
    if taken := [part for part, atom in zip(name.split(), parts, strict=True) if atom and atom.kind != "filler"]:
        raise UsageError(f"name {name!r}: {taken[0]!r} has a meaning of its own in a request; choose another name")
    if all(parts):
        raise UsageError(f"name {name!r}: requests pass over such words; choose another name")
    known = model.vocabulary(language)
    if name in known and known[name].confidence != "own":
        raise UsageError(f"{name!r} is a word of model {model.name} already; add a word to the name, such as my {name}")
    vocabulary = frozenset({*known, name})
    other = next(iter(known))
    for text in (name, f"50% {name} + 50% {other}", f"less {name}" if language == "en" else f"menos {name}"):
        try:
            read = [part.word for part in parse(text, vocabulary, language=language).parts]
        except (RequestError, UnknownWordError):
            read = []
        if name not in read:
            raise UsageError(f"name {name!r} would be read as something else in a request; choose another")
    return name


def with_words(model: Model, words: Iterable[PersonalWord]) -> Model:
    """The model with some words more; its own words stay as they are, and stand before a personal one of their name.

    >>> from semeq import eq, load_model
    >>> mine = PersonalWord(name="My Air", language="en", settings=EqSettings.flat().with_gain(5, 4.0))
    >>> eq("50% my air", model=with_words(load_model(), [mine])).gains_db
    (0.0, 0.0, 0.0, 0.0, 2.0)
    """
    added: dict[Language, dict[str, Word]] = {language: {} for language in model.vocabularies}
    for one in words:
        if one.language in added and one.name not in model.vocabularies[one.language]:
            added[one.language][one.name] = _word(one, model)
    return replace(
        model,
        vocabularies={language: {**known, **added[language]} for language, known in model.vocabularies.items()},
    )


def _word(one: PersonalWord, model: Model) -> Word:
    curve = response_db(one.settings, model.bands_hz)
    curve = curve - curve.mean()
    place = encode(model, one.settings.to_vector())
    return Word(
        name=one.name,
        language=one.language,
        settings=one.settings,
        curve_db=curve,
        strength_db=float(np.sqrt(np.mean(curve**2))),
        contributors=1,
        agreement=1.0,
        confidence="own",
        latent=place,
        centre=place,
        spread=np.zeros((0, model.latent_dim)),
    )
