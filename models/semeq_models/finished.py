"""Finished models are named, or given as files: an unknown name is a wrong request, a damaged file a failure."""

from __future__ import annotations

from pathlib import Path

from semeq.errors import UsageError
from semeq.weights import shipped


def checked_name(name: str, *formats: str) -> str:
    """``name``, if something of these formats is shipped under it, or if it is a path that leads somewhere.

    >>> checked_name("v3", "semeq.model/2")
    'v3'
    """
    names = sorted(one for format in formats for one in shipped(format))
    if name not in names and _leads_nowhere(name):
        raise UsageError(f"no model {name!r}; choose one of: {', '.join(names)}, or give a file")
    return name


def _leads_nowhere(name: str) -> bool:
    try:
        Path(name).stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):  # who reads it says what is wrong with it
        return False
    return False
