"""Curves from text files: measurements and corrections as rows of "Hz, dB"."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from semeq.errors import CurveError
from semeq.response import Floats


def read_curve(text: str, name: str = "curve") -> tuple[Floats, Floats]:
    """Frequencies and gains from rows "Hz, dB"; a header, ``#`` comments, tabs and semicolons are all right."""
    rows: list[tuple[float, float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = _cells(line.split("#")[0])
        if not cells:
            continue
        try:
            rows.append((float(cells[0]), float(cells[1])))
        except (ValueError, IndexError):
            if rows:  # before the first row it is a header
                raise _bad_row(name, number, line) from None
            continue
        if not np.all(np.isfinite(rows[-1])):
            raise _bad_row(name, number, line)
    if len(rows) < 2:
        raise CurveError(f'{name}: {len(rows)} usable rows; a curve needs two or more "Hz, dB" rows')
    freqs, gains = np.array(rows).T
    return freqs, gains


def _bad_row(name: str, number: int, line: str) -> CurveError:
    return CurveError(f'{name}, line {number}: {line!r}; write "Hz, dB", such as "100, 2.5"')


def _cells(line: str) -> list[str]:
    if ";" in line or "\t" in line:
        line = line.replace(",", ".")  # as spreadsheets write where the comma is the decimal sign
    return [cell for cell in re.split(r"[;,\s]+", line.replace('"', " ").strip()) if cell]


def read_curve_file(path: Path) -> tuple[Floats, Floats]:
    """Read a curve from a text file, see `read_curve`."""
    try:
        return read_curve(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise CurveError(f"{path}: {error.strerror}; give a file with rows Hz, dB") from None
    except ValueError as error:
        if isinstance(error, CurveError):
            raise
        raise CurveError(f"{path}: not text; give a file with rows Hz, dB") from None
