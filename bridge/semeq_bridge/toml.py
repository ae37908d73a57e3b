"""TOML files of a user, read and checked: every refusal names the place, the key and what it takes."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semeq_bridge.errors import BridgeError


def read_toml(path: Path) -> dict[str, Any]:
    """What a file says."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BridgeError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BridgeError(f"{path}: no TOML: {error}") from None


def one_of(said: Mapping[str, Any], key: str, known: Sequence[str], where: str, usual: str | None = None) -> Any:
    """One of some words; the first, or ``usual``, where nothing is said."""
    value = said.get(key, usual or known[0])
    if value not in known:
        raise BridgeError(f"{where}: {key} is one of {', '.join(known)}")
    return value


def whole(value: Any, low: int, high: int, what: str) -> int:
    """A whole number within its range."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BridgeError(f"{what} is a whole number, {low} to {high}")
    return value


def real(value: Any, what: str) -> float:
    """A number, no NaN; infinity only where it is the usual one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        raise BridgeError(f"{what} is a number")
    return float(value)


def listed(said: Mapping[str, Any], key: str, what: str) -> list[Any]:
    """A list; an empty one where nothing is said."""
    value = said.get(key, [])
    if not isinstance(value, list):
        raise BridgeError(what)
    return value
