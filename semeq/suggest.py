"""From words to settings: a request is read, its words are looked up, and the curve grows with the intensity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from semeq.answer import Parts, between, blended, place_of, varied
from semeq.artefact import DEFAULT_MODEL, load_model
from semeq.errors import ModelError, UnknownWordError, UsageError
from semeq.language import LANGUAGES, Language
from semeq.model import Model, Word
from semeq.response import Floats
from semeq.settings import GAIN_LIMIT_DB, EqSettings, shown

if TYPE_CHECKING:
    from pathlib import Path

    from semeq.grammar import Request
    from semeq.hearing.adaptive import Adapted
    from semeq.hearing.heard import Audio
    from semeq.hearing.listening import Listened, ReferenceLike

MIN_INTENSITY, MAX_INTENSITY = -1.0, 2.0
_FEW_PEOPLE, _LOW_AGREEMENT = 5, 0.3
_MOST_SEED = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """Settings for a request, what was understood, and what the user should know about it."""

    request: Request
    intensity: float
    settings: EqSettings
    words: tuple[Word, ...]
    notes: tuple[str, ...]
    model: str
    variant: int | None = None
    vary: int | None = None
    adapted: Adapted | None = None


def eq(
    words: str | Request,
    intensity: float = 1.0,
    *,
    model: str | Path | Model = DEFAULT_MODEL,
    language: Language = "en",
    variant: int | None = None,
    vary: int | None = None,
    audio: Audio | Listened | None = None,
    rate_hz: float | None = None,
    reference: ReferenceLike = "music",
    mode: str = "missing",
) -> EqSettings:
    """The EQ for some words.

    Intensity 0 is exactly flat, 1 is how strongly people who use the words set them, -1 the opposite, 2 the most.
    ``variant`` is one of the ways people mean a word (1 is the most common), ``vary`` any number: another person's way,
    the same for the same number. With ``audio`` (floats ``[channels, frames]`` and their rate, or a file's name) only
    what it lacks against the ``reference`` is given: see `semeq.analyze`.

    >>> eq("70% warm + 30% full", 0.0).gains_db
    (0.0, 0.0, 0.0, 0.0, 0.0)
    >>> eq("warm").gains_db[0] > 0 > eq("less warm").gains_db[0]
    True
    >>> eq("warm", vary=1) == eq("warm", vary=1) != eq("warm", vary=2)
    True
    """
    model = model if isinstance(model, Model) else load_model(model)
    request = _request(words, model, language)
    intensity, ways = checked_intensity(intensity), _checked_ways(variant, vary, request, model)
    if audio is None:
        _refuse_without_audio(rate_hz, reference, mode)
        return _settings(request, model, intensity, *ways)
    return _adapted(request, model, intensity, ways, _listened(audio, rate_hz, reference, mode, model), mode).settings


def suggest(
    words: str | Request,
    intensity: float = 1.0,
    *,
    model: str | Path | Model = DEFAULT_MODEL,
    language: Language = "en",
    variant: int | None = None,
    vary: int | None = None,
    audio: Audio | Listened | None = None,
    rate_hz: float | None = None,
    reference: ReferenceLike = "music",
    mode: str = "missing",
) -> Suggestion:
    """As `eq`, with the reading of the request and notes for the user.

    >>> suggest("brght").notes
    ('read "brght" as "bright"',)
    """
    model = model if isinstance(model, Model) else load_model(model)
    request = _request(words, model, language)
    intensity = checked_intensity(intensity)
    variant, vary = _checked_ways(variant, vary, request, model)
    vocabulary = model.vocabulary(request.language)
    used = tuple(vocabulary[part.word] for part in request.parts)
    said = (model.warning,) if model.warning and any(word.confidence != "own" for word in used) else ()
    notes = (*said, *request.notes, *filter(None, map(_doubt, used)))
    limits = _limits(request, model, intensity, variant, vary)
    adapted = None
    if audio is None:
        _refuse_without_audio(rate_hz, reference, mode)
    else:
        listened = _listened(audio, rate_hz, reference, mode, model)
        adapted = _adapted(request, model, intensity, (variant, vary), listened, mode)
        limits = list(adapted.notes)
    return Suggestion(
        request=request,
        intensity=intensity,
        settings=adapted.settings if adapted else _settings(request, model, intensity, variant, vary),
        words=used,
        notes=(*notes, *limits),
        model=model.name,
        variant=variant,
        vary=vary,
        adapted=adapted,
    )


def interpolate(
    a: str | EqSettings,
    b: str | EqSettings,
    position: float,
    *,
    model: str | Path | Model = DEFAULT_MODEL,
    language: Language = "en",
) -> EqSettings:
    """The EQ ``position`` of the way from ``a`` (0) to ``b`` (1); each may be words or settings.

    >>> interpolate("warm", "bright", 0.0) == eq("warm")
    True
    """
    model = model if isinstance(model, Model) else load_model(model)
    (start, a_place), (finish, b_place) = (_end(end, model, language) for end in (a, b))
    return between(model, start, finish, (a_place, b_place), position)


def _end(end: str | EqSettings, model: Model, language: Language) -> tuple[EqSettings, Floats | None]:
    """What is played at one end of a way, and its place where it is said in words."""
    if isinstance(end, EqSettings):
        return end, None
    request = _request(end, model, language)
    return _at_full(request, model, None, None), place_of(_parts(request, model))


def words(language: Language = "en", *, model: str | Path | Model = DEFAULT_MODEL) -> tuple[Word, ...]:
    """All words of a language, those with the most contributors first.

    >>> "warm" in [word.name for word in words()]
    True
    """
    model = model if isinstance(model, Model) else load_model(model)
    known = model.vocabulary(_checked_language(language, model)).values()
    return tuple(sorted(known, key=lambda word: (-word.contributors, word.name)))


def checked_intensity(intensity: object) -> float:
    """``intensity`` as a float, or an error that names the range."""
    try:
        number = float(intensity)  # type: ignore[arg-type]  # that is what is checked here
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not MIN_INTENSITY <= number <= MAX_INTENSITY:
        raise UsageError(
            f"intensity {shown(intensity)}: use a number from {MIN_INTENSITY:g} (the opposite) to {MAX_INTENSITY:g}"
        )
    return number


def _request(words: str | Request, model: Model, language: Language) -> Request:
    if isinstance(words, str):
        if not model.vocabulary(_checked_language(language, model)):
            raise UnknownWordError(f"model {model.name} has no {LANGUAGES[language]} words; use --model default")
        return _parsed(words, model, language)
    from semeq.grammar import Request

    if not isinstance(words, Request):
        raise UsageError(f"words {shown(words)}: say them as text, such as 70% warm + 30% full")
    vocabulary = model.vocabulary(_checked_language(words.language, model))
    if strange := [part.word for part in words.parts if part.word not in vocabulary]:
        raise UnknownWordError(f"{strange[0]!r} is no word of model {model.name}; read the request with its words")
    return words


def _checked_language(language: Language, model: Model) -> Language:
    if not isinstance(language, str):
        raise ModelError(f"no language {shown(language)}; choose: {', '.join(model.vocabularies)}")
    return language


@lru_cache(maxsize=1024)
def _parsed(text: str, model: Model, language: Language) -> Request:
    from semeq.grammar import parse  # its tables only when words are read

    own, others = _names(model, language)
    return parse(text, own, language=language, other=others)


@lru_cache(maxsize=16)
def _names(model: Model, language: Language) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a language, and those of all others."""
    others = (name for key, names in model.vocabularies.items() if key != language for name in names)
    return frozenset(model.vocabulary(language)), frozenset(others)


def _checked_ways(variant: object, vary: object, request: Request, model: Model) -> tuple[int | None, int | None]:
    """``variant`` and ``vary`` as they are, or an error that says which there are."""
    if variant is not None and vary is not None:
        raise UsageError("a variant and a variation at once: choose one")
    if vary is not None and (type(vary) is not int or not 0 <= vary <= _MOST_SEED):
        raise UsageError(f"vary {shown(vary)}: use a whole number from 0 to {_MOST_SEED}")
    if variant is None:
        return None, vary
    if len(request.parts) != 1:
        raise UsageError("variants are of one word; ask for one, or for a variation of the blend")
    word = request.parts[0].word
    known = len(model.vocabulary(request.language)[word].variants)
    if not known:
        some = [name for name, other in model.vocabulary(request.language).items() if other.variants]
        which = f"these do: {', '.join(some)}" if some else "no word of this model does"
        raise UsageError(f"{word!r} shows no separate ways to mean it ({which}); ask for a variation")
    if type(variant) is not int or not 1 <= variant <= known:
        raise UsageError(f"variant {shown(variant)}: {word!r} has 1 to {known}")
    return variant, None


def _settings(request: Request, model: Model, intensity: float, variant: int | None, vary: int | None) -> EqSettings:
    if len(request.parts) == 1 and vary is None:
        part = request.parts[0]
        word = model.vocabulary(request.language)[part.word]
        chosen = word.settings if variant is None else word.variants[variant - 1].settings
        return chosen.scaled(part.weight * intensity)
    return _at_full(request, model, variant, vary).scaled(intensity)


def _listened(
    audio: Audio | Listened, rate_hz: float | None, reference: ReferenceLike, mode: str, model: Model
) -> Listened:
    from semeq.hearing.adaptive import checked_mode  # ears only where there is something to hear
    from semeq.hearing.listening import Listened, listen
    from semeq.hearing.spaces import encoder_for

    traversing = checked_mode(mode) == "traverse"
    if isinstance(audio, Listened):
        return audio
    return listen(audio, rate_hz, reference, encoder=encoder_for(model) if traversing else None)


def _refuse_without_audio(rate_hz: object, reference: object, mode: object) -> None:
    for name, said, usual in (("rate_hz", rate_hz, None), ("reference", reference, "music"), ("mode", mode, "missing")):
        if said != usual:
            raise UsageError(f"{name} does nothing without audio: give audio, or leave {name} out")


def _adapted(
    request: Request,
    model: Model,
    intensity: float,
    ways: tuple[int | None, int | None],
    listened: Listened,
    mode: str,
) -> Adapted:
    from semeq.hearing.adaptive import adapt, traverse

    if mode == "traverse":
        return traverse(place_of(_parts(request, model)), intensity, listened, model)
    return adapt(_at_full(request, model, *ways), intensity, listened)


@lru_cache(maxsize=1024)
def _at_full(request: Request, model: Model, variant: int | None, vary: int | None) -> EqSettings:
    """What is played at intensity 1."""
    parts = _parts(request, model)
    if vary is not None:
        return varied(model, parts, vary, _at_full(request, model, None, None))
    return blended(model, parts) if len(parts) > 1 else _settings(request, model, 1.0, variant, None)


def _parts(request: Request, model: Model) -> Parts:
    vocabulary = model.vocabulary(request.language)
    return tuple((vocabulary[part.word], part.weight) for part in request.parts)


def _doubt(word: Word) -> str | None:
    if word.confidence != "weak":
        return None
    if word.contributors < _FEW_PEOPLE or word.agreement >= _LOW_AGREEMENT:
        people = "1 person" if word.contributors == 1 else f"{word.contributors} people"
        return f"only {people} used {word.name!r}: trust your ears"
    shared = f"agreement {word.agreement:.2f} among {word.contributors} people"
    return f"people do not agree on {word.name!r} ({shared}): trust your ears"


def _limits(request: Request, model: Model, intensity: float, variant: int | None, vary: int | None) -> list[str]:
    """A note where the bands meet their limit before the wanted intensity is reached."""
    if len(request.parts) == 1 and vary is None:  # its weight alone may go beyond the limit
        part = request.parts[0]
        word = model.vocabulary(request.language)[part.word]
        chosen = word.settings if variant is None else word.variants[variant - 1].settings
        most_db = max(map(abs, chosen.gains_db)) * abs(part.weight)
    else:
        most_db = max(map(abs, _at_full(request, model, variant, vary).gains_db))
    if most_db * abs(intensity) <= GAIN_LIMIT_DB:
        return []
    reached = math.copysign(GAIN_LIMIT_DB / most_db, intensity)
    return [f"held at ±{GAIN_LIMIT_DB:g} dB, reached at intensity {reached:.2f}"]
