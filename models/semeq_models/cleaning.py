"""From raw rows to contributions: one person, one word, one level-free curve; every dropped row is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from semeq.language import Language
from semeq.response import Floats
from semeq.settings import GAIN_LIMIT_DB, MAX_FREQ_HZ, MAX_Q, MIN_FREQ_HZ, MIN_Q, EqSettings
from semeq_models.curves import BANDS_HZ, level_free, rms_db, settings_db, unit
from semeq_models.errors import DataError
from semeq_models.folder import data_files
from semeq_models.people import people
from semeq_models.safe import SafeRow, load_safe
from semeq_models.socialfx import SocialFxRow, load_socialfx
from semeq_models.spelling import junk_reason, words_of
from semeq_models.tables import Reading

FLAT_BELOW_DB = 0.1
SHAPE_DB = 3.5
"""Strength given to a shape that has none: the median level-free RMS of SAFE settings."""
_HAIR = 1e-3  # single-precision files stray this far over a limit, relative to it


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Contribution:
    """What one person meant by one word. ``group`` is held out as a whole; ``person`` counts as one voice."""

    word: str
    language: Language
    source: Literal["safe", "socialfx"]
    group: str
    person: str
    curve_db: Floats
    consistency: float = 1.0
    settings: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Corpus:
    """Everything the model is made from: clean contributions, the common bands, and what was dropped on the way."""

    bands_hz: Floats
    contributions: tuple[Contribution, ...]
    safe_counts: dict[str, int]
    socialfx_counts: dict[str, int]
    checksums: dict[str, str]


def load_corpus(safe: Path | None, socialfx: Path | None = None) -> Corpus:
    """Read and clean both data sets, or the one that is given; a folder is one that holds both.

    >>> from tempfile import TemporaryDirectory
    >>> from semeq_models.made_up import made_up_files
    >>> with TemporaryDirectory() as folder:
    ...     corpus = load_corpus(*made_up_files(Path(folder)))
    >>> corpus.safe_counts["used"], corpus.socialfx_counts["used"]
    (40, 40)
    """
    if safe is not None and socialfx is None and safe.is_dir():
        safe, socialfx = data_files(safe)
    checksums, safe_counts, socialfx_counts = {}, {"rows": 0, "used": 0}, {"rows": 0, "used": 0}
    bands_hz, shapes, settings = BANDS_HZ, list[Contribution](), list[Contribution]()
    if socialfx is not None:
        drawn = load_socialfx(socialfx)
        bands_hz = np.array(drawn.bands_hz)
        shapes, socialfx_counts = clean_socialfx(drawn.rows)
        socialfx_counts = _with_bad_rows(socialfx_counts, drawn.reading)
        checksums["socialfx"] = drawn.reading.sha256
    if safe is not None:
        saved = load_safe(safe)
        settings, safe_counts = clean_safe(saved.rows, bands_hz)
        safe_counts = _with_bad_rows(safe_counts, saved.reading)
        checksums["safe"] = saved.reading.sha256
    if not settings and not shapes:
        raise DataError("no rows to learn from: give the SAFE-DB file, the SocialFX file, or both")
    return Corpus(
        bands_hz=bands_hz,
        contributions=(*settings, *shapes),
        safe_counts=safe_counts,
        socialfx_counts=socialfx_counts,
        checksums=checksums,
    )


def _with_bad_rows(counts: dict[str, int], reading: Reading) -> dict[str, int]:
    return {**counts, "rows": counts["rows"] + reading.bad, "bad row": reading.bad} if reading.bad else counts


def clean_safe(rows: Sequence[SafeRow], bands_hz: Floats) -> tuple[list[Contribution], dict[str, int]]:
    """Drop junk tags, absurd and flat settings, and what a contributor saved twice."""
    counts = Counter({"rows": len(rows)})
    seen: set[tuple[object, ...]] = set()
    contributions = []
    for row, person in zip(rows, people(rows), strict=True):
        words = words_of(row.tag, "en")
        settings = legal(row.settings)
        curve = None if settings is None else level_free(settings_db([settings], bands_hz)[0])
        key = (row.contributor, words, settings and tuple(round(number, 3) for number in settings))
        if not words:
            counts[junk_reason(row.tag) or "not a word"] += 1
        elif settings is None or curve is None:
            counts["out of range"] += 1
        elif rms_db(curve) < FLAT_BELOW_DB:
            counts["flat"] += 1
        elif key in seen:
            counts["repeat"] += 1
        else:
            seen.add(key)
            counts["used"] += 1
            contributions += [
                Contribution(
                    word=word,
                    language="en",
                    source="safe",
                    group=row.contributor,
                    person=person,
                    curve_db=curve,
                    settings=settings,
                )
                for word in words
            ]
    return contributions, dict(counts)


def clean_socialfx(rows: Sequence[SocialFxRow]) -> tuple[list[Contribution], dict[str, int]]:
    """Drop junk tags, flat shapes and copies; every row left is one person's, as the set names nobody."""
    counts = Counter({"rows": len(rows)})
    seen: set[tuple[object, ...]] = set()
    contributions = []
    for number, row in enumerate(rows):
        words = words_of(row.tag, row.language)
        shape = level_free(np.array(row.shape))
        key = (row.language, words, row.shape)
        if not words:
            counts[junk_reason(row.tag) or "not a word"] += 1
        elif rms_db(shape) < FLAT_BELOW_DB:
            counts["flat"] += 1
        elif key in seen:
            counts["repeat"] += 1
        else:
            seen.add(key)
            counts["used"] += 1
            contributions += [
                Contribution(
                    word=word,
                    language=row.language,
                    source="socialfx",
                    group=f"socialfx {number}",
                    person=f"socialfx {number}",
                    curve_db=SHAPE_DB * unit(shape),
                    consistency=min(max(row.consistency, 0.0), 1.0),
                )
                for word in words
            ]
    return contributions, dict(counts)


def legal(numbers: Sequence[float]) -> tuple[float, ...] | None:
    """The 13 numbers within their ranges: a hair outside moves to the edge, more is no setting at all."""
    gain, freq, q = (-GAIN_LIMIT_DB, GAIN_LIMIT_DB), (MIN_FREQ_HZ, MAX_FREQ_HZ), (MIN_Q, MAX_Q)
    ranges = [gain, freq, *[gain, freq, q] * 3, gain, freq]
    for number, (low, high) in zip(numbers, ranges, strict=True):
        if not low - abs(low) * _HAIR <= number <= high + abs(high) * _HAIR:
            return None
    return tuple(EqSettings.from_vector(numbers, clamp=True).to_vector())
