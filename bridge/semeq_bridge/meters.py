"""What the bridge counts: everything that came, was refused, dropped or sent, and how long changes took to a driver."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from semeq_bridge.controls import Value

_RECENT = 1000


@dataclass(slots=True)
class Meters:
    """Counters by name, and the ways of the last changes in seconds."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    _recent_s: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def count(self, name: str) -> None:
        """One more of these."""
        self.counts[name] += 1

    def took(self, way_s: float) -> None:
        """A change was handed to its driver so long after it arrived."""
        self._recent_s.append(way_s)
        self.slowest_s = max(self.slowest_s, way_s)

    def rows(self) -> dict[str, Value]:
        """Everything, by name.

        >>> meters = Meters()
        >>> meters.took(0.002)
        >>> meters.rows()
        {'p50-ms': 2.0, 'p99-ms': 2.0, 'slowest-ms': 2.0}
        """
        found: dict[str, Value] = {name: self.counts[name] for name in sorted(self.counts)}
        times_s = sorted(self._recent_s)
        for name, share in (("p50-ms", 0.5), ("p99-ms", 0.99)):
            found[name] = round(1000 * times_s[min(int(share * len(times_s)), len(times_s) - 1)], 3) if times_s else 0.0
        return found | {"slowest-ms": round(1000 * self.slowest_s, 3)}
