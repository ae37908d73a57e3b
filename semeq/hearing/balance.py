"""What a track needs: the EQ that brings it towards its reference, in words too, gently, or nothing at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from semeq.artefact import DEFAULT_MODEL, load_model
from semeq.errors import UsageError
from semeq.hearing.analysis import Analysis, WordShare, analysis_of, nameable, shares
from semeq.hearing.heard import Audio, Heard
from semeq.hearing.listening import Listened, ReferenceLike, listen, smooth, sure
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import DEFAULT_REFERENCE
from semeq.language import Language
from semeq.latent import curves_of, decode_settings
from semeq.model import Model, Word
from semeq.response import Floats, response_db
from semeq.settings import GAIN_LIMIT_DB, EqSettings, shown

MOST_WORDS, SHOWN_WORDS = 3, 6
DEFAULT_MAX_DB = 8.0
_NORMAL, _LEAST_NORMAL_DB, _MOST_NORMAL_DB = 0.15, 0.2, 1.0
_USUAL = (0.1, 0.4)  # nearer than the first share of tracks: nothing to do; from the second on, all of it
_GENTLE, _WIDE_DB = 0.13, 5.0  # left undone beside a reference that spreads so far; what is taken back hardly changes
_LEAST_PERCENT = 5.0
_CONTRARY = -0.2  # shape cosine: words that take back what another says are no advice
_WORTH = 0.05  # of what is left: a word that says less is not named
_LEAST_SAID = 0.5  # of the curve: words that say less of it are no advice
_INAUDIBLE_DB = 0.2  # nowhere more than this: not worth a filter
_TINY = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """One word to try, and how strongly: 60 % is intensity 0.6."""

    word: str
    percent: float

    def __str__(self) -> str:
        """As one would say it."""
        return f"{self.percent:.0f} % {self.word}"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Balance:
    """What a track is and what to try: words, the EQ, and what that is expected to change.

    ``confidence`` (0 to 1) is how sure it is that something is off: the share of the reference's tracks that are
    nearer to its mean, less where there was little to hear. ``said`` is how much of the EQ the words say.
    """

    is_: tuple[WordShare, ...]
    try_: tuple[Try, ...]
    settings: EqSettings
    confidence: float
    said: float
    before_db: float
    after_db: float
    expected: Mapping[str, tuple[float, float]]
    amount: float
    max_db: float
    notes: tuple[str, ...]
    analysis: Analysis = field(repr=False)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not any(self.settings.gains_db)

    @property
    def request(self) -> str:
        """The words as `semeq.eq` reads them; empty where there is nothing to do."""
        return " + ".join(f"{one.percent:.0f}% {one.word}" for one in self.try_)

    def __str__(self) -> str:
        """One line: what it is, what to try."""
        if not self.analysis.trust:
            return "too little to hear: nothing to do"
        if self.nothing and not sure(self.analysis.trust):
            return "too little to hear to be sure of it: left as it is"
        if self.nothing and not self.amount * self.max_db:
            return "nothing may be done at amount or max 0: left as it is"
        if self.nothing and self.analysis.unusual > _USUAL[1]:
            return f"less than {_INAUDIBLE_DB:g} dB to do: left as it is"
        if self.nothing:
            return "within the usual spread of its reference: nothing to do"
        is_ = ", ".join(map(str, self.is_[:2]))
        return f"{is_}; try {' + '.join(map(str, self.try_)) or 'the EQ, for which there is no word'}"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return {
            "analysis": self.analysis.to_dict(),
            "is": [{"word": one.word, "percent": round(one.percent, 1)} for one in self.is_],
            "try": [{"word": one.word, "percent": round(one.percent, 1)} for one in self.try_],
            "request": self.request,
            "settings": self.settings.to_dict(),
            "confidence": round(self.confidence, 3),
            "said": round(self.said, 3),
            "deviation_db": {"before": round(self.before_db, 2), "after": round(self.after_db, 2)},
            "expected": {word: [round(value, 1) for value in pair] for word, pair in self.expected.items()},
            "amount": self.amount,
            "max_db": self.max_db,
            "nothing": self.nothing,
            "notes": list(self.notes),
        }


def balance(
    audio: Audio | Heard,
    rate_hz: float | None = None,
    reference: ReferenceLike = DEFAULT_REFERENCE,
    amount: float = 1.0,
    *,
    max_db: float = DEFAULT_MAX_DB,
    model: Model | None = None,
    language: Language = "en",
) -> Balance:
    """What would bring some audio towards a reference: ``amount`` of it (0 to 1), no band beyond ``max_db``.

    >>> import numpy as np
    >>> balance(np.zeros(48_000), 48_000).nothing
    True
    """
    listened = listen(audio, rate_hz, reference)
    return balance_of(listened, amount, max_db=max_db, model=model, language=language)


def balance_of(
    listened: Listened,
    amount: float = 1.0,
    *,
    max_db: float = DEFAULT_MAX_DB,
    model: Model | None = None,
    language: Language = "en",
) -> Balance:
    """The balance of what was listened to."""
    amount = _checked("amount", amount, 0.0, 1.0)
    max_db = _checked("max", max_db, 0.0, GAIN_LIMIT_DB)
    space = load_model(DEFAULT_MODEL)
    analysis = analysis_of(listened, model or space, language)
    reference = listened.reference
    settings = decode_settings(space, -amount * _worth_doing(listened) * listened.place)
    most = max(map(abs, settings.gains_db))
    notes = list(listened.notes)
    if most > max_db:
        settings = settings.scaled(max_db / most)
        notes.append(f"held at {max_db:g} dB")
    curve = response_db(settings, BANDS_HZ)
    if float(np.abs(curve).max()) < _INAUDIBLE_DB:
        settings, curve = settings.scaled(0.0), np.zeros(len(BANDS_HZ))
    curve = curve - curve.mean()
    vocabulary = (model or space).vocabulary(language)
    found, said = words_for(curve, nameable(vocabulary.values()))
    after_db = listened.deviation_db + curve
    then = {one.word: one.percent for one in shares(after_db, listened.trust, reference, vocabulary.values())}
    is_ = analysis.known[:SHOWN_WORDS]
    changed = [*(one.word for one in is_), *(one.word for one in found)]
    return Balance(
        is_=is_,
        try_=found,
        settings=settings,
        confidence=listened.trust * analysis.unusual,
        said=said,
        before_db=float(np.std(listened.deviation_db)),
        after_db=float(np.std(after_db)),
        expected={word: (analysis.percent(word), then[word]) for word in changed} if listened.trust else {},
        amount=amount,
        max_db=max_db,
        notes=tuple(notes),
        analysis=analysis,
    )


def words_for(curve_db: Floats, words: Sequence[Word]) -> tuple[tuple[Try, ...], float]:
    """Up to three words whose blend comes nearest to a curve, and how much of it (0 to 1) they say.

    One after the other, each time the one that leaves the least; strengths are those of the best blend of all so far.
    """
    total = float(curve_db @ curve_db)
    if total < _TINY or not words:
        return (), 0.0
    from scipy.optimize import nnls

    curves = curves_of([word.settings.to_vector() for word in words], BANDS_HZ)
    curves = curves - curves.mean(axis=1, keepdims=True)
    directions = curves / np.maximum(np.linalg.norm(curves, axis=1, keepdims=True), _TINY)
    alike = directions @ directions.T
    chosen: list[int] = []
    strengths, left = np.zeros(0), total
    for _ in range(MOST_WORDS):
        tries = []
        for one in range(len(words)):
            if one not in chosen and (alike[one, chosen] > _CONTRARY).all():
                weights, rest = nnls(curves[[*chosen, one]].T, curve_db)
                tries.append((rest**2, one, weights))
        if not tries:
            break
        rest, best, weights = min(tries, key=lambda found: found[:2])
        if rest > left - _WORTH * total:
            break
        chosen, strengths, left = [*chosen, best], weights, rest
    found = sorted(zip(strengths, chosen, strict=True), reverse=True)
    named = tuple(Try(word=words[one].name, percent=round(100.0 * strength)) for strength, one in found)
    worth = tuple(one for one in named if one.percent >= _LEAST_PERCENT) or named[:1]
    worth = tuple(one for one in worth if one.percent)
    said = math.sqrt(max(1.0 - left / total, 0.0))
    return (worth if said >= _LEAST_SAID else ()), said


def _worth_doing(listened: Listened) -> float:
    """How much of a correction to make: none of what is usual in a reference, lasts a moment only, or is not heard.

    All open smoothly, so that nothing jumps from one track to the next.
    """
    reference = listened.reference
    normal_db = min(max(_NORMAL * reference.spread_db, _LEAST_NORMAL_DB), _MOST_NORMAL_DB)
    audible = smooth(float(np.linalg.norm(listened.place)) / normal_db - 0.5)
    nearest, some = _USUAL
    audible *= sure(listened.trust)
    audible *= 1.0 - _GENTLE * min(reference.spread_db / _WIDE_DB, 1.0)
    return audible * smooth((reference.unusual(listened.deviation_db) - nearest) / (some - nearest))


def _checked(name: str, value: object, low: float, high: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # that is what is checked here
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        raise UsageError(f"{name} {shown(value)}: use {low:g} to {high:g}")
    return number
