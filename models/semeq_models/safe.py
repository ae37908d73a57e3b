"""SAFE-DB: settings that people saved under a word in the SAFE Equaliser (R. Stables et al., ISMIR 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from semeq_models.errors import DataError
from semeq_models.tables import check_width, numbered_rows, numbers

COLUMNS = 25
FEATURES = 80
_TAG, _CONTRIBUTOR, _SETTINGS = 1, 2, slice(5, 18)
_GENRE, _INSTRUMENT, _EXPERIENCE, _LANGUAGE = 18, 19, 21, 23


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeRow:
    """One saved setting; ``settings`` are the 13 numbers as they stand in the file."""

    tag: str
    contributor: str
    settings: tuple[float, ...]
    genre: str = ""
    instrument: str = ""
    experience: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeFeatures:
    """Audio features of the sound before or after the equaliser, for the row with the same id."""

    row_id: int
    processed: bool
    features: tuple[float, ...]


def load_safe(path: Path) -> list[SafeRow]:
    """Read `SAFEEqualiserUserData.csv`: no header, 25 columns; the contributor is any string, such as an address."""
    rows = []
    for line, cells in numbered_rows(path):
        check_width(path, line, cells, COLUMNS)
        rows.append(
            SafeRow(
                tag=cells[_TAG],
                contributor=cells[_CONTRIBUTOR].strip(),
                settings=numbers(path, line, cells[_SETTINGS]),
                genre=cells[_GENRE].strip().lower(),
                instrument=cells[_INSTRUMENT].strip().lower(),
                experience=cells[_EXPERIENCE].strip().lower(),
                language=cells[_LANGUAGE].strip().lower(),
            )
        )
    if not rows:
        raise DataError(f"{path.name}: no rows")
    return rows


def load_features(path: Path) -> list[SafeFeatures]:
    """Read the companion `SAFEEqualiserAudioFeatureData.csv`: id, "processed" or "unprocessed", 80 features."""
    rows = []
    for line, cells in numbered_rows(path):
        check_width(path, line, cells, 2 + FEATURES)
        if line == 1 and not cells[0].strip().isdecimal():
            continue  # a header
        if not cells[0].strip().isdecimal():
            raise DataError(f"{path.name}, line {line}: {cells[0]!r} is not a row id")
        state = cells[1].strip().lower()
        if state not in {"processed", "unprocessed"}:
            raise DataError(f'{path.name}, line {line}: {cells[1]!r}; use "processed" or "unprocessed"')
        features = numbers(path, line, cells[2:])
        rows.append(SafeFeatures(row_id=int(cells[0]), processed=state == "processed", features=features))
    return rows
