"""Whether settings come out of a system as they went in: encoded, decoded, and compared as curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semeq.latent import curves_of, decode, encode
from semeq.model import Model
from semeq.response import Floats
from semeq_models.bench.bootstrap import point, quantile_of
from semeq_models.bench.figures import Figure
from semeq_models.bench.trial import Trial, safe_rows
from semeq_models.cleaning import Contribution
from semeq_models.curves import level_free, rms_db

FITTED_ROWS = 60
"""Of each fold, where every answer must be fitted to bands: 35 ms each."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReconstructionPart:
    """One fold: the error of every held-out row, its strength, and whose it is."""

    errors_db: Floats
    strengths_db: Floats
    people: tuple[str, ...]


def judge(trial: Trial) -> ReconstructionPart:
    """Put the held-out SAFE settings of a fold through the system, each once."""
    once = list({(one.person, one.settings): one for one in safe_rows(trial.split.english.test)}.values())
    if trial.model.decoder_output == "curve":
        once = once[:: max(1, -(-len(once) // FITTED_ROWS))]
    return ReconstructionPart(
        errors_db=reconstruction_errors_db(trial.model, once),
        strengths_db=rms_db(np.array([one.curve_db for one in once]).reshape(len(once), -1)),
        people=tuple(one.person for one in once),
    )


def reconstruction_errors_db(model: Model, rows: Sequence[Contribution]) -> Floats:
    """Level-free RMS difference between settings and what comes back when they are encoded and decoded: ``[R]``."""
    if not rows:
        return np.zeros(0)
    vectors = [one.settings for one in rows]
    out = decode(model, encode(model, vectors))
    return rms_db(level_free(curves_of(out, model.bands_hz) - curves_of(vectors, model.bands_hz)))


def figures(parts: Sequence[ReconstructionPart], seed: int) -> list[Figure]:
    """The median error and that of the worst tenth; flat = settings that come out as nothing."""
    errors_db, strengths_db = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("errors_db", "strengths_db")
    )
    people = [person for part in parts for person in part.people]
    return [
        Figure(
            section="reconstruction",
            name=f"settings in and out again: RMS dB, {name}",
            better="lower",
            value=quantile_of(errors_db, people, share, seed),
            flat=quantile_of(strengths_db, people, share, seed),
            ceiling=point(0.0),
            note=f"{len(errors_db)} held-out SAFE settings",
        )
        for name, share in (("median", 0.5), ("90 %", 0.9))
    ]
