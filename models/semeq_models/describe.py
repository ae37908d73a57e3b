"""What is in the two CSV files: rows, words, junk, contributors, ranges, agreement; numbers only, nobody's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semeq.language import LANGUAGES, Language
from semeq.latent import FREQS, GAINS, QS
from semeq_models.agreement import agreement, chances
from semeq_models.cleaning import Contribution, load_corpus
from semeq_models.consensus import voices
from semeq_models.curves import rms_db
from semeq_models.safe import PUBLISHED_SHA256, SafeRow, load_safe
from semeq_models.socialfx import SocialFxRow, load_socialfx
from semeq_models.tables import Reading

TOP_WORDS, LEAST_ROWS, AIR_HZ = 12, 5, 10_000.0
_PARAMETERS = {**dict.fromkeys(GAINS, "gain dB"), **dict.fromkeys(FREQS, "Hz"), **dict.fromkeys(QS, "Q")}
_BANDS = ("low shelf",) * 2 + ("bell 1",) * 3 + ("bell 2",) * 3 + ("bell 3",) * 3 + ("high shelf",) * 2
_SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class WordFacts:
    """One word: its rows and people, how far those agree, and how often as many at random agree as well."""

    word: str
    language: str
    rows: int
    people: int
    agreement: float
    chance: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FileFacts:
    """One file as it was read: ``dropped`` by reason, ``bad_lines`` the first few lines of each kind of bad row."""

    name: str
    sha256: str
    published: bool | None
    encoding: str
    rows: int
    used: int
    dropped: dict[str, int]
    bad_lines: dict[str, list[int]]
    tags: int
    words: int
    common_words: int
    top: list[WordFacts]
    more: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """Both files, or the one there is."""

    files: tuple[FileFacts, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def describe(safe: Path | None, socialfx: Path | None = None, *, include_audio: bool | Path = False) -> Description:
    """Describe the files that are given; ``include_audio`` looks at the audio features of SAFE-DB too.

    >>> from tempfile import TemporaryDirectory
    >>> from semeq_models.made_up import made_up_files
    >>> with TemporaryDirectory() as folder:
    ...     found = describe(*made_up_files(Path(folder)))
    >>> [one["rows"] for one in found.to_dict()["files"]]
    [40, 40]
    """
    files = []
    if safe is not None:
        data = load_safe(safe, include_audio=include_audio)
        corpus = load_corpus(safe, None)
        more = _safe_facts(data.rows, corpus.contributions, audio=bool(include_audio))
        known = data.reading.sha256 == PUBLISHED_SHA256
        files.append(_facts(safe, data.reading, known, data.rows, corpus.contributions, corpus.safe_counts, more))
    if socialfx is not None:
        drawn = load_socialfx(socialfx)
        corpus = load_corpus(None, socialfx)
        more = _socialfx_facts(drawn.rows)
        files.append(
            _facts(socialfx, drawn.reading, None, drawn.rows, corpus.contributions, corpus.socialfx_counts, more)
        )
    return Description(files=tuple(files))


def _facts(
    path: Path,
    reading: Reading,
    published: bool | None,
    rows: Sequence[SafeRow | SocialFxRow],
    said: Sequence[Contribution],
    counts: dict[str, int],
    more: dict[str, Any],
) -> FileFacts:
    per_word: Counter[tuple[Language, str]] = Counter((one.language, one.word) for one in said)
    return FileFacts(
        name=path.name,
        sha256=reading.sha256,
        published=published,
        encoding=reading.encoding,
        rows=counts["rows"],
        used=counts["used"],
        dropped={why: count for why, count in sorted(counts.items()) if why not in {"rows", "used"}},
        bad_lines={why: list(lines[:5]) for why, lines in reading.bad_lines.items()},
        tags=len({row.tag for row in rows}),
        words=len(per_word),
        common_words=sum(count >= LEAST_ROWS for count in per_word.values()),
        top=_top_words(said, per_word),
        more=more,
    )


def _top_words(said: Sequence[Contribution], per_word: Counter[tuple[Language, str]]) -> list[WordFacts]:
    facts = []
    for language in LANGUAGES:
        heard = voices(one for one in said if one.language == language)
        odds = chances(heard) if heard else {}
        for (spoken, word), rows in per_word.items():
            if spoken == language:
                shapes = np.stack([voice.shape for voice in heard[word]])
                facts.append(
                    WordFacts(
                        word=word,
                        language=language,
                        rows=rows,
                        people=len(shapes),
                        agreement=round(agreement(shapes), 3),
                        chance=round(odds[word], 4),
                    )
                )
    return sorted(facts, key=lambda one: (-one.rows, one.word))[:TOP_WORDS]


def _safe_facts(rows: Sequence[SafeRow], said: Sequence[Contribution], *, audio: bool) -> dict[str, Any]:
    numbers = np.array([one.settings for one in said]).reshape(-1, 13)
    common = [one for one in said if one.word in ("warm", "bright")]
    largest = sum(count for _, count in Counter(one.group for one in common).most_common(3))
    bright = np.array([one.settings[12] for one in said if one.word == "bright"])
    filled: dict[str, list[str] | list[bool]] = {
        "genre": [row.genre for row in rows],
        "instrument": [row.instrument for row in rows],
        "place": [row.has_place for row in rows],
        "experience": [row.experience for row in rows],
        "age": [row.has_age for row in rows],
        "language": [row.language for row in rows],
    }
    facts: dict[str, Any] = {
        "contributors": len({row.contributor for row in rows}),
        "people": len({one.person for one in said}),
        "share of warm and bright by three contributors": _share(largest, len(common)),
        "bright rows with a high shelf above 10 kHz": _share(int(np.sum(bright > AIR_HZ)), len(bright)),
        "strength dB (level-free RMS)": _quantiles(rms_db(np.array([one.curve_db for one in said])).tolist()),
        "filled in": {name: _share(sum(bool(cell) for cell in cells), len(rows)) for name, cells in filled.items()},
        "ranges": {
            f"{_BANDS[place]}, {_PARAMETERS[place]}": _quantiles(numbers[:, place].tolist()) for place in range(13)
        },
    }
    if audio:
        both = sum(row.before is not None and row.after is not None for row in rows)
        facts["rows with audio features before and after"] = both
    return facts


def _socialfx_facts(rows: Sequence[SocialFxRow]) -> dict[str, Any]:
    count = Counter(row.language for row in rows)
    return {
        "rows by language": {LANGUAGES[language]: count[language] for language in LANGUAGES},
        "consistency of the ratings": _quantiles([row.consistency for row in rows]),
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


def _quantiles(numbers: Sequence[float]) -> list[float]:
    """Least, 5 %, median, 95 %, most."""
    return [round(float(value), 3) for value in np.quantile(numbers, _SHARES)] if numbers else []


def description_text(found: Description) -> str:
    """The same for people."""
    return "\n\n".join("\n".join(_file_lines(one)) for one in found.files)


def _file_lines(one: FileFacts) -> list[str]:
    kind = {True: ", the published file", False: ", not the published file", None: ""}[one.published]
    dropped = ", ".join(f"{count} {why}" for why, count in one.dropped.items()) or "none"
    lines = [
        f"{one.name}{kind} ({one.encoding}, sha256 {one.sha256[:12]})",
        f"  rows       {one.rows}, {one.used} used; dropped: {dropped}",
        f"  words      {one.tags} spellings, {one.words} words, {one.common_words} with {LEAST_ROWS} rows or more",
    ]
    lines += [f"  bad rows   {why}: lines {', '.join(map(str, at))}" for why, at in one.bad_lines.items()]
    lines += ["", f"  {'word':<14} {'language':<9} {'rows':>5} {'people':>7} {'agreement':>10} {'chance':>7}"]
    for word in one.top:
        figures = f"{word.rows:5d} {word.people:7d} {word.agreement:10.2f} {word.chance:7.4f}"
        lines.append(f"  {word.word:<14} {word.language:<9} {figures}")
    lines.append("")
    for name, value in one.more.items():
        if name == "ranges":
            lines += ["", f"  {'ranges':<22} {'least':>9} {'5 %':>9} {'median':>9} {'95 %':>9} {'most':>9}"]
            lines += [f"  {what:<22} " + " ".join(f"{v:9.4g}" for v in spread) for what, spread in value.items()]
        elif isinstance(value, dict):
            said = ", ".join(f"{key} {_said(part)}" for key, part in value.items())
            lines.append(f"  {name}: {said}")
        elif isinstance(value, list):
            least, low, middle, high, most = value or [0.0] * 5
            lines.append(f"  {name}: median {middle:g}, 5 % {low:g}, 95 % {high:g}, from {least:g} to {most:g}")
        else:
            lines.append(f"  {name}: {_said(value)}")
    return lines


def _said(value: float | int) -> str:
    return f"{value:.0%}" if isinstance(value, float) else f"{value}"
