"""What can go wrong with training data, foreseen."""

from __future__ import annotations

from semeq.errors import SemeqError


class DataError(SemeqError):
    """A training data file is missing or cannot be read, or a made file cannot be written."""
