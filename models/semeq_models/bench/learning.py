"""Learning curves: every loss over the epochs, and the learning rate below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from semeq.picture import SOFT, save
from semeq.response import Floats
from semeq_models.bench.canvas import COLORS, LEFT, WIDTH, header, number, plain_axes
from semeq_models.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def training_curves(history: Sequence[Mapping[str, float]], path: Path, *, name: str) -> None:
    """Draw every loss of a history over its epochs, and the learning rate below, logarithmic where all are above 0."""
    if not history:
        raise DataError("no epochs to draw; train for one or more")
    epochs = np.array([entry.get("epoch", place) for place, entry in enumerate(history, 1)], dtype=np.float64)
    names = [key for key in dict.fromkeys(key for entry in history for key in entry) if key not in ("epoch", _RATE)]
    losses = {key: np.array([entry.get(key, np.nan) for entry in history], dtype=np.float64) for key in names}
    losses = {key: values for key, values in losses.items() if np.isfinite(values).any() and np.any(values)}
    rates = np.array([entry.get(_RATE, np.nan) for entry in history], dtype=np.float64)

    def draw(figure: Figure) -> None:
        rated = bool(np.isfinite(rates).any())
        end = ", ".join(f"{_said(key)} {number(values[np.isfinite(values)][-1])}" for key, values in losses.items())
        header(figure, f"{name}: training", f"{len(history)} epochs; at the end {end}")
        upper = figure.add_axes((LEFT, 0.350 if rated else 0.105, WIDTH, 0.475 if rated else 0.735))
        lines = [(_said(key), values, color) for (key, values), color in zip(losses.items(), COLORS, strict=False)]
        _over_epochs(upper, epochs, lines, "loss", 9)
        if rated:
            lower = figure.add_axes((LEFT, 0.105, WIDTH, 0.165))
            _over_epochs(lower, epochs, [("", rates, SOFT)], "learning rate", 4)
            upper.tick_params(labelbottom=False)
            lower.set_xlabel("epoch")
        else:
            upper.set_xlabel("epoch")

    save(draw, path, f"{name}: training", f"{len(history)} epochs; losses: {', '.join(losses)}")


_RATE = "learning_rate"
_FINE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
_STEPS = ((_FINE, 1), ((1.0, 2.0, 5.0), 1), ((1.0,), 1), ((1.0,), 2), ((1.0,), 4))  # within a decade; every how many


def _said(key: str) -> str:
    return key.replace("_", " ")


def _over_epochs(axes: Axes, epochs: Floats, lines: Sequence[tuple[str, Floats, str]], label: str, most: int) -> None:
    plain_axes(axes)
    axes.set_title(label, loc="left", color=SOFT, fontsize=11, pad=7)
    handles = []
    for nth, (name, values, color) in enumerate(lines):  # where lines coincide, all of them can be seen
        look: dict[str, Any] = {"linewidth": 2.0 + 0.8 * nth, "zorder": 3.0 - 0.1 * nth}
        handles += axes.plot(epochs, values, color=color, marker="o" if len(epochs) < 2 else "", label=name, **look)
    values = np.concatenate([values[np.isfinite(values)] for _, values, _ in lines] or [np.ones(1)])
    if values.min() > 0:
        axes.set_yscale("log")
        _round_ticks(axes, float(values.min()), float(values.max()), most)
    axes.set_xlim(epochs.min() - 0.5, epochs.max() + 0.5)
    if len(lines) > 1:
        place: dict[str, Any] = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
        axes.legend(handles=handles, labelcolor="linecolor", ncols=len(handles), frameon=False, **place)


def _round_ticks(axes: Axes, low: float, high: float, most: int) -> None:
    """A logarithmic axis with round numbers, no more than ``most``."""
    alone = low == high
    low, high = low / 1.2, high * 1.2
    decades = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 1)
    inside: list[float] = []
    for steps, every in _STEPS:
        ticks = [step * 10.0**decade for decade in decades if decade % every == 0 for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= most:
            break
    inside = [low * 1.2] if alone else inside
    axes.set_yticks(inside, [number(tick) for tick in inside])
    axes.set_yticks([], minor=True)
    axes.set_ylim(low, high)
