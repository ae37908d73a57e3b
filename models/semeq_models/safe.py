"""SAFE-DB: settings that people saved under a word in the SAFE Equaliser (R. Stables et al., ISMIR 2014)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from semeq_models.errors import DataError
from semeq_models.spelling import words_of
from semeq_models.tables import BadRow, Reading, check_width, numbered_rows, numbers, read_rows

COLUMNS = 25
FEATURES = 80
FEATURES_FILE = "SAFEEqualiserAudioFeatureData.csv"
PUBLISHED_SHA256 = "cc43858680115070ffdfa41a1158fca1344db2e0096ba73fe68990e90a284af1"
_ID, _TAG, _CONTRIBUTOR, _SETTINGS = 0, 1, 2, slice(5, 18)
_GENRE, _INSTRUMENT, _PLACE, _EXPERIENCE, _AGE, _LANGUAGE = 18, 19, 20, 21, 22, 23


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeFeatures:
    """Audio features of the sound before or after the equaliser, for the row with the same id."""

    row_id: int
    processed: bool
    features: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeRow:
    """One saved setting; ``settings`` are the 13 numbers as they stand in the file.

    ``contributor`` tells contributors apart and says nothing else about them: the file's own names stay in the loader.
    """

    tag: str
    contributor: str
    settings: tuple[float, ...]
    row_id: str = ""
    genre: str = ""
    instrument: str = ""
    experience: str = ""
    language: str = ""
    has_place: bool = False
    has_age: bool = False
    before: SafeFeatures | None = None
    after: SafeFeatures | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SafeData:
    """The rows of the file, how it was read, and how many rows were left out as their words are too rare."""

    rows: tuple[SafeRow, ...]
    reading: Reading
    rare: int = 0


def load_safe(path: Path, *, min_examples: int = 1, include_audio: bool | Path = False) -> SafeData:
    """Read `SAFEEqualiserUserData.csv`: no header, 25 columns; the contributor is any string, such as an address.

    ``min_examples`` leaves out words with fewer rows (by their usual spelling); ``include_audio`` reads the features
    from the companion file beside it, or from the one named. Rows that cannot be read are counted with their lines; a
    file with more than 5 % of them is refused.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "safe.csv"
    ...     row = "1,Warm,192.0.2.7,2,2,3,90,0,300,1,0,1000,1,0,3000,1,-2,8000,rock,bass,,,,,x"
    ...     _ = file.write_text(row)
    ...     data = load_safe(file)
    >>> data.rows[0].tag, data.rows[0].contributor, data.rows[0].settings[:2]
    ('Warm', 'user 0001', (3.0, 90.0))
    """
    rows, reading = numbered_rows(path)
    found, reading = read_rows(path, rows, reading, _row)
    names = {name: f"user {number:04d}" for number, name in enumerate(sorted({row.contributor for row in found}), 1)}
    found = [replace(row, contributor=names[row.contributor]) for row in found]
    if include_audio:
        beside = path.parent / FEATURES_FILE if include_audio is True else include_audio
        if not beside.is_file():
            raise DataError(f"{beside.name}: not beside {path.name}; put it there, or leave out the audio features")
        found = _with_features(found, load_features(beside))
    count = Counter(word for row in found for word in words_of(row.tag, "en"))
    kept = [row for row in found if min_examples <= 1 or any(count[w] >= min_examples for w in words_of(row.tag, "en"))]
    return SafeData(rows=tuple(kept), reading=reading, rare=len(found) - len(kept))


def _row(cells: list[str]) -> SafeRow:
    check_width(cells, COLUMNS)
    return SafeRow(
        row_id=cells[_ID].strip(),
        tag=cells[_TAG],
        contributor=cells[_CONTRIBUTOR].strip(),
        settings=numbers(cells[_SETTINGS]),
        genre=cells[_GENRE].strip().lower(),
        instrument=cells[_INSTRUMENT].strip().lower(),
        experience=cells[_EXPERIENCE].strip().lower(),
        language=cells[_LANGUAGE].strip().lower(),
        has_place=bool(cells[_PLACE].strip()),
        has_age=bool(cells[_AGE].strip()),
    )


def _with_features(rows: list[SafeRow], features: list[SafeFeatures]) -> list[SafeRow]:
    known = {(str(one.row_id), one.processed): one for one in features}
    return [replace(row, before=known.get((row.row_id, False)), after=known.get((row.row_id, True))) for row in rows]


def load_features(path: Path) -> list[SafeFeatures]:
    """Read the companion `SAFEEqualiserAudioFeatureData.csv`: id, "processed" or "unprocessed", 80 features."""
    rows, reading = numbered_rows(path)
    if rows and not rows[0][1][0].strip().isdecimal() and len(rows[0][1]) == 2 + FEATURES:
        rows = rows[1:]  # a header
    found, _ = read_rows(path, rows, reading, _features)
    return found


def _features(cells: list[str]) -> SafeFeatures:
    check_width(cells, 2 + FEATURES)
    if not cells[0].strip().isdecimal():
        raise BadRow("no row id", f"{cells[0][:40]!r} is not a row id")
    state = cells[1].strip().lower()
    if state not in {"processed", "unprocessed"}:
        raise BadRow("neither before nor after", f'{cells[1][:40]!r}; use "processed" or "unprocessed"')
    return SafeFeatures(row_id=int(cells[0]), processed=state == "processed", features=numbers(cells[2:]))
