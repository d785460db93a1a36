"""The platforms' limits as pure state machines over a moment in seconds: no waiting, no clock, no tasks.

Each answers how long an amount has to wait, takes it, and is corrected by what the platform says: downward at once, and never
above what its manifest or the platform itself declares.
"""

from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    ConcurrencyBudget,
    CostBudget,
    TokenBucketBudget,
)
from pixee_workers.sync_base.budget_periods import LONGEST_WAIT, number
from pixee_workers.sync_base.calls import BudgetReading

_FLOOR = 1 / 16
_RECOVERY_PER_SECOND = 0.5 / 60
"""From half speed back to full in a minute without a further refusal."""


class BudgetState(Protocol):
    """One budget of one route. `now` is monotonic seconds; amounts are in the budget's own units."""

    @property
    def reason(self) -> ReasonCode:
        """Why a call that has to wait long waits."""
        ...

    @property
    def capacity(self) -> float:
        """The most that can be taken at once: what shares are measured by."""
        ...

    @property
    def patience(self) -> float:
        """Seconds that a call waits for this budget in memory; a longer wait is parked."""
        ...

    def never(self, amount: float) -> bool:
        """Whether it is more than the platform ever gives at once, as far as the platform has said."""
        ...

    def wait(self, amount: float, now: float) -> float | None:
        """Seconds until the amount may be taken; null: not before something is given back."""
        ...

    def take(self, amount: float, now: float) -> None: ...

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        """The call that took the amount at `since` has ended; `spent` is what it really cost, null where nobody said."""
        ...

    def read(self, reading: BudgetReading, now: float) -> None: ...

    def refused(self, now: float, *, told: bool) -> None:
        """The platform said that it was too much. `told`: its answer also said how much there is."""
        ...

    def saved(self, now: float) -> dict[str, JsonValue]:
        """State for the next owner; moments are relative to now."""
        ...

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None: ...


class _Pace:
    """A factor on a rate: halved by a refusal, never below a floor, grown back with time."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._at = 0.0

    def at(self, now: float) -> float:
        self._factor = min(1.0, self._factor + max(0.0, now - self._at) * _RECOVERY_PER_SECOND)
        self._at = max(self._at, now)
        return self._factor

    def halve(self, now: float) -> None:
        self._factor = max(_FLOOR, self.at(now) / 2)

    def set(self, factor: float, now: float) -> None:
        self._factor, self._at = min(1.0, max(_FLOOR, factor)), now


class TokenBucket:
    """`rate` a second, `burst` at once, as GCRA: one moment (`tat`) holds everything."""

    reason = ReasonCode.THROTTLED
    patience = LONGEST_WAIT

    def __init__(self, spec: TokenBucketBudget, now: float) -> None:
        self._declared = spec
        self._rate = spec.rate
        self._burst = spec.burst
        self._tat = now
        self._in_flight = 0.0
        self._pace = _Pace()
        self._certain = False

    @property
    def capacity(self) -> float:
        return self._burst

    def never(self, amount: float) -> bool:
        return self._certain and amount > self._burst

    def _interval(self, now: float) -> float:
        return 1 / (self._rate * self._pace.at(now))

    def wait(self, amount: float, now: float) -> float:
        interval = self._interval(now)
        units = min(amount, self._burst)
        return max(0.0, max(self._tat, now) + (units - self._burst) * interval - now)

    def take(self, amount: float, now: float) -> None:
        self._in_flight += amount
        self._tat = max(self._tat, now) + amount * self._interval(now)

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        self._in_flight = max(0.0, self._in_flight - amount)
        if spent is not None and spent < amount:
            self._tat -= (amount - spent) * self._interval(now)

    def read(self, reading: BudgetReading, now: float) -> None:
        if reading.restore:
            owed = max(0.0, self._tat - now) / self._interval(now)
            self._rate = reading.restore
            self._tat = now + owed * self._interval(now)
        if reading.maximum:
            self._burst, self._certain = reading.maximum, True
        if reading.available is not None:
            level = max(0.0, reading.available - self._in_flight)
            self._tat = max(self._tat, now + (self._burst - min(level, self._burst)) * self._interval(now))

    def refused(self, now: float, *, told: bool) -> None:
        self._certain = True
        if not told:
            self._pace.halve(now)
            self._tat = max(self._tat, now + self._burst * self._interval(now))

    def saved(self, now: float) -> dict[str, JsonValue]:
        learnt = {"rate": (self._rate, self._declared.rate), "burst": (self._burst, self._declared.burst)}
        return {
            "tat_in": self._tat - now,
            "factor": self._pace.at(now),
            **{name: value for name, (value, declared) in learnt.items() if value != declared},
        }

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None:
        self._rate = number(saved, "rate", self._rate)
        self._burst = number(saved, "burst", self._burst)
        self._tat = max(now, now + number(saved, "tat_in", 0.0) - elapsed)
        self._pace.set(number(saved, "factor", 1.0), now - elapsed)


class CostBucket:
    """Points: `maximum` in the bucket, `restore` a second. What was taken and not used comes back with the answer."""

    reason = ReasonCode.THROTTLED

    def __init__(self, spec: CostBudget, now: float) -> None:
        self._maximum = spec.maximum
        self._restore = spec.restore
        self._level = spec.maximum
        self._at = now
        self._in_flight = 0.0
        self._pace = _Pace()
        self._certain = False

    @property
    def capacity(self) -> float:
        return self._maximum

    @property
    def patience(self) -> float:
        """As long as a full bucket takes: a dear call that were sent away would find cheaper ones before it for ever."""
        return max(LONGEST_WAIT, self._maximum / self._restore)

    def never(self, amount: float) -> bool:
        return self._certain and amount > self._maximum

    def _refill(self, now: float) -> None:
        gained = max(0.0, now - self._at) * self._restore * self._pace.at(now)
        self._level = min(self._maximum, self._level + gained)
        self._at = max(self._at, now)

    def wait(self, amount: float, now: float) -> float:
        self._refill(now)
        missing = min(amount, self._maximum) - self._level
        return max(0.0, missing / (self._restore * self._pace.at(now)))

    def take(self, amount: float, now: float) -> None:
        self._refill(now)
        self._level -= amount
        self._in_flight += amount

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        self._refill(now)
        self._in_flight = max(0.0, self._in_flight - amount)
        if spent is not None:
            self._level = min(self._maximum, self._level + amount - spent)

    def read(self, reading: BudgetReading, now: float) -> None:
        self._refill(now)
        if reading.maximum:
            self._maximum, self._certain = reading.maximum, True
        if reading.restore:
            self._restore = reading.restore
        if reading.available is not None:
            # Of the calls still under way nobody knows whether the platform has taken theirs: they count as not yet.
            self._level = reading.available - self._in_flight
        self._level = min(self._maximum, self._level)

    def refused(self, now: float, *, told: bool) -> None:
        self._refill(now)
        self._certain = True
        if not told:
            self._level = min(self._level, 0.0)
            self._pace.halve(now)

    def saved(self, now: float) -> dict[str, JsonValue]:
        self._refill(now)
        return {
            "level": self._level,
            "maximum": self._maximum,
            "restore": self._restore,
            "factor": self._pace.at(now),
        }

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None:
        self._maximum = number(saved, "maximum", self._maximum)
        self._restore = number(saved, "restore", self._restore)
        factor = number(saved, "factor", 1.0)
        self._level = min(self._maximum, number(saved, "level", self._maximum) + elapsed * self._restore * factor)
        self._at = now
        self._pace.set(factor, now - elapsed)


class Concurrency:
    """At most `limit` calls in flight; a refusal halves the limit for a while."""

    reason = ReasonCode.THROTTLED
    patience = LONGEST_WAIT

    def __init__(self, spec: ConcurrencyBudget, now: float) -> None:
        self._limit = spec.limit
        self._in_use = 0.0
        self._pace = _Pace()
        self._pace.set(1.0, now)

    @property
    def capacity(self) -> float:
        return float(self._limit)

    def never(self, amount: float) -> bool:
        return False

    def wait(self, amount: float, now: float) -> float | None:
        allowed = max(1, int(self._limit * self._pace.at(now)))
        return 0.0 if self._in_use == 0 or self._in_use + amount <= allowed else None

    def take(self, amount: float, now: float) -> None:
        self._in_use += amount

    def settle(self, amount: float, now: float, *, spent: float | None, since: float | None = None) -> None:
        self._in_use = max(0.0, self._in_use - amount)

    def read(self, reading: BudgetReading, now: float) -> None:
        if reading.maximum:
            self._limit = max(1, int(reading.maximum))

    def refused(self, now: float, *, told: bool) -> None:
        if not told:
            self._pace.halve(now)

    def saved(self, now: float) -> dict[str, JsonValue]:
        return {"factor": self._pace.at(now)}

    def restore_from(self, saved: Mapping[str, JsonValue], elapsed: float, now: float) -> None:
        self._pace.set(number(saved, "factor", 1.0), now - elapsed)
