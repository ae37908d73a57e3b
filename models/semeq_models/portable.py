"""What every exported file says of itself: the 13 columns, their legal range, the words in one row, names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from semeq.errors import ModelError
from semeq.latent import legal
from semeq.model import Model, Side, Word
from semeq.response import Floats
from semeq.settings import LAYOUT


def _columns() -> Iterator[str]:
    for number, kind in enumerate(LAYOUT):
        band = f"bell_{number}" if kind == "bell" else kind
        yield from (f"{band}_gain_db", f"{band}_freq_hz", *([f"{band}_q"] if kind == "bell" else []))


COLUMNS = tuple(_columns())
"""The 13 numbers in SAFE-DB order; units are in the names."""
LOW, HIGH = legal(np.full(len(COLUMNS), -np.inf)), legal(np.full(len(COLUMNS), np.inf))
"""Their legal range."""


def words_of(model: Model) -> list[Word]:
    """Every word of every language, in the order of the model file."""
    return [word for vocabulary in model.vocabularies.values() for word in vocabulary.values()]


def side_name(side: Side) -> str:
    """What a network reads or writes, unit included."""
    return {"settings": "settings", "curve": "curve_db"}[side]


def single(name: str, numbers: Floats) -> npt.NDArray[np.float32]:
    """The same numbers in single precision, refused where that cannot hold them; ``name`` is whose they are."""
    with np.errstate(over="ignore"):
        found = np.asarray(numbers, dtype=np.float32)
    if not np.isfinite(found).all():
        raise ModelError(f"model {name} has numbers that single precision cannot hold; train it again, or use npz")
    return found


def identifier(name: str) -> str:
    """``name`` as programming languages take it.

    >>> identifier("v2-vae"), identifier("my model (3)")
    ('v2_vae', 'my_model_3')
    """
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "model"
