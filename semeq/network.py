"""A small neural network as a table of layers, run with numpy: the same table is trained, exported and compiled.

A table is plain JSON, its numbers are tensors by name; nothing in it can run code. The last axis is features:

    linear    weight, bias (may be absent)      x @ weight.T + bias
    relu, tanh, sigmoid, silu                   elementwise
    affine    scale, shift                      x * scale + shift, one number per feature
    clamp     low, high                         one number per feature
    log10, pow10    columns                     on these features only
    gather    columns                           features picked, in this order
    parallel  bodies                            the outputs of several tables, one after the other
    residual  body, skip (may be absent)        body(x) + skip(x)
    centred   body                              body(x) - body(0): zero at zero, exactly
    conv2d    weight, bias, shape, stride       pictures [channels, rows, columns] laid out in a row; 3 x 3, zero edges
    mean      shape                             of such a picture over its columns
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semeq.errors import ModelError
from semeq.response import Floats

Layer = Mapping[str, Any]
Tensors = Mapping[str, Floats]

MOST_LAYERS, MOST_DEPTH, MOST_WIDTH = 200, 4, 16_384


@dataclass(frozen=True, eq=False)
class Network:
    """Layers, their tensors, and how many features go in and come out; checked when it is made."""

    layers: Sequence[Layer]
    tensors: Tensors
    inputs: int
    outputs: int

    def __post_init__(self) -> None:
        if not 0 < self.inputs <= MOST_WIDTH:
            raise ModelError(f"a network with {self.inputs} inputs: use 1 to {MOST_WIDTH}")
        try:
            if _count(self.layers, 0) > MOST_LAYERS:
                raise ModelError(f"a network of more than {MOST_LAYERS} layers; semeq's are smaller")
            width = width_after(self.layers, self.tensors, self.inputs)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise ModelError("a network whose layers and tensors do not fit together") from None
        if width != self.outputs:
            raise ModelError(f"a network with {width} outputs where {self.outputs} are wanted")

    def __call__(self, x: Floats) -> Floats:
        """Run it. Shapes: ``[..., inputs] -> [..., outputs]``."""
        return run(self.layers, self.tensors, np.asarray(x, dtype=np.float64))


def run(layers: Sequence[Layer], tensors: Tensors, x: Floats) -> Floats:
    """Put ``x`` through a table of layers."""
    for layer in layers:
        x = LAYERS[layer["op"]](layer, tensors, x)
    return x


def _linear(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    y = x @ tensors[layer["weight"]].T
    return np.asarray(y + tensors[layer["bias"]] if layer.get("bias") else y)


def _relu(_layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    return np.maximum(x, 0.0)


def _tanh(_layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    return np.asarray(np.tanh(x))


def _sigmoid(_layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))  # never overflows


def _silu(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    return x * _sigmoid(layer, tensors, x)


def _affine(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    return x * tensors[layer["scale"]] + tensors[layer["shift"]]


def _clamp(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    return np.asarray(np.clip(x, tensors[layer["low"]], tensors[layer["high"]]))


def _log10(layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    y = x.copy()
    y[..., layer["columns"]] = np.log10(np.maximum(x[..., layer["columns"]], TINY))
    return y


def _pow10(layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    y = x.copy()
    y[..., layer["columns"]] = 10.0 ** np.minimum(x[..., layer["columns"]], MOST_POWER)
    return y


def _gather(layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    return x[..., layer["columns"]]


def _parallel(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    return np.concatenate([run(body, tensors, x) for body in layer["bodies"]], axis=-1)


def _residual(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    return run(layer["body"], tensors, x) + run(layer.get("skip", ()), tensors, x)


def _centred(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    return run(layer["body"], tensors, x) - run(layer["body"], tensors, np.zeros_like(x))


def _conv2d(layer: Layer, tensors: Tensors, x: Floats) -> Floats:
    weight, (channels, rows, columns), stride = tensors[layer["weight"]], layer["shape"], layer["stride"]
    pictures = np.pad(x.reshape(-1, channels, rows, columns), ((0, 0), (0, 0), (1, 1), (1, 1)))
    patches = np.lib.stride_tricks.sliding_window_view(pictures, (3, 3), axis=(2, 3))[:, :, ::stride, ::stride]
    y = np.tensordot(patches, weight, axes=((1, 4, 5), (1, 2, 3)))  # [..., rows, columns, channels]
    y = np.moveaxis(y + tensors[layer["bias"]], -1, 1)
    return np.asarray(y.reshape(*x.shape[:-1], -1))


def _mean(layer: Layer, _tensors: Tensors, x: Floats) -> Floats:
    return np.asarray(x.reshape(*x.shape[:-1], -1, layer["shape"][2]).mean(axis=-1))


TINY, MOST_POWER = 1e-12, 12.0
LAYERS: dict[str, Callable[[Layer, Tensors, Floats], Floats]] = {
    "linear": _linear,
    "relu": _relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "silu": _silu,
    "affine": _affine,
    "clamp": _clamp,
    "log10": _log10,
    "pow10": _pow10,
    "gather": _gather,
    "parallel": _parallel,
    "residual": _residual,
    "centred": _centred,
    "conv2d": _conv2d,
    "mean": _mean,
}
_NESTED = {"parallel": "bodies", "residual": "body", "centred": "body"}


def _count(layers: Sequence[Layer], depth: int) -> int:
    """How many layers a table holds; refuses what is no table, or nested too deep."""
    if depth > MOST_DEPTH or not isinstance(layers, Sequence):
        raise ModelError("a network whose table cannot be read")
    count = 0
    for layer in layers:
        if not isinstance(layer, Mapping) or layer.get("op") not in LAYERS:
            raise ModelError("a network with a layer that semeq does not know")
        inner = layer.get(_NESTED.get(layer["op"], ""), ())
        bodies = inner if layer["op"] == "parallel" else [inner, layer.get("skip", ())]
        count += 1 + sum(_count(body, depth + 1) for body in bodies)
    return count


def width_after(layers: Sequence[Layer], tensors: Tensors, width: int) -> int:
    """How many features come out of a table that is given ``width``; an error where shapes do not fit."""
    for layer in layers:
        match layer["op"]:
            case "linear":
                rows, columns = tensors[layer["weight"]].shape
                _must(columns == width and 0 < rows <= MOST_WIDTH)
                _must(not layer.get("bias") or tensors[layer["bias"]].shape == (rows,))
                width = rows
            case "affine":
                _must(tensors[layer["scale"]].shape == tensors[layer["shift"]].shape == (width,))
            case "clamp":
                _must(tensors[layer["low"]].shape == tensors[layer["high"]].shape == (width,))
            case "log10" | "pow10" | "gather":
                _must(all(type(column) is int and 0 <= column < width for column in layer["columns"]))
                width = len(layer["columns"]) if layer["op"] == "gather" else width
            case "conv2d":
                width = _after_conv2d(layer, tensors, width)
            case "mean":
                channels, rows, columns = _picture(layer, width)
                width = channels * rows
            case "parallel":
                width = sum(width_after(body, tensors, width) for body in layer["bodies"])
            case "residual":
                after = width_after(layer["body"], tensors, width)
                _must(after == width_after(layer.get("skip", ()), tensors, width))
                width = after
            case "centred":
                width = width_after(layer["body"], tensors, width)
        _must(width <= MOST_WIDTH)
    return width


def _picture(layer: Layer, width: int) -> tuple[int, int, int]:
    channels, rows, columns = layer["shape"]
    _must(all(type(size) is int and size > 0 for size in (channels, rows, columns)))
    _must(channels * rows * columns == width)
    return channels, rows, columns


def _after_conv2d(layer: Layer, tensors: Tensors, width: int) -> int:
    channels, rows, columns = _picture(layer, width)
    weight = tensors[layer["weight"]]
    stride: int = layer["stride"]
    _must(type(stride) is int and 1 <= stride <= 4)
    _must(weight.ndim == 4 and weight.shape[1:] == (channels, 3, 3))
    _must(tensors[layer["bias"]].shape == weight.shape[:1])
    picture = -(-rows // stride) * -(-columns // stride)
    return int(weight.shape[0]) * picture


def _must(fits: bool) -> None:
    if not fits:
        raise ValueError
