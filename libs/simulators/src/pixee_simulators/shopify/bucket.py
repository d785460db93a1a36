"""The leaky bucket of one app in one shop."""

from dataclasses import dataclass
from typing import Any

_GRAIN = 1e-3
"""Points that a clock of floating seconds may lose."""


@dataclass(slots=True)
class Bucket:
    """`available` points at time `at` (simulator seconds). Limits are read anew each time: they can be changed."""

    available: float
    at: float

    def refill(self, limits: dict[str, Any], now: float) -> None:
        gained = max(0.0, now - self.at) * float(limits["restoreRate"])
        self.available = min(float(limits["maximumAvailable"]), self.available + gained)
        self.at = max(self.at, now)

    def take(self, points: int, limits: dict[str, Any], now: float) -> bool:
        """All of them or none."""
        self.refill(limits, now)
        if points > self.available + _GRAIN:
            return False
        self.available = max(0.0, self.available - points)
        return True

    def refund(self, points: int, limits: dict[str, Any]) -> None:
        self.available = min(float(limits["maximumAvailable"]), self.available + points)

    def status(self, limits: dict[str, Any]) -> dict[str, Any]:
        """`throttleStatus` as it is answered."""
        return {
            "maximumAvailable": float(limits["maximumAvailable"]),
            "currentlyAvailable": int(self.available + _GRAIN),
            "restoreRate": float(limits["restoreRate"]),
        }
