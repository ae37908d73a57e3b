"""Presets into the folders where programs look for them, and out again; what is not ours is never lost.

What was written is kept in a list, with checksums: only that is ever replaced or removed without being asked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from semeq.personal_file import words_file
from semeq_presets import reaper_ini
from semeq_presets.disk import read_whole, write_whole
from semeq_presets.errors import FormatError, PresetError
from semeq_presets.export import files_of
from semeq_presets.formats.reaper import block
from semeq_presets.preset import Preset
from semeq_presets.table import FORMATS, Format, System

LIST = "semeq.installed/1"
_INCLUDE = "Include: {}"
Action = Literal["new", "ours", "same", "replaced", "added", "removed", "restored", "kept"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that is done to one file."""

    path: Path
    action: Action
    detail: str = ""

    def __str__(self) -> str:
        said = {
            "new": "written",
            "ours": "written again",
            "same": "there already",
            "replaced": "replaced",
            "added": "added to",
            "removed": "removed",
            "restored": "the old one is back",
            "kept": "kept: it was changed since",
        }[self.action]
        return f"{self.path}: {said}{f' ({self.detail})' if self.detail else ''}"


def installable() -> tuple[str, ...]:
    """The formats whose folder on this system is known."""
    return tuple(name for name, form in FORMATS.items() if _system() in form.folders)


def folder_of(form: Format) -> Path:
    """Where the program looks for presets on this system: the first place that is there, else the usual one."""
    places = form.folders.get(_system())
    if places is None:
        here = ", ".join(installable())
        raise FormatError(f"{form.name}: no folder known on this system; these have one: {here}; or export -o FOLDER")
    options = [Path(_expanded(place)) for place in places.split("|")]
    return next((one for one in options if one.parent.is_dir()), options[-1])


def _system() -> System:
    return "win32" if sys.platform == "win32" else "darwin" if sys.platform == "darwin" else "linux"


def _expanded(place: str) -> str:
    usual = {
        "$XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME") or "~/.config",
        "$XDG_DATA_HOME": os.environ.get("XDG_DATA_HOME") or "~/.local/share",
        "%APPDATA%": os.environ.get("APPDATA") or "~/AppData/Roaming",
        "%PROGRAMFILES%": os.environ.get("PROGRAMFILES") or "C:/Program Files",
    }
    for name, value in usual.items():
        place = place.replace(name, value)
    return str(Path(place).expanduser())


def install(
    presets: Sequence[Preset],
    form: Format,
    *,
    force: bool = False,
    dry_run: bool = False,
    include: bool = False,
) -> list[Step]:
    """Write presets into the program's own folder; with ``dry_run`` only say what would be done."""
    folder = folder_of(form)
    if include and form.name != "apo":
        raise FormatError(f"--include is for apo; {form.name} needs none")
    known = _read_list()
    if form.name == "reaper-ini":
        return _install_ini(folder / reaper_ini.FILE_NAME, presets, known, force=force, dry_run=dry_run)
    files = {folder / name: data for preset in presets for name, data in files_of(form, preset).items()}
    steps = [_step(path, data, known, force=force) for path, data in files.items()]
    for step, (path, data) in zip(steps, files.items(), strict=True):
        if dry_run or step.action == "same":
            continue
        entry = known["files"].get(str(path), {})
        if step.action == "replaced":
            entry = {"backup": str(_back_up(path))}
        write_whole(path, data)
        known["files"][str(path)] = entry | {"format": form.name, "sha256": _sha256(data)}
        _write_list(known)  # after every file: what is written is known, whatever happens next
    if include:  # last: only what is there can be included
        steps += _include(folder / "config.txt", [path.name for path in files], known, dry_run=dry_run)
    return steps


def _step(path: Path, data: bytes, known: Mapping[str, Any], *, force: bool) -> Step:
    """What would happen to one file; refuses what is not ours."""
    if not path.exists():
        return Step(path=path, action="new")
    there = _sha256(read_whole(path))
    ours = known["files"].get(str(path), {}).get("sha256") == there
    if there == _sha256(data):
        return Step(path=path, action="same")  # where somebody else put it, it stays theirs
    if ours:
        return Step(path=path, action="ours")
    if not force:
        raise PresetError(f"{path}: not written by semeq, or changed since; --force replaces it and keeps a backup")
    return Step(path=path, action="replaced", detail=f"the old one is kept as {_backup_of(path).name}")


def _install_ini(
    path: Path, presets: Sequence[Preset], known: dict[str, Any], *, force: bool, dry_run: bool
) -> list[Step]:
    old = read_whole(path) if path.exists() else b""
    names = reaper_ini.names_in(old)
    ours = known["reaper"].setdefault(str(path), [])
    new = {preset.title: block(preset.settings, preset.rate_hz) for preset in presets}
    theirs = [name for name in new if name in names and name not in ours]
    if theirs and not force:
        raise PresetError(f"{path}: has a preset {theirs[0]!r} that is not ours; --force replaces it, or use --name")
    data = reaper_ini.with_presets(old, new)
    steps = [Step(path=path, action="ours" if name in names else "added", detail=name) for name in new]
    if dry_run:
        return steps
    if old and (theirs or not ours):
        _back_up(path)
    write_whole(path, data)
    ours += [name for name in new if name not in ours]
    _write_list(known)
    return steps


def _include(path: Path, names: Iterable[str], known: dict[str, Any], *, dry_run: bool) -> list[Step]:
    """Lines for Equalizer APO's own configuration."""
    old = read_whole(path) if path.exists() else b""
    lines = [_INCLUDE.format(name) for name in names]
    missing = [line for line in lines if line.encode() not in old.splitlines()]
    if not missing:
        return []
    if not dry_run:
        if old:
            _back_up(path)
        newline = b"\r\n" if b"\r\n" in old else b"\n"
        start = old if not old or old.endswith(b"\n") else old + newline
        write_whole(path, start + b"".join(line.encode() + newline for line in missing))
        known["includes"] = sorted({*known["includes"], *missing})
        _write_list(known)
    return [Step(path=path, action="added", detail=line) for line in missing]


def uninstall(form: Format | None = None, *, dry_run: bool = False) -> list[Step]:
    """Remove what was installed, of one format or all; files changed since stay, replaced ones come back."""
    known = _read_list()
    steps: list[Step] = []
    for name, entry in sorted(known["files"].items()):
        if form is not None and entry.get("format") != form.name:
            continue
        path = Path(name)
        steps.append(_removed(path, entry, dry_run=dry_run))
        if not dry_run:
            del known["files"][name]
            _write_list(known)
    if form is None or form.name == "reaper-ini":
        for name, names in sorted(known["reaper"].items()):
            path = Path(name)
            if names and path.exists():
                if not dry_run:
                    write_whole(path, reaper_ini.without_presets(read_whole(path), names))
                steps += [Step(path=path, action="removed", detail=one) for one in names]
            if not dry_run:
                known["reaper"][name] = []
                _write_list(known)
    if (form is None or form.name == "apo") and known["includes"]:
        steps += _excluded(known, dry_run=dry_run)
    return steps


def _excluded(known: dict[str, Any], *, dry_run: bool) -> list[Step]:
    path = folder_of(FORMATS["apo"]) / "config.txt"
    lines = [line.encode() for line in known["includes"]]
    if path.exists() and not dry_run:
        kept = [line for line in read_whole(path).splitlines(keepends=True) if line.strip() not in lines]
        write_whole(path, b"".join(kept))
    if not dry_run:
        known["includes"] = []
        _write_list(known)
    return [Step(path=path, action="removed", detail=line.decode()) for line in lines]


def _removed(path: Path, entry: Mapping[str, str], *, dry_run: bool) -> Step:
    if path.exists() and _sha256(read_whole(path)) != entry.get("sha256"):
        return Step(path=path, action="kept")
    backup = Path(entry["backup"]) if entry.get("backup") else None
    if dry_run:
        return Step(path=path, action="restored" if backup and backup.exists() else "removed")
    try:
        if backup is not None and backup.exists():
            backup.replace(path)
            return Step(path=path, action="restored")
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PresetError(f"{path}: {error.strerror}; change the rights and try again") from None
    if path.parent.suffix == ".lv2":
        with contextlib.suppress(OSError):
            path.parent.rmdir()  # only where it is empty now
    return Step(path=path, action="removed")


def _backup_of(path: Path) -> Path:
    """The first free name for a backup."""
    first = path.with_name(f"{path.name}.semeq-backup")
    number, name = 1, first
    while name.exists():
        number += 1
        name = first.with_name(f"{first.name}-{number}")
    return name


def _back_up(path: Path) -> Path:
    backup = _backup_of(path)
    write_whole(backup, read_whole(path))
    return backup


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _list_file() -> Path:
    return Path(words_file()).with_name("presets-installed.json")


def _read_list() -> dict[str, Any]:
    path = _list_file()
    empty: dict[str, Any] = {"format": LIST, "files": {}, "reaper": {}, "includes": []}
    if not path.exists():
        return empty
    try:
        said = json.loads(read_whole(path))
        if said["format"] != LIST or not isinstance(said["files"], dict):
            raise KeyError
    except (ValueError, KeyError, TypeError):
        raise PresetError(f"{path}: damaged; move it away, then presets count as not written by semeq") from None
    return {**empty, **said}


def _write_list(known: Mapping[str, Any]) -> None:
    text = json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(_list_file(), text.encode("utf-8"))
