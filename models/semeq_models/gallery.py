"""All pictures of one shipped model: its latent map, its words, what it redraws, the numbers it says, how it learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from semeq.artefact import load_model
from semeq.latent import decode
from semeq_models.bench import (
    latent_map,
    parameter_distributions,
    reconstruction_errors_db,
    reconstruction_histogram,
    training_curves,
    word_curves,
)
from semeq_models.cleaning import Corpus
from semeq_models.errors import DataError
from semeq_models.wordtable import places_of
from semeq_models.workshop import history_of

SAMPLES = 500


def draw_gallery(name: str, corpus: Corpus, folder: Path, *, seed: int = 0) -> list[Path]:
    """Draw every picture of a model (shipped, or a file) on these rows; returns their paths."""
    model = load_model(name)
    rows = [one for one in corpus.contributions if one.settings]
    if not rows:
        raise DataError("no settings to draw against: give the SAFE-DB file too")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{model.name}-{what}.png" for what in ("map", "words", "reconstruction", "numbers")]
    latent_map(model, corpus, paths[0])
    word_curves(model, corpus, paths[1])
    reconstruction_histogram(reconstruction_errors_db(model, rows), paths[2], name=model.name)
    random = np.random.default_rng(seed)
    picked = [rows[place] for place in sorted(random.permutation(len(rows))[:SAMPLES].tolist())]
    said = decode(model, places_of(model, picked))
    parameter_distributions(np.array([row.settings for row in rows]), said, paths[3], name=model.name)
    if history := history_of(name):
        paths.append(folder / f"{model.name}-training.png")
        training_curves(history, paths[-1], name=model.name)
    return paths
