"""One instance on its way to one driver: at once, then no more often than the driver takes it, the latest always."""

from __future__ import annotations

from dataclasses import dataclass

from semeq.settings import EqSettings
from semeq_bridge.drivers import Driver
from semeq_bridge.errors import BridgeError

_AGAIN_S = 1.0


@dataclass(slots=True)
class Pusher:
    """Remembers what the driver has, and when it may be told again."""

    instance: str
    driver: Driver
    pushed: int = 0
    failed: str = ""
    _has: EqSettings | None = None
    _free_s: float = 0.0

    def push(self, settings: EqSettings, now_s: float) -> bool:
        """Hand over what is new, if it is time; whether the driver has got it."""
        if settings == self._has:
            return True
        if now_s < self._free_s:
            return False
        try:
            self.driver.push(settings)
        except (BridgeError, OSError) as error:
            self.failed, self._free_s, self._has = str(error), now_s + _AGAIN_S, None
            return False
        self._has, self._free_s, self.failed = settings, now_s + 1 / self.driver.max_hz, ""
        self.pushed += 1
        return True

    def due_s(self, settings: EqSettings) -> float | None:
        """When it has to be called again; None where the driver has everything."""
        return None if settings == self._has else self._free_s
