"""Networks as ONNX files, drawn from their tables of layers: two of a model, one of an audio encoder."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

from semeq.errors import MissingExtraError
from semeq.hearing.encoder import AudioEncoder
from semeq.model import Model
from semeq.network import Network
from semeq_models.portable import COLUMNS, HIGH, LOW, identifier, side_name, single, words_of

if TYPE_CHECKING:
    from semeq_models.onnx_layers import Graph

OPSET, IR_VERSION = 17, 8
"""Of 2022: onnxruntime 1.12 and everything since reads them."""


def onnx_files(model: Model) -> dict[str, bytes]:
    """Two files: a network each, as a runtime wants every input of a file at every call."""
    _check_onnx()
    return {".encoder.onnx": _encoder(model), ".decoder.onnx": _decoder(model)}


def encoder_file(encoder: AudioEncoder) -> dict[str, bytes]:
    """One file: what an audio encoder hears, to a place in the latent space of its model."""
    _check_onnx()
    graph = _graph(encoder.name, encoder.network)
    about = {**_about(encoder), "space": encoder.space, "input": json.dumps(encoder.given)}
    last = graph.network(encoder.network, "heard")
    return {".onnx": _file(graph, encoder.name, "audio encoder", ("heard", "latent"), encoder.network, last, about)}


def _check_onnx() -> None:
    try:
        import onnx  # noqa: F401  # heavy, and only needed here
    except ImportError:
        raise MissingExtraError('ONNX files need onnx: pip install "semeq[train]"') from None


def _encoder(model: Model) -> bytes:
    """Settings, or a curve of any level, to a place in the latent space."""
    source = side_name(model.encoder_input)
    graph = _graph(model.name, model.encoder)
    x = source
    if model.encoder_input == "curve":
        x = graph.node("Sub", x, graph.node("ReduceMean", x, axes=[1], keepdims=1))
    said = {**_about(model), "input": _said(model, source), "output": _said(model, "latent")}
    last = graph.network(model.encoder, x)
    return _file(graph, model.name, "encoder", (source, "latent"), model.encoder, last, said)


def _decoder(model: Model) -> bytes:
    """A place in the latent space to settings within the legal range, or to a curve."""
    target = side_name(model.decoder_output)
    graph = _graph(model.name, model.decoder)
    y = graph.network(model.decoder, "latent")
    if model.decoder_output == "settings":
        y = graph.clamped(y, graph.constant(LOW, "legal.low"), graph.constant(HIGH, "legal.high"))
    words = [
        {
            "word": word.name,
            "language": word.language,
            "latent": [float(f"{z:.9g}") for z in single(model.name, word.latent)],
        }
        for word in words_of(model)
    ]
    said = {"input": _said(model, "latent"), "output": _said(model, target), "words": json.dumps(words)}
    return _file(graph, model.name, "decoder", ("latent", target), model.decoder, y, {**_about(model), **said})


def _graph(name: str, network: Network) -> Graph:
    from semeq_models.onnx_layers import Graph

    return Graph(name=name, tensors=network.tensors)


def _about(model: Model | AudioEncoder) -> dict[str, str]:
    return {"model": model.name, "description": model.description, "warning": model.warning, "sha256": model.sha256}


def _said(model: Model, side: str) -> str:
    """What the columns of an input or output are, as JSON."""
    columns = {
        "settings": {"columns": COLUMNS, "low": LOW.tolist(), "high": HIGH.tolist()},
        "curve_db": {"bands_hz": model.bands_hz.tolist(), "rate_hz": 48_000},
        "latent": {"columns": model.latent_dim},
    }
    return json.dumps({"name": side, **columns[side]})


def _file(
    graph: Graph, name: str, which: str, sides: tuple[str, str], network: Network, last: str, said: dict[str, str]
) -> bytes:
    from onnx import TensorProto, checker, helper

    source, target = sides
    graph.node("Identity", last, output=target)
    drawn = helper.make_graph(
        graph.nodes,
        identifier(f"{name} {which}"),
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, ["batch", network.inputs])],
        [helper.make_tensor_value_info(target, TensorProto.FLOAT, ["batch", network.outputs])],
        list(graph.initializers.values()),
    )
    made = helper.make_model(drawn, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    made.producer_name, made.producer_version = "semeq", version("semeq")
    made.doc_string = f"{which} of semeq's model {name}: {source} -> {target}"
    helper.set_model_props(made, said)
    checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString(deterministic=True))
