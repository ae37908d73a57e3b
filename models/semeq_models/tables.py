"""CSV files as numbered rows, with errors that name the line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from semeq_models.errors import DataError


def numbered_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of every row that is not empty."""
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise DataError(f"{path.name}: {error.strerror}") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{path.name}, line {reader.line_num}: {error}") from None
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def check_width(path: Path, line: int, row: list[str], columns: int) -> None:
    """Refuse a row that has not exactly this many columns."""
    if len(row) != columns:
        raise DataError(f"{path.name}, line {line}: {len(row)} columns, expected {columns}")


def numbers(path: Path, line: int, cells: list[str]) -> tuple[float, ...]:
    """The cells as finite numbers."""
    values = []
    for cell in cells:
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DataError(f"{path.name}, line {line}: {cell!r} is not a finite number")
        values.append(value)
    return tuple(values)
