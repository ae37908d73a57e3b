"""What can go wrong with training data and requests, foreseen."""

from __future__ import annotations

from semeq.errors import SemeqError, UsageError


class DataError(SemeqError):
    """A training data file is missing or cannot be read, or a made file cannot be written."""


class ChoiceError(DataError, UsageError):
    """A name, number or option that cannot be had: asked the wrong way."""

    exit_code = 2
