"""What the audio bench listens to: a piece of sound beside its reference, with and without an EQ on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from semeq.artefact import load_model
from semeq.hearing.balance import balance_of
from semeq.hearing.encoder import AudioEncoder
from semeq.hearing.heard import Heard
from semeq.hearing.levels import Levels
from semeq.hearing.listening import Listened, listen
from semeq.hearing.longterm import BANDS_HZ, LongTerm
from semeq.hearing.reference import Reference
from semeq.latent import curves_of, decode, encode_curves
from semeq.model import Word
from semeq.render import Samples
from semeq.response import Floats, response_db
from semeq_models.curves import level_free, rms_db
from semeq_models.synthesis.material import with_eq

EQ_DB = 4.4
_LEVEL = 0.1
_BLOCK = 1 << 17


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Source:
    """A piece of sound, what it is judged against, and what else it could be."""

    name: str
    audio: Samples = field(repr=False)
    rate_hz: int
    reference: Reference


def listened(source: Source, ears: AudioEncoder, audio: Samples | None = None) -> Listened:
    """What is heard of a source, or of other samples in its place."""
    samples = source.audio if audio is None else audio
    if ears.hears == "mel":
        return listen(_LEVEL * samples, source.rate_hz, source.reference, encoder=ears)
    return listen(heard_of(samples, source.rate_hz), reference=source.reference, encoder=ears)


def heard_of(samples: Samples, rate_hz: int) -> Heard:
    """All that the encoder and the words look at; loudness and peaks, which take twice as long, are left out."""
    samples = _LEVEL * samples
    ears = LongTerm(rate_hz, len(samples))
    for start in range(0, samples.shape[1], _BLOCK):
        ears.update(samples[:, start : start + _BLOCK])
    levels = Levels(lufs=-math.inf, peak_dbfs=-math.inf, true_peak_dbtp=-math.inf, rms_dbfs=-math.inf)
    return Heard(
        name="",
        rate_hz=rate_hz,
        channels=len(samples),
        dur_s=samples.shape[1] / rate_hz,
        spectrum=ears.finish(),
        levels=levels,
    )


def with_word(source: Source, ears: AudioEncoder, word: Word, amount: float) -> Listened:
    """A source that has some of a word already."""
    return listened(source, ears, with_eq(source.audio, word.settings.scaled(amount).to_vector(), source.rate_hz))


def correction_db(heard: Listened) -> Floats:
    """The curve that balance would put on it."""
    return response_db(balance_of(heard).settings, BANDS_HZ)


def oracle(curves: Floats) -> float:
    """What one who knows the clean spectrum removes with these five bands."""
    model = load_model()
    best = curves_of(decode(model, encode_curves(model, -curves)), BANDS_HZ)
    return float(np.mean(1.0 - rms_db(level_free(curves + best)) / EQ_DB))
