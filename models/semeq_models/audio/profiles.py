"""References made from recordings: a mean spectrum, how pieces differ from it, and nothing of any one piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from safetensors.numpy import save

from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import FORMAT, Reference
from semeq.response import Floats
from semeq_models.artefact import canonical, content_sha256
from semeq_models.audio.recordings import Recording
from semeq_models.curves import level_free, rms_db

_ROUNDS = 4  # of filling in bands without sound
_STEADY_DB = 0.5  # how much noise of one kind differs from itself


def profile(name: str, about: str, pieces: Sequence[Recording]) -> Reference:
    """The reference that some recordings are; a collection counts with the square root of its pieces.

    Bands without sound are filled in by what the others make likely, until that settles.
    """
    sizes = Counter(piece.collection for piece in pieces)
    weights = np.array([sizes[piece.collection] ** -0.5 for piece in pieces])
    weights /= weights.sum()
    heard = np.stack([piece.spectrum.heard for piece in pieces])
    shapes = np.stack([piece.spectrum.shape_db for piece in pieces])
    known = np.maximum(weights @ heard, 1e-6)
    first = Reference(
        name=name,
        about=about,
        tracks=len(pieces),
        mean_db=level_free((weights @ np.where(heard, shapes, 0.0)) / known),
        covariance=np.eye(len(BANDS_HZ)),
        spread_db=1.0,
        usual_db=np.zeros(101),
    )
    found = first
    for _ in range(_ROUNDS):
        off = np.stack([found.deviation_db(piece.spectrum) for piece in pieces])
        middle = weights @ off
        around = off - middle
        far_db = rms_db(around)
        order = np.argsort(far_db)
        reached = np.cumsum(weights[order]) - weights[order] / 2
        found = replace(
            found,
            mean_db=level_free(found.mean_db + middle),
            covariance=(around * weights[:, None]).T @ around,
            spread_db=float(np.interp(0.5, reached, far_db[order])),
            usual_db=np.interp(np.linspace(0.0, 1.0, 101), reached, far_db[order]),
        )
    return found


def steady(name: str, about: str, power_db: Floats) -> Reference:
    """A reference that is one spectrum exactly, such as pink noise."""
    noise = np.eye(len(BANDS_HZ)) - 1.0 / len(BANDS_HZ)
    return Reference(
        name=name,
        about=about,
        tracks=0,
        mean_db=level_free(power_db),
        covariance=noise * _STEADY_DB**2,
        spread_db=_STEADY_DB,
        usual_db=np.linspace(0.0, 2.0 * _STEADY_DB, 101),
    )


def references_file(references: Sequence[Reference], provenance: Mapping[str, Any]) -> bytes:
    """The bytes of the file that holds them."""
    tensors = {
        f"{one.name}.{part}": getattr(one, part).astype("<f4")
        for one in references
        for part in ("mean_db", "covariance", "usual_db")
    }
    said: dict[str, Any] = {
        "format": FORMAT,
        "provenance": dict(provenance),
        "references": [
            {"name": one.name, "about": one.about, "tracks": one.tracks, "spread_db": round(one.spread_db, 4)}
            for one in references
        ],
    }
    said["content_sha256"] = content_sha256(said, tensors)
    return save(tensors, metadata={"semeq": canonical(said)})
