"""Budgets above the route: one for all workers, kept in the database, handed out in small leases and spent from memory.

A worker leases what its calls wait for, and for a token bucket a little ahead; what is not used soon goes back. Without the
database nothing is leased and calls wait: a limit is never passed. Within the worker stock and prices come first, over all routes.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from pixee_common.clock import Clock
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import DailyBudget, SharedBudgetSpec, SlotBudget, TokenBucketBudget
from pixee_workers.sync_base.budget_line import Line, Waiter, woken
from pixee_workers.sync_base.budget_pools import Leased
from pixee_workers.sync_base.calls import BudgetReading
from pixee_workers.sync_base.shared_budget_sql import Answer, Lease, life_of

_log = logging.getLogger(__name__)

_AWAY_SECONDS = 1.0
_LEARN_EVERY = 1.0
_CLOSING_SECONDS = 2.0
_REFUSED_SECONDS = 60.0
_WORTH_SECONDS = 0.1
"""Leases that live shorter than this are not taken ahead: too many would lapse."""


class Ledger(Protocol):
    """`BudgetRow`, for tests without a database."""

    async def lease(self, asked: float, least: float, rate: float, most: float) -> Answer: ...

    async def give_back(self, lease: Lease, amount: float) -> None: ...

    async def ended(self, lease: Lease) -> None: ...

    async def refused(self, seconds: float, *, slower: bool) -> None: ...

    async def learn(self, reading: BudgetReading) -> None: ...


@dataclass(eq=False, slots=True)
class _Held:
    """What one call took, lease by lease."""

    pool: "SharedBudget"
    parts: list[tuple[Lease, float]]

    def settle(self, *, sent: bool) -> None:
        self.pool.settle(self.parts, sent=sent)


class SharedBudget:
    """One shared budget in this worker (`budgets.Pool`)."""

    def __init__(self, spec: SharedBudgetSpec, ledger: Ledger, clock: Clock) -> None:
        self._spec = spec
        self._ledger = ledger
        self._clock = clock
        self._rate, self._most = _declared(spec)
        self._line = Line()
        self._leases: deque[Lease] = deque()
        self._stir = asyncio.Event()
        self._not_before = 0.0
        self._last_used = 0.0
        self._leased_at = 0.0
        self._used_since = 0.0
        self._learnt_at = float("-inf")
        self._work: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[None]] = set()

    @property
    def capacity(self) -> float:
        return self._most

    @property
    def pace(self) -> float:
        return self._rate

    @property
    def reason(self) -> ReasonCode:
        return ReasonCode.DAILY_LIMIT if isinstance(self._spec, DailyBudget) else ReasonCode.THROTTLED

    def never(self, amount: float) -> bool:
        return amount > self._most

    def ask(self, want: Waiter) -> float | None:
        """As `Pool.ask`: a longer wait is known only after the database was asked."""
        now = self._clock.monotonic()
        if want not in self._line:
            self._line.join(want)
        before = 0.0
        for other in self._line.order():
            before += _amount(other)
            if other is want:
                break
        if self._in_hand(now) >= before - 1e-6:
            return 0.0
        self._begin_work()
        return self._not_before - now if self._not_before > now else None

    def take(self, want: Waiter) -> Leased:
        """What `ask` said is there."""
        self._last_used = self._clock.monotonic()
        missing, parts = _amount(want), []
        self._used_since += missing
        while missing > 1e-6 and self._leases:
            lease = self._leases[0]
            part = min(missing, lease.amount)
            lease.amount -= part
            missing -= part
            parts.append((lease, part))
            if lease.amount <= 1e-6:
                self._leases.popleft()
        self._line.took(want)
        return _Held(self, parts)

    def withdraw(self, want: Waiter) -> None:
        if want in self._line:
            self._line.leave(want)
            self._line.wake_all()
            self._stir.set()

    def settle(self, parts: list[tuple[Lease, float]], *, sent: bool) -> None:
        """A call has ended."""
        if not sent:
            for lease, amount in parts:
                self._chore(self._undo(lease, amount))
        elif isinstance(self._spec, SlotBudget):
            self._chore(self._ledger.ended(parts[0][0]))

    def read(self, reading: BudgetReading) -> None:
        """Written where it differs from what is known; what is left, once a second."""
        now = self._clock.monotonic()
        news = (reading.restore and reading.restore != self._rate) or (
            reading.maximum and reading.maximum != self._most
        )
        if news or (reading.available is not None and now - self._learnt_at >= _LEARN_EVERY):
            self._learnt_at = now
            self._rate = reading.restore or self._rate
            self._most = reading.maximum or self._most
            self._chore(self._ledger.learn(reading))

    def refused(self, retry_after: float | None, *, told: bool) -> None:
        """Nothing is spent before the time is over, by any worker from its next lease on; what was leased is void."""
        self._leases.clear()
        seconds = retry_after
        if seconds is None:
            seconds = (
                0.0 if told or isinstance(self._spec, DailyBudget) else min(self._most / self._rate, _REFUSED_SECONDS)
            )
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)
        slower = not told and isinstance(self._spec, TokenBucketBudget)
        self._chore(self._ledger.refused(seconds, slower=slower))
        self._line.wake_all()

    async def close(self) -> None:
        """Give everything back; what cannot be given back within two seconds lapses."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        self._give_back_all()
        if self._chores:
            await asyncio.wait(self._chores, timeout=_CLOSING_SECONDS)
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)

    def _in_hand(self, now: float) -> float:
        while self._leases and self._leases[0].expires <= now:
            lease = self._leases.popleft()
            self._chore(self._undo(lease, lease.amount))
        return sum(lease.amount for lease in self._leases)

    def _short(self, now: float) -> float | None:
        """The least that has to be leased before the next call in the line can go; null: nothing is wanted."""
        wanted, in_hand = 0.0, self._in_hand(now)
        for want in self._line.order():
            wanted += _amount(want)
            if wanted > in_hand + 1e-6:
                return wanted - in_hand
        return None

    def _begin_work(self) -> None:
        self._stir.set()
        if self._work is None or self._work.done():
            self._work = asyncio.ensure_future(self._serve())

    async def _serve(self) -> None:
        """Lease while somebody wants, give back what is left over, end when there is neither."""
        while True:
            now = self._clock.monotonic()
            short = self._short(now)
            if short is not None and self._not_before > now:
                await woken(self._clock, self._stir, self._not_before - now)
                if self._clock.monotonic() >= self._not_before:
                    self._line.wake_all()
            elif short is not None:
                await self._lease(short)
            elif self._leases:
                life = life_of(self._spec, self._rate, self._most)
                idle = self._last_used + life / 2 - now
                if idle <= 0:
                    self._give_back_all()
                else:
                    await woken(self._clock, self._stir, min(idle, self._leases[0].expires - now))
            else:
                return

    async def _lease(self, least: float) -> None:
        asked = max(least, self._wanted() - self._in_hand(self._clock.monotonic()), self._ahead())
        try:
            answer = await self._ledger.lease(asked, least, self._rate, self._most)
        except Exception as error:
            _log.warning("budget %s: no lease, calls wait: %s", self._spec.name, type(error).__name__, exc_info=True)
            self._not_before = self._clock.monotonic() + _AWAY_SECONDS
            return
        now = self._clock.monotonic()
        self._most = answer.most
        self._rate = answer.rate or self._rate
        if answer.lease is None:
            self._not_before = max(self._not_before, now + max(answer.wait, answer.pause, 0.001))
        elif self._not_before <= now:
            self._leases.append(answer.lease)
            self._leased_at, self._used_since, self._last_used = now, 0.0, now
            if isinstance(self._spec, SlotBudget) and self._spec.offset is None:
                begun = answer.lease.expires - answer.lease.life
                self._not_before = begun + 1 / self._rate
        self._line.wake_all()
        await asyncio.sleep(0)

    def _wanted(self) -> float:
        return sum(_amount(want) for want in self._line.order())

    def _ahead(self) -> float:
        """What a token bucket will be asked for during most of a lease, if it goes on as since the last one; at most twice that."""
        life = life_of(self._spec, self._rate, self._most)
        if not isinstance(self._spec, TokenBucketBudget) or life < _WORTH_SECONDS:
            return 0.0
        since = max(self._clock.monotonic() - self._leased_at, 0.3 * life)
        return float(int(self._used_since * 0.6 * life / since))

    async def _undo(self, lease: Lease, amount: float) -> None:
        await self._ledger.give_back(lease, amount)
        if isinstance(self._spec, SlotBudget):
            # The slot is free again; if something else stands against it, the database says so.
            self._not_before = 0.0
            self._stir.set()
            self._line.wake_all()

    def _give_back_all(self) -> None:
        while self._leases:
            lease = self._leases.popleft()
            self._chore(self._ledger.give_back(lease, lease.amount))

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        chore = asyncio.ensure_future(work)
        self._chores.add(chore)
        chore.add_done_callback(self._done)

    def _done(self, chore: asyncio.Task[None]) -> None:
        self._chores.discard(chore)
        if not chore.cancelled() and (error := chore.exception()) is not None:
            _log.error("budget %s: could not be written", self._spec.name, exc_info=error)


def _amount(want: Waiter) -> float:
    return next(iter(want.spend.values()))


def _declared(spec: SharedBudgetSpec) -> tuple[float, float]:
    """Calls a second, and the most at once."""
    match spec:
        case TokenBucketBudget(rate=rate, burst=burst):
            return rate, burst
        case SlotBudget(interval_seconds=interval):
            return 1 / interval, 1.0
        case DailyBudget(limit=limit):
            return limit / 86_400, limit
        case _:
            return spec.limit / spec.seconds, spec.limit
