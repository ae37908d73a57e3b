"""Answers to a blind listening set read back against its key: means, wins and shares, and whether they tell anything.

Answers of one person hang together, so intervals count listeners, not trials; only where one person listened alone are
trials counted, and then the result is about that person. Intervals are 95 %: bootstrap over listeners (Efron 1979,
percentiles) for ratings, Wilson (1927) for shares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any, NoReturn, cast

import numpy as np

from semeq.errors import AudioError, UsageError
from semeq.hearing.blind import ANSWERS, FORMAT, KEY, MAX_TRIALS, MAX_VERSIONS, MIN_VERSIONS, PAGE, Answer
from semeq.hearing.blind_page import ANSWERS_FORMAT
from semeq.response import Floats
from semeq.sidecar import file_sha256

MIN_LISTENERS = 6  # five who agree on one of two versions do so by chance in 6 % of all cases, six in 3 %
MAX_FILES = 1000
_MAX_BYTES = 1_000_000
_RESAMPLED = 4000
_LEVEL = 0.95
_ABOUT = {True: "this one listener", False: "the listeners"}
_FILE = re.compile(r"trial-\d\d/\d{1,2}\.wav|" + re.escape(PAGE))


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What `key.json` says; ``trials[t][p]`` is the version at place ``p``, from 0."""

    set_id: str
    question: str
    answer: Answer
    names: tuple[str, ...]
    trials: tuple[tuple[int, ...], ...]
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialAnswer:
    """One trial as answered, in the order of its places; ``preferred`` is a place from 1, 0 for no difference."""

    ratings: tuple[float | None, ...] | None
    preferred: int | None
    comment: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """One saved file of answers."""

    source: str
    listener: str
    name: str
    saved: str
    comment: str
    trials: tuple[TrialAnswer, ...]

    @property
    def person(self) -> str:
        """Who it was: answers under one name are one person's."""
        return f"name {self.name.casefold()}" if self.name else f"id {self.listener}"


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionResult:
    """What became of one version; None where nobody was asked, an interval of None where it takes more answers."""

    name: str
    mean_rating: float | None
    rating_interval: tuple[float, float] | None
    wins: float
    share: float | None
    share_interval: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """All versions in the order they were given to `semeq ab`, and in ``verdicts`` what may be concluded."""

    question: str
    listeners: int
    trials: int
    enough: bool
    versions: tuple[VersionResult, ...]
    verdicts: tuple[str, ...]
    comments: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        return asdict(self)


def read_results(folder: Path | str, files: Sequence[Path | str] = ()) -> Results:
    """Read answers back: files, folders of them, or what lies in ``folder/answers``."""
    folder = Path(folder)
    key = read_key(folder)
    paths = _answer_files(folder, [Path(file) for file in files])
    return results(key, [read_answers(path, key) for path in paths], _changed(folder, key))


def results(key: Key, answers: Sequence[Answers], notes: Sequence[str] = ()) -> Results:
    """Means, wins and shares per version, with what they allow to say."""
    told = list(notes)
    kept = _latest(answers, told)
    ratings: dict[str, list[Floats]] = {}
    wins: dict[str, list[Floats]] = {}
    missing = 0
    for one in kept:
        for order, trial in zip(key.trials, one.trials, strict=True):
            rated = _ratings(order, trial)
            chosen = _choice(order, trial, rated, key.answer)
            if rated is not None:
                ratings.setdefault(one.person, []).append(rated)
            if chosen is not None:
                wins.setdefault(one.person, []).append(chosen)
            missing += chosen is None
    if missing:
        told.append(f"{missing} of {len(kept) * len(key.trials)} trials are not fully answered and not counted")
    rated_units, won_units = _units(ratings, len(key.names)), _units(wins, len(key.names))
    total = np.sum([row for rows in wins.values() for row in rows] or [np.zeros(len(key.names))], axis=0)
    versions = tuple(_version(place, key, rated_units, won_units, total) for place in range(len(key.names)))
    whole = rated_units if key.answer == "rating" else won_units
    return Results(
        question=key.question,
        listeners=len(wins),
        trials=sum(map(len, wins.values())),
        enough=len(whole) >= MIN_LISTENERS,
        versions=versions,
        verdicts=_verdicts(key, rated_units, won_units, alone=(len(ratings) == 1, len(wins) == 1)),
        comments=tuple(_comments(kept)),
        notes=tuple(told),
    )


# what one trial says


def _ratings(order: tuple[int, ...], trial: TrialAnswer) -> Floats | None:
    """Ratings by version, where all versions have one. Shape: ``[K]``."""
    if trial.ratings is None or None in trial.ratings:
        return None
    by_version = np.zeros(len(order))
    by_version[list(order)] = cast("tuple[float, ...]", trial.ratings)
    return by_version


def _choice(order: tuple[int, ...], trial: TrialAnswer, rated: Floats | None, answer: Answer) -> Floats | None:
    """1 for the version that won, shared where several did: by preference where asked, else by the ratings."""
    if answer != "rating" and trial.preferred is not None:
        won = np.zeros(len(order))
        if trial.preferred == 0:
            return won + 1 / len(order)
        won[order[trial.preferred - 1]] = 1.0
        return won
    if answer == "preference" or rated is None:
        return None
    top = rated == rated.max()
    return np.asarray(top / top.sum())


def _latest(answers: Sequence[Answers], notes: list[str]) -> list[Answers]:
    """Whoever saved several times from one page counts as saved last."""
    found: dict[str, Answers] = {}
    for one in answers:
        before = found.get(one.listener)
        if before is not None:
            old, one = sorted((before, one), key=lambda each: each.saved)
            notes.append(f"{old.source}: saved again later as {one.source}; only that counts")
        found[one.listener] = one
    people = [one.person for one in found.values()]
    for person in sorted({person for person in people if people.count(person) > 1}):
        notes.append(f"{people.count(person)} answers under the {person} count as one listener")
    return list(found.values())


def _comments(answers: Sequence[Answers]) -> list[str]:
    said = []
    for one in answers:
        who = one.name or one.source
        said += [f"{who}, trial {n}: {trial.comment}" for n, trial in enumerate(one.trials, 1) if trial.comment]
        said += [f"{who}: {one.comment}"] if one.comment else []
    return said


# what all of them say


def _units(rows: dict[str, list[Floats]], versions: int) -> Floats:
    """What counts once in an interval: each listener's mean, or the trials of one alone. Shape: ``[U, K]``."""
    if not rows:
        return np.zeros((0, versions))
    if len(rows) == 1:
        return np.array(next(iter(rows.values())))
    return np.array([np.mean(own, axis=0) for own in rows.values()])


def _version(place: int, key: Key, rated: Floats, won: Floats, wins: Floats) -> VersionResult:
    share = float(won[:, place].mean()) if len(won) else None
    return VersionResult(
        name=key.names[place],
        mean_rating=float(rated[:, place].mean()) if len(rated) else None,
        rating_interval=bootstrap(rated[:, place]),
        wins=round(float(wins[place]), 6),
        share=share,
        share_interval=None if share is None else wilson(share, len(won)),
    )


def bootstrap(values: Floats, level: float = _LEVEL) -> tuple[float, float] | None:
    """An interval for the mean, the same at every call; None below two values. Shapes: ``[U] -> 2``."""
    if len(values) < 2:
        return None
    count = len(values)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), _RESAMPLED)
    low, high = np.quantile(drawn @ values / count, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson(share: float, count: int, level: float = _LEVEL) -> tuple[float, float]:
    """An interval for a share of ``count`` answers.

    >>> low, high = wilson(0.5, 10)
    >>> f"{low:.3f} to {high:.3f}"
    '0.237 to 0.763'
    """
    z2 = NormalDist().inv_cdf((1 + level) / 2) ** 2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = np.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _verdicts(key: Key, rated: Floats, won: Floats, *, alone: tuple[bool, bool]) -> tuple[str, ...]:
    """One sentence for each thing that was asked; "beyond chance" only against every other version at once."""
    said = []
    if key.answer != "preference":
        said.append(_too_few(rated, alone[0], "rated") or _rating_verdict(key, rated, _ABOUT[alone[0]]))
    if key.answer != "rating":
        said.append(_too_few(won, alone[1], "chosen") or _choice_verdict(key, won, _ABOUT[alone[1]]))
    return tuple(said)


def _too_few(units: Floats, alone: bool, done: str) -> str:
    if len(units) >= MIN_LISTENERS:
        return ""
    trials = "1 trial" if len(units) == 1 else f"{len(units)} trials"
    who = f"1 listener has {done}, in {trials}" if alone else f"{len(units)} listeners have {done}"
    least = f"{MIN_LISTENERS} trials or {MIN_LISTENERS} listeners" if alone else f"{MIN_LISTENERS}"
    return f"Too few answers to tell: {who}; below {least} even full agreement may be chance."


def _rating_verdict(key: Key, rated: Floats, about: str) -> str:
    best = int(np.argmax(rated.mean(axis=0)))
    others = [place for place in range(len(key.names)) if place != best]
    level = 1 - (1 - _LEVEL) / len(others)  # Bonferroni: the best of many is best by chance more often
    apart = [bootstrap(rated[:, best] - rated[:, place], level) for place in others]
    if all(interval is not None and interval[0] > 0 for interval in apart):
        return f"{key.names[best]} is rated highest by {about}, beyond chance."
    return "No version is rated higher than all others beyond chance."


def _choice_verdict(key: Key, won: Floats, about: str) -> str:
    shares = won.mean(axis=0)
    best = int(np.argmax(shares))
    low, _ = wilson(float(shares[best]), len(won), 1 - (1 - _LEVEL) / len(key.names))
    if low > 1 / len(key.names):
        return f"{key.names[best]} is chosen by {about} more often than chance would."
    return "No version is chosen more often than chance would."


# files


def read_key(folder: Path) -> Key:
    """Read and check `key.json`."""
    path = folder / KEY
    said = _read_json(path, f"give the folder that `semeq ab` made, with its {KEY}")
    if said.get("format") != FORMAT:
        raise AudioError(f"{path}: not the key of a listening set ({FORMAT}); give the folder that `semeq ab` made")
    try:
        return _checked_key(said)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise AudioError(f"{path}: damaged key; make the set again, or restore it") from None


def _checked_key(said: dict[str, Any]) -> Key:
    raw = [version["name"] for version in said["versions"]]
    names = tuple(_text(name, 5000) for name in raw)
    trials = tuple(tuple(raw.index(name) for name in order) for order in said["trials"])
    files = {_text(name, 100): _text(checksum, 64) for name, checksum in said["files"].items()}
    sound = (
        MIN_VERSIONS <= len(names) <= MAX_VERSIONS
        and 1 <= len(trials) <= MAX_TRIALS
        and all(sorted(order) == list(range(len(names))) for order in trials)
        and all(_FILE.fullmatch(name) for name in files)
        and said["answer"] in ANSWERS
    )
    if not sound:
        raise ValueError
    return Key(
        set_id=_text(said["set"], 100),
        question=_text(said["question"], 300),
        answer=said["answer"],
        names=names,
        trials=trials,
        files=files,
    )


def read_answers(path: Path, key: Key) -> Answers:
    """Read what the page saved; anything else is refused in one line."""
    advice = f"give what 'Save answers' in {PAGE} saved"
    said = _read_json(path, advice)
    if said.get("format") != ANSWERS_FORMAT:
        raise AudioError(f"{path}: not answers ({ANSWERS_FORMAT}); {advice}")
    if said.get("set") != key.set_id:
        raise AudioError(f"{path}: answers of another set, not of {key.set_id}; give those to this one")
    try:
        trials = said["trials"]
        if not isinstance(trials, list) or len(trials) != len(key.trials):
            raise ValueError(f"{len(key.trials)} trials are wanted")
        return Answers(
            source=_printable(path.name),
            listener=_text(said["listener"], 64),
            name=_text(said["name"], 200),
            saved=_text(said["saved"], 64),
            comment=_text(said["comment"], 4000),
            trials=tuple(_trial(one, number, key) for number, one in enumerate(trials, 1)),
        )
    except KeyError as error:
        raise AudioError(f"{path}: damaged answers ({error} is missing); {advice}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise AudioError(f"{path}: damaged answers ({error}); {advice}") from None


def _trial(said: Any, number: int, key: Key) -> TrialAnswer:
    if not isinstance(said, dict) or said["trial"] != number:
        raise ValueError(f"trial {number} is not where it belongs")
    places = len(key.names)
    ratings, preferred = said["ratings"], said["preferred"]
    if ratings is not None:
        if not isinstance(ratings, list) or len(ratings) != places:
            raise ValueError(f"trial {number}: {places} ratings are wanted")
        ratings = tuple(None if value is None else _rating(value, number) for value in ratings)
    if preferred is not None and not 0 <= _whole(preferred) <= places:
        raise ValueError(f"trial {number}: preferred is 0 to {places}")
    return TrialAnswer(ratings=ratings, preferred=preferred, comment=_text(said["comment"], 4000))


def _rating(value: Any, trial: int) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
        raise ValueError(f"trial {trial}: ratings are numbers from 0 to 100")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number is wanted")
    return value


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"text of up to {longest} characters is wanted")
    return _printable(value)


def _printable(text: str) -> str:
    """One line without what would steer a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _read_json(path: Path, advice: str) -> dict[str, Any]:
    """The object in a small JSON file."""
    try:
        if path.exists() and not path.is_file():
            raise AudioError(f"{path}: not a file; {advice}")
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise AudioError(f"{path}: larger than {_MAX_BYTES // 1000} kB; {advice}")
        said = json.loads(raw, parse_constant=_refuse)
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}; {advice}") from None
    except (ValueError, RecursionError):
        raise AudioError(f"{path}: not JSON; {advice}") from None
    if not isinstance(said, dict):
        raise AudioError(f"{path}: not a JSON object; {advice}")
    return said


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _answer_files(folder: Path, files: list[Path]) -> list[Path]:
    """The files themselves, those in folders, or those in the set's own folder for answers."""
    found: list[Path] = []
    for path in files or [folder / "answers"]:
        inside = sorted(path.glob("*.json")) if path.is_dir() else []
        if path.is_dir() and not inside:
            raise AudioError(f"{path}: holds no answers (*.json); put what the listeners saved there")
        found += inside or [path]
    if not files and not (folder / "answers").exists():
        raise UsageError(f"no answers given; name the files, or put them into {folder / 'answers'}")
    if len(found) > MAX_FILES:
        raise AudioError(f"{len(found)} files of answers: give up to {MAX_FILES}")
    return found


def _changed(folder: Path, key: Key) -> list[str]:
    """Notes on files of the set that are gone, or are no longer what was made."""
    sums: dict[tuple[int, int], str] = {}
    changed, gone = [], []
    for name, checksum in key.files.items():
        path = folder / name
        try:
            status = path.stat()
            place = (status.st_dev, status.st_ino)
            if place not in sums or not status.st_ino:  # a version has one name in each trial; read it once
                sums[place] = file_sha256(path)
            if sums[place] != checksum:
                changed.append(name)
        except OSError:
            gone.append(name)
    notes = []
    for names, said in (
        (changed, "no longer what this set was made with; answers may be about other sound"),
        (gone, "cannot be read, so they are not checked"),
    ):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            notes.append(f"{', '.join(names[:3])}{more}: {said}")
    return notes
