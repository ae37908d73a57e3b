"""What the networks are like: silent at zero, growing, moving evenly between words, and within the legal range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from semeq.latent import FREQS, encode, legal
from semeq.model import Model
from semeq.response import Floats
from semeq_models.bench.bootstrap import point
from semeq_models.bench.figures import Better, Figure
from semeq_models.bench.paths import growth_as_played, growth_by_decoder, ways_as_played, ways_by_decoder
from semeq_models.bench.trial import Trial, known_words, safe_rows

_HAIR = 1e-3  # relative: single precision at the edge of a range

NetworkPart = Mapping[str, float]
"""Figures of one fold's model by their keys in the table below; what a system has not is left out."""

_TABLE: tuple[tuple[str, str, str, Better, int], ...] = (
    ("decoder at_zero_db", "intensity", "decoder, intensity 0: largest dB", "lower", 2),
    ("decoder grow_to_one", "intensity", "decoder, intensity 0 to 1: share of words that only grow", "higher", 2),
    ("decoder grow_to_two", "intensity", "decoder, intensity 0 to 2: share of words that only grow", "higher", 2),
    ("played at_zero_db", "intensity", "as played, intensity 0: largest dB", "lower", 2),
    ("played grow_to_one", "intensity", "as played, intensity 0 to 1: share of words that only grow", "higher", 2),
    ("played grow_to_two", "intensity", "as played, intensity 0 to 2: share of words that only grow", "higher", 2),
    ("decoder length", "paths", "decoder, word to word: length over straight distance", "near 1", 3),
    ("decoder longest", "paths", "decoder, word to word: the longest of them", "near 1", 3),
    ("decoder step", "paths", "decoder, word to word: largest over mean step", "near 1", 2),
    ("decoder roughest", "paths", "decoder, word to word: the roughest of them", "near 1", 2),
    ("played length", "paths", "as played, word to word: length over straight distance", "near 1", 3),
    ("played longest", "paths", "as played, word to word: the longest of them", "near 1", 3),
    ("played step", "paths", "as played, word to word: largest over mean step", "near 1", 2),
    ("played roughest", "paths", "as played, word to word: the roughest of them", "near 1", 2),
    ("words highest_hz", "range", "words before clamping: highest Hz", "", 0),
    ("words outside", "range", "words before clamping: share outside the legal range", "lower", 2),
    ("rows highest_hz", "range", "held-out settings before clamping: highest Hz", "", 0),
    ("rows outside", "range", "held-out settings before clamping: share outside the legal range", "lower", 2),
)


def judge(trial: Trial) -> NetworkPart:
    """Measure one model; nothing but the last two figures looks at held-out people."""
    model, found = trial.model, dict[str, float]()
    if not known_words(model):
        return found
    for who, measured in (
        ("decoder", (growth_by_decoder(model), ways_by_decoder(model))),
        ("played", (growth_as_played(model), ways_as_played(model))),
    ):
        for values in measured:
            found |= {f"{who} {key}": getattr(values, key) for key in (values.__slots__ if values else ())}
    if model.decoder_output == "settings":
        found |= _range("words", model, np.array([word.latent for word in known_words(model)]))
        if held_out := safe_rows(trial.split.english.test):
            found |= _range("rows", model, encode(model, [one.settings for one in held_out]))
    return found


def _range(who: str, model: Model, places: Floats) -> dict[str, float]:
    return {f"{who} {key}": value for key, value in raw_range(model.decoder(places)).items()}


def raw_range(vectors: Floats) -> dict[str, float]:
    """The highest Hz of some raw answers, and the share of answers with a number out of range. Shape: ``[N, 13]``."""
    known = np.nan_to_num(vectors, nan=np.inf, posinf=1e12, neginf=-1e12)
    inside = np.isclose(known, legal(known), rtol=_HAIR, atol=0.0) & np.isfinite(vectors)
    return {"highest_hz": float(known[:, FREQS].max()), "outside": float(np.mean(~inside.all(axis=1)))}


def figures(parts: Sequence[NetworkPart]) -> list[Figure]:
    """The mean over the models of all folds; the longest and roughest ways, and the highest Hz, of any."""
    found = []
    for key, section, name, better, digits in _TABLE:
        said = [part[key] for part in parts if key in part]
        worst = key.endswith(("longest", "roughest", "highest_hz"))
        value = (max(said) if worst else float(np.mean(said))) if said else None
        found.append(
            Figure(
                section=section,
                name=name,
                better=better,
                value=None if value is None else point(value),
                digits=digits,
                note="" if said else "not asked: it says curves",
            )
        )
    return found
