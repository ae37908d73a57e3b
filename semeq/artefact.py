"""The file of a model: found, checked by its SHA-256 and read with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from errno import EISDIR
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from semeq.errors import ModelError, SemeqError
from semeq.language import Language
from semeq.model import Blending, Confidence, Model, Variant, Word
from semeq.response import Floats
from semeq.settings import EqSettings
from semeq.weights import as_path, damage, network, parse, read_bytes, shipped, text, weights_folder

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "semeq.model/2"
DEFAULT_MODEL = "default"
_PREFIXES = ("encoder.", "decoder.")


def shipped_models() -> dict[str, dict[str, str]]:
    """The table of shipped models: file and SHA-256 by name."""
    return shipped(FORMAT)


def load_model(name_or_path: str | Path = DEFAULT_MODEL) -> Model:
    """A shipped model by name, or one from a file; read once, checked by its SHA-256.

    >>> load_model("default").vocabulary("en")["warm"].confidence in ("good", "fair", "weak")
    True
    """
    if isinstance(name_or_path, str) and (shipped := _load_shipped(name_or_path)):
        return shipped
    try:
        path = as_path(name_or_path)
        stamp = path.stat().st_mtime_ns
        if path.is_dir():
            raise IsADirectoryError(EISDIR, "a folder")
    except (OSError, TypeError, ValueError) as error:  # ValueError: a name with NUL in it
        why = getattr(error, "strerror", None) or "neither a name nor a file"
        raise ModelError(f"no model {str(name_or_path)!r} ({why}); choose one of: {_names()}, or give a file") from None
    return _load_file(path, stamp)


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
    return parse_model(read_bytes(path), str(path), sha256=sha256)


def parse_model(data: bytes, name: str, *, sha256: str | None = None) -> Model:
    """The model that the bytes of a file hold; ``name`` is what a message calls them."""
    card, tensors, digest = parse(data, name, FORMAT, sha256=sha256)
    try:
        return _model(card, tensors, digest)
    except (KeyError, TypeError, ValueError, AttributeError, SemeqError) as error:
        raise damage(name, f" ({error})" if isinstance(error, ModelError) else "") from None


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
        name=text(card["name"]),
        description=text(card["description"]),
        warning=text(card["warning"]),
        provenance=card["provenance"],
        bands_hz=tensors["bands_hz"],
        encoder=network(encoder, tensors, _PREFIXES),
        encoder_input=encoder["input"],
        decoder=network(decoder, tensors, _PREFIXES),
        decoder_output=decoder["output"],
        blending=card["blending"],
        vocabularies=_vocabularies(card, tensors, decoder["inputs"], bands),
        sha256=digest,
    )


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
        name=text(entry["word"]),
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
        synonyms=tuple(map(text, entry["synonyms"])),
        opposite=None if entry["opposite"] is None else text(entry["opposite"]),
    )
