"""What the bench says about one system: figures by name, each beside what is trivial and what is possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from semeq_models.bench.bootstrap import Estimate
from semeq_models.errors import DataError

Better = Literal["higher", "lower", "near 1", ""]
"""Which of two figures is better; nothing where a figure is only reported."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One row of the bench.

    ``value`` is the system's, None where it cannot be asked. ``flat`` is what doing nothing reaches, ``plain`` what the
    plain mean of a word's 13 numbers reaches (or, where no word is asked, the 13 numbers themselves), ``ceiling`` what
    no system can be expected to pass, as people differ.
    """

    section: str
    name: str
    better: Better
    value: Estimate | None
    flat: Estimate | None = None
    plain: Estimate | None = None
    ceiling: Estimate | None = None
    digits: int = 2
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All figures of one system, and how they were taken."""

    name: str
    folds: int
    splits: int
    seed: int
    words: dict[str, tuple[str, ...]]
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure:
        """One figure by name."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise DataError(
            f"no figure {name!r} in the bench; choose one of: {', '.join(one.name for one in self.figures)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Report:
        """Read what `to_dict` wrote."""
        words = {group: tuple(named) for group, named in said["words"].items()}
        figures = tuple(_figure(one) for one in said["figures"])
        return cls(**{**said, "words": words, "figures": figures})


def _figure(said: Mapping[str, Any]) -> Figure:
    estimates = {row: said[row] and Estimate(**said[row]) for row in ("value", "flat", "plain", "ceiling")}
    return Figure(**{**said, **estimates})
