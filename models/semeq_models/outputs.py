"""Where files are to go: asked before long work, so that none is done for nothing."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile

from semeq.errors import UsageError
from semeq_models.errors import DataError


def check_file(path: Path) -> None:
    """Refuse a path that no file can be written to: a folder, one in no folder, one where nothing may be written."""
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: {'a folder' if path.is_dir() else 'no file'}; name a file with -o")
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}; make it first or choose another place")
        _write_into(path.parent)
    except OSError as error:
        raise DataError(f"{path}: cannot be written there ({error.strerror}); name another file with -o") from None


def check_folder(folder: Path) -> None:
    """Refuse a folder in which no file can be written; it need not be there yet."""
    try:
        place = folder.absolute()
        _write_into(next((one for one in (place, *place.parents) if one.exists()), place))
    except OSError as error:
        raise DataError(f"{folder}: cannot be written there ({error.strerror}); name another folder") from None


def _write_into(folder: Path) -> None:
    """What the permissions say is not always so: try it."""
    with TemporaryFile(dir=folder):
        pass
