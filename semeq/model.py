"""What a model is: words of several languages, each with its curve and how far people agree on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from semeq.errors import ModelError
from semeq.language import Language
from semeq.response import Floats
from semeq.settings import EqSettings

Confidence = Literal["good", "fair", "weak"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Word:
    """One word as the people who used it meant it; ``settings`` is how strongly they typically set it."""

    name: str
    language: Language
    settings: EqSettings
    curve_db: Floats = field(repr=False)
    strength_db: float
    contributors: int
    agreement: float
    confidence: Confidence
    synonyms: tuple[str, ...] = ()
    opposite: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A named set of words; ``bands_hz`` are the frequencies of every word's ``curve_db``."""

    name: str
    description: str
    provenance: Mapping[str, Any]
    bands_hz: Floats = field(repr=False)
    vocabularies: Mapping[Language, Mapping[str, Word]] = field(repr=False)
    sha256: str

    def vocabulary(self, language: Language) -> Mapping[str, Word]:
        """The words of one language by name."""
        if language not in self.vocabularies:
            raise ModelError(f"no language {language!r} in model {self.name}; choose: {', '.join(self.vocabularies)}")
        return self.vocabularies[language]
