"""The budgets of one route, and the line in which calls wait for them.

Stock and prices stand before everything else; while both wait, a fifth of what is spent is kept for the rest, so that a steady
stream of stock never starves a product push. A call is granted all its budgets at once or none, those that routes share included:
these are asked only when everything of the route's own is there, since what they lease out is short-lived.
"""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from pydantic import JsonValue

from pixee_common.clock import Clock
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    Budget,
    ConcurrencyBudget,
    CostBudget,
    DailyBudget,
    SlotBudget,
    TokenBucketBudget,
    WindowBudget,
)
from pixee_workers.sync_base.budget_kinds import BudgetState, Concurrency, CostBucket, TokenBucket
from pixee_workers.sync_base.budget_line import Line, Waiter, woken
from pixee_workers.sync_base.budget_periods import LONGEST_WAIT, Daily, Slot, Wall, Window
from pixee_workers.sync_base.budget_pools import NOW, Leased, Pool, Pools, Wants, throttled
from pixee_workers.sync_base.calls import BudgetReading


@dataclass(eq=False, slots=True)
class Grant:
    """What a call holds while it is under way; ended exactly once. `since` is the moment at which it was given."""

    spend: Mapping[str, float]
    waited: float
    since: float
    leased: Sequence[Leased] = ()
    ended: bool = False


class BudgetSet:
    """All budgets of one route. A call without `spend` waits for nothing."""

    def __init__(self, specs: Sequence[Budget], clock: Clock) -> None:
        self._clock = clock
        now = clock.monotonic()
        self._states = {spec.name: _new_state(spec, now, clock.now) for spec in specs if not spec.shared}
        self._blocked: dict[str, float] = {}
        self._line = Line()

    async def acquire(self, spend: Mapping[str, float], *, fast: bool, pools: Pools | None = None) -> Grant:
        """Wait for all that the call spends. `pools`: the shared budgets of the connector, by name.

        Raises:
            PlatformFault: `throttled` where the wait is longer than a call may wait, `daily_limit` among its reasons; `too_big`
                where the platform never gives so much at once.
            ValueError: the adapter names a budget that its manifest does not have.
        """
        pools = pools or {}
        unknown = set(spend) - set(self._states) - set(pools)
        if unknown:
            raise ValueError(f"budgets {sorted(unknown)} are not in the manifest")
        self._refuse_what_never_fits(spend, pools)
        started = self._clock.monotonic()
        own = {name: amount for name, amount in spend.items() if name in self._states}
        waiter = Waiter(own, fast, self._weight(own))
        wants = Wants.of(waiter, spend, pools)
        self._line.join(waiter)
        try:
            while True:
                self._refuse_what_never_fits(spend, pools)
                pause = self._pause_of(waiter)
                if pause is not None and pause < NOW:
                    pause = wants.pause()
                    if pause is not None and pause < NOW:
                        break
                else:
                    wants.withdraw()
                await woken(self._clock, waiter.wake, pause)
            leased = wants.take()
            self._take(waiter)
        finally:
            wants.withdraw()
            self._line.leave(waiter)
            self._line.wake_all()
        now = self._clock.monotonic()
        return Grant(own, now - started, now, leased)

    def end(self, grant: Grant, readings: Sequence[BudgetReading] = (), *, sent: bool = True) -> None:
        """The call has ended: give back what it did not use, and believe what its answer told. `sent` false: all comes back."""
        if grant.ended:
            return
        grant.ended = True
        now = self._clock.monotonic()
        told = {reading.budget: reading for reading in readings}
        for name, amount in grant.spend.items():
            reading = told.get(name)
            spent = 0.0 if not sent else reading.spent if reading else None
            self._states[name].settle(amount, now, spent=spent, since=grant.since)
        for held in grant.leased:
            held.settle(sent=sent)
        for name, reading in told.items():
            if name in self._states:
                self._states[name].read(reading, now)
        self._line.wake_all()

    def refused(self, names: Sequence[str], retry_after: float | None, readings: Sequence[BudgetReading] = ()) -> None:
        """The platform throttled a call that spent these: nothing that spends them leaves before `retry_after` seconds."""
        now = self._clock.monotonic()
        told = {reading.budget for reading in readings if reading.available is not None}
        for name in names:
            if name not in self._states:
                continue
            self._states[name].refused(now, told=name in told or retry_after is not None)
            if retry_after is not None:
                self._blocked[name] = max(self._blocked.get(name, 0.0), now + retry_after)
        self._line.wake_all()

    def saved(self) -> dict[str, JsonValue]:
        """State for the next owner of the route."""
        now, wall = self._clock.monotonic(), self._clock.now()
        blocks = {n: (wall + timedelta(seconds=t - now)).isoformat() for n, t in self._blocked.items() if t > now}
        budgets = {name: dict(state.saved(now)) for name, state in self._states.items()}
        return cast("dict[str, JsonValue]", {"saved_at": wall.isoformat(), "blocked": blocks, "budgets": budgets})

    def restore(self, saved: Mapping[str, JsonValue]) -> None:
        """Go on from what the last owner left; what cannot be read is left as it is (full)."""
        now, wall = self._clock.monotonic(), self._clock.now()
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            elapsed = max(0.0, (wall - datetime.fromisoformat(str(saved["saved_at"]))).total_seconds())
            for name, state in cast("dict[str, dict[str, JsonValue]]", saved["budgets"]).items():
                if name in self._states:
                    self._states[name].restore_from(state, elapsed, now)
            for name, until in cast("dict[str, str]", saved["blocked"]).items():
                self._blocked[name] = now + (datetime.fromisoformat(until) - wall).total_seconds()

    def _weight(self, spend: Mapping[str, float]) -> float:
        return max((amount / self._states[name].capacity for name, amount in spend.items()), default=0.0)

    def _refuse_what_never_fits(self, spend: Mapping[str, float], pools: Pools) -> None:
        for name, amount in spend.items():
            state: BudgetState | Pool = self._states[name] if name in self._states else pools[name]
            if state.never(amount):
                raise PlatformFault(
                    FaultKind.TOO_BIG,
                    FaultScope.SUBMISSION,
                    ReasonCode.TOO_BIG,
                    f"It costs {amount:g}, and the platform never allows more than {state.capacity:g} at once ({name}).",
                    budget=name,
                )

    def _pause_of(self, waiter: Waiter) -> float | None:
        """Seconds until it may go; null: until something changes (others stand before it, or nothing is free)."""
        now = self._clock.monotonic()
        self._refuse_if_blocked(waiter, now)
        mine = set(waiter.spend)
        for other in itertools.takewhile(lambda one: one is not waiter, self._line.order()):
            if mine & set(other.spend):
                return None
        pause = 0.0
        for name, amount in waiter.spend.items():
            state = self._states[name]
            wait = state.wait(amount, now)
            if wait is None:
                return None
            if wait > state.patience:
                raise throttled(name, state.reason, wait)
            pause = max(pause, wait, self._blocked.get(name, 0.0) - now)
        return pause

    def _refuse_if_blocked(self, waiter: Waiter, now: float) -> None:
        for name in waiter.spend:
            wait = self._blocked.get(name, 0.0) - now
            if wait > LONGEST_WAIT:
                raise throttled(name, self._states[name].reason, wait, "The shop has asked for a pause.")

    def _take(self, waiter: Waiter) -> None:
        now = self._clock.monotonic()
        self._line.took(waiter)
        for name, amount in waiter.spend.items():
            self._states[name].take(amount, now)


def _new_state(spec: Budget, now: float, wall: Wall) -> BudgetState:
    """A fresh budget, full. `wall` tells the time of day, for those that begin anew by it."""
    match spec:
        case TokenBucketBudget():
            return TokenBucket(spec, now)
        case CostBudget():
            return CostBucket(spec, now)
        case ConcurrencyBudget():
            return Concurrency(spec, now)
        case WindowBudget():
            return Window(spec, now)
        case SlotBudget():
            return Slot(spec, now, wall)
        case DailyBudget():
            return Daily(spec, wall)
