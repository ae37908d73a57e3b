"""What a model is: words with their place in a latent space, and the two networks that lead into it and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from semeq.errors import ModelError
from semeq.language import Language
from semeq.network import Network
from semeq.response import Floats
from semeq.settings import EqSettings

Confidence = Literal["good", "fair", "weak", "own"]
"""How far people agree on a word; ``own`` is one that the user taught."""
Side = Literal["settings", "curve"]
"""What a network reads or writes: the 13 numbers, or the level-free curve in dB at the model's bands."""
Blending = Literal["curves", "latent"]
"""How words are added up: their curves in dB, or their places in the latent space."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Variant:
    """One typical way to mean a word; ``share`` of its people mean it so."""

    share: float
    settings: EqSettings
    latent: Floats = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Word:
    """One word as the people who used it meant it; ``settings`` is how strongly they typically set it.

    ``centre`` is the mean of its people (nearer to flat than any of them: means shrink), ``spread`` the directions in
    which they differ from it, one row each, one standard deviation long.
    """

    name: str
    language: Language
    settings: EqSettings
    curve_db: Floats = field(repr=False)
    strength_db: float
    contributors: int
    agreement: float
    confidence: Confidence
    latent: Floats = field(repr=False)
    centre: Floats = field(repr=False)
    spread: Floats = field(repr=False)
    variants: tuple[Variant, ...] = ()
    synonyms: tuple[str, ...] = ()
    opposite: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Who says it and how far they agree, for JSON; not its curve."""
        return {
            "word": self.name,
            "language": self.language,
            "contributors": self.contributors,
            "agreement": self.agreement,
            "confidence": self.confidence,
            "strength_db": self.strength_db,
            "synonyms": list(self.synonyms),
            "opposite": self.opposite,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A named set of words; ``bands_hz`` are the frequencies of every curve, ``warning`` is said with every answer."""

    name: str
    description: str
    warning: str
    provenance: Mapping[str, Any]
    bands_hz: Floats = field(repr=False)
    encoder: Network = field(repr=False)
    encoder_input: Side
    decoder: Network = field(repr=False)
    decoder_output: Side
    blending: Blending
    vocabularies: Mapping[Language, Mapping[str, Word]] = field(repr=False)
    sha256: str

    @property
    def latent_dim(self) -> int:
        """How many numbers a place in the latent space has."""
        return self.decoder.inputs

    def vocabulary(self, language: Language) -> Mapping[str, Word]:
        """The words of one language by name."""
        if language not in self.vocabularies:
            raise ModelError(f"no language {language!r} in model {self.name}; choose: {', '.join(self.vocabularies)}")
        return self.vocabularies[language]
