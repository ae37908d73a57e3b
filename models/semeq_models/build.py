"""From the data folder to the model file, with a report of what was dropped, kept and fitted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeq_models.artefact import artefact
from semeq_models.cleaning import Corpus, load_corpus
from semeq_models.vocabulary import Entry, vocabulary

_LANGUAGE_NAMES = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Build:
    """A finished model: its bytes, its word table and the corpus behind them."""

    corpus: Corpus
    entries: tuple[Entry, ...]
    data: bytes


def build_model(folder: Path) -> Build:
    """Make the model from both data files in ``folder``."""
    corpus = load_corpus(folder)
    entries = (*vocabulary(corpus, "en"), *vocabulary(corpus, "es"))
    return Build(corpus=corpus, entries=entries, data=artefact(corpus, entries))


def report(built: Build) -> str:
    """What the build did, for people: cleaning counts, every word's fit, checksum."""
    lines = [
        f"SAFE      {counts_text(built.corpus.safe_counts)}",
        f"SocialFX  {counts_text(built.corpus.socialfx_counts)}",
        *[f"{name}  {_words(built.entries, language)}" for language, name in _LANGUAGE_NAMES.items()],
        "",
        f"{'word':<18} lang  people  rows  agree  chance  confidence  strength dB  fit dB  setback dB",
    ]
    lines += [
        f"{one.word:<18} {one.language:<4} {one.contributors:7d} {one.rows:5d}  {one.agreement:5.2f}  {one.chance:6.4f}"
        f"  {one.confidence:<10}  {one.strength_db:11.2f}  {one.fit.error_db:6.2f}  {one.fit.setback_db:10.4f}"
        for one in built.entries
    ]
    errors = [one.fit.error_db for one in built.entries]
    lines += [
        "",
        f"fit error   median {np.median(errors):.2f} dB, 90th percentile {np.quantile(errors, 0.9):.2f}, "
        f"most {max(errors):.2f}; largest setback {max(one.fit.setback_db for one in built.entries):.4f} dB",
        f"sha256      {hashlib.sha256(built.data).hexdigest()}",
    ]
    return "\n".join(lines)


def counts_text(counts: Mapping[str, int]) -> str:
    """Rows read, used and dropped, with the reasons."""
    dropped = [f"{count} {why}" for why, count in sorted(counts.items()) if why not in {"rows", "used"}]
    return f"{counts['rows']} rows, {counts['used']} used; dropped: {', '.join(dropped) or 'none'}"


def _words(entries: Sequence[Entry], language: str) -> str:
    sure = [entry.confidence for entry in entries if entry.language == language]
    return f"{len(sure)} words: " + ", ".join(f"{sure.count(level)} {level}" for level in ("good", "fair", "weak"))
