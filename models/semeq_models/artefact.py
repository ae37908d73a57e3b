"""The model file: word table and settings as safetensors, with provenance and a checksum over all it says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from semeq_models.cleaning import Corpus
from semeq_models.errors import DataError
from semeq_models.vocabulary import Entry

FORMAT = "semeq.model/1"
NAME = "default"
WEIGHTS = Path(__file__).resolve().parent / "weights"
DESCRIPTION = (
    "English and Spanish words as five-band EQ: fused mean curves of SAFE-DB (Stables et al., ISMIR 2014) and "
    "SocialFX (Zheng, Seetharaman, Pardo, ACM MM 2016)."
)
LICENCE = "Apache-2.0 (weights); data: see NOTICE"

Tensors = Mapping[str, npt.NDArray[Any]]


def artefact(corpus: Corpus, entries: Sequence[Entry]) -> bytes:
    """The bytes of the model file; the same corpus gives the same bytes."""
    tensors = {
        "bands_hz": corpus.bands_hz.astype("<f8"),
        "curves_db": np.stack([entry.curve_db for entry in entries]).astype("<f4"),
        "settings": np.array([entry.fit.settings.to_vector() for entry in entries]).astype("<f8"),
    }
    said: dict[str, Any] = {
        "format": FORMAT,
        "name": NAME,
        "description": DESCRIPTION,
        "licence": LICENCE,
        "provenance": {
            "safe_sha256": corpus.checksums["safe"],
            "safe_rows": corpus.safe_counts["rows"],
            "safe_rows_used": corpus.safe_counts["used"],
            "socialfx_sha256": corpus.checksums["socialfx"],
            "socialfx_rows": corpus.socialfx_counts["rows"],
            "socialfx_rows_used": corpus.socialfx_counts["used"],
            "semeq_version": version("semeq"),
        },
        "words": [_word(entry) for entry in entries],
    }
    said["content_sha256"] = content_sha256(said, tensors)
    return save(tensors, metadata={"semeq": canonical(said)})


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


def write_artefact(data: bytes, path: Path) -> None:
    """Write the file; beside the shipped models, put its checksum into their table too."""
    write_whole(path, data)
    if path.resolve().parent == WEIGHTS:
        index = WEIGHTS / "index.json"
        table = json.loads(index.read_text(encoding="utf-8")) if index.is_file() else {}
        table[path.stem] = {"file": path.name, "format": FORMAT, "sha256": hashlib.sha256(data).hexdigest()}
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
        raise DataError(f"{path}: {error.strerror}; name another file with -o") from None


def _word(entry: Entry) -> dict[str, Any]:
    return {
        "word": entry.word,
        "language": entry.language,
        "contributors": entry.contributors,
        "rows": entry.rows,
        "agreement": entry.agreement,
        "confidence": entry.confidence,
        "strength_db": entry.strength_db,
        "fit_error_db": round(entry.fit.error_db, 3),
        "synonyms": list(entry.synonyms),
        "opposite": entry.opposite,
    }
