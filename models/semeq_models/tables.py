"""CSV files as rows: what cannot be read is counted with its line, and a file that is mostly so is refused."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from semeq_models.errors import DataError

MOST_BAD = 0.05
"""Share of bad rows above which a file is refused."""
_SHOWN = 40
_Row = TypeVar("_Row")


class BadRow(Exception):  # noqa: N818  # not an error yet: a row that is passed over
    """One row that cannot be used; ``reason`` is what it is counted under."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How a file was read: its encoding and checksum, and the lines that were passed over, by reason."""

    encoding: str
    sha256: str
    bad_lines: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def bad(self) -> int:
        """How many rows were passed over."""
        return sum(map(len, self.bad_lines.values()))


def numbered_rows(path: Path) -> tuple[list[tuple[int, list[str]]], Reading]:
    """Line number and fields of every row that is not empty; text is UTF-8, or else Windows-1252."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path.name}: {error.strerror}") from None
    if b"\0" in data:
        raise DataError(f"{path.name}: not a text file, or UTF-16; save it as CSV in UTF-8")
    encoding = "UTF-8"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, text = "Windows-1252", data.decode("cp1252", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = []
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise DataError(f"{path.name}, line {reader.line_num}: {error}") from None
        if any(cell.strip() for cell in row):
            rows.append((reader.line_num, row))
    return rows, Reading(encoding=encoding, sha256=hashlib.sha256(data).hexdigest())


def read_rows(
    path: Path, rows: list[tuple[int, list[str]]], reading: Reading, parse: Callable[[list[str]], _Row]
) -> tuple[list[_Row], Reading]:
    """All rows that ``parse`` understands, and the reading with those that it does not.

    More than 5 % of bad rows, or none that is good, refuse the file by its first bad line.
    """
    good: list[_Row] = []
    bad: dict[str, list[int]] = {}
    first = ""
    for line, cells in rows:
        try:
            good.append(parse(cells))
        except BadRow as fault:
            bad.setdefault(fault.reason, []).append(line)
            first = first or f"line {line}: {fault}"
    count = sum(map(len, bad.values()))
    if first and (not good or count > MOST_BAD * len(rows)):
        more = f" ({count} of {len(rows)} rows cannot be read)" if count > 1 else ""
        raise DataError(f"{path.name}, {first}{more}")
    if not good:
        raise DataError(f"{path.name}: no rows")
    lines = {reason: tuple(found) for reason, found in bad.items()}
    return good, Reading(encoding=reading.encoding, sha256=reading.sha256, bad_lines=lines)


def check_width(cells: list[str], columns: int) -> None:
    """Refuse a row that has not exactly this many columns; empty ones at its end do not count."""
    while len(cells) > columns and not cells[-1].strip():
        cells.pop()
    if len(cells) != columns:
        raise BadRow("wrong number of columns", f"{len(cells)} columns, expected {columns}")


def numbers(cells: list[str]) -> tuple[float, ...]:
    """The cells as finite numbers."""
    values = []
    for cell in cells:
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            hint = "; write decimals with a point" if re.fullmatch(r"\s*-?\d+,\d+\s*", cell) else ""
            raise BadRow("not a number", f"{cell[:_SHOWN]!r} is not a finite number{hint}")
        values.append(value)
    return tuple(values)
