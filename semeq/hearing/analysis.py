"""What a track is, in words and numbers, against a named reference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from semeq.artefact import DEFAULT_MODEL, load_model
from semeq.errors import UsageError
from semeq.hearing.heard import Audio, Heard
from semeq.hearing.listening import Listened, ReferenceLike, listen
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import DEFAULT_REFERENCE, Reference
from semeq.language import Language
from semeq.latent import decode_settings
from semeq.model import Confidence, Model, Word
from semeq.response import Floats
from semeq.settings import EqSettings

LOW_HZ, HIGH_HZ = 250.0, 4000.0
_TILT_HZ = (100.0, 10_000.0)
LEVEL_WORDS = frozenset(("loud", "quiet", "fuerte"))  # an EQ has a shape for them, but a track is loud by its level
_OUTLIER = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class WordShare:
    """Such as "bright 75 %": the track has more of the word's curve than 75 % of the reference's tracks.

    ``confidence`` is how far people agree on the word at all.
    """

    word: str
    percent: float
    confidence: Confidence

    def __str__(self) -> str:
        """The word with its percentage."""
        return f"{self.word} {self.percent:.0f} %"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Analysis:
    """One track: its words, the strongest first, its tilt and balance beside the reference's, its levels.

    ``unusual`` is the share of the reference's tracks that are nearer to its mean; ``trust`` how much there was to
    hear. Decibels of ``low_db``, ``mid_db`` and ``high_db`` (below 250 Hz, between, above 4 kHz) are against the
    reference.
    """

    name: str
    words: tuple[WordShare, ...]
    reference: str
    spread_db: float
    trust: float
    unusual: float
    tilt_db_per_octave: float
    reference_tilt_db_per_octave: float
    low_db: float
    mid_db: float
    high_db: float
    lufs: float
    true_peak_dbtp: float
    crest_db: float
    dur_s: float
    rate_hz: int
    channels: int
    notes: tuple[str, ...]
    listened: Listened = field(repr=False)

    @property
    def outlier(self) -> bool:
        """Whether hardly any track of the reference is as far from its mean."""
        return self.unusual > _OUTLIER

    @property
    def shaped(self) -> bool:
        """Whether there was enough to hear to speak of tilt and balance; without it they are the reference's."""
        return bool(self.listened.measured_db.any())

    @property
    def known(self) -> tuple[WordShare, ...]:
        """The words that people agree on, the most first."""
        return tuple(one for one in self.words if one.confidence != "weak")

    def percent(self, word: str) -> float:
        """The percentage of one word."""
        found = [one.percent for one in self.words if one.word == word]
        if not found:
            why = "there was nothing to hear" if not self.words else "it is not among its words"
            raise UsageError(f"no percentage of {word!r}: {why}")
        return found[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON; null is what silence or a tone does not have."""
        shape = ("tilt_db_per_octave", "low_db", "mid_db", "high_db")
        levels = {"lufs": self.lufs, "true_peak_dbtp": self.true_peak_dbtp, "crest_db": self.crest_db}
        return {
            "name": self.name,
            "dur_s": round(self.dur_s, 3),
            "rate_hz": self.rate_hz,
            "channels": self.channels,
            "reference": self.reference,
            "spread_db": round(self.spread_db, 2),
            "trust": round(self.trust, 3),
            "unusual": round(self.unusual, 3),
            "outlier": self.outlier,
            "words": [
                {"word": one.word, "percent": round(one.percent, 1), "confidence": one.confidence} for one in self.words
            ],
            "reference_tilt_db_per_octave": round(self.reference_tilt_db_per_octave, 2),
            **{part: round(getattr(self, part), 2) if self.shaped else None for part in shape},
            **{name: round(value, 2) if math.isfinite(value) else None for name, value in levels.items()},
            "notes": list(self.notes),
        }


def analyze(
    audio: Audio | Heard,
    rate_hz: float | None = None,
    reference: ReferenceLike = DEFAULT_REFERENCE,
    *,
    model: Model | None = None,
    language: Language = "en",
) -> Analysis:
    """What some audio is, in words: floats ``[channels, frames]`` or ``[frames]`` with their rate, or a file's name.

    >>> import numpy as np
    >>> noise = np.random.default_rng(0).standard_normal(96_000) * 0.1
    >>> analyze(noise, 48_000, reference="pink").percent("bright") > 90
    True
    """
    return analysis_of(listen(audio, rate_hz, reference), model or load_model(DEFAULT_MODEL), language)


def match(
    audio: Audio | Heard, rate_hz: float | None = None, reference: ReferenceLike = DEFAULT_REFERENCE
) -> EqSettings:
    """The EQ that some audio seems to have, against the reference.

    >>> import numpy as np
    >>> match(np.zeros(4800), 48_000).gains_db
    (0.0, 0.0, 0.0, 0.0, 0.0)
    """
    return decode_settings(load_model(DEFAULT_MODEL), listen(audio, rate_hz, reference).place)


def analysis_of(listened: Listened, model: Model, language: Language = "en") -> Analysis:
    """The analysis of what was listened to."""
    heard, reference = listened.heard, listened.reference
    low, mid, high = _thirds(listened.measured_db)
    reference_tilt = tilt(reference.mean_db)
    return Analysis(
        name=heard.name,
        words=shares(listened.deviation_db, listened.trust, reference, model.vocabulary(language).values()),
        reference=str(reference),
        spread_db=reference.spread_db,
        trust=listened.trust,
        unusual=reference.unusual(listened.deviation_db),
        tilt_db_per_octave=reference_tilt + tilt(listened.measured_db),
        reference_tilt_db_per_octave=reference_tilt,
        low_db=low,
        mid_db=mid,
        high_db=high,
        lufs=heard.levels.lufs,
        true_peak_dbtp=heard.levels.true_peak_dbtp,
        crest_db=heard.levels.crest_db,
        dur_s=heard.dur_s,
        rate_hz=heard.rate_hz,
        channels=heard.channels,
        notes=listened.notes,
        listened=listened,
    )


def shares(deviation_db: Floats, trust: float, reference: Reference, words: Iterable[Word]) -> tuple[WordShare, ...]:
    """How much of every word there is, the most first; with little to hear, nearer to 50 %."""
    if not trust:
        return ()
    found = [
        WordShare(
            word=word.name,
            percent=100.0 * reference.holds(deviation_db, word.curve_db),
            confidence=word.confidence,
        )
        for word in words
        if word.name not in LEVEL_WORDS
    ]
    return tuple(sorted(found, key=lambda one: (-one.percent, one.word)))


def nameable(words: Iterable[Word]) -> list[Word]:
    """The words to describe or to change a track with: those people agree on, and that are not about its level."""
    return [word for word in words if word.confidence != "weak" and word.name not in LEVEL_WORDS]


def tilt(curve_db: Floats) -> float:
    """The slope of a curve between 100 Hz and 10 kHz, in dB an octave; every octave counts alike."""
    inside = (_TILT_HZ[0] <= BANDS_HZ) & (_TILT_HZ[1] >= BANDS_HZ)
    octaves = np.log2(BANDS_HZ[inside])
    return float(np.polyfit(octaves, curve_db[inside], 1, w=np.sqrt(np.gradient(octaves)))[0])


def _thirds(deviation_db: Floats) -> tuple[float, float, float]:
    """Means of the bands below 250 Hz, between, and above 4 kHz."""
    low, high = BANDS_HZ < LOW_HZ, BANDS_HZ > HIGH_HZ
    return (
        float(deviation_db[low].mean()),
        float(deviation_db[~low & ~high].mean()),
        float(deviation_db[high].mean()),
    )
