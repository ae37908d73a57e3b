"""Answers to a blind listening set, read back against its key and summed with intervals."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semeq.errors import UsageError
from semeq.hearing.blind import FORMAT, KEY

ANSWERS = "semeq.answers/1"
_MOST_BYTES = 1 << 20
_DRAWS = 4000
_ENOUGH = 5  # listeners


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionResult:
    """One version: mean rating with its 95 % interval over listeners, how often it was rated highest."""

    source: str
    rating: float
    low: float
    high: float
    won: int
    rounds: int
    won_low: float
    won_high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindResults:
    """All versions, the best first; ``clear`` says whether the first is ahead of the second beyond chance."""

    question: str
    listeners: int
    versions: tuple[VersionResult, ...]
    clear: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return asdict(self)


def read_results(folder: Path, answers: Sequence[Path]) -> BlindResults:
    """Sum the answers to the set in ``folder``; without names, all answers-*.json in it."""
    key = _read(folder / KEY, FORMAT)
    paths = list(answers) or sorted(folder.glob("answers*.json"))
    if not paths:
        raise UsageError(f"{folder}: no answers in it; name the files that listeners saved")
    try:
        names = {one["code"]: str(one["source"]) for one in key["versions"]}
        trials = len(key["trials"])
    except (KeyError, TypeError):
        raise UsageError(f"{folder / KEY}: damaged; make the set again") from None
    codes = sorted(names)
    rounds = [_ratings(path, key, codes, trials) for path in paths]  # [listener][trial][version]
    table = np.array(rounds, dtype=np.float64)
    means = table.mean(axis=1)
    draws = np.random.default_rng(0).integers(len(means), size=(_DRAWS, len(means)))
    sampled = means[draws].mean(axis=1)
    best = table == table.max(axis=2, keepdims=True)
    alone = best & (best.sum(axis=2, keepdims=True) == 1)
    results = []
    for place, code in enumerate(codes):
        low, high = np.percentile(sampled[:, place], [2.5, 97.5])
        won, count = int(alone[:, :, place].sum()), int(table.shape[0] * table.shape[1])
        won_low, won_high = _wilson(won, count)
        results.append(
            VersionResult(
                source=names[code],
                rating=float(means[:, place].mean()),
                low=float(low),
                high=float(high),
                won=won,
                rounds=count,
                won_low=won_low,
                won_high=won_high,
            )
        )
    order = np.argsort([-one.rating for one in results])
    ahead = sampled[:, order[0]] - sampled[:, order[1]]
    clear = len(paths) >= _ENOUGH and float(np.percentile(ahead, 2.5)) > 0.0
    return BlindResults(
        question=str(key.get("question", "")),
        listeners=len(paths),
        versions=tuple(results[place] for place in order),
        clear=clear,
    )


def results_text(found: BlindResults) -> str:
    """A table, and whether it says anything."""
    lines = [found.question, f"{'version':<28} {'rating':>6}  {'95 %':>11}  highest in"]
    for one in found.versions:
        share = f"{one.won} of {one.rounds} [{one.won_low:.0%}, {one.won_high:.0%}]"
        lines.append(f"{one.source[:28]:<28} {one.rating:6.1f}  [{one.low:3.0f}, {one.high:3.0f}]   {share}")
    few = f"{found.listeners} listeners: too few to tell" if found.listeners < _ENOUGH else "no clear winner"
    lines.append(f"{found.versions[0].source} is ahead beyond chance" if found.clear else few)
    return "\n".join(lines)


def _ratings(path: Path, key: Mapping[str, Any], codes: Sequence[str], trials: int) -> list[list[float]]:
    said = _read(path, ANSWERS)
    if said.get("set") != key.get("set"):
        raise UsageError(f"{path}: answers to another listening set")
    found = said.get("ratings")
    if not isinstance(found, list) or len(found) != trials:
        raise UsageError(f"{path}: not answers to every round; ask the listener to save them again")
    rows = []
    for entry in found:
        row = [_rating(entry.get(code) if isinstance(entry, dict) else None) for code in codes]
        if any(math.isnan(one) for one in row):
            raise UsageError(f"{path}: a rating that is no number from 0 to 100; ask the listener to save them again")
        rows.append(row)
    return rows


def _rating(value: object) -> float:
    """A number from 0 to 100, or NaN."""
    fine = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 100
    return float(value) if fine else math.nan  # type: ignore[arg-type]  # a number, by the line above


def _read(path: Path, form: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        said = json.loads(data) if len(data) <= _MOST_BYTES else None
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}; give a folder that `semeq ab` made, and the answers to it"
        ) from None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("format") != form:
        raise UsageError(f"{path}: not {'a key' if form == FORMAT else 'answers'} of a listening set")
    return said


def _wilson(won: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson 1927)."""
    z = 1.96
    share = won / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
