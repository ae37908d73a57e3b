"""The model file: networks and word table as safetensors, with provenance and a checksum over all it says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from semeq.model import Model
from semeq.network import Network
from semeq.response import Floats
from semeq_models.cleaning import Corpus
from semeq_models.errors import DataError
from semeq_models.systems import Spec
from semeq_models.wordtable import DIRECTIONS, Row

FORMAT = "semeq.model/2"
WEIGHTS = Path(__file__).resolve().parent / "weights"
LICENCE = "Apache-2.0 (weights); data: see NOTICE"

Tensors = Mapping[str, npt.NDArray[Any]]


def artefact(spec: Spec, model: Model, table: Sequence[Row], corpus: Corpus) -> bytes:
    """The bytes of the model file: the networks of ``model``, the word table, where it all came from."""
    variants = [one for row in table for one in row.variants]
    tensors = {
        "bands_hz": model.bands_hz.astype("<f8"),
        "words.latent": _stacked([row.mean.latent for row in table], model.latent_dim).astype("<f4"),
        "words.centre": _stacked([row.centre for row in table], model.latent_dim).astype("<f4"),
        "words.settings": _stacked([row.mean.settings for row in table], 13).astype("<f8"),
        "words.curves_db": _stacked([row.curve_db for row in table], len(model.bands_hz)).astype("<f4"),
        "words.spread": _stacked([row.spread for row in table], DIRECTIONS, model.latent_dim).astype("<f4"),
        "variants.latent": _stacked([one.latent for row in table for one in row.variants], model.latent_dim).astype(
            "<f4"
        ),
        "variants.settings": _stacked([one.settings for one in variants], 13).astype("<f8"),
    }
    for network in (model.encoder, model.decoder):
        tensors |= {name: tensor.astype("<f4") for name, tensor in network.tensors.items()}
    said: dict[str, Any] = {
        "format": FORMAT,
        "name": spec.name,
        "description": spec.summary,
        "warning": spec.warning,
        "licence": LICENCE,
        "blending": model.blending,
        "encoder": {"input": model.encoder_input, **_network(model.encoder)},
        "decoder": {"output": model.decoder_output, **_network(model.decoder)},
        "provenance": {**_provenance(corpus), "spec": asdict(spec), "semeq_version": version("semeq")},
        "words": [_word(row) for row in table],
    }
    said["content_sha256"] = content_sha256(said, tensors)
    return save(tensors, metadata={"semeq": canonical(said)})


def _provenance(corpus: Corpus) -> dict[str, Any]:
    """What the data were: checksums, rows, and what was dropped, source by source."""
    said: dict[str, Any] = {f"{source}_sha256": checksum for source, checksum in corpus.checksums.items()}
    for source, counts in {"safe": corpus.safe_counts, "socialfx": corpus.socialfx_counts}.items():
        said |= {f"{source}_rows": counts.get("rows", 0), f"{source}_rows_used": counts.get("used", 0)}
        said[f"{source}_dropped"] = {why: count for why, count in counts.items() if why not in {"rows", "used"}}
    return said


def _stacked(rows: Sequence[Floats], *shape: int) -> Floats:
    return np.stack(rows) if rows else np.zeros((0, *shape))


def _network(network: Network) -> dict[str, Any]:
    return {"inputs": network.inputs, "outputs": network.outputs, "layers": list(network.layers)}


def canonical(said: Mapping[str, Any]) -> str:
    """JSON with one possible spelling."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def content_sha256(said: Mapping[str, Any], tensors: Tensors) -> str:
    """Checksum of the card without this very entry, then of every tensor by name."""
    rest = {key: value for key, value in said.items() if key != "content_sha256"}
    digest = hashlib.sha256(canonical(rest).encode("utf-8"))
    for name in sorted(tensors):
        digest.update(name.encode("utf-8"))
        digest.update(np.ascontiguousarray(tensors[name]).tobytes())
    return digest.hexdigest()


def write_artefact(data: bytes, path: Path, format: str = FORMAT) -> None:
    """Write the file; beside the shipped models, put its checksum into their table too."""
    write_whole(path, data)
    if path.resolve().parent == WEIGHTS:
        index = WEIGHTS / "index.json"
        table = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
        table[path.stem] = {"file": path.name, "format": format, "sha256": hashlib.sha256(data).hexdigest()}
        write_whole(index, (json.dumps(table, indent=2, sort_keys=True) + "\n").encode("utf-8"))


def write_whole(path: Path, data: bytes) -> None:
    """Write under a temporary name and rename: nobody ever reads half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        if draft.is_file():
            draft.unlink()
        raise DataError(f"{path}: cannot be written there ({error.strerror}); name another file with -o") from None


def _word(row: Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "word": entry.word,
        "language": entry.language,
        "contributors": entry.contributors,
        "rows": entry.rows,
        "agreement": entry.agreement,
        "confidence": entry.confidence,
        "strength_db": entry.strength_db,
        "fit_error_db": round(row.fit_error_db, 3),
        "synonyms": list(entry.synonyms),
        "opposite": entry.opposite,
        "variants": [one.share for one in row.variants],
    }
