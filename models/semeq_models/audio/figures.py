"""Figures of the audio bench: means with intervals, bars and ceilings, as a table and as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

_DRAWS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure: its bar in words, its value with a 95 % interval where there is one, and the best there could be."""

    name: str
    bar: str
    value: float
    low: float | None = None
    high: float | None = None
    ceiling: float | None = None
    about: str = ""


def mean(name: str, bar: str, values: Sequence[float], *, about: str = "", ceiling: float | None = None) -> Figure:
    """A mean with its bootstrap interval."""
    numbers = np.array(values)
    draws = np.random.default_rng(0).integers(len(numbers), size=(_DRAWS, len(numbers)))
    low, high = np.percentile(numbers[draws].mean(axis=1), [2.5, 97.5])
    return Figure(
        name=name, bar=bar, value=float(numbers.mean()), low=float(low), high=float(high), ceiling=ceiling, about=about
    )


def audio_table(figures: Sequence[Figure]) -> list[str]:
    """The figures as a Markdown table."""
    lines = ["| figure | bar | value | ceiling | on |", "|---|---|---|---|---|"]
    for one in figures:
        interval = f" [{one.low:.2f}, {one.high:.2f}]" if one.low is not None and one.high is not None else ""
        ceiling = f"{one.ceiling:.2f}" if one.ceiling is not None else "-"
        lines.append(f"| {one.name} | {one.bar or '-'} | {one.value:.3g}{interval} | {ceiling} | {one.about} |")
    return lines


def to_dicts(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Plain numbers, for JSON."""
    return [asdict(one) for one in figures]
