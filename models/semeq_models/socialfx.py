"""SocialFX: curve shapes that people agreed to call by a word (T. Zheng, P. Seetharaman, B. Pardo, ACM MM 2016)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from semeq.language import Language
from semeq_models.errors import DataError
from semeq_models.spelling import words_of
from semeq_models.tables import BadRow, Reading, check_width, numbered_rows, numbers, read_rows

LANGUAGES: dict[str, Language] = {"eng": "en", "esp": "es", "spa": "es"}  # by the first letters: ñ is not always kept
BANDS = 40
COLUMNS = 4 + BANDS
_BAND_NAME = re.compile(r"RSC_(\d+(?:\.\d+)?)Hz_band")


@dataclass(frozen=True, kw_only=True, slots=True)
class SocialFxRow:
    """One contribution; ``shape`` is z-scored over the bands, ``consistency`` is how well its ratings agree."""

    tag: str
    language: Language
    consistency: float
    shape: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SocialFxData:
    """Band frequencies in Hz, the rows, how the file was read, and how many rows were left out as too rare."""

    bands_hz: tuple[float, ...]
    rows: tuple[SocialFxRow, ...]
    reading: Reading
    rare: int = 0


def load_socialfx(path: Path, *, min_examples: int = 1) -> SocialFxData:
    r"""Read `socialfx_eq_contributions.csv`, as published or with a complete header.

    The published header lacks the name ``language`` (43 names over 44 fields); it is put back after ``descriptor``.
    ``min_examples`` leaves out words with fewer rows in their language. Rows that cannot be read are counted with their
    lines; a file with more than 5 % of them is refused.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "fx.csv"
    ...     bands = ",".join(f"RSC_{20 * (band + 1)}Hz_band" for band in range(40))
    ...     _ = file.write_text(f"descriptor,audio_id,ratings_consistency,{bands}\ncold,English,8,.7{',1' * 40}\n")
    ...     data = load_socialfx(file)
    >>> data.rows[0].tag, data.rows[0].language, data.rows[0].consistency, data.bands_hz[0]
    ('cold', 'en', 0.7, 20.0)
    """
    rows, reading = numbered_rows(path)
    line, names = rows[0] if rows else (1, [])
    names = [name.strip() for name in names]
    if len(names) == COLUMNS - 1 and "language" not in names and names[0] == "descriptor":
        names.insert(1, "language")
    if len(names) != COLUMNS:
        raise DataError(f"{path.name}, line {line}: {len(names)} columns, expected {COLUMNS}")
    column = {name: place for place, name in enumerate(names)}
    if missing := {"descriptor", "language", "ratings_consistency"} - set(column):
        raise DataError(f"{path.name}, line {line}: no column {', '.join(sorted(missing))}")
    bands = sorted((float(match[1]), column[name]) for name in names if (match := _BAND_NAME.fullmatch(name)))
    if len(bands) != BANDS:
        raise DataError(f"{path.name}, line {line}: {len(bands)} columns RSC_<Hz>Hz_band, expected {BANDS}")

    def row(cells: list[str]) -> SocialFxRow:
        check_width(cells, COLUMNS)
        language = LANGUAGES.get(cells[column["language"]].strip().lower()[:3])
        if language is None:
            found = cells[column["language"]][:40]
            raise BadRow("another language", f"language {found!r}; use English or Español")
        shape = numbers([cells[place] for _, place in bands])
        [consistency] = numbers([cells[column["ratings_consistency"]].strip() or "0"])
        return SocialFxRow(tag=cells[column["descriptor"]], language=language, consistency=consistency, shape=shape)

    found, reading = read_rows(path, rows[1:], reading, row)
    count = Counter((one.language, word) for one in found for word in words_of(one.tag, one.language))
    kept = [
        one
        for one in found
        if min_examples <= 1
        or any(count[one.language, word] >= min_examples for word in words_of(one.tag, one.language))
    ]
    return SocialFxData(
        bands_hz=tuple(freq_hz for freq_hz, _ in bands),
        rows=tuple(kept),
        reading=reading,
        rare=len(found) - len(kept),
    )
