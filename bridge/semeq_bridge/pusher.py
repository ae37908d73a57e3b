"""One instance on its way to one driver: at once, then no more often than the driver takes it, the latest always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from semeq.errors import SemeqError
from semeq.settings import EqSettings
from semeq_bridge.drivers import Driver

_AGAIN_S = 1.0


@dataclass(slots=True)
class Pusher:
    """Remembers what the driver has, and when it may be told again; makes curves only when they can be handed over."""

    instance: str
    driver: Driver
    pushed: int = 0
    failed: str = ""
    waiting: bool = True
    told: str = ""
    _arrived_s: float | None = None
    _has: EqSettings | None = None
    _free_s: float = 0.0

    def changed(self, now_s: float) -> None:
        """There may be something new; how long it takes counts from the first of what is not yet handed over."""
        self.waiting = True
        if self._arrived_s is None:
            self._arrived_s = now_s

    def way_s(self, now_s: float) -> float | None:
        """How long the change took that has just been handed over."""
        arrived_s, self._arrived_s = self._arrived_s, None
        return None if arrived_s is None else now_s - arrived_s

    def push(self, settings: Callable[[], EqSettings], now_s: float) -> bool:
        """Hand over what is new, if there is something and it is time; whether that was done."""
        if not self.waiting or now_s < self._free_s:
            return False
        wanted = settings()
        if wanted == self._has:
            self.waiting, self._arrived_s = False, None
            return False
        try:
            self.driver.push(wanted)
        except (SemeqError, OSError) as error:
            self.failed, self._free_s, self._has = str(error), now_s + _AGAIN_S, None
            self._arrived_s = None
            return False
        self._has, self._free_s, self.failed, self.waiting = wanted, now_s + 1 / self.driver.max_hz, "", False
        self.pushed += 1
        return True

    @property
    def trouble(self) -> str:
        """What is wrong with the driver; nothing where all is well."""
        return self.failed or str(getattr(self.driver, "failed", ""))

    def due_s(self) -> float | None:
        """When it has to be called again; None where the driver has everything."""
        return self._free_s if self.waiting else None
