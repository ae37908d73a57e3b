"""A blind listening set: versions of one programme, equally loud, under names that tell nothing, and the key to them.

Each trial has a folder with its own shuffle, `trial-01/1.wav`, `trial-01/2.wav` ...: hard links to one copy of each
version, so that no name, date or size is the same or telling across trials and N trials take the disk of one. The
price: a set that is zipped or sent grows N times, and whoever compares checksums can tell that two files are one
version (not which). Listeners who go that far are not blind by any means short of a locked room.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from semeq.audio import AudioInfo, create_audio, open_audio, same_file
from semeq.audio.disk import explained
from semeq.errors import AudioError, UsageError
from semeq.hearing.blind_page import listening_page
from semeq.loudness import LoudnessMeter
from semeq.pipeline import Progress, filtered, workers
from semeq.render import Samples, check_rate
from semeq.settings import PREAMP_LIMIT_DB, EqSettings
from semeq.sidecar import file_sha256

FORMAT = "semeq.ab/1"
KEY, PAGE = "key.json", "listen.html"
MIN_VERSIONS, MAX_VERSIONS, MAX_TRIALS = 2, 12, 99
Answer = Literal["rating", "preference", "both"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)

_WARNING = "This says which is which. Do not open it before everybody has listened."
_LENGTHS_S = 0.1
_FULL_SCALE = 1 - 2.0**-23  # the highest sample of 24 bits
_HEADROOM_DB = 0.001
_SAME_DATE_S = 946_684_800  # 2000-01-01: when a file was written would tell in which order
_TRIAL_FOLDER = re.compile(r"trial-\d\d")
_TRIAL_FILE = re.compile(r"\d{1,2}\.wav")


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindOptions:
    """How to ask; without a ``seed`` the shuffles come from the system's secrets and are kept in the key."""

    trials: int = 1
    seed: int | None = None
    question: str = "Which sounds better?"
    answer: Answer = "rating"
    overwrite: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.trials <= MAX_TRIALS:
            raise UsageError(f"trials {self.trials}: use 1 to {MAX_TRIALS}")
        if self.seed is not None and not 0 <= self.seed < 2**64:
            raise UsageError(f"seed {self.seed}: use a whole number from 0 to {2**64 - 1}")
        if not (self.question.strip() and self.question.isprintable() and len(self.question) <= 300):
            raise UsageError("question: use one line of text, up to 300 characters")
        if self.answer not in ANSWERS:
            raise UsageError(f"answer {self.answer!r}: use one of {', '.join(ANSWERS)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version: what it was, and the gain that made it as loud as the others."""

    name: str
    sha256: str
    lufs_before: float
    lufs_after: float
    gain_db: float

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and text, for JSON."""
        levels = {name: round(getattr(self, name), 3) for name in ("lufs_before", "lufs_after", "gain_db")}
        return {"name": self.name, "sha256": self.sha256} | levels


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindSet:
    """A set as its key tells it; ``trials[t][p]`` is the version that lies at place ``p`` of trial ``t``, from 0.

    ``files`` are the SHA-256 of all that a listener gets, by path inside the folder.
    """

    folder: Path
    set_id: str
    seed: int
    question: str
    answer: Answer
    versions: tuple[Version, ...]
    trials: tuple[tuple[int, ...], ...]
    files: Mapping[str, str]

    def to_key(self) -> dict[str, Any]:
        """The content of `key.json`."""
        return {
            "read_this_first": _WARNING,
            "format": FORMAT,
            "set": self.set_id,
            "seed": self.seed,
            "question": self.question,
            "answer": self.answer,
            "versions": [version.to_dict() for version in self.versions],
            "trials": [[self.versions[number].name for number in order] for order in self.trials],
            "files": dict(self.files),
        }

    def to_dict(self) -> dict[str, Any]:
        """What may be told before the listening, for JSON: nothing of which is where."""
        return {
            "folder": str(self.folder),
            "page": str(self.folder / PAGE),
            "key": str(self.folder / KEY),
            "set": self.set_id,
            "question": self.question,
            "answer": self.answer,
            "trials": len(self.trials),
            "versions": [version.to_dict() for version in self.versions],
        }


def make_blind_set(
    sources: Sequence[Path | str],
    folder: Path | str,
    options: BlindOptions = BlindOptions(),  # frozen
    progress: Progress | None = None,
) -> BlindSet:
    """Write a listening set of ``sources`` into ``folder``; it appears whole or not at all."""
    paths, folder = [Path(source) for source in sources], Path(folder)
    _check_sources(paths, folder)
    old = _old_parts(folder, options.overwrite)
    info = _common_info(paths)
    share = _shares(progress, 2 * len(paths))
    measured = [_measure(path, info.frames, share(place)) for place, path in enumerate(paths)]
    gains_db = _gains_db(paths, measured)
    seed = secrets.randbits(64) if options.seed is None else options.seed
    trials = shuffles(len(paths), options.trials, seed)
    staging = folder.resolve().parent / f".semeq-{secrets.token_hex(6)}"
    try:
        staging.mkdir(parents=True)
        after: dict[int, float] = {}
        for place, number in enumerate(trials[0]):  # in this order, so that the disk does not tell the other
            target = staging / _file(0, place)
            target.parent.mkdir(exist_ok=True)
            after[number] = _write(paths[number], target, info, gains_db[number], share(len(paths) + place))
        versions = tuple(
            Version(name=name, sha256=file_sha256(path), lufs_before=level.lufs, lufs_after=after[number], gain_db=gain)
            for number, (name, path, level, gain) in enumerate(
                zip(_names(paths), paths, measured, gains_db, strict=True)
            )
        )
        made = _dress(staging, folder, options, seed, versions, trials)
        _install(staging, folder, old)
    except OSError as error:
        raise explained(error, folder / PAGE) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return made


def shuffles(versions: int, trials: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Which version lies at which place, trial by trial, each shuffled on its own: no trial tells about another.

    >>> shuffles(3, 2, seed=1) == shuffles(3, 2, seed=1)
    True
    """
    rng = random.Random(f"{FORMAT} {seed}")
    orders = [list(range(versions)) for _ in range(trials)]
    for order in orders:
        rng.shuffle(order)
    return tuple(tuple(order) for order in orders)


# before anything is read or written


def _check_sources(paths: list[Path], folder: Path) -> None:
    if not MIN_VERSIONS <= len(paths) <= MAX_VERSIONS:
        raise UsageError(f"{len(paths)} files: give {MIN_VERSIONS} to {MAX_VERSIONS} versions of one programme")
    for number, path in enumerate(paths):
        if any(same_file(path, other) for other in paths[:number]):
            raise UsageError(f"{path}: given twice; name each version once (a copy may be a hidden control)")
        if folder.resolve() in path.resolve().parents:
            raise AudioError(f"{path}: lies in {folder}, the set's own folder; give another folder")


def _old_parts(folder: Path, overwrite: bool) -> list[Path]:
    """What an earlier set left in ``folder`` and may be replaced; anything else there stays."""
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise AudioError(f"{folder}: is a file; name a folder")
    if not overwrite:
        raise AudioError(f"{folder}: exists; choose another folder or use --force to replace the set in it")
    found = sorted(folder.iterdir())
    key = folder / KEY
    if found and not (key.is_file() and FORMAT.encode() in _head(key)):
        raise AudioError(f"{folder}: holds other things than a listening set; choose another folder")
    trials = [path for path in found if _TRIAL_FOLDER.fullmatch(path.name) and path.is_dir()]
    for trial in trials:
        for path in trial.iterdir():
            if not _TRIAL_FILE.fullmatch(path.name):
                raise AudioError(f"{path}: not of a listening set; move it away first")
    return [*(path for path in found if path.name in (KEY, PAGE)), *trials]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1000)


def _common_info(paths: list[Path]) -> AudioInfo:
    """What all files of the set will be: as short as the shortest, and floats where one is, lest a size tell."""
    infos = [_info(path) for path in paths]
    first = infos[0]
    check_rate(first.rate_hz)
    for path, info in zip(paths, infos, strict=True):
        unlike = [
            (info.rate_hz != first.rate_hz, f"{info.rate_hz} Hz, not {first.rate_hz} Hz"),
            (info.channels != first.channels, f"{info.channels} channels, not {first.channels}"),
            (abs(info.dur_s - first.dur_s) > _LENGTHS_S, f"{info.dur_s:.2f} s long, not {first.dur_s:.2f} s"),
        ]
        if said := [text for differs, text in unlike if differs]:
            raise AudioError(
                f"{path}: {'; '.join(said)} as {paths[0].name}; "
                f"give versions with one rate, the same channels and length (within {_LENGTHS_S:g} s)"
            )
    return AudioInfo(
        container="wav",
        subtype="FLOAT" if any(info.is_float for info in infos) else "PCM_24",  # no browser needs 64 bits
        rate_hz=first.rate_hz,
        channels=first.channels,
        frames=min(info.frames for info in infos),
    )


def _info(path: Path) -> AudioInfo:
    """What a file is; MP3 and OGG only estimate their length, so they are counted."""
    with open_audio(path) as reader:
        info = reader.info
        if info.container not in ("mp3", "ogg"):
            return info
        frames = 0
        while got := reader.read(1 << 16).shape[1]:
            frames += got
    return AudioInfo(
        container=info.container,
        subtype=info.subtype,
        rate_hz=info.rate_hz,
        channels=info.channels,
        frames=frames,
    )


def _names(paths: list[Path]) -> list[str]:
    """File names, or whole paths where two are alike."""
    alike = len({path.name for path in paths}) < len(paths)
    texts = [str(path) if alike else path.name for path in paths]
    return [text.encode("utf-8", "backslashreplace").decode() for text in texts]


# sound


@dataclass(frozen=True, slots=True)
class _Level:
    lufs: float
    peak: float


def _measure(path: Path, frames: int, progress: Progress | None) -> _Level:
    level = _pass(path, frames, 0.0, progress)
    if not np.isfinite(level.lufs):
        raise AudioError(f"{path}: silent; there is no loudness to match, leave it out")
    return level


def _gains_db(paths: list[Path], measured: list[_Level]) -> list[float]:
    """Down to the quietest, and all of them further down together where one would still clip."""
    quietest = min(level.lufs for level in measured)
    gains_db = [quietest - level.lufs for level in measured]
    peak = max(level.peak * 10 ** (gain / 20) for level, gain in zip(measured, gains_db, strict=True))
    together_db = -20 * float(np.log10(peak)) - _HEADROOM_DB if peak > _FULL_SCALE else 0.0
    found = [gain + together_db for gain in gains_db]
    for path, gain_db in zip(paths, found, strict=True):
        if gain_db < -PREAMP_LIMIT_DB:
            raise AudioError(f"{path}: would need {gain_db:.0f} dB to match; give versions of about one level")
    return found


def _write(path: Path, target: Path, info: AudioInfo, gain_db: float, progress: Progress | None) -> float:
    """Write one version and return how loud it is now."""
    with create_audio(target, info, overwrite=False) as writer:
        level = _pass(path, info.frames, gain_db, progress, writer.write)
    os.utime(target, (_SAME_DATE_S, _SAME_DATE_S))
    return level.lufs


def _pass(
    path: Path,
    frames: int,
    gain_db: float,
    progress: Progress | None,
    write: Callable[[Samples], None] | None = None,
) -> _Level:
    """The first ``frames`` with a gain, block by block: measured, and written where ``write`` is given."""
    settings = EqSettings.flat().with_preamp(gain_db)
    left = frames
    with open_audio(path) as reader, workers() as pool:
        meter = LoudnessMeter(reader.info.rate_hz, reader.info.channels)
        for block in filtered(path, reader, settings, "float64", "eq", pool, progress):
            after = block.after[:, :left]
            left -= after.shape[1]
            if after.shape[1]:
                meter.update(after)
                if write is not None:
                    write(after)
    return _Level(meter.integrated_lufs(), meter.peak)


def _shares(progress: Progress | None, passes: int) -> Callable[[int], Progress | None]:
    """One of several passes, as its share of the whole."""

    def part(number: int) -> Progress | None:
        if progress is None:
            return None
        told = progress
        return lambda done: told((number + done) / passes)

    return part


# the folder


def _file(trial: int, place: int) -> str:
    return f"trial-{trial + 1:02}/{place + 1}.wav"


def _dress(
    staging: Path,
    folder: Path,
    options: BlindOptions,
    seed: int,
    versions: tuple[Version, ...],
    trials: tuple[tuple[int, ...], ...],
) -> BlindSet:
    """The other trials, the page and the key."""
    first = {number: staging / _file(0, place) for place, number in enumerate(trials[0])}
    sums = {number: file_sha256(path) for number, path in first.items()}
    files = {}
    for trial, order in enumerate(trials):
        for place, number in enumerate(order):
            files[_file(trial, place)] = sums[number]
            if trial:
                _link(first[number], staging / _file(trial, place))
    known = [FORMAT, seed, options.question, options.answer, [one.to_dict() for one in versions], trials, files]
    set_id = hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]
    page = listening_page(
        set_id=set_id,
        question=options.question,
        answer=options.answer,
        trials=[[_file(trial, place) for place in range(len(order))] for trial, order in enumerate(trials)],
    )
    (staging / PAGE).write_text(page, encoding="utf-8", newline="\n")
    made = BlindSet(
        folder=folder,
        set_id=set_id,
        seed=seed,
        question=options.question,
        answer=options.answer,
        versions=versions,
        trials=trials,
        files={PAGE: file_sha256(staging / PAGE)} | files,
    )
    key = json.dumps(made.to_key(), indent=2, ensure_ascii=False) + "\n"
    (staging / KEY).write_text(key, encoding="utf-8", newline="\n")
    return made


def _link(source: Path, target: Path) -> None:
    """One more name for a file, or a copy of it where the disk knows no links."""
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _install(staging: Path, folder: Path, old: list[Path]) -> None:
    """Give the set its name; an older one goes only once the new one is whole."""
    if not folder.exists():
        staging.rename(folder)
        return
    away = staging / "old"
    new = list(staging.iterdir())
    away.mkdir()
    for path in old:
        path.rename(away / path.name)
    for path in new:
        path.rename(folder / path.name)
