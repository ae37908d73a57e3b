"""What can go wrong between a session and us, foreseen."""

from __future__ import annotations

from semeq.errors import SemeqError


class BridgeError(SemeqError):
    """The bridge cannot do what it was asked."""


class OscError(BridgeError, ValueError):
    """Bytes that are no OSC packet, or one beyond what we read."""


class MessageError(BridgeError, ValueError):
    """A message that is understood but cannot be followed: unknown address, value out of range."""


class DriverError(BridgeError):
    """A program we steer is not there, or does not do what was asked."""
