"""What can go wrong with presets; every message says what to do next."""

from __future__ import annotations

from semeq.errors import SemeqError


class PresetError(SemeqError, ValueError):
    """A preset that cannot be read or written."""


class FormatError(PresetError):
    """A format that is not there, or cannot do what was asked."""

    exit_code = 2


class PeerError(SemeqError):
    """A program that should play a preset is not installed, or refused it."""
