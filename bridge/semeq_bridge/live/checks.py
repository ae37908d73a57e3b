"""Options with which sound is asked for, checked at the door."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from semeq.errors import UsageError
from semeq.hearing.reference import references
from semeq_bridge.errors import BridgeError


def check_pattern(pattern: str | None, option: str) -> None:
    """Refuse what is no regular expression."""
    from semeq_bridge.midi.table import checked_pattern

    if pattern is not None:
        try:
            checked_pattern(pattern, option)
        except BridgeError as error:
            raise UsageError(f"{error}; . means every name") from None


def check_reference(name: str, own: Iterable[str]) -> None:
    """Refuse a reference that is neither semeq's nor the user's."""
    there = [*references(), *own]
    if name not in there:
        raise UsageError(f"no reference {name!r}; there are {', '.join(there)}")


def needs(library: str) -> None:
    """Say at once that a library is missing: it will not come while it is waited for."""
    if find_spec(library) is None:
        raise BridgeError(f'the Python library {library!r} is missing: pip install "semeq[live]"')
