"""Words written beside their places, none over another: the first come first, and who finds no room is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from semeq.picture import PAPER, printable
from semeq.response import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_REACHES = (10.0, 15.0, 22.0, 32.0, 46.0)
"""Points between a place and its word, for those that must be written; others stay near."""
_NEAR = (3.0, 6.0)
_SIDES = 16
_AIR = 3.0  # pixels between two words
_LINE_FROM = 20.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Label:
    """A word, its place in the units of the axes, and how it looks; without a marker it gets a ring."""

    text: str
    at: Floats = field(repr=False)
    color: str
    marker: str = "."
    size: float = 10.0
    weight: str = "normal"


def write(axes: Axes, labels: Sequence[Label], *, must: int, most: int) -> None:
    """Write ``labels`` beside their places; the first ``must`` in any case, and no more than ``most``."""
    figure = axes.get_figure(root=True)
    frame = axes.get_window_extent()
    point = (figure.dpi if figure else 72.0) / 72.0
    taken: list[tuple[float, float, float, float]] = []
    for number, label in enumerate(labels[:must]):
        x, y = axes.transData.transform(label.at)
        taken.append((x - 6 * point, y - 6 * point, x + 6 * point, y + 6 * point))
        _mark(axes, label, bold=number < must)
    written = 0
    for number, label in enumerate(labels):
        if written >= most:
            break
        text = axes.annotate(printable(label.text), (0.0, 0.0), fontsize=label.size, weight=label.weight)
        size = text.get_window_extent()
        text.remove()
        x, y = axes.transData.transform(label.at)
        spot = _free_spot(
            (x, y),
            (size.width, size.height),
            taken,
            frame.extents,
            [point * reach for reach in (_REACHES if number < must else _NEAR)],
        )
        if spot is None and number >= must:
            continue
        reach, box = spot or (_REACHES[0], _beside((x, y), (size.width, size.height), _REACHES[0] * point, 0.0))
        taken.append(box)
        written += 1
        if number >= must:
            _mark(axes, label, bold=False)
        _say(axes, label, (x, y), box, with_line=reach >= _LINE_FROM * point)


Box = tuple[float, float, float, float]


def _free_spot(
    at: tuple[float, float], size: tuple[float, float], taken: Sequence[Box], frame: Box, reaches: Sequence[float]
) -> tuple[float, Box] | None:
    """The nearest place for a word of this size that covers nothing and stays in the frame."""
    for reach in reaches:
        for side in range(_SIDES):
            turn = (side + 1) // 2 * (-1) ** side * 2.0 * np.pi / _SIDES  # to the right first, then on both sides
            box = _beside(at, size, reach, turn)
            inside = frame[0] <= box[0] and box[2] <= frame[2] and frame[1] <= box[1] and box[3] <= frame[3]
            if inside and not any(_overlap(box, other) for other in taken):
                return reach, box
    return None


def _beside(at: tuple[float, float], size: tuple[float, float], reach: float, turn: float) -> Box:
    """The box of a word whose nearest edge is ``reach`` away in one direction."""
    middle_x = at[0] + np.cos(turn) * (reach + size[0] / 2)
    middle_y = at[1] + np.sin(turn) * (reach + size[1] / 2)
    return middle_x - size[0] / 2, middle_y - size[1] / 2, middle_x + size[0] / 2, middle_y + size[1] / 2


def _overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] + _AIR and other[0] < one[2] + _AIR and one[1] < other[3] + _AIR and other[1] < one[3] + _AIR
    )


def _mark(axes: Axes, label: Label, *, bold: bool) -> None:
    """A dot; a large marker for those that must be written, a ring where they have none."""
    look: dict[str, Any] = {"markersize": 4, "color": label.color, "markeredgewidth": 0, "zorder": 3}
    if bold:
        edge = PAPER if label.marker else label.color
        look |= {"markersize": 11, "markeredgecolor": edge, "markeredgewidth": 1.6, "zorder": 4}
    if bold and not label.marker:
        look |= {"markerfacecolor": PAPER, "markeredgewidth": 2.4}
    axes.plot(*label.at, label.marker or "o", **look)


def _say(axes: Axes, label: Label, at: tuple[float, float], box: Box, *, with_line: bool) -> None:
    middle = ((box[0] + box[2]) / 2 - at[0], (box[1] + box[3]) / 2 - at[1])
    figure = axes.get_figure(root=True)
    point = (figure.dpi if figure else 72.0) / 72.0
    arrow = {"arrowstyle": "-", "color": label.color, "linewidth": 0.6, "shrinkA": 0.0, "shrinkB": 3.0}
    axes.annotate(
        printable(label.text),
        (float(label.at[0]), float(label.at[1])),
        xytext=(middle[0] / point, middle[1] / point),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=label.size,
        weight=label.weight,
        color=label.color,
        zorder=6,
        bbox={"boxstyle": "square,pad=0.05", "facecolor": PAPER, "alpha": 0.75, "linewidth": 0},
        arrowprops=arrow if with_line else None,
    )
