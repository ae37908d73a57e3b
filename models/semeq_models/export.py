"""A model for other programs: numpy files, ONNX networks, a C header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from semeq.errors import UsageError
from semeq.model import Model
from semeq_models.c_header import header_files
from semeq_models.npz_file import npz_files
from semeq_models.onnx_file import onnx_files
from semeq_models.portable import identifier

EXPORTS: dict[str, Callable[[Model], dict[str, bytes]]] = {
    "npz": npz_files,
    "onnx": onnx_files,
    "c-header": header_files,
}


def export(model: Model, format: str) -> dict[str, bytes]:
    """``model`` in one of ``EXPORTS``: what its files hold, by the ending of their names.

    One file each; ONNX takes two, as a runtime wants every input of a file at every call.
    """
    if format not in EXPORTS:
        raise UsageError(f"no format {format!r}; choose one of: {', '.join(sorted(EXPORTS))}")
    return EXPORTS[format](model)


def placed(files: Mapping[str, bytes], name: str, output: Path | None = None) -> dict[Path, bytes]:
    """Where exported files of the model ``name`` go: to ``output``, into it where it is a folder, else named after it.

    >>> both = {".encoder.onnx": b"", ".decoder.onnx": b""}
    >>> [path.name for path in placed(both, "v2-vae")]
    ['v2_vae.encoder.onnx', 'v2_vae.decoder.onnx']
    >>> [path.name for path in placed(both, "v2-vae", Path("mine.onnx"))]
    ['mine.encoder.onnx', 'mine.decoder.onnx']
    """
    if output is None or output.is_dir():
        output = (output or Path()) / identifier(name)
    elif len(files) == 1:
        [data] = files.values()
        return {output: data}
    stem = output.name
    for ending in files:
        stem = stem.removesuffix(Path(ending).suffix)
    return {output.with_name(stem + ending): data for ending, data in files.items()}
