"""Only what is missing: words as an EQ that depends on how much of them the audio has already.

``have`` is the share of the curve that the audio seems to have, by a projection in the latent space, where lengths are
dB; what is applied is ``intensity * max(0, 1 - have)`` of the words: up to one and a half times of them where the audio
has the opposite, and no more than was asked for where there is little to hear. The formula of old,
``z_audio + intensity * (z_words - z_audio)``, decoded and applied as it stands, is kept as ``traverse`` for study: at 0
it adds the audio's own colour once more, at 1 it does not listen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol, get_args

import numpy as np

from semeq.artefact import DEFAULT_MODEL, load_model
from semeq.errors import UsageError
from semeq.hearing.listening import Listened, checked_space, sure
from semeq.hearing.longterm import BANDS_HZ
from semeq.latent import decode_settings, encode_curves
from semeq.model import Model
from semeq.response import Floats, response_db
from semeq.settings import GAIN_LIMIT_DB, EqSettings, shown

Mode = Literal["missing", "traverse"]
MOST_SHARE = 1.5  # where the audio has the opposite, no more than this of the words
_LEAST_RESPONSE = 0.4
_FLAT_DB = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapted:
    """Settings for one programme; ``have`` is how much of the words it had (1 is all), ``share`` what it was given.

    ``trust`` (0 to 1) is how much there was to hear.
    """

    settings: EqSettings
    have: float
    share: float
    reference: str
    mode: Mode
    trust: float = 1.0
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line: what was heard, what was given, against which reference."""
        if self.mode == "traverse":
            return f"traversed from where the audio is; reference: {self.reference}"
        if not self.trust:
            return f"nothing heard to judge by: given {self.share:.0%}, as asked"
        there = f"has {self.have:.0%} of it" if self.have >= 0.0 else f"has {-self.have:.0%} of the opposite"
        return f"{there}: given {self.share:.0%}; reference: {self.reference}"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return {
            "have": round(self.have, 4),
            "share": round(self.share, 4),
            "reference": self.reference,
            "mode": self.mode,
            "trust": round(self.trust, 3),
            "notes": list(self.notes),
        }


class Judge(Protocol):
    """Whoever can say how much of one more curve the encoder would see in what was heard."""

    def response_to(self, curve_db: Floats, curve_place: Floats) -> float:
        """From 0 to 1; it is cautious where music varies."""
        ...


def adapt(full: EqSettings, intensity: float, listened: Listened) -> Adapted:
    """``full`` are the words at intensity 1; what the audio has of them already is left out.

    >>> import numpy as np
    >>> from semeq import eq
    >>> from semeq.hearing.listening import listen
    >>> adapt(eq("warm"), 0.0, listen(np.zeros(48_000), 48_000)).settings.gains_db
    (0.0, 0.0, 0.0, 0.0, 0.0)
    """
    have = how_much(full, listened)
    share = share_for(have, intensity, listened.trust)
    most_db = max(map(abs, full.gains_db)) * abs(intensity) * share
    held = (f"held at ±{GAIN_LIMIT_DB:g} dB, of {most_db:.1f}",) if most_db > GAIN_LIMIT_DB else ()
    return Adapted(
        settings=full.scaled(intensity * share),
        have=have,
        share=share,
        reference=str(listened.reference),
        mode="missing",
        trust=listened.trust,
        notes=(*listened.notes, *held),
    )


def share_for(have: float, intensity: float, trust: float) -> float:
    """How much of the words to give where there is so much of them: of the opposite, it is the opposite share."""
    towards = 1.0 if intensity >= 0.0 else -1.0
    return min(max(0.0, 1.0 - towards * have), most_share(trust))


def most_share(trust: float) -> float:
    """How much of the words may be given at most: what was asked for where there is little to hear, else more."""
    return 1.0 + (MOST_SHARE - 1.0) * sure(trust)


def how_much(full: EqSettings, listened: Listened) -> float:
    """The share of a curve that the audio seems to have: 0 none, 1 all of it, negative the opposite.

    The encoder is cautious: of an EQ that is there it sees a part, the less the more music varies. Half of that caution
    is taken back (the square root of its response to the curve), which came out best between doing too much and too
    little.
    """
    return float(heard_share(full, listened.place, listened))


def heard_share(full: EqSettings, places: Floats, listened: Judge) -> Floats:
    """The same for any places that the encoder found. Shapes: ``[..., D] -> [...]``."""
    curve, place = _target(full)
    length = float(place @ place)
    if length < _FLAT_DB:
        return np.zeros(places.shape[:-1])
    response = max(listened.response_to(curve, place), _LEAST_RESPONSE)
    return np.asarray(places @ place / length / np.sqrt(response))


@lru_cache(maxsize=256)
def _target(full: EqSettings) -> tuple[Floats, Floats]:
    """The curve of some settings on the bands, level-free, and its place."""
    curve = response_db(full.with_preamp(0.0), BANDS_HZ)
    curve = np.asarray(curve - curve.mean())
    return curve, encode_curves(load_model(DEFAULT_MODEL), curve)


def traverse(place: Floats, intensity: float, listened: Listened, model: Model) -> Adapted:
    """The formula of old: from where the audio is to where the words are, decoded and applied as it stands."""
    checked_space(listened.encoder, model)
    along = listened.place + intensity * (place - listened.place)
    return Adapted(
        settings=decode_settings(model, along),
        have=0.0,
        share=1.0,
        reference=str(listened.reference),
        mode="traverse",
        notes=(*listened.notes, "mode traverse is kept for study: it doubles what is there; leave it out to use semeq"),
    )


def checked_mode(mode: str) -> Mode:
    """``mode``, if there is such a one."""
    if mode not in get_args(Mode):
        raise UsageError(f"mode {shown(mode)}: use {' or '.join(get_args(Mode))}")
    return mode  # type: ignore[return-value]
