"""The file of a model: found, checked by its SHA-256 and read with numpy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from errno import EISDIR
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from semeq.errors import ModelError, SemeqError
from semeq.language import Language
from semeq.model import Blending, Confidence, Model, Variant, Word
from semeq.network import Network
from semeq.response import Floats
from semeq.settings import EqSettings

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "semeq.model/2"
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
    return parse_model(data, str(path), sha256=sha256)


def parse_model(data: bytes, name: str, *, sha256: str | None = None) -> Model:
    """The model that the bytes of a file hold; ``name`` is what a message calls them."""
    from hashlib import sha256 as checksum  # with safetensors, only when a model is read

    digest = checksum(data).hexdigest()
    if sha256 is not None and digest != sha256:
        raise ModelError(f"{name}: damaged (checksum does not match); reinstall semeq")
    if data[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        raise ModelError(f"{name}: a pickle, which semeq never loads; semeq-models train writes safetensors")
    card, tensors = _parse(data, name)
    try:
        return _model(card, tensors, digest)
    except (KeyError, TypeError, ValueError, AttributeError, SemeqError) as error:
        why = f" ({error})" if isinstance(error, ModelError) else ""
        raise ModelError(f"{name}: not a semeq model, or damaged{why}; reinstall semeq or train it anew") from None


def _parse(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, Floats]]:
    from safetensors import SafetensorError, deserialize

    damaged = ModelError(f"{name}: not a semeq model, or damaged; reinstall semeq or train it anew")
    try:
        size = int.from_bytes(data[:8], "little")
        card = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["semeq"])
        written = str(card.get("format", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise damaged from None
    if written != FORMAT:
        family = FORMAT.rpartition("/")[0]
        if written.startswith(f"{family}/"):
            age, remedy = ("an older", "train it anew") if written < FORMAT else ("a newer", "pip install -U semeq")
            raise ModelError(f"{name}: made for {age} semeq ({written}; this one reads {FORMAT}); {remedy}")
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


def _model(card: Mapping[str, Any], tensors: Mapping[str, Floats], digest: str) -> Model:
    encoder, decoder = card["encoder"], card["decoder"]
    bands = len(tensors["bands_hz"])
    widths = {"settings": 13, "curve": bands}
    if tensors["bands_hz"].ndim != 1 or not bands:
        raise ModelError("bands that are no row of frequencies")
    if card["blending"] not in get_args(Blending):
        raise ModelError("a way of blending that semeq does not know")
    if encoder["inputs"] != widths[encoder["input"]] or decoder["outputs"] != widths[decoder["output"]]:
        raise ModelError("networks that do not fit the model")
    if encoder["outputs"] != decoder["inputs"]:
        raise ModelError("two networks that do not meet")
    return Model(
        name=_text(card["name"]),
        description=_text(card["description"]),
        warning=_text(card["warning"]),
        provenance=card["provenance"],
        bands_hz=tensors["bands_hz"],
        encoder=_network(encoder, tensors),
        encoder_input=encoder["input"],
        decoder=_network(decoder, tensors),
        decoder_output=decoder["output"],
        blending=card["blending"],
        vocabularies=_vocabularies(card, tensors, decoder["inputs"], bands),
        sha256=digest,
    )


def _network(said: Mapping[str, Any], tensors: Mapping[str, Floats]) -> Network:
    used = {name: tensor for name, tensor in tensors.items() if name.startswith(("encoder.", "decoder."))}
    return Network(said["layers"], used, int(said["inputs"]), int(said["outputs"]))


def _vocabularies(
    card: Mapping[str, Any], tensors: Mapping[str, Floats], dim: int, bands: int
) -> dict[Language, dict[str, Word]]:
    entries = card["words"]
    words, variants = len(entries), sum(len(entry["variants"]) for entry in entries)
    shapes = {
        "words.latent": (words, dim),
        "words.centre": (words, dim),
        "words.settings": (words, 13),
        "words.curves_db": (words, bands),
        "variants.latent": (variants, dim),
        "variants.settings": (variants, 13),
    }
    spread = tensors["words.spread"]
    if any(tensors[name].shape != shape for name, shape in shapes.items()) or (
        spread.ndim != 3 or (spread.shape[0], spread.shape[2]) != (words, dim)
    ):
        raise ModelError("a word table whose parts do not fit together")
    vocabularies: dict[Language, dict[str, Word]] = {language: {} for language in get_args(Language)}
    place = 0
    for number, entry in enumerate(entries):
        count = len(entry["variants"])
        word = _word(entry, number, range(place, place + count), tensors)
        vocabularies[word.language][word.name] = word
        place += count
    return vocabularies


def _word(entry: Mapping[str, Any], number: int, variants: range, tensors: Mapping[str, Floats]) -> Word:
    if entry["confidence"] not in get_args(Confidence) or entry["confidence"] == "own":
        raise ModelError("a confidence that semeq does not know")
    return Word(
        name=_text(entry["word"]),
        language=entry["language"],
        settings=EqSettings.from_vector(tensors["words.settings"][number].tolist()),
        curve_db=tensors["words.curves_db"][number],
        strength_db=float(entry["strength_db"]),
        contributors=int(entry["contributors"]),
        agreement=float(entry["agreement"]),
        confidence=entry["confidence"],
        latent=tensors["words.latent"][number],
        centre=tensors["words.centre"][number],
        spread=tensors["words.spread"][number],
        variants=tuple(
            Variant(
                share=float(share),
                settings=EqSettings.from_vector(tensors["variants.settings"][row].tolist()),
                latent=tensors["variants.latent"][row],
            )
            for share, row in zip(entry["variants"], variants, strict=True)
        ),
        synonyms=tuple(map(_text, entry["synonyms"])),
        opposite=None if entry["opposite"] is None else _text(entry["opposite"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
