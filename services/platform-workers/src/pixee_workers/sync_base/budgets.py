"""The budgets of one route, and the line in which calls wait for them.

Stock and prices stand before everything else; while both wait, a fifth of what is spent is kept for the rest, so that a steady
stream of stock never starves a product push. A call is granted all its budgets at once or none.
"""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from pydantic import JsonValue

from pixee_common.clock import Clock
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Budget
from pixee_workers.sync_base.budget_kinds import BudgetState, new_state
from pixee_workers.sync_base.calls import BudgetReading

LONGEST_WAIT = 10.0
"""Seconds that a call waits for a platform that asked for patience; more is parked in the chunk's row."""

_BULK_SHARE = 0.2
_NOW = 1e-6


@dataclass(eq=False, slots=True)
class _Waiter:
    spend: Mapping[str, float]
    fast: bool
    weight: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(eq=False, slots=True)
class Grant:
    """What a call holds while it is under way; ended exactly once."""

    spend: Mapping[str, float]
    waited: float
    ended: bool = False


class BudgetSet:
    """All budgets of one route. A call without `spend` waits for nothing."""

    def __init__(self, specs: Sequence[Budget], clock: Clock) -> None:
        self._clock = clock
        now = clock.monotonic()
        self._states: dict[str, BudgetState] = {spec.name: new_state(spec, now) for spec in specs}
        self._blocked: dict[str, float] = {}
        self._fast: list[_Waiter] = []
        self._bulk: list[_Waiter] = []
        self._bulk_credit = 0.0

    async def acquire(self, spend: Mapping[str, float], *, fast: bool) -> Grant:
        """Wait for all that the call spends.

        Raises:
            PlatformFault: `throttled` where the platform asked for a longer pause than a call may wait.
            ValueError: the adapter names a budget that its manifest does not have.
        """
        unknown = set(spend) - set(self._states)
        if unknown:
            raise ValueError(f"budgets {sorted(unknown)} are not in the manifest")
        started = self._clock.monotonic()
        waiter = _Waiter(spend, fast, self._weight(spend))
        line = self._fast if fast else self._bulk
        line.append(waiter)
        try:
            while True:
                pause = self._pause_of(waiter)
                if pause is not None and pause < _NOW:
                    break
                await self._sleep(waiter, pause)
            self._take(waiter)
        finally:
            line.remove(waiter)
            self._wake_all()
        return Grant(spend, self._clock.monotonic() - started)

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
            self._states[name].settle(amount, now, spent=spent)
        for name, reading in told.items():
            if name in self._states:
                self._states[name].read(reading, now)
        self._wake_all()

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
        self._wake_all()

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
            for name, state in cast("dict[str, dict[str, float]]", saved["budgets"]).items():
                if name in self._states:
                    self._states[name].restore_from(state, elapsed, now)
            for name, until in cast("dict[str, str]", saved["blocked"]).items():
                self._blocked[name] = now + (datetime.fromisoformat(until) - wall).total_seconds()

    def _weight(self, spend: Mapping[str, float]) -> float:
        return max((amount / self._states[name].capacity for name, amount in spend.items()), default=0.0)

    def _order(self) -> list[_Waiter]:
        if self._fast and self._bulk and self._bulk_credit >= self._bulk[0].weight:
            return [self._bulk[0], *self._fast, *self._bulk[1:]]
        return [*self._fast, *self._bulk]

    def _pause_of(self, waiter: _Waiter) -> float | None:
        """Seconds until it may go; null: until something changes (others stand before it, or nothing is free)."""
        now = self._clock.monotonic()
        self._refuse_if_blocked(waiter, now)
        mine = set(waiter.spend)
        for other in itertools.takewhile(lambda one: one is not waiter, self._order()):
            if mine & set(other.spend):
                return None
        pause = 0.0
        for name, amount in waiter.spend.items():
            wait = self._states[name].wait(amount, now)
            if wait is None:
                return None
            pause = max(pause, wait, self._blocked.get(name, 0.0) - now)
        return pause

    def _refuse_if_blocked(self, waiter: _Waiter, now: float) -> None:
        for name in waiter.spend:
            wait = self._blocked.get(name, 0.0) - now
            if wait > LONGEST_WAIT:
                raise PlatformFault(
                    FaultKind.THROTTLED,
                    FaultScope.OPERATION,
                    ReasonCode.THROTTLED,
                    "The shop has asked for a pause.",
                    retry_after=wait,
                    budget=name,
                )

    def _take(self, waiter: _Waiter) -> None:
        now = self._clock.monotonic()
        if self._fast and self._bulk:
            if waiter.fast:
                self._bulk_credit += waiter.weight * _BULK_SHARE / (1 - _BULK_SHARE)
            else:
                self._bulk_credit = max(0.0, self._bulk_credit - waiter.weight)
        else:
            self._bulk_credit = 0.0
        for name, amount in waiter.spend.items():
            self._states[name].take(amount, now)

    async def _sleep(self, waiter: _Waiter, seconds: float | None) -> None:
        waiter.wake.clear()
        if seconds is None:
            await waiter.wake.wait()
            return
        woken = asyncio.ensure_future(waiter.wake.wait())
        slept = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({woken, slept}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken.cancel()
            slept.cancel()

    def _wake_all(self) -> None:
        for waiter in (*self._fast, *self._bulk):
            waiter.wake.set()
