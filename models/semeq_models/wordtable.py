"""The words of a trained system: where each is in its latent space, how its people spread, and its five bands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semeq.latent import curves_of, decode, encode, encode_curves
from semeq.model import Model
from semeq.response import Floats
from semeq.settings import EqSettings
from semeq_models.bands import fit_bands
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.consensus import row_weights
from semeq_models.curves import level_free, rms_db, unit
from semeq_models.modes import modes
from semeq_models.systems import Spec
from semeq_models.vocabulary import Entry, vocabulary

DIRECTIONS = 8
_SHARED_VOICES = 10.0  # what the spread of all words weighs beside that of one


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Placed:
    """One word, or one typical way to mean it, in the latent space and as 13 numbers."""

    latent: Floats
    settings: Floats
    share: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Row:
    """One row of the word table as it is shipped."""

    entry: Entry
    mean: Placed
    curve_db: Floats
    fit_error_db: float
    centre: Floats
    spread: Floats
    variants: tuple[Placed, ...]


def rows_for(spec: Spec, contributions: Sequence[Contribution]) -> list[Contribution]:
    """The rows a system learns from: of its data sets, of words with enough examples."""
    mine = [one for one in contributions if one.source in spec.sources]
    count = Counter((one.language, one.word) for one in mine)
    return [one for one in mine if count[one.language, one.word] >= spec.min_examples]


def word_table(spec: Spec, model: Model, corpus: Corpus, *, variants: bool = True) -> list[Row]:
    """Every word of both languages; ``model`` needs its networks only."""
    entries = [*vocabulary(corpus, "en"), *vocabulary(corpus, "es")]
    heard: dict[tuple[str, str], list[Contribution]] = {}
    for one in corpus.contributions:
        heard.setdefault((one.language, one.word), []).append(one)
    places = {key: places_of(model, rows) for key, rows in heard.items()}
    shared = _shared_spread([(places[key], row_weights(rows)) for key, rows in heard.items()])
    table = []
    for entry in entries:
        rows = heard[entry.language, entry.word]
        table.append(_row(spec, model, entry, rows, places[entry.language, entry.word], shared, variants=variants))
    return table


def places_of(model: Model, rows: Sequence[Contribution]) -> Floats:
    """Where the encoder puts each row."""
    if model.encoder_input == "curve":
        return encode_curves(model, np.array([row.curve_db for row in rows]))
    return encode(model, np.array([row.settings for row in rows]))


def _row(
    spec: Spec,
    model: Model,
    entry: Entry,
    rows: list[Contribution],
    places: Floats,
    shared: Floats,
    *,
    variants: bool,
) -> Row:
    weights, curves = row_weights(rows), np.array([row.curve_db for row in rows])
    groups = modes(curves, weights) if variants else np.zeros((0, len(rows)))
    if spec.kind == "default":
        centre = encode_curves(model, entry.mean_db)
        mean, off_db = _drawn(model, entry.curve_db)
        curve = entry.curve_db
        typical = [_drawn(model, entry.strength_db * unit(level_free(group @ curves)))[0] for group in groups]
    else:
        centre = places.mean(axis=0)
        mean = _decoded(model, centre)
        heard = level_free(curves_of(mean.settings, model.bands_hz))
        curve = level_free(model.decoder(centre)) if model.decoder_output == "curve" else heard
        off_db = float(rms_db(heard - curve))
        typical = [_decoded(model, places[group > 0].mean(axis=0)) for group in groups]
    shares = groups.sum(axis=1)
    return Row(
        entry=entry,
        mean=mean,
        curve_db=curve,
        fit_error_db=off_db,
        centre=centre,
        spread=_spread(places, weights, shared),
        variants=tuple(
            Placed(latent=one.latent, settings=one.settings, share=round(float(share), 3))
            for one, share in zip(typical, shares, strict=True)
        ),
    )


def _drawn(model: Model, curve_db: Floats) -> tuple[Placed, float]:
    """A curve in the latent space; the decoder's bands are polished until more intensity is more change."""
    place = encode_curves(model, curve_db)
    found = fit_bands(curve_db, model.bands_hz, start=EqSettings.from_vector(decode(model, place).tolist()))
    return Placed(latent=place, settings=np.array(found.settings.to_vector())), found.error_db


def _decoded(model: Model, place: Floats) -> Placed:
    return Placed(latent=place, settings=decode(model, place))


def _shared_spread(words: Sequence[tuple[Floats, Floats]]) -> Floats:
    """The mean covariance of people around their word. Shape: ``[D, D]``."""
    dim = words[0][0].shape[1]
    total, mass = np.zeros((dim, dim)), 0.0
    for places, weights in words:
        if len(places) > 1:
            total += weights.sum() * _covariance(places, weights)
            mass += weights.sum()
    return total / max(mass, 1e-12)


def _covariance(places: Floats, weights: Floats) -> Floats:
    return np.atleast_2d(np.cov(places, rowvar=False, aweights=weights, bias=True))


def _spread(places: Floats, weights: Floats, shared: Floats) -> Floats:
    """The main directions of a word's people, one standard deviation long. Shape: ``[DIRECTIONS, D]``."""
    mass = weights.sum()
    own = _covariance(places, weights) if len(places) > 1 else shared
    both = (mass * own + _SHARED_VOICES * shared) / (mass + _SHARED_VOICES)
    sizes, directions = np.linalg.eigh(both)
    kept = np.zeros((DIRECTIONS, len(both)))
    count = min(DIRECTIONS, len(both))
    order = np.argsort(-sizes, kind="stable")[:count]
    signs = np.sign(directions[np.abs(directions[:, order]).argmax(axis=0), order])  # eigenvectors have no sign: choose
    kept[:count] = (directions[:, order] * signs * np.sqrt(np.maximum(sizes[order], 0.0))).T
    return kept
