"""A model or an audio encoder for other programs: numpy files, ONNX networks, a C header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from semeq.artefact import FORMAT, load_model, shipped_models
from semeq.errors import ModelError, UsageError
from semeq.hearing.encoder import FORMAT as AUDIO_FORMAT
from semeq.hearing.encoder import AudioEncoder, load_encoder
from semeq.model import Model
from semeq.weights import shipped
from semeq_models.c_header import encoder_header, header_files
from semeq_models.finished import checked_name
from semeq_models.npz_file import encoder_npz, npz_files
from semeq_models.onnx_file import encoder_file, onnx_files
from semeq_models.portable import identifier

EXPORTS: dict[str, Callable[[Model], dict[str, bytes]]] = {
    "npz": npz_files,
    "onnx": onnx_files,
    "c-header": header_files,
}
ENCODER_EXPORTS: dict[str, Callable[[AudioEncoder], dict[str, bytes]]] = {
    "npz": encoder_npz,
    "onnx": encoder_file,
    "c-header": encoder_header,
}


def export(model: Model | AudioEncoder, format: str) -> dict[str, bytes]:
    """``model`` in one of ``EXPORTS``: what its files hold, by the ending of their names.

    One file each; ONNX takes two of a model, as a runtime wants every input of a file at every call.

    >>> from semeq import load_model
    >>> sorted(export(load_model("v2"), "c-header"))
    ['.h']
    """
    if format not in EXPORTS:
        raise UsageError(f"no format {format!r}; choose one of: {', '.join(sorted(EXPORTS))}")
    return ENCODER_EXPORTS[format](model) if isinstance(model, AudioEncoder) else EXPORTS[format](model)


def exportable(name: str) -> Model | AudioEncoder:
    """The model or audio encoder of this name, or in this file.

    >>> exportable("audio-default").name, exportable("v2").name
    ('audio-default', 'v2')
    """
    if checked_name(name, FORMAT, AUDIO_FORMAT) in shipped(AUDIO_FORMAT):
        return load_encoder(name)
    try:
        return load_model(name)
    except ModelError as error:
        try:
            return load_encoder(name)
        except ModelError:
            raise error from None


def stem_of(name: str) -> str:
    """What exported files of `exportable` ``name`` are called: what ships as programs take it, a file as it is called.

    >>> stem_of("v2-vae"), stem_of("mine/my-warm.safetensors")
    ('v2_vae', 'my-warm')
    """
    return identifier(name) if name in shipped_models() | shipped(AUDIO_FORMAT) else Path(name).stem


def placed(files: Mapping[str, bytes], stem: str, output: Path | None = None) -> dict[Path, bytes]:
    """Where exported files go: to ``output``, into it where it is a folder, else here; called ``stem`` if not named.

    >>> both = {".encoder.onnx": b"", ".decoder.onnx": b""}
    >>> [path.name for path in placed(both, "v2_vae")]
    ['v2_vae.encoder.onnx', 'v2_vae.decoder.onnx']
    >>> [path.name for path in placed(both, "v2_vae", Path("mine.onnx"))]
    ['mine.encoder.onnx', 'mine.decoder.onnx']
    """
    if output is None or output.is_dir():
        output = (output or Path()) / stem
    elif len(files) == 1:
        [data] = files.values()
        return {output: data}
    bare = output.name
    for ending in files:
        bare = bare.removesuffix(Path(ending).suffix)
    return {output.with_name(bare + ending): data for ending, data in files.items()}
