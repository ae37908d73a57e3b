"""Every layer of `semeq.network` as nodes of an ONNX graph, in single precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

from semeq.network import MOST_POWER, TINY, Layer, Network, Tensors, width_after
from semeq_models.portable import single


@dataclass(kw_only=True, eq=False)
class Graph:
    """Nodes and numbers of a graph under construction; every value goes by its name. Shapes: ``[batch, features]``."""

    name: str
    """Whose network it is."""
    tensors: Tensors
    nodes: list[NodeProto] = field(default_factory=list)
    initializers: dict[str, TensorProto] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    def node(self, op: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node, unless the same was made before; return the name of its only output."""
        made = f"{op} {inputs} {output} {sorted(attributes.items())}"
        if made not in self._known:
            self._known[made] = output = output or f"{op.lower()}_{len(self.nodes)}"
            self.nodes.append(helper.make_node(op, inputs, [output], name=f"node_{len(self.nodes)}", **attributes))
        return self._known[made]

    def tensor(self, name: str) -> str:
        """A tensor of the network."""
        return self.constant(self.tensors[name], f"tensor.{name}")

    def constant(self, numbers: npt.ArrayLike, name: str) -> str:
        """Numbers that never change, stored once under ``name``."""
        if name not in self.initializers:
            found = single(self.name, np.asarray(numbers, dtype=np.float64))
            self.initializers[name] = numpy_helper.from_array(found, name)
        return name

    def array(self, numbers: npt.NDArray[Any]) -> str:
        """Numbers of any type that never change, stored once."""
        made = f"{numbers.dtype} {numbers.tolist()}"
        if made not in self._known:
            self._known[made] = name = f"array.{len(self.initializers)}"
            self.initializers[name] = numpy_helper.from_array(numbers, name)
        return self._known[made]

    def clamped(self, x: str, low: str, high: str) -> str:
        """Every feature within its own range."""
        return self.node("Min", self.node("Max", x, low), high)

    def network(self, network: Network, x: str) -> str:
        """Put ``x`` through a network."""
        return self.run(network.layers, x, network.inputs)

    def run(self, layers: Sequence[Layer], x: str, width: int) -> str:
        """Put ``x``, of so many features, through a table of layers."""
        for layer in layers:
            x = _LAYERS[layer["op"]](self, layer, x, width)
            width = width_after([layer], self.tensors, width)
        return x


def _linear(graph: Graph, layer: Layer, x: str, _width: int) -> str:
    bias = [graph.tensor(layer["bias"])] if layer.get("bias") else []
    return graph.node("Gemm", x, graph.tensor(layer["weight"]), *bias, transB=1)


def _silu(graph: Graph, _layer: Layer, x: str, _width: int) -> str:
    return graph.node("Mul", x, graph.node("Sigmoid", x))


def _affine(graph: Graph, layer: Layer, x: str, _width: int) -> str:
    return graph.node("Add", graph.node("Mul", x, graph.tensor(layer["scale"])), graph.tensor(layer["shift"]))


def _clamp(graph: Graph, layer: Layer, x: str, _width: int) -> str:
    return graph.clamped(x, graph.tensor(layer["low"]), graph.tensor(layer["high"]))


def _log10(graph: Graph, layer: Layer, x: str, width: int) -> str:
    log = graph.node("Log", graph.node("Max", x, graph.constant(TINY, "tiny")))
    return _on_columns(graph, layer, x, width, graph.node("Mul", log, graph.constant(1 / math.log(10), "per_decade")))


def _pow10(graph: Graph, layer: Layer, x: str, width: int) -> str:
    power = graph.node("Min", x, graph.constant(MOST_POWER, "most_power"))
    return _on_columns(graph, layer, x, width, graph.node("Pow", graph.constant(10.0, "ten"), power))


def _on_columns(graph: Graph, layer: Layer, x: str, width: int, changed: str) -> str:
    return graph.node("Where", graph.array(np.isin(np.arange(width), layer["columns"])), changed, x)


def _gather(graph: Graph, layer: Layer, x: str, _width: int) -> str:
    return graph.node("Gather", x, graph.array(np.array(layer["columns"], dtype=np.int64)), axis=1)


def _parallel(graph: Graph, layer: Layer, x: str, width: int) -> str:
    return graph.node("Concat", *[graph.run(body, x, width) for body in layer["bodies"]], axis=1)


def _residual(graph: Graph, layer: Layer, x: str, width: int) -> str:
    return graph.node("Add", graph.run(layer["body"], x, width), graph.run(layer.get("skip", ()), x, width))


def _centred(graph: Graph, layer: Layer, x: str, width: int) -> str:
    """Zeros go the same way in as large a batch, so that zero minus zero is exact: a stored number would round."""
    zeros = graph.node("ConstantOfShape", graph.node("Shape", x))
    return graph.node("Sub", graph.run(layer["body"], x, width), graph.run(layer["body"], zeros, width))


def _conv2d(graph: Graph, layer: Layer, x: str, width: int) -> str:
    picture = _reshaped(graph, x, -1, *layer["shape"])
    stride = [layer["stride"]] * 2
    weight, bias = graph.tensor(layer["weight"]), graph.tensor(layer["bias"])
    y = graph.node("Conv", picture, weight, bias, strides=stride, pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    return _reshaped(graph, y, -1, width_after([layer], graph.tensors, width))


def _mean(graph: Graph, layer: Layer, x: str, _width: int) -> str:
    channels, rows, columns = layer["shape"]
    return graph.node("ReduceMean", _reshaped(graph, x, -1, channels * rows, columns), axes=[2], keepdims=0)


def _reshaped(graph: Graph, x: str, *shape: int) -> str:
    return graph.node("Reshape", x, graph.array(np.array(shape, dtype=np.int64)))


def _plain(op: str) -> Callable[[Graph, Layer, str, int], str]:
    return lambda graph, _layer, x, _width: graph.node(op, x)


_LAYERS: dict[str, Callable[[Graph, Layer, str, int], str]] = {
    "linear": _linear,
    "relu": _plain("Relu"),
    "tanh": _plain("Tanh"),
    "sigmoid": _plain("Sigmoid"),
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
