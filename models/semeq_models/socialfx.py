"""SocialFX: curve shapes that people agreed to call by a word (T. Zheng, P. Seetharaman, B. Pardo, ACM MM 2016)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from semeq_models.errors import DataError
from semeq_models.tables import check_width, numbered_rows, numbers

Language = Literal["en", "es"]
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


def load_socialfx(path: Path) -> tuple[tuple[float, ...], list[SocialFxRow]]:
    """Read `socialfx_eq_contributions.csv`: band frequencies in Hz, and the rows.

    The published header lacks the name ``language`` (43 names over 44 fields); it is put back after ``descriptor``.
    """
    lines = numbered_rows(path)
    line, names = next(lines, (1, []))
    names = [name.strip() for name in names]
    if len(names) == COLUMNS - 1 and "language" not in names and names[0] == "descriptor":
        names.insert(1, "language")
    check_width(path, line, names, COLUMNS)
    column = {name: place for place, name in enumerate(names)}
    if missing := {"descriptor", "language", "ratings_consistency"} - set(column):
        raise DataError(f"{path.name}, line 1: no column {', '.join(sorted(missing))}")
    bands = [(float(match[1]), column[name]) for name in names if (match := _BAND_NAME.fullmatch(name))]
    if len(bands) != BANDS:
        raise DataError(f"{path.name}, line 1: {len(bands)} columns RSC_<Hz>Hz_band, expected {BANDS}")
    bands.sort()

    rows = []
    for line, cells in lines:
        check_width(path, line, cells, COLUMNS)
        language = LANGUAGES.get(cells[column["language"]].strip().lower()[:3])
        if language is None:
            found = cells[column["language"]]
            raise DataError(f"{path.name}, line {line}: language {found!r}; use English or Español")
        shape = numbers(path, line, [cells[place] for _, place in bands])
        [consistency] = numbers(path, line, [cells[column["ratings_consistency"]] or "0"])
        tag = cells[column["descriptor"]]
        rows.append(SocialFxRow(tag=tag, language=language, consistency=consistency, shape=shape))
    if not rows:
        raise DataError(f"{path.name}: no rows")
    return tuple(freq_hz for freq_hz, _ in bands), rows
