"""Into the latent space of a model and out of it: settings or curves in, places; places in, legal settings out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from semeq.blend import Guess, in_order
from semeq.errors import ModelError
from semeq.fit import pack, unpack
from semeq.model import Model
from semeq.response import RATE_HZ, Floats, bands_db
from semeq.settings import GAIN_LIMIT_DB, LAYOUT, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, SHELF_Q, EqSettings

GAINS, FREQS, QS = [0, 2, 5, 8, 11], [1, 3, 6, 9, 12], [4, 7, 10]
"""Columns of the 13 numbers."""
_ALONE, _TINY = 0.5, 1e-12


def curves_of(vectors: npt.ArrayLike, at_hz: Floats, rate_hz: float = RATE_HZ) -> Floats:
    """Curves in dB of many settings vectors at once. Shapes: ``[..., 13], [F] -> [..., F]``."""
    numbers = np.asarray(vectors, dtype=np.float64)
    qs = np.full((*numbers.shape[:-1], len(LAYOUT)), SHELF_Q)
    qs[..., 1:4] = numbers[..., QS]
    return np.asarray(bands_db(numbers[..., FREQS], numbers[..., GAINS], qs, at_hz, rate_hz).sum(axis=-2))


def legal(vectors: npt.ArrayLike) -> Floats:
    """Every number moved to the edge of its range where it lies outside. Shapes: ``[..., 13] -> [..., 13]``."""
    numbers = np.array(vectors, dtype=np.float64)
    for columns, low, high in (
        (GAINS, -GAIN_LIMIT_DB, GAIN_LIMIT_DB),
        (FREQS, MIN_FREQ_HZ, MAX_FREQ_HZ),
        (QS, MIN_Q, MAX_Q),
    ):
        numbers[..., columns] = np.clip(numbers[..., columns], low, high)
    return numbers


def encode(model: Model, vectors: npt.ArrayLike) -> Floats:
    """Places of settings vectors in the latent space. Shapes: ``[..., 13] -> [..., D]``."""
    if model.encoder_input == "settings":
        return model.encoder(np.asarray(vectors, dtype=np.float64))
    return encode_curves(model, curves_of(vectors, model.bands_hz))


def encode_curves(model: Model, curves_db: Floats) -> Floats:
    """Places of curves at the model's bands; their level does not matter. Shapes: ``[..., bands] -> [..., D]``."""
    if model.encoder_input != "curve":
        raise ModelError(f"model {model.name} reads settings, not curves; fit the curve first, or use another model")
    return model.encoder(curves_db - curves_db.mean(axis=-1, keepdims=True))


def decode(model: Model, places: npt.ArrayLike) -> Floats:
    """Settings vectors, within the legal range, of places in the latent space. Shapes: ``[..., D] -> [..., 13]``."""
    out = model.decoder(np.asarray(places, dtype=np.float64))
    if not np.isfinite(out).all():
        raise ModelError(f"model {model.name} answers with no number here; use another model")
    if model.decoder_output == "settings":
        return legal(out)
    from semeq.fit import fit  # slower than a network, and needed by few models

    rows = [fit(curve, model.bands_hz).to_vector() for curve in out.reshape(-1, out.shape[-1])]
    return np.asarray(rows).reshape(*out.shape[:-1], len(rows[0]))


def decode_settings(model: Model, place: Floats) -> EqSettings:
    """The five bands at one place of the latent space."""
    return EqSettings.from_vector(decode(model, place).tolist())


def guesser(model: Model, ends: Sequence[tuple[Floats, EqSettings]]) -> Guess:
    """Bands for amounts of some ends, each a place and its settings: the decoder's, and an end's own where it is alone.

    What an end's own bands have over the decoder's is faded in where it has more than half of the say, so that nothing
    jumps when a second end joins or leaves.
    """
    strengths = [float(np.linalg.norm(place)) for place, _ in ends]

    def guess(amounts: Sequence[float]) -> EqSettings:
        said = [amount * place for amount, (place, _) in zip(amounts, ends, strict=True)]
        params = _bands(model, np.sum(said, axis=0))
        shares = [abs(amount) * strength for amount, strength in zip(amounts, strengths, strict=True)]
        first = int(np.argmax(shares))
        alone = (shares[first] / max(sum(shares), _TINY) - _ALONE) / (1.0 - _ALONE)
        if alone <= 0.0:
            return unpack(params)
        own = pack(in_order(ends[first][1].scaled(amounts[first])))
        return unpack(params + alone**2 * (3.0 - 2.0 * alone) * (own - _bands(model, said[first])))

    return guess


def _bands(model: Model, place: Floats) -> Floats:
    return pack(in_order(decode_settings(model, place)))
