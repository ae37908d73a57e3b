"""The file of a model: found, checked by its SHA-256 and read with numpy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from errno import EISDIR
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from semeq.errors import ModelError
from semeq.language import Language
from semeq.model import Model, Word
from semeq.response import Floats
from semeq.settings import EqSettings

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "semeq.model/1"
DEFAULT_MODEL = "default"


def weights_folder() -> Path:
    """Where the shipped artefacts lie; found without importing the package that makes them."""
    spec = find_spec("semeq_models")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the shipped models are missing; reinstall semeq")
    return _path(next(iter(spec.submodule_search_locations))) / "weights"


def shipped_models() -> dict[str, dict[str, str]]:
    """The table of shipped artefacts: file and SHA-256 by name."""
    try:
        table: dict[str, dict[str, str]] = json.loads((weights_folder() / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"the table of shipped models cannot be read ({error}); reinstall semeq") from None
    return table


def load_model(name_or_path: str | Path = DEFAULT_MODEL) -> Model:
    """A shipped model by name, or one from a file; read once, checked by its SHA-256.

    >>> load_model("default").vocabulary("en")["warm"].confidence in ("good", "fair", "weak")
    True
    """
    if isinstance(name_or_path, str) and (shipped := _load_shipped(name_or_path)):
        return shipped
    try:
        path = _path(name_or_path)
        stamp = path.stat().st_mtime_ns
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "a folder")
    except (OSError, TypeError, ValueError) as error:  # ValueError: a name with NUL in it
        why = getattr(error, "strerror", None) or "neither a name nor a file"
        raise ModelError(f"no model {str(name_or_path)!r} ({why}); choose one of: {_names()}, or give a file") from None
    return _load_file(path, stamp)


def _path(name: str | Path) -> Path:
    from pathlib import Path  # brings more than all of semeq's own modules; only when files are touched

    return Path(name)


def _names() -> str:
    return ", ".join(sorted(shipped_models()))


@lru_cache(maxsize=16)
def _load_shipped(name: str) -> Model | None:
    table = shipped_models()
    if name not in table:
        return None
    return read_model(weights_folder() / table[name]["file"], sha256=table[name]["sha256"])


@lru_cache(maxsize=16)
def _load_file(path: Path, _stamp: int) -> Model:
    return read_model(path)


def read_model(path: Path, *, sha256: str | None = None) -> Model:
    """Read and check one artefact file; ``sha256`` is what the table of shipped models promises."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; reinstall semeq or give another model") from None
    from hashlib import sha256 as checksum  # with safetensors, only when a model is read

    digest = checksum(data).hexdigest()
    if sha256 is not None and digest != sha256:
        raise ModelError(f"{path}: damaged (checksum does not match); reinstall semeq or build it: semeq-models build")
    card, tensors = _parse(data, path)
    return Model(
        name=card["name"],
        description=card.get("description", ""),
        provenance=card.get("provenance", {}),
        bands_hz=tensors["bands_hz"],
        vocabularies=_vocabularies(card, tensors),
        sha256=digest,
    )


def _parse(data: bytes, path: Path) -> tuple[dict[str, Any], dict[str, Floats]]:
    from safetensors import SafetensorError, deserialize

    damaged = ModelError(f"{path}: not a semeq model, or damaged; reinstall semeq or build it: semeq-models build")
    try:
        size = int.from_bytes(data[:8], "little")
        card = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["semeq"])
        written = str(card.get("format", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged from None
    if written != FORMAT:
        family = FORMAT.rpartition("/")[0]
        if written.startswith(f"{family}/"):
            raise ModelError(
                f"{path}: made for a newer semeq ({written}; this one reads {FORMAT}); pip install -U semeq"
            )
        raise damaged
    try:
        tensors = {name: _tensor(entry) for name, entry in deserialize(data)}  # type: ignore[no-untyped-call]
        intact = content_sha256(card, tensors) == card.get("content_sha256")
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise damaged from None
    if not intact:
        raise damaged
    return card, {name: tensor.astype(np.float64) for name, tensor in tensors.items()}


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


def _vocabularies(card: Mapping[str, Any], tensors: Mapping[str, Floats]) -> dict[Language, dict[str, Word]]:
    vocabularies: dict[Language, dict[str, Word]] = {language: {} for language in get_args(Language)}
    for word in _words(card, tensors):
        vocabularies[word.language][word.name] = word
    return vocabularies


def _words(card: Mapping[str, Any], tensors: Mapping[str, Floats]) -> Iterator[Word]:
    for entry, vector, curve_db in zip(card["words"], tensors["settings"], tensors["curves_db"], strict=True):
        yield Word(
            name=entry["word"],
            language=entry["language"],
            settings=EqSettings.from_vector(vector.tolist()),
            curve_db=curve_db,
            strength_db=entry["strength_db"],
            contributors=entry["contributors"],
            agreement=entry["agreement"],
            confidence=entry["confidence"],
            synonyms=tuple(entry["synonyms"]),
            opposite=entry["opposite"],
        )
