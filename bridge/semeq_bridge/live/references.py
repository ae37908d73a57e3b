"""References a session compares with: those that come with semeq, and the user's own tracks, heard at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from semeq.errors import UsageError
from semeq.hearing.listening import Tracks, find_reference
from semeq.hearing.reference import Reference, load_reference, own_reference, references


def own_references(rows: Sequence[str]) -> dict[str, Reference]:
    """``NAME=FILE`` or ``NAME=FOLDER``, heard."""
    found: dict[str, Reference] = {}
    for row in rows:
        name, equals, place = row.partition("=")
        if not equals or not name or name in references() or not name.isprintable() or len(name) > 40:
            raise UsageError(f"--own-reference {row!r}: write NAME=FILE or NAME=FOLDER, under a name of its own")
        tracks = find_reference(place)
        if isinstance(tracks, Tracks):
            tracks = own_reference([one.spectrum for one in tracks.heard], name, load_reference())
        found[name] = tracks
    return found


def as_text(reference: Reference) -> dict[str, Any]:
    """A reference for the process that listens; of those that come with semeq the name is enough."""
    if reference.name in references():
        return {"name": reference.name}
    rows = {part: getattr(reference, part).tolist() for part in ("mean_db", "covariance", "usual_db")}
    about = {"name": reference.name, "about": reference.about, "tracks": reference.tracks}
    return about | {"spread_db": reference.spread_db} | rows


def read_reference(said: Mapping[str, Any]) -> Reference:
    """The same, read."""
    if "mean_db" not in said:
        return load_reference(said["name"])
    parts: dict[str, Any] = {key: np.array(value) if isinstance(value, list) else value for key, value in said.items()}
    return Reference(**parts)
