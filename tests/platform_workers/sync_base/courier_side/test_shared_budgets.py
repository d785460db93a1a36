"""Leases in one worker, on a clock that is moved by hand: who gets them, what comes back, and what happens without a database."""

import asyncio
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from pixee_common.clock import FakeClock
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    BudgetScope,
    DailyBudget,
    SlotBudget,
    TokenBucketBudget,
)
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import BudgetReading
from pixee_workers.sync_base.connector_budgets import ConnectorBudgets
from pixee_workers.sync_base.shared_budget_sql import Answer, Lease
from pixee_workers.sync_base.shared_budgets import SharedBudget

APP = BudgetScope.APPLICATION


@dataclass
class Book:
    """A ledger that gives one call every second, or says to wait; `away`: the database is."""

    clock: FakeClock
    every: float = 1.0
    wait: float | None = None
    away: bool = False
    give_all: bool = False
    next_at: float = 0.0
    asked: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    told: list[object] = field(default_factory=list)
    ends: int = 0

    async def lease(self, asked, least, rate, most):
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionRefusedError
        self.asked.append(asked)
        now = self.clock.monotonic()
        if self.wait is not None or now < self.next_at:
            return Answer(None, self.wait or self.next_at - now, most, rate)
        self.next_at = now + self.every
        amount = asked if self.give_all else least
        return Answer(Lease(uuid4(), amount, now + 0.5, now, 0.5, 1.0), 0.0, most, rate)

    async def give_back(self, lease, amount):
        self.back.append(amount)

    async def ended(self, lease):
        self.ends += 1

    async def refused(self, seconds, *, slower):
        self.told.append((seconds, slower))

    async def learn(self, reading):
        self.told.append(reading)


class Stand:
    """Two routes of one worker on one shared budget."""

    def __init__(self, spec=None, **book) -> None:
        self.clock = FakeClock()
        self.book = Book(self.clock, **book)
        self.spec = spec or TokenBucketBudget(name="s", rate=1, burst=3, scope=APP)
        self.pool = SharedBudget(self.spec, self.book, self.clock)
        self.own = [TokenBucketBudget(name="own", rate=1, burst=1)]
        self.routes = [ConnectorBudgets(BudgetSet(self.own, self.clock), {"s": self.pool}) for _ in range(2)]
        self.done: list[tuple[str, float]] = []

    def call(self, name: str, *, route: int = 0, fast: bool = False, **spend: float) -> asyncio.Task[None]:
        async def run() -> None:
            budgets = self.routes[route]
            grant = await budgets.acquire(spend or {"s": 1}, fast=fast)
            self.done.append((name, self.clock.monotonic()))
            budgets.end(grant)

        return asyncio.ensure_future(run())

    async def pass_(self, seconds: float) -> None:
        """Time, in steps small enough that everybody who is woken has gone back to sleep before it goes on."""
        for _ in range(round(seconds / 0.1)):
            await self.clock.advance(0.1)
            await self.clock.advance(0)

    async def over(self, *tasks: asyncio.Task[None]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.pool.close()


async def test_stock_of_any_route_stands_before_products_of_every_route():
    s = Stand()
    calls = [s.call("b0"), s.call("b1", route=1), s.call("b2")]
    await s.clock.advance(0)
    calls += [s.call("f1", route=1, fast=True), s.call("f2", fast=True)]
    await s.pass_(7)
    await s.over(*calls)
    assert [name for name, _ in s.done] == ["b0", "f1", "f2", "b1", "b2"]


async def test_a_fifth_is_kept_for_products_of_other_routes():
    s = Stand()
    calls = [s.call(f"f{n}", fast=True) for n in range(40)] + [s.call(f"b{n}", route=1) for n in range(10)]
    await s.pass_(30)
    await s.over(*calls)
    assert [name[0] for name, _ in s.done].count("b") in {5, 6, 7}


async def test_without_the_database_nothing_leaves_and_it_goes_on_when_it_is_back(caplog):
    s = Stand(away=True)
    call = s.call("a")
    await s.clock.advance(30)
    assert not call.done()
    s.book.away = False
    await s.clock.advance(2)
    await call
    await s.over()
    assert [name for name, _ in s.done] == ["a"]
    assert "calls wait" in caplog.text


async def test_nothing_is_leased_while_the_routes_own_budget_is_not_there():
    s = Stand()
    first = s.call("a", own=1, s=1)
    await s.clock.advance(0)
    s.book.next_at = 0
    second = s.call("b", own=1, s=1)
    await s.clock.advance(0.9)
    assert len(s.book.asked) == 1
    await s.clock.advance(0.2)
    await asyncio.gather(first, second)
    assert s.done == [("a", 0), ("b", pytest.approx(1, abs=1e-3))]
    await s.over()


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (SlotBudget(name="s", interval_seconds=900, scope=APP), ReasonCode.THROTTLED),
        (DailyBudget(name="s", limit=5, scope=APP), ReasonCode.DAILY_LIMIT),
    ],
)
async def test_a_long_wait_parks_everybody_and_asks_the_database_once(spec, reason):
    s = Stand(spec, wait=700.0)
    calls = [s.call("a"), s.call("b", route=1), s.call("c", fast=True)]
    await s.clock.advance(1)
    for fault in await asyncio.gather(*calls, return_exceptions=True):
        assert isinstance(fault, PlatformFault)
        assert (fault.kind, fault.reason, fault.budget) == (FaultKind.THROTTLED, reason, "s")
        assert fault.retry_after == pytest.approx(700, abs=1)
    with pytest.raises(PlatformFault) as caught:
        await s.call("later")
    assert caught.value.retry_after == pytest.approx(699, abs=1)
    assert len(s.book.asked) == 1
    await s.over()


async def test_what_is_left_over_goes_back_when_nobody_wants_it():
    s = Stand(give_all=True)
    calls = [s.call(f"{n}", route=n % 2) for n in range(3)]
    await s.clock.advance(0)
    await asyncio.gather(*calls)
    assert s.book.back == []
    leaving = [s.call(f"{n}") for n in range(3)]
    await asyncio.sleep(0)
    s.book.next_at = 0
    await asyncio.sleep(0)
    for task in leaving[1:]:
        task.cancel()
    await s.clock.advance(0.4)
    await s.over(*leaving)
    assert sum(s.book.back) + len(s.done) == sum(s.book.asked)
    assert s.book.back


async def test_a_worker_that_stops_gives_back_what_it_holds():
    s = Stand(give_all=True)
    s.pool._leases.append(Lease(uuid4(), 2.0, 0.5))
    await s.pool.close()
    assert s.book.back == [2.0]


async def test_a_lease_is_not_used_after_its_time():
    s = Stand(every=0.0)
    s.pool._leases.append(Lease(uuid4(), 1.0, 0.5))
    await s.clock.advance(0.5)
    call = s.call("a")
    await s.clock.advance(0)
    await call
    assert s.book.asked == [1.0]
    await s.over()
    assert s.book.back == [1.0]


async def test_a_call_that_was_never_sent_gives_its_part_back_and_a_slot_that_was_is_ended():
    s = Stand(SlotBudget(name="s", interval_seconds=5, scope=APP), every=0.0)
    unsent = await s.routes[0].acquire({"s": 1}, fast=False)
    s.routes[0].end(unsent, sent=False)
    await s.clock.advance(0)
    assert (s.book.back, s.book.ends) == ([1.0], 0)
    sent = await asyncio.wait_for(s.routes[1].acquire({"s": 1}, fast=False), 1)
    s.routes[1].end(sent)
    await s.clock.advance(0)
    assert (s.book.back, s.book.ends) == ([1.0], 1)
    await s.over()


async def test_a_refusal_voids_what_is_leased_and_is_written_for_the_others():
    s = Stand(give_all=True, every=0.0)
    s.pool._leases.append(Lease(uuid4(), 3.0, 100.0))
    s.routes[0].refused(["s"], 7.0)
    call = s.call("a", route=1)
    await s.clock.advance(6.9)
    assert not call.done()
    await s.clock.advance(0.2)
    await call
    assert s.book.told == [(7.0, False)]
    s.routes[0].refused(["s"], None)
    await s.clock.advance(0)
    assert s.book.told[1][1] is True
    await s.over()


async def test_headers_are_written_when_they_tell_something_new():
    s = Stand(every=0.0)
    for reading in (
        BudgetReading("s", restore=1.0),
        BudgetReading("s", restore=0.5),
        BudgetReading("s", restore=0.5),
        BudgetReading("s", available=2),
        BudgetReading("s", maximum=3),
    ):
        s.routes[0].end(await s.routes[0].acquire({}, fast=False), [reading])
    await s.clock.advance(0)
    assert s.book.told == [BudgetReading("s", restore=0.5)]
    await s.clock.advance(2)
    s.routes[0].end(await s.routes[0].acquire({}, fast=False), [BudgetReading("s", available=2)])
    await s.clock.advance(0)
    assert s.book.told[1:] == [BudgetReading("s", available=2)]
    await s.over()


async def test_what_no_lease_can_hold_is_too_big():
    s = Stand()
    with pytest.raises(PlatformFault) as caught:
        await s.routes[0].acquire({"s": 4}, fast=False)
    assert caught.value.kind is FaultKind.TOO_BIG
    await s.over()
