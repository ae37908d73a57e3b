"""What a network costs: numpy, which semeq runs, beside torch and onnxruntime with the same table in the same run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from semeq import load_model
from semeq.artefact import read_model, shipped_models
from semeq.latent import decode, encode
from semeq.model import Model
from semeq.weights import weights_folder
from semeq_models.export import export
from semeq_models.layers import Net, Sketch

ROUNDS, CALLS = 15, 200


def median_us(call: Callable[[], object], calls: int = CALLS) -> tuple[float, float]:
    """Median and worst of some rounds, in microseconds a call."""
    call()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - began) / calls * 1e6)
    return statistics.median(times), max(times)


def torch_call(model: Model, place: np.ndarray) -> Callable[[], object]:
    """The decoder's table, run by torch."""
    weights = {name: torch.tensor(tensor, dtype=torch.float32) for name, tensor in model.decoder.tensors.items()}
    net, x = Net(Sketch(random=torch.Generator(), weights=weights)), torch.tensor(place, dtype=torch.float32)

    def call() -> object:
        with torch.no_grad():
            return net(model.decoder.layers, x)

    return call


def onnx_call(model: Model, place: np.ndarray) -> Callable[[], object]:
    """The decoder as an ONNX file, run by onnxruntime in one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "decoder.onnx"
        file.write_bytes(export(model, "onnx")[".decoder.onnx"])
        session = onnxruntime.InferenceSession(file, options)
    return partial(session.run, None, {session.get_inputs()[0].name: place.astype(np.float32)[None]})


def row(name: str) -> str:
    """One line of the table."""
    model = load_model(name)
    word = model.vocabulary("en")["warm"]
    read_us, _ = median_us(partial(read_model, weights_folder() / f"{name}.safetensors"), calls=3)
    encode_us, _ = median_us(partial(encode, model, word.settings.to_vector()))
    fitted = model.decoder_output == "curve"
    decode_us, worst_us = median_us(partial(decode, model, word.latent), calls=2 if fitted else CALLS)
    ours_us, _ = median_us(partial(model.decoder, word.latent))
    torch_us, _ = median_us(torch_call(model, word.latent))
    onnx_us, _ = median_us(onnx_call(model, word.latent))
    return (
        f"{name:<10} {read_us / 1000:8.1f} {encode_us:10.0f} {decode_us:10.0f} {worst_us:7.0f} "
        f"{torch_us / ours_us:14.2f} {onnx_us / ours_us:13.2f}"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    print("one row     read ms  encode us  decode us   worst  torch / numpy  onnx / numpy")
    for name in shipped_models():
        print(row(name))
