"""Tables of layers (see `semeq.network`) drawn up with fresh weights, and run by torch so that they can be trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from semeq.network import MOST_POWER, TINY, Layer, Network
from semeq.response import Floats

Table = list[dict[str, Any]]


@dataclass(kw_only=True, eq=False)
class Sketch:
    """Weights of a network under construction, by name; every call adds some and returns the layer that uses them."""

    random: torch.Generator
    weights: dict[str, Tensor] = field(default_factory=dict)
    constants: dict[str, Tensor] = field(default_factory=dict)

    def linear(self, inputs: int, outputs: int, *, bias: bool = True) -> dict[str, Any]:
        """A layer with weights drawn evenly within 1 / sqrt(inputs), as torch does."""
        name, bound = f"{len(self.weights):02d}", 1.0 / math.sqrt(inputs)
        layer: dict[str, Any] = {"op": "linear", "weight": f"{name}.weight"}
        self.weights[f"{name}.weight"] = self._drawn((outputs, inputs), bound)
        if bias:
            layer["bias"] = f"{name}.bias"
            self.weights[f"{name}.bias"] = self._drawn((outputs,), bound)
        return layer

    def residual(self, inputs: int, outputs: int) -> Table:
        """Two layers beside a straight one, then relu."""
        body = [self.linear(inputs, outputs), {"op": "relu"}, self.linear(outputs, outputs)]
        return [{"op": "residual", "body": body, "skip": [self.linear(inputs, outputs)]}, {"op": "relu"}]

    def conv2d(self, shape: tuple[int, int, int], outputs: int, stride: int = 2) -> dict[str, Any]:
        """A 3 x 3 convolution of pictures ``[channels, rows, columns]`` that are laid out in a row."""
        name, bound = f"{len(self.weights):02d}", 1.0 / math.sqrt(9 * shape[0])
        self.weights[f"{name}.weight"] = self._drawn((outputs, shape[0], 3, 3), bound)
        self.weights[f"{name}.bias"] = self._drawn((outputs,), bound)
        said = {"weight": f"{name}.weight", "bias": f"{name}.bias", "shape": list(shape), "stride": stride}
        return {"op": "conv2d", **said}

    def affine(self, scale: Floats, shift: Floats) -> dict[str, Any]:
        """A fixed scale and shift of every feature."""
        return {"op": "affine", "scale": self._fixed(scale), "shift": self._fixed(shift)}

    def fixed_linear(self, weight: Floats) -> dict[str, Any]:
        """A layer that is not trained, without a bias."""
        return {"op": "linear", "weight": self._fixed(weight)}

    def _fixed(self, numbers: Floats) -> str:
        name = f"fixed.{len(self.constants):02d}"
        self.constants[name] = torch.tensor(np.asarray(numbers), dtype=torch.float32)
        return name

    def _drawn(self, shape: tuple[int, ...], bound: float) -> Tensor:
        return torch.empty(shape).uniform_(-bound, bound, generator=self.random)


class Net(nn.Module):
    """Tables as a torch module: ``forward(table, x)`` runs any table over its weights."""

    def __init__(self, sketch: Sketch) -> None:
        super().__init__()
        self.weights = nn.ParameterDict({_key(name): nn.Parameter(weight) for name, weight in sketch.weights.items()})
        for name, constant in sketch.constants.items():
            self.register_buffer(_key(name), constant)

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return next(self.parameters()).device

    def tensor(self, name: str) -> Tensor:
        """A weight or a constant."""
        key = _key(name)
        return self.weights[key] if key in self.weights else self.get_buffer(key)

    def forward(self, table: Sequence[Layer], x: Tensor) -> Tensor:
        """Put ``x`` through a table. Shapes: ``[..., inputs] -> [..., outputs]``."""
        for layer in table:
            x = _LAYERS[layer["op"]](self, layer, x)
        return x

    def network(self, table: Sequence[Layer], inputs: int, outputs: int, prefix: str) -> Network:
        """A trained table for numpy, with the tensors it uses under their names in the model file."""
        names = {name: f"{prefix}.{name}" for name in sorted(names_in(table))}
        tensors = {new: self.tensor(name).detach().cpu().double().numpy() for name, new in names.items()}
        return Network(renamed(table, names), tensors, inputs, outputs)


def names_in(table: Sequence[Layer]) -> set[str]:
    """The tensors that a table uses."""
    names: set[str] = set()
    for layer in table:
        names |= {layer[key] for key in _TENSORS if layer.get(key)}
        for body in _bodies(layer):
            names |= names_in(body)
    return names


def renamed(table: Sequence[Layer], names: Mapping[str, str]) -> Table:
    """The same table with other names for its tensors."""
    fresh: Table = []
    for layer in table:
        copy = dict(layer)
        copy |= {key: names[layer[key]] for key in _TENSORS if layer.get(key)}
        copy |= {key: renamed(layer[key], names) for key in ("body", "skip") if key in layer}
        if "bodies" in layer:
            copy["bodies"] = [renamed(body, names) for body in layer["bodies"]]
        fresh.append(copy)
    return fresh


_TENSORS = ("weight", "bias", "scale", "shift", "low", "high")


def _bodies(layer: Layer) -> list[Sequence[Layer]]:
    return [*layer.get("bodies", ()), *[layer[key] for key in ("body", "skip") if key in layer]]


def _key(name: str) -> str:
    return name.replace(".", "_")


def _linear(net: Net, layer: Layer, x: Tensor) -> Tensor:
    bias = net.tensor(layer["bias"]) if layer.get("bias") else None
    return nn.functional.linear(x, net.tensor(layer["weight"]), bias)


def _on_columns(change: Callable[[Tensor], Tensor]) -> Callable[[Net, Layer, Tensor], Tensor]:
    def changed(_net: Net, layer: Layer, x: Tensor) -> Tensor:
        columns = list(layer["columns"])
        y = x.clone()
        y[..., columns] = change(x[..., columns])
        return y

    return changed


_LAYERS: dict[str, Callable[[Net, Layer, Tensor], Tensor]] = {
    "linear": _linear,
    "relu": lambda _net, _layer, x: torch.relu(x),
    "tanh": lambda _net, _layer, x: torch.tanh(x),
    "sigmoid": lambda _net, _layer, x: torch.sigmoid(x),
    "silu": lambda _net, _layer, x: nn.functional.silu(x),
    "affine": lambda net, layer, x: x * net.tensor(layer["scale"]) + net.tensor(layer["shift"]),
    "clamp": lambda net, layer, x: torch.clamp(x, net.tensor(layer["low"]), net.tensor(layer["high"])),
    "log10": _on_columns(lambda part: torch.log10(part.clamp(min=TINY))),
    "pow10": _on_columns(lambda part: torch.pow(10.0, part.clamp(max=MOST_POWER))),
    "gather": lambda _net, layer, x: x[..., list(layer["columns"])],
    "parallel": lambda net, layer, x: torch.cat([net(body, x) for body in layer["bodies"]], dim=-1),
    "residual": lambda net, layer, x: net(layer["body"], x) + net(layer.get("skip", ()), x),
    "centred": lambda net, layer, x: net(layer["body"], x) - net(layer["body"], torch.zeros_like(x)),
    "conv2d": lambda net, layer, x: nn.functional.conv2d(
        x.reshape(-1, *layer["shape"]), net.tensor(layer["weight"]), net.tensor(layer["bias"]), layer["stride"], 1
    ).flatten(1),
    "mean": lambda _net, layer, x: x.reshape(len(x), -1, layer["shape"][2]).mean(dim=-1),
}
