"""Where the two data files lie: options, an environment variable, or the shared folder next door."""

from __future__ import annotations

import os
from pathlib import Path

from semeq_models.errors import DataError

SAFE_FILE = "SAFEEqualiserUserData.csv"
SOCIALFX_FILE = "socialfx_eq_contributions.csv"
VARIABLE = "SEMEQ_DATA"

_REPOSITORY = Path(__file__).resolve().parents[2]


def data_folder(given: Path | None = None) -> Path:
    """The folder that holds both files: ``given``, else $SEMEQ_DATA, else ``../shared/data`` where it exists."""
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    places = [named] if named else [base.parent / "shared" / "data" for base in (_REPOSITORY, Path.cwd())]
    for folder in places:
        if (folder / SAFE_FILE).is_file() and (folder / SOCIALFX_FILE).is_file():
            return folder
    where = f"{named} lacks one; put both there" if named else f"name their folder with --data or {VARIABLE}"
    raise DataError(f"the data files {SAFE_FILE} and {SOCIALFX_FILE} are needed: {where}")


def data_files(
    data: Path | None = None, safe: Path | None = None, socialfx: Path | None = None
) -> tuple[Path | None, Path | None]:
    """The two files: a named one is taken as it is; one that is not named comes from a folder, if one is named.

    With only one file named and no folder, the other data set is left out.
    """
    if safe is not None and socialfx is not None:
        return safe, socialfx
    if data is None and (safe is not None or socialfx is not None):
        return safe, socialfx
    folder = data_folder(data)
    return safe or folder / SAFE_FILE, socialfx or folder / SOCIALFX_FILE
