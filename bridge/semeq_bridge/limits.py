"""How much each sender may say: a bucket that fills with time, for a bounded number of senders."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_SENDERS = 1024


@dataclass(slots=True)
class Buckets:
    """``per_s`` things for each sender in the long run, ``burst`` at once."""

    per_s: float
    burst: float
    _held: dict[str, tuple[float, float]] = field(default_factory=dict)

    def takes(self, sender: str, now_s: float) -> bool:
        """Whether it may say one more thing now."""
        left, at_s = self._held.get(sender, (self.burst, now_s))
        left = min(self.burst, left + (now_s - at_s) * self.per_s)
        allowed = left >= 1
        if sender not in self._held and len(self._held) >= MOST_SENDERS:
            self._held.clear()  # better to forget all than to remember without end
        self._held[sender] = (left - 1 if allowed else left, now_s)
        return allowed
