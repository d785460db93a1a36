"""Two workers on one shared budget, on real PostgreSQL: never more than the limit, and most of it.

Every call is recorded at the moment at which it would leave; the bounds are those of the platform's own limiter over all pairs of
calls. The lower bound is taken against the time that really passed, so that a slow machine only makes the run longer.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    BudgetScope,
    DailyBudget,
    SharedBudgetSpec,
    SlotBudget,
    TokenBucketBudget,
    WindowBudget,
)
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import BudgetReading
from pixee_workers.sync_base.connector_budgets import ConnectorBudgets
from pixee_workers.sync_base.shared_budget_sql import BudgetRow, Lease
from pixee_workers.sync_base.shared_budgets import SharedBudget

pytestmark = pytest.mark.stack

APP = BudgetScope.APPLICATION
CLOCK = SystemClock()
USED = 0.5
"""Of the limit, at least, on however busy a machine. That it is 0.9 and more is measured in benchmarks/shared_budget.py."""


class TwoWorkers:
    """Two lease holders with pools of connections of their own; `calls` are moments, `faults` what was parked."""

    def __init__(self, spec: SharedBudgetSpec, databases: Sequence[Database]) -> None:
        self.pools = [
            SharedBudget(spec, BudgetRow(one, CLOCK, spec, ("fake", spec.name, "")), CLOCK) for one in databases
        ]
        self.workers = [ConnectorBudgets(BudgetSet([], CLOCK), {spec.name: pool}) for pool in self.pools]
        self.name = spec.name
        self.calls: list[float] = []
        self.by_worker = [0, 0]
        self.faults: list[PlatformFault] = []

    async def saturate(self, seconds: float, runners: int) -> float:
        """Calls as fast as they may; how long it took, until the last call."""
        begun = time.monotonic()
        works = [self._run(n, begun + seconds) for n in (0, 1) for _ in range(runners)]
        await asyncio.gather(*works)
        return time.monotonic() - begun

    async def _run(self, worker: int, until: float) -> None:
        budgets = self.workers[worker]
        while time.monotonic() < until:
            try:
                grant = await budgets.acquire({self.name: 1}, fast=False)
            except PlatformFault as fault:
                self.faults.append(fault)
                return
            self.calls.append(time.monotonic())
            self.by_worker[worker] += 1
            await asyncio.sleep(0.002)
            budgets.end(grant)


@pytest.fixture
async def two(owner, as_role) -> Callable[[SharedBudgetSpec], object]:
    async with owner.connection() as connection:
        await connection.execute("DELETE FROM shared_budgets")
    databases = [as_role("worker"), as_role("worker")]

    @asynccontextmanager
    async def open_(spec: SharedBudgetSpec) -> AsyncIterator[TwoWorkers]:
        both = TwoWorkers(spec, databases)
        yield both
        for pool in both.pools:
            await pool.close()

    return open_


def excess(calls: Sequence[float], rate: float, burst: float) -> float:
    """By how much the fullest window of all passes `burst + rate * length`; zero or less: never."""
    level, worst, last = burst, -burst, calls[0]
    for at in calls:
        level = min(burst, level + (at - last) * rate) - 1
        worst, last = max(worst, -level), at
    return worst


def fullest(calls: Sequence[float], seconds: float) -> int:
    """The most calls in any window."""
    first, most = 0, 0
    for last, at in enumerate(calls):
        while at - calls[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(("rate", "burst"), [(200.0, 200.0), (100.0, 50.0), (5.0, 5.0)])
async def test_a_token_bucket_is_shared_and_used_up(two, rate, burst):
    async with two(TokenBucketBudget(name="t", rate=rate, burst=burst, scope=APP)) as both:
        took = await both.saturate(3.0 if rate > 50 else 6.0, 25 if rate > 50 else 3)
    assert excess(both.calls, rate, burst) <= 0
    assert len(both.calls) >= USED * rate * took
    assert min(both.by_worker) > 0


async def test_a_window_is_shared_and_used_up(two):
    limit, seconds = 200, 2.0
    async with two(WindowBudget(name="w", limit=limit, seconds=seconds, scope=APP)) as both:
        took = await both.saturate(6.0, 25)
    assert fullest(both.calls, seconds) <= limit
    assert len(both.calls) >= USED * limit * took / seconds


class Adversary:
    """Uses every lease at the worst moments: at once, at its very end, or not at all (and then gives it back, early or late)."""

    def __init__(self, both: TwoWorkers, seed: int) -> None:
        self.rows = [pool._ledger for pool in both.pools]
        self.random = random.Random(seed)
        self.calls: list[float] = []

    async def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._hold(row, until) for row in self.rows for _ in range(4)))
        self.calls.sort()

    async def _hold(self, row: BudgetRow, until: float) -> None:
        while time.monotonic() < until:
            answer = await row.lease(self.random.choice([1, 3, 8]), 1, 100, 20)
            lease = answer.lease
            if lease is None:
                await asyncio.sleep(min(answer.wait, 0.02))
                continue
            kept = self.random.randint(0, int(lease.amount))
            late = self.random.random() < 0.5
            if late:
                await asyncio.sleep(max(0.0, lease.expires - time.monotonic() - 0.002))
            at = time.monotonic()
            if at >= lease.expires:
                kept = 0
            self.calls += [at] * kept
            if kept < lease.amount:
                await row.give_back(lease, lease.amount - kept)


@pytest.mark.parametrize("seed", [1, 2])
async def test_leases_used_at_their_worst_never_pass_a_token_buckets_limit(two, seed):
    async with two(TokenBucketBudget(name="t", rate=100, burst=20, scope=APP)) as both:
        adversary = Adversary(both, seed)
        await adversary.run(2.0)
    assert len(adversary.calls) > 20
    assert excess(adversary.calls, 100, 20) <= 0


async def drained(row: BudgetRow) -> list[Lease]:
    """Everything that can be leased now."""
    leases = []
    while (lease := (await row.lease(100, 1, 15, 40)).lease) is not None:
        leases.append(lease)
    return leases


async def until_nearly_over(lease: Lease) -> None:
    await asyncio.sleep(lease.expires - time.monotonic() - 0.25)


async def test_what_is_given_back_late_does_not_pass_the_limit_with_what_others_leased_meanwhile(two):
    async with two(TokenBucketBudget(name="t", rate=15, burst=40, scope=APP)) as both:
        one, other = (pool._ledger for pool in both.pools)
        unused = (await one.lease(10, 10, 15, 40)).lease
        await until_nearly_over(unused)
        held = await drained(other)
        await one.give_back(unused, unused.amount)
        held += await drained(one)
        await until_nearly_over(held[0])
        begun = time.monotonic()
        held += await drained(other)
        now = time.monotonic()  # all that still lives is used in this moment
        assert sum(lease.amount for lease in held if lease.expires > now) <= 40 + 15 * (now - begun)


@pytest.mark.parametrize("seed", [1, 2])
async def test_leases_used_at_their_worst_never_pass_a_windows_limit(two, seed):
    async with two(WindowBudget(name="w", limit=40, seconds=0.5, scope=APP)) as both:
        adversary = Adversary(both, seed)
        await adversary.run(2.0)
    assert len(adversary.calls) > 40
    assert fullest(adversary.calls, 0.5) <= 40


async def test_a_slot_is_shared_and_used_up(two):
    async with two(SlotBudget(name="s", interval_seconds=1.0, scope=APP)) as both:
        took = await both.saturate(8.0, 3)
    assert min(b - a for a, b in pairwise(both.calls)) >= 1.0
    assert len(both.calls) >= USED * took - 1


async def test_a_slot_of_a_grid_is_shared_and_the_next_begins_where_the_grid_says(two):
    now = datetime.now(UTC)
    begins = now - timedelta(minutes=7)
    async with two(SlotBudget(name="s", interval_seconds=900, start=f"{begins:%H:%M}", scope=APP)) as both:
        both.workers[0].end(await both.workers[0].acquire({"s": 1}, fast=False))
        for worker in both.workers:
            with pytest.raises(PlatformFault) as caught:
                await worker.acquire({"s": 1}, fast=False)
            next_begins = begins.replace(second=0, microsecond=0) + timedelta(minutes=15)
            assert caught.value.retry_after == pytest.approx((next_begins - now).total_seconds() + 5, abs=4)


async def test_a_day_is_shared_to_the_last_call_and_then_parked(two, owner):
    hour = (datetime.now(UTC).hour + 12) % 24
    async with two(DailyBudget(name="d", limit=120, reset_hour=hour, scope=APP)) as both:
        await both.saturate(20.0, 8)
        assert len(both.calls) == 120
        assert {(f.kind, f.reason) for f in both.faults} == {(FaultKind.THROTTLED, ReasonCode.DAILY_LIMIT)}
        assert all(11 * 3600 <= (f.retry_after or 0) <= 12 * 3600 + 120 for f in both.faults)
        async with owner.connection() as connection:  # a day later
            await connection.execute("UPDATE shared_budgets SET places = ARRAY[places[1] - 1]")
    async with two(DailyBudget(name="d", limit=120, reset_hour=hour, scope=APP)) as next_day:
        await next_day.saturate(20.0, 8)
    assert len(next_day.calls) == 120


async def test_a_refusal_with_a_time_holds_every_worker(two):
    spec = TokenBucketBudget(name="t", rate=50, burst=50, scope=APP)
    async with two(spec) as both:
        running = asyncio.ensure_future(both.saturate(3.0, 3))
        await asyncio.sleep(0.5)
        refused = time.monotonic()
        both.workers[0].refused(["t"], 1.5)
        await running
        late = [at for at in both.calls if refused + 1.0 < at < refused + 1.49]
        assert late == []
        assert [at for at in both.calls if at > refused + 1.6]
        both.workers[1].refused(["t"], 30.0)
        with pytest.raises(PlatformFault) as caught:
            await both.workers[1].acquire({"t": 1}, fast=True)
        assert caught.value.retry_after == pytest.approx(30, abs=1)
        await asyncio.sleep(1)
        with pytest.raises(PlatformFault) as caught:
            await both.workers[0].acquire({"t": 1}, fast=True)
        assert caught.value.retry_after == pytest.approx(29, abs=2)


async def test_a_rate_that_headers_tell_holds_for_every_worker(two):
    async with two(TokenBucketBudget(name="t", rate=200, burst=20, scope=APP)) as both:
        grant = await both.workers[0].acquire({"t": 1}, fast=False)
        both.workers[0].end(grant, [BudgetReading("t", restore=20, maximum=5)])
        await asyncio.sleep(0.3)
        took = await both.saturate(2.0, 10)
        assert excess(both.calls, 20, 5) <= 0
        assert len(both.calls) >= USED * 20 * took


async def test_what_was_leased_and_not_used_comes_back(two, owner):
    async def row() -> dict:
        async with owner.connection() as connection:
            return dict(await connection.fetchrow("SELECT * FROM shared_budgets"))

    async with two(SlotBudget(name="s", interval_seconds=900, scope=APP)) as both:
        grant = await both.workers[0].acquire({"s": 1}, fast=False)
        both.workers[0].end(grant, sent=False)
        await asyncio.sleep(0.2)
        grant = await both.workers[1].acquire({"s": 1}, fast=False)
        both.workers[1].end(grant)
        with pytest.raises(PlatformFault) as caught:
            await both.workers[0].acquire({"s": 1}, fast=False)
        assert caught.value.retry_after == pytest.approx(900, rel=0.01)
    async with owner.connection() as connection:
        await connection.execute("DELETE FROM shared_budgets")
    async with two(WindowBudget(name="w", limit=5, seconds=900, scope=APP)) as both:
        grant = await both.workers[0].acquire({"w": 5}, fast=False)
        both.workers[0].end(grant, sent=False)
        await asyncio.sleep(0.2)
        assert sum((await row())["amounts"]) == 0
        both.workers[1].end(await both.workers[1].acquire({"w": 5}, fast=False))


async def test_a_lease_that_died_with_its_worker_lapses_by_time(two):
    spec = TokenBucketBudget(name="t", rate=50, burst=50, scope=APP)
    async with two(spec) as both:
        answer = await both.pools[0]._ledger.lease(25, 25, 50, 50)
        assert answer.lease is not None  # and nobody ever uses it
        await asyncio.sleep(0.6)
        took = await both.saturate(2.0, 10)
        assert len(both.calls) >= USED * 50 * (took - 0.2)
