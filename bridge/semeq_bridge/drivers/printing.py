"""A line of JSON for every change."""

from __future__ import annotations

import json

from semeq.settings import EqSettings
from semeq_bridge.errors import DriverError


class Printing:
    """Writes settings to standard output."""

    max_hz = 100.0

    def __init__(self, target: str = "") -> None:
        if target:
            raise DriverError(f"print:{target}: it takes nothing behind the colon")

    def push(self, settings: EqSettings) -> None:
        """One line."""
        print(json.dumps({"settings": settings.to_dict()}), flush=True)

    def read_back(self) -> EqSettings | None:
        """Nobody says anything."""
        return None

    def close(self) -> None:
        """Nothing is held."""
