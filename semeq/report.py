"""What the commands say about curves and words, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semeq.model import Word
from semeq.response import auto_preamp_db, log_grid_hz, peak_db, response_db
from semeq.settings import EqSettings
from semeq.suggest import Suggestion
from semeq.terminal import SPARK_POINTS, band_table, db_text, sparkline


def strength(asked: Suggestion) -> str:
    """How strongly the words were asked for, and how strongly people set them."""
    typical_db = sum(
        abs(part.weight) * word.strength_db for part, word in zip(asked.request.parts, asked.words, strict=True)
    )
    typical_db /= sum(abs(part.weight) for part in asked.request.parts)
    if all(word.confidence == "own" for word in asked.words):
        return f"{way(asked)}intensity {asked.intensity:g}, your own"
    return f"{way(asked)}intensity {asked.intensity:g}; people typically set {typical_db:.1f} dB RMS"


def way(asked: Suggestion) -> str:
    """Which of the ways to mean the words was asked for, with a comma after it."""
    if asked.variant is not None:
        [word] = asked.words
        share = word.variants[asked.variant - 1].share
        return f"variant {asked.variant} of {len(word.variants)} ({share:.0%} of people), "
    return f"variation {asked.vary}, " if asked.vary is not None else ""


def eq_text(asked: Suggestion, settings: EqSettings, title: str, rate_hz: float) -> str:
    """The bands of an answer and its peak."""
    preamp = db_text(auto_preamp_db(settings, rate_hz))
    end = f"peak {db_text(peak_db(settings, rate_hz))}; preamp that keeps it from clipping {preamp}"
    heard = [str(asked.adapted)] if asked.adapted else []
    return "\n".join([f"{title}, {strength(asked)}", *heard, band_table(settings), end])


def eq_dict(asked: Suggestion, settings: EqSettings, rate_hz: float) -> dict[str, Any]:
    """The same for machines."""
    return {
        "request": str(asked.request),
        "intensity": asked.intensity,
        "variant": asked.variant,
        "vary": asked.vary,
        "model": asked.model,
        "language": asked.request.language,
        "words": [
            {"word": part.word, "weight": part.weight, "confidence": word.confidence, "agreement": word.agreement}
            for part, word in zip(asked.request.parts, asked.words, strict=True)
        ],
        **({"adapted": asked.adapted.to_dict()} if asked.adapted else {}),
        "settings": settings.to_dict(),
        "auto_preamp_db": auto_preamp_db(settings, rate_hz),
    }


def words_text(listed: Sequence[Word], *, ascii_only: bool) -> str:
    """One line a word: its curve from 20 Hz to 20 kHz, who uses it, how far they agree."""
    grid = log_grid_hz(points=SPARK_POINTS)
    width = max((len(word.name) for word in listed), default=4)
    lines = [f"{'word':<{width}}  20 Hz{' ' * 13}20 kHz  people  agree  confidence  opposite, synonyms, variants"]
    for word in listed:
        curve = sparkline(response_db(word.settings, grid), ascii=ascii_only)
        figures = f"{word.contributors:6d}  {word.agreement:5.2f}  {word.confidence:<10}"
        ways = f"{len(word.variants)} variants" if word.variants else ""
        opposite = f"not {word.opposite}" if word.opposite else ""
        more = "; ".join(filter(None, [opposite, ", ".join(word.synonyms), ways]))
        lines.append(f"{word.name:<{width}}  {curve}  {figures}  {more}".rstrip())
    return "\n".join(lines)


def words_rows(listed: Sequence[Word]) -> list[dict[str, Any]]:
    """The same for machines, with the settings at intensity 1."""
    return [
        {
            **word.to_dict(),
            "settings": word.settings.to_dict(),
            "variants": [{"share": one.share, "settings": one.settings.to_dict()} for one in word.variants],
        }
        for word in listed
    ]
