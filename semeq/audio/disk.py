"""What the system says about files, as one line that tells what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from semeq.errors import AudioError


def explained(error: BaseException, path: Path) -> BaseException:
    """The one line for an error of the system; any other error as it is."""
    if not isinstance(error, OSError):
        return error
    folder = path.parent
    match error.errno:
        case errno.ENOENT if not folder.is_dir():
            text = f"{folder}: no such folder; create it or choose another"
        case errno.ENOENT:
            text = f"{path}: no such file; check the name"
        case errno.EISDIR:
            text = f"{path}: a folder; name an audio file"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            text = f"{path}: no permission; change the rights or choose another folder"
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            text = f"no space left on {folder}: free some or write elsewhere"
        case _:
            text = f"{path}: {error.strerror or error}; check the disk and try again"
    return AudioError(text)
