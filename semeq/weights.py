"""Files of weights: safetensors with a card in its metadata and a checksum over all it says; never a pickle.

The shipped ones stand in one table, by name: file, format and SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from semeq.errors import ModelError
from semeq.network import Network
from semeq.response import Floats

if TYPE_CHECKING:
    from pathlib import Path

Card = dict[str, Any]


def as_path(name: str | Path) -> Path:
    """``name`` as a path."""
    from pathlib import Path  # brings more than all of semeq's own modules; only when files are touched

    return Path(name)


def weights_folder() -> Path:
    """Where the shipped files lie; found without importing the package that makes them."""
    spec = find_spec("semeq_models")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the shipped models are missing; reinstall semeq")
    return as_path(next(iter(spec.submodule_search_locations))) / "weights"


def shipped(format: str) -> dict[str, dict[str, str]]:
    """The table of shipped files of one format: file and SHA-256 by name."""
    try:
        table: dict[str, dict[str, str]] = json.loads((weights_folder() / "index.json").read_text(encoding="utf-8"))
        return {name: entry for name, entry in table.items() if entry["format"] == format}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"the table of shipped models cannot be read ({error}); reinstall semeq") from None


def read_bytes(path: Path) -> bytes:
    """All of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; reinstall semeq or give another model") from None


def parse(data: bytes, name: str, format: str, *, sha256: str | None = None) -> tuple[Card, dict[str, Floats], str]:
    """Card, tensors and checksum of the bytes of a file; ``name`` is what a message calls them.

    ``sha256`` is what the table of shipped files promises.
    """
    from hashlib import sha256 as checksum  # with safetensors, only when a model is read

    digest = checksum(data).hexdigest()
    if sha256 is not None and digest != sha256:
        raise ModelError(f"{name}: damaged (checksum does not match); reinstall semeq")
    if data[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        raise ModelError(f"{name}: a pickle, which semeq never loads; semeq-models train writes safetensors")
    card, tensors = _parsed(data, name, format)
    return card, tensors, digest


def _parsed(data: bytes, name: str, format: str) -> tuple[Card, dict[str, Floats]]:
    from safetensors import SafetensorError, deserialize

    damaged = damage(name)
    try:
        size = int.from_bytes(data[:8], "little")
        card = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["semeq"])
        written = str(card.get("format", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged from None
    if written != format:
        family = format.rpartition("/")[0]
        if written.startswith(f"{family}/"):
            age, remedy = ("an older", "train it anew") if written < format else ("a newer", "pip install -U semeq")
            raise ModelError(f"{name}: made for {age} semeq ({written}; this one reads {format}); {remedy}")
        raise damaged
    try:
        tensors = {key: _tensor(entry) for key, entry in deserialize(data)}  # type: ignore[no-untyped-call]
        intact = content_sha256(card, tensors) == card.get("content_sha256")
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise damaged from None
    if not intact or not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise damaged
    return card, {key: tensor.astype(np.float64) for key, tensor in tensors.items()}


_DTYPES = {"F32": "<f4", "F64": "<f8"}


def _tensor(entry: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(bytes(entry["data"]), dtype=_DTYPES[entry["dtype"]]).reshape(entry["shape"])


def content_sha256(card: Mapping[str, Any], tensors: Mapping[str, np.ndarray[Any, Any]]) -> str:
    """Checksum of all that an artefact says: its card without this very entry, then every tensor by name."""
    from hashlib import sha256 as checksum

    said = {key: value for key, value in card.items() if key != "content_sha256"}
    digest = checksum(json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()


def damage(name: str, why: str = "") -> ModelError:
    """The error for a file that is none of ours, or not whole."""
    return ModelError(f"{name}: not a semeq model, or damaged{why}; reinstall semeq or train it anew")


def network(said: Mapping[str, Any], tensors: Mapping[str, Floats], prefixes: tuple[str, ...]) -> Network:
    """The network that a card describes."""
    used = {name: tensor for name, tensor in tensors.items() if name.startswith(prefixes)}
    return Network(said["layers"], used, int(said["inputs"]), int(said["outputs"]))


def text(value: object) -> str:
    """``value``, if it is text."""
    if not isinstance(value, str):
        raise TypeError
    return value
