"""A table of layers as statements of C99 that work on buffers of a fixed size.

The table becomes a list of steps, each made once even where two branches ask for it; then every result gets a buffer
for as long as somebody still reads it. Sums are made in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from semeq.network import Layer, run, width_after
from semeq.response import Floats
from semeq_models.c_text import array_of_doubles, array_of_floats, array_of_ints


@dataclass(frozen=True, slots=True)
class Step:
    """One result: calls of helpers that read earlier ones; with ``changes`` they change the last of these.

    In the arguments of the calls, ``{y}`` is the buffer of the result and ``{0}``, ``{1}`` ... those of what is read.
    """

    calls: tuple[tuple[str, str], ...]
    reads: tuple[int, ...]
    width: int
    changes: bool = False


@dataclass(kw_only=True, eq=False)
class Code:
    """The body of a C function under construction, with the constants it needs; every result goes by its number."""

    name: str
    """What every identifier begins with."""
    part: str
    tensors: Mapping[str, npt.NDArray[np.float32]]
    steps: list[Step] = field(default_factory=list)
    constants: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name and definition, by what they are."""
    _known: dict[Step, int] = field(default_factory=dict)

    def step(self, calls: Sequence[tuple[str, str]], reads: Sequence[int], width: int, *, changes: bool = False) -> int:
        """Add a step, unless the same was made before."""
        step = Step(tuple(calls), tuple(reads), width, changes)
        if step not in self._known:
            self._known[step] = len(self.steps)
            self.steps.append(step)
        return self._known[step]

    def change(self, x: int, helper: str, arguments: str = "") -> int:
        """A step that changes every feature of ``x``."""
        width = self.steps[x].width
        return self.step([(helper, f"{{y}}, {width}{arguments}")], [x], width, changes=True)

    def floats(self, numbers: npt.NDArray[np.float32], about: str) -> str:
        """The name of a constant in single precision; equal ``about`` share one."""
        return self._constant(about, lambda name: array_of_floats(name, numbers, about))

    def doubles(self, numbers: Floats, about: str) -> str:
        """The name of a constant in double precision."""
        return self._constant(about, lambda name: array_of_doubles(name, numbers, about))

    def ints(self, numbers: Iterable[int]) -> str:
        """The name of a list of columns."""
        found = list(numbers)
        return self._constant(f"columns {found}", lambda name: array_of_ints(name, found))

    def tensor(self, name: str) -> str:
        """The name of a tensor's constant."""
        return self.floats(self.tensors[name], name)

    def _constant(self, about: str, define: Callable[[str], str]) -> str:
        if about not in self.constants:
            name = f"{self.name}_{self.part}_{len(self.constants)}"
            self.constants[about] = (name, define(name))
        return self.constants[about][0]

    def run(self, layers: Sequence[Layer], x: int) -> int:
        """Put ``x`` through a table of layers."""
        for layer in layers:
            x = _LAYERS[layer["op"]](self, layer, x)
        return x


def _linear(code: Code, layer: Layer, x: int) -> int:
    weight = code.tensors[layer["weight"]]
    columns = code.floats(weight.T, f"{layer['weight']}, a row per input")
    bias = code.tensor(layer["bias"]) if layer.get("bias") else "NULL"
    rows, inputs = weight.shape
    return code.step([("linear", f"{{0}}, {inputs}, {columns}, {bias}, {rows}, {{y}}")], [x], rows)


def _elementwise(code: Code, layer: Layer, x: int) -> int:
    return code.change(x, layer["op"])


def _affine(code: Code, layer: Layer, x: int) -> int:
    return code.change(x, "affine", f", {code.tensor(layer['scale'])}, {code.tensor(layer['shift'])}")


def _clamp(code: Code, layer: Layer, x: int) -> int:
    return code.change(x, "clamp", f", {code.tensor(layer['low'])}, {code.tensor(layer['high'])}")


def _on_columns(code: Code, layer: Layer, x: int) -> int:
    columns = sorted(set(layer["columns"]))
    call = (layer["op"], f"{{y}}, {code.ints(columns)}, {len(columns)}")
    return code.step([call], [x], code.steps[x].width, changes=True)


def _gather(code: Code, layer: Layer, x: int) -> int:
    width = len(layer["columns"])
    return code.step([("gather", f"{{0}}, {code.ints(layer['columns'])}, {width}, {{y}}")], [x], width)


def _parallel(code: Code, layer: Layer, x: int) -> int:
    parts = [code.run(body, x) for body in layer["bodies"]]
    calls, width = [], 0
    for number, part in enumerate(parts):
        calls.append(("copy", f"{{{number}}}, {code.steps[part].width}, {{y}} + {width}"))
        width += code.steps[part].width
    return code.step(calls, parts, width)


def _residual(code: Code, layer: Layer, x: int) -> int:
    body, skip = code.run(layer["body"], x), code.run(layer.get("skip", ()), x)
    width = code.steps[body].width
    return code.step([("add", f"{{y}}, {width}, {{0}}")], [skip, body], width, changes=True)


def _centred(code: Code, layer: Layer, x: int) -> int:
    """What the body says of zero is known beforehand; at zero itself nothing is subtracted, it is zero."""
    exact = {name: tensor.astype(np.float64) for name, tensor in code.tensors.items()}
    inputs, body = code.steps[x].width, code.run(layer["body"], x)
    width = code.steps[body].width
    numbers = run(layer["body"], exact, np.zeros(inputs))
    at_zero = code.doubles(numbers, f"result {body} where result {x} is zero")
    return code.step([("centre", f"{{0}}, {inputs}, {at_zero}, {{y}}, {width}")], [x, body], width, changes=True)


def _conv2d(code: Code, layer: Layer, x: int) -> int:
    channels, rows, columns = layer["shape"]
    weight, bias = code.tensors[layer["weight"]], code.tensor(layer["bias"])
    width = width_after([layer], code.tensors, code.steps[x].width)  # type: ignore[arg-type]  # only shapes are read
    picture = f"{channels}, {rows}, {columns}, {layer['stride']}"
    call = f"{{0}}, {picture}, {code.tensor(layer['weight'])}, {bias}, {len(weight)}, {{y}}"
    return code.step([("conv2d", call)], [x], width)


def _mean(code: Code, layer: Layer, x: int) -> int:
    channels, rows, columns = layer["shape"]
    return code.step([("mean", f"{{0}}, {channels * rows}, {columns}, {{y}}")], [x], channels * rows)


_LAYERS: dict[str, Callable[[Code, Layer, int], int]] = {
    "linear": _linear,
    "relu": _elementwise,
    "tanh": _elementwise,
    "sigmoid": _elementwise,
    "silu": _elementwise,
    "affine": _affine,
    "clamp": _clamp,
    "log10": _on_columns,
    "pow10": _on_columns,
    "gather": _gather,
    "parallel": _parallel,
    "residual": _residual,
    "centred": _centred,
    "conv2d": _conv2d,
    "mean": _mean,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The statements of a C function, the sizes of its buffers and the helpers it calls."""

    lines: tuple[str, ...]
    sizes: tuple[int, ...]
    helpers: frozenset[str]


def body(name: str, steps: Sequence[Step]) -> Body:
    """Give every result a buffer, for as long as it is read, and write the calls down."""
    last = {read: number for number, step in enumerate(steps) for read in step.reads}
    held: dict[int, int] = {}  # the buffer of every result that is still read
    sizes: list[int] = []
    calls: list[tuple[str, str]] = []
    for number, step in enumerate(steps):
        changed = step.reads[-1] if step.changes else None
        if changed is not None and last[changed] == number:
            held[number] = held[changed]
        else:
            held[number] = next(free for free in range(len(sizes) + 1) if free not in held.values())
            sizes += [1] * (held[number] == len(sizes))
            sizes[held[number]] = max(sizes[held[number]], step.width)
            if changed is not None:
                calls.append(("copy", f"s{held[changed]}, {step.width}, s{held[number]}"))
        buffers = [f"s{held[read]}" for read in step.reads]
        calls += [(helper, text.format(*buffers, y=f"s{held[number]}")) for helper, text in step.calls]
        for read in step.reads:
            if last[read] == number:
                held.pop(read, None)
    return Body(
        lines=tuple(f"{name}_{helper}({arguments});" for helper, arguments in calls),
        sizes=tuple(sizes),
        helpers=frozenset(helper for helper, _ in calls),
    )
