"""Audio encoders: from what was heard to a place in the latent space of the words, the EQ that it seems to have."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from semeq.errors import ModelError, SemeqError
from semeq.hearing.longterm import BANDS_HZ
from semeq.network import Network
from semeq.response import Floats
from semeq.weights import as_path, damage, network, parse, read_bytes, shipped, text, weights_folder

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "semeq.audio/1"
DEFAULT_ENCODER = "audio-default"
Hears = Literal["deviation", "mel"]
"""What an encoder is given: how the 40 bands differ from a reference (and its spread), or a log-mel picture."""
SMALLEST_SPREAD_DB, LARGEST_SPREAD_DB = 0.5, 9.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AudioEncoder:
    """A trained encoder; ``space`` is the model whose latent space it leads into."""

    name: str
    description: str
    warning: str
    hears: Hears
    space: str
    provenance: Mapping[str, Any] = field(repr=False)
    network: Network = field(repr=False)
    sha256: str

    @property
    def given(self) -> dict[str, Any]:
        """What each number means that goes into the network, for programs that run it without semeq."""
        if self.hears == "deviation":
            last = f"natural logarithm of the reference's spread in dB, {SMALLEST_SPREAD_DB:g} to {LARGEST_SPREAD_DB:g}"
            said = "long-term spectrum on the bands minus the reference's mean, level-free, in dB; then one more number"
            return {"name": "heard", "columns": said, "last": last, "bands_hz": BANDS_HZ.tolist()}
        from semeq.hearing.mel import BANDS, FRAMES, RATE_HZ

        said = f"log-mel picture, {BANDS} bands of {FRAMES} frames each, of mono sound at {RATE_HZ} Hz"
        return {"name": "heard", "columns": said, "shape": [BANDS, FRAMES]}

    def place(self, deviations_db: Floats, spread_db: float) -> Floats:
        """The EQ that audio seems to have, for deviations from a reference. Shapes: ``[..., 40] -> [..., D]``."""
        if self.hears != "deviation":
            raise ModelError(f"{self.name} hears sound itself, not spectra; it serves --mode traverse only")
        told = math.log(min(max(spread_db, SMALLEST_SPREAD_DB), LARGEST_SPREAD_DB))
        last = np.full((*deviations_db.shape[:-1], 1), told)
        return self.network(np.concatenate([deviations_db, last], axis=-1))


def load_encoder(name_or_path: str | Path = DEFAULT_ENCODER) -> AudioEncoder:
    """An audio encoder that comes with semeq, or one from a file."""
    if isinstance(name_or_path, str) and (found := _load_shipped(name_or_path)):
        return found
    path = as_path(name_or_path)
    if not path.is_file():
        known = ", ".join(sorted(shipped(FORMAT)))
        raise ModelError(f"no audio encoder {str(name_or_path)!r}; choose one of: {known}, or give a file")
    return parse_encoder(read_bytes(path), str(path))


@lru_cache(maxsize=8)
def _load_shipped(name: str) -> AudioEncoder | None:
    table = shipped(FORMAT)
    if name not in table:
        return None
    path = weights_folder() / table[name]["file"]
    return parse_encoder(read_bytes(path), str(path), sha256=table[name]["sha256"])


def parse_encoder(data: bytes, name: str, *, sha256: str | None = None) -> AudioEncoder:
    """The audio encoder that the bytes of a file hold."""
    card, tensors, digest = parse(data, name, FORMAT, sha256=sha256)
    try:
        if card["hears"] not in get_args(Hears):
            raise ModelError("an encoder that hears what semeq does not know")
        encoder = AudioEncoder(
            name=text(card["name"]),
            description=text(card["description"]),
            warning=text(card["warning"]),
            hears=card["hears"],
            space=text(card["space"]),
            provenance=card["provenance"],
            network=network(card["network"], tensors, ("audio.",)),
            sha256=digest,
        )
        if encoder.hears == "deviation" and encoder.network.inputs != len(BANDS_HZ) + 1:
            raise ModelError("an encoder with other bands")
    except (KeyError, TypeError, ValueError, AttributeError, SemeqError) as error:
        raise damage(name, f" ({error})" if isinstance(error, ModelError) else "") from None
    return encoder
