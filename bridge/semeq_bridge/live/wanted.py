"""What a session with sound was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from semeq.hearing.reference import Reference

Tap = Literal["input", "output", "ports"]
"""What is listened to: what goes in, what comes out, or what comes to ports of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """What was asked for: the backend and what it takes, channels, what is listened to, who connects to what.

    ``patient`` waits for a backend that is not there yet.
    """

    backend: str
    options: Mapping[str, Any] = field(default_factory=dict)
    channels: int = 2
    taps: Mapping[str, Tap] = field(default_factory=dict)
    patches: Mapping[str, Any] = field(default_factory=dict)
    patient: bool = True
    own: Mapping[str, Reference] = field(default_factory=dict)
