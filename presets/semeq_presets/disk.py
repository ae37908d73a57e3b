"""Files written whole or not at all; what exists is replaced only where that was asked for."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Mapping
from pathlib import Path

from semeq_presets.errors import PresetError

MOST_BYTES = 32_000_000


def write_files(files: Mapping[Path, bytes], *, overwrite: bool = False) -> None:
    """Write all of them; none where one exists that says something else."""
    for path, data in files.items():
        if not overwrite and path.exists() and not _same(path, data):
            raise PresetError(f"{path}: exists; use --force to replace it, or give another folder with -o")
    made: set[Path] = set()
    for path, data in files.items():
        write_whole(path, data, folder_is_there=path.parent in made)
        made.add(path.parent)


def _same(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def write_whole(path: Path, data: bytes, *, folder_is_there: bool = False) -> None:
    """Under a temporary name, then renamed: nobody reads half a file, and an old one survives a full disk."""
    draft = path.with_name(f".{path.name[:80]}.{os.getpid()}.part")
    try:
        if not folder_is_there:
            path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise PresetError(_why(error, path)) from None
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _why(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"no space left on {path.parent}: free some or write elsewhere"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path}: no permission; change the rights or choose another folder with -o"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"{path.parent}: a file, not a folder; choose another folder with -o"
    if error.errno == errno.EISDIR:
        return f"{path}: a folder; name a file"
    return f"{path}: {error.strerror or error}; it was not written, give another place"


def read_whole(path: Path) -> bytes:
    """The bytes of a file; none is read that is too large to be a preset."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PresetError(f"{path}: {error.strerror or error}; give a preset file") from None
    if len(data) > MOST_BYTES:
        raise PresetError(f"{path}: larger than {MOST_BYTES // 1_000_000} MB; no preset is")
    return data
