"""Reports as Markdown: one system beside what is trivial and possible, or several systems side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from semeq_models.bench.bootstrap import Estimate, tie
from semeq_models.bench.figures import Better, Figure, Report

_NOTHING = "–"  # noqa: RUF001  # an en dash is what a table has where there is nothing
_DISTANCES: dict[Better, Callable[[float], float]] = {
    "higher": lambda value: -value,
    "lower": lambda value: value,
    "near 1": lambda value: abs(value - 1.0),
}
"""How far a figure is from the best there could be, up to a constant."""


def report_lines(report: Report) -> list[str]:
    """All figures of one system, each with its interval and beside flat, plain mean and ceiling."""
    lines = [
        f"| {report.name} | better | value | flat | per-word mean | ceiling | what |",
        "|---|---|---|---|---|---|---|",
    ]
    section = ""
    for figure in report.figures:
        if figure.section != section:
            section = figure.section
            lines.append(f"| **{section}** | | | | | | |")
        values = (figure.value, figure.flat, figure.plain, figure.ceiling)
        cells = " | ".join(_text(value, figure.digits) for value in values)
        lines.append(f"| {figure.name} | {figure.better} | {cells} | {figure.note} |")
    return lines


def compare_table(reports: Sequence[Report]) -> list[str]:
    """Systems side by side: the best in bold, "tie" where a system's interval overlaps the best one's."""
    names = [report.name for report in reports]
    lines = [
        f"| figure | better | {' | '.join([*names, 'flat', 'per-word mean', 'ceiling'])} |",
        "|" + "---|" * (len(names) + 5),
    ]
    section = ""
    for name in dict.fromkeys(figure.name for report in reports for figure in report.figures):
        figures = [next((one for one in report.figures if one.name == name), None) for report in reports]
        first = next(figure for figure in figures if figure)
        if first.section != section:
            section = first.section
            lines.append(f"| **{section}** |" + " |" * (len(names) + 4))
        cells = [*_marked(first.better, first.digits, [figure.value if figure else None for figure in figures])]
        cells += [_text(_first(figures, row), first.digits) for row in ("flat", "plain", "ceiling")]
        lines.append(f"| {name} | {first.better} | {' | '.join(cells)} |")
    return lines


def _first(figures: Sequence[Figure | None], row: str) -> Estimate | None:
    """The references belong to the data, not to a system: whoever has them."""
    return next((value for figure in figures if figure and (value := getattr(figure, row))), None)


def _marked(better: Better, digits: int, values: Sequence[Estimate | None]) -> list[str]:
    known = [value for value in values if value]
    if better not in _DISTANCES or len(known) < 2:
        return [_text(value, digits) for value in values]
    best = min(known, key=lambda value: _DISTANCES[better](value.value))
    cells = []
    for value in values:
        text = _text(value, digits)
        if value is best:
            text = f"**{text}**"
        elif value and tie(value, best):
            text += " tie"
        cells.append(text)
    return cells


def _text(value: Estimate | None, digits: int) -> str:
    return _NOTHING if value is None else value.text(digits)
