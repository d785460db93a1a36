"""Budgets: never more than the platform allows, never less than it gives."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixee_common.clock import FakeClock
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.platforms.manifest import ConcurrencyBudget, CostBudget, TokenBucketBudget
from pixee_workers.sync_base.budget_kinds import Concurrency, CostBucket, TokenBucket
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import BudgetReading

amounts = st.floats(0.5, 10)
gaps = st.floats(0, 3)


@given(st.lists(st.tuples(amounts, gaps), max_size=60), st.floats(0.5, 20), st.floats(10, 40))
def test_a_token_bucket_never_gives_more_than_burst_and_rate_in_any_window(calls, rate, burst):
    bucket = TokenBucket(TokenBucketBudget(name="b", rate=rate, burst=burst), 0.0)
    now, taken = 0.0, []
    for amount, gap in calls:
        now += gap
        now += bucket.wait(amount, now)
        bucket.take(amount, now)
        taken.append((now, amount))
    for start, (begin, _) in enumerate(taken):
        total = 0.0
        for at, amount in taken[start:]:
            total += amount
            assert total <= burst + rate * (at - begin) + 1e-6


class StrictShop:
    """Shopify's bucket: refuses what it cannot pay, gives back what was not used."""

    def __init__(self, maximum: float, restore: float) -> None:
        self.maximum, self.restore, self.level, self.at, self.spent = maximum, restore, maximum, 0.0, 0.0

    def arrive(self, now: float, requested: float) -> bool:
        self.level = min(self.maximum, self.level + (now - self.at) * self.restore)
        self.at = now
        if self.level < requested - 1e-6:
            return False
        self.level -= requested
        return True

    def leave(self, now: float, requested: float, actual: float) -> float:
        self.arrive(now, 0)
        self.level = min(self.maximum, self.level + requested - actual)
        self.spent += actual
        return self.level


@settings(max_examples=15, deadline=None)
@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.floats(20, 200), st.floats(0.3, 1.0)), min_size=5, max_size=20),
    st.floats(0.02, 0.4),
)
async def test_a_saturated_cost_bucket_is_used_up_and_never_throttled(runners, documents, latency):
    clock, shop = FakeClock(), StrictShop(1000, 100)
    budgets = BudgetSet([CostBudget(name="p", maximum=1000, restore=100)], clock)
    refused = 0

    async def run(offset: int) -> None:
        nonlocal refused
        turn = offset
        while clock.monotonic() < 100:
            requested, share = documents[turn % len(documents)]
            turn += runners
            grant = await budgets.acquire({"p": requested}, fast=False)
            refused += not shop.arrive(clock.monotonic(), requested)
            await clock.sleep(latency)
            left = shop.leave(clock.monotonic(), requested, requested * share)
            budgets.end(grant, [BudgetReading("p", available=left, maximum=1000, restore=100, spent=requested * share)])

    tasks = [asyncio.ensure_future(run(n)) for n in range(runners)]
    await clock.advance(100)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert refused == 0
    # A single runner with cheap documents is bound by latency, not by the bucket.
    largest = runners * min(requested * share for requested, share in documents) / latency
    if largest > 150:
        assert shop.spent >= 0.95 * (1000 + 100 * 100) - 200


def test_a_reading_corrects_downward_at_once_and_counts_what_is_under_way():
    bucket = CostBucket(CostBudget(name="p", maximum=1000, restore=100), 0.0)
    bucket.take(100, 0.0)
    bucket.take(50, 0.0)
    bucket.settle(100, 0.0, spent=None)
    bucket.read(BudgetReading("p", available=300), 0.0)
    assert bucket.wait(250, 0.0) == 0
    assert bucket.wait(300, 0.0) == pytest.approx(0.5)


def test_a_larger_plan_of_the_shop_is_believed():
    bucket = CostBucket(CostBudget(name="p", maximum=1000, restore=50), 0.0)
    bucket.read(BudgetReading("p", available=20000, maximum=20000, restore=1000), 0.0)
    bucket.take(20000, 0.0)
    assert bucket.wait(1000, 0.0) == pytest.approx(1.0)


def test_a_document_larger_than_the_bucket_waits_for_a_full_one():
    bucket = CostBucket(CostBudget(name="p", maximum=100, restore=10), 0.0)
    bucket.take(60, 0.0)
    assert bucket.wait(500, 0.0) == pytest.approx(6.0)


def test_a_token_bucket_believes_headers_that_say_less_and_not_those_that_say_more():
    bucket = TokenBucket(TokenBucketBudget(name="b", rate=1, burst=10), 0.0)
    bucket.read(BudgetReading("b", available=2), 0.0)
    assert bucket.wait(2, 0.0) == 0
    assert bucket.wait(3, 0.0) == pytest.approx(1.0)
    bucket.read(BudgetReading("b", available=10), 0.0)
    assert bucket.wait(3, 0.0) == pytest.approx(1.0)
    bucket.read(BudgetReading("b", maximum=20, restore=4), 0.0)
    assert bucket.wait(1, 0.0) == 0


def test_a_refusal_that_tells_nothing_empties_the_points_and_slows_them():
    bucket = CostBucket(CostBudget(name="p", maximum=100, restore=10), 0.0)
    bucket.refused(0.0, told=True)
    assert bucket.wait(100, 0.0) == 0
    bucket.refused(0.0, told=False)
    assert bucket.wait(10, 0.0) == pytest.approx(2.0)


def test_fewer_places_are_kept_over_a_hand_over_and_what_the_platform_says_counts():
    places = Concurrency(ConcurrencyBudget(name="c", limit=4), 0.0)
    places.refused(0.0, told=True)
    places.refused(0.0, told=False)
    heir = Concurrency(ConcurrencyBudget(name="c", limit=4), 100.0)
    heir.restore_from(places.saved(0.0), 0.0, 100.0)
    heir.take(2, 100.0)
    assert heir.wait(1, 100.0) is None
    heir.read(BudgetReading("c", maximum=8), 100.0)
    assert heir.wait(1, 100.0) == 0
    assert heir.capacity == 8


def test_refusals_without_a_hint_halve_the_rate_to_a_floor_and_it_comes_back():
    bucket = TokenBucket(TokenBucketBudget(name="b", rate=16, burst=1), 0.0)
    for _ in range(20):
        bucket.refused(0.0, told=False)
    bucket = TokenBucket(TokenBucketBudget(name="b", rate=16, burst=1), 0.0)
    bucket.refused(0.0, told=False)
    assert bucket.wait(1, 0.0) == pytest.approx(1 / 8)
    assert bucket.saved(60.0)["factor"] == pytest.approx(1.0)
    for _ in range(20):
        bucket.refused(60.0, told=False)
    assert bucket.saved(60.0)["factor"] == 1 / 16


def test_concurrency_gives_places_back_and_keeps_one_whatever_is_refused():
    places = Concurrency(ConcurrencyBudget(name="c", limit=2), 0.0)
    assert places.wait(1, 0.0) == 0
    places.take(1, 0.0)
    places.take(1, 0.0)
    assert places.wait(1, 0.0) is None
    places.settle(1, 0.0, spent=None)
    assert places.wait(1, 0.0) == 0
    for _ in range(9):
        places.refused(0.0, told=False)
    assert places.wait(1, 0.0) is None
    places.settle(1, 0.0, spent=None)
    assert places.wait(1, 0.0) == 0


async def order_of(clock, budgets, calls):
    done = []

    async def one(name, spend, fast):
        grant = await budgets.acquire(spend, fast=fast)
        done.append((name, clock.monotonic()))
        budgets.end(grant)

    tasks = []
    for call in calls:
        tasks.append(asyncio.ensure_future(one(*call)))
        await asyncio.sleep(0)
    await clock.advance(200)
    await asyncio.gather(*tasks)
    return done


async def test_stock_stands_before_products_and_each_in_its_order():
    clock = FakeClock()
    budgets = BudgetSet([TokenBucketBudget(name="b", rate=1, burst=1)], clock)
    calls = [("b1", {"b": 1}, False), ("b2", {"b": 1}, False), ("f1", {"b": 1}, True), ("f2", {"b": 1}, True)]
    done = await order_of(clock, budgets, calls)
    assert [name for name, _ in done] == ["b1", "f1", "f2", "b2"]
    assert [at for _, at in done] == pytest.approx([0, 1, 2, 3], abs=1e-3)


async def test_a_fifth_is_kept_for_products_while_stock_never_ends():
    clock = FakeClock()
    budgets = BudgetSet([TokenBucketBudget(name="b", rate=1, burst=1)], clock)
    fast = [(f"f{n}", {"b": 1}, True) for n in range(80)]
    bulk = [(f"b{n}", {"b": 1}, False) for n in range(30)]
    done = await order_of(clock, budgets, [*fast, *bulk])
    first = [name[0] for name, _ in done[:60]]
    assert first.count("b") in {11, 12, 13}


async def test_a_call_that_needs_another_budget_is_not_held_up():
    clock = FakeClock()
    specs = [TokenBucketBudget(name="a", rate=0.01, burst=1), TokenBucketBudget(name="b", rate=1, burst=1)]
    budgets = BudgetSet(specs, clock)
    budgets.end(await budgets.acquire({"a": 1}, fast=True))
    waiting = asyncio.ensure_future(budgets.acquire({"a": 1}, fast=True))
    await asyncio.sleep(0)
    await asyncio.wait_for(budgets.acquire({"b": 1}, fast=False), 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_pause_that_the_platform_asked_for_is_kept_to_the_second():
    clock = FakeClock()
    budgets = BudgetSet([TokenBucketBudget(name="b", rate=10, burst=10)], clock)
    budgets.refused(["b"], 7.0)
    done = await order_of(clock, budgets, [("one", {"b": 1}, False)])
    assert done[0][1] == pytest.approx(7.0)


async def test_a_longer_pause_is_a_fault_with_its_time_at_once_also_for_those_who_wait_already():
    clock = FakeClock()
    budgets = BudgetSet([TokenBucketBudget(name="b", rate=0.1, burst=1)], clock)
    budgets.end(await budgets.acquire({"b": 1}, fast=False))
    waiting = asyncio.ensure_future(budgets.acquire({"b": 1}, fast=False))
    await asyncio.sleep(0)
    budgets.refused(["b"], 60.0)
    for call in (waiting, budgets.acquire({"b": 1}, fast=True)):
        with pytest.raises(PlatformFault) as caught:
            await call
        assert caught.value.kind is FaultKind.THROTTLED
        assert caught.value.retry_after == pytest.approx(60.0)


async def test_a_new_owner_goes_on_where_the_last_one_stopped():
    clock = FakeClock()
    specs = [TokenBucketBudget(name="t", rate=1, burst=5), CostBudget(name="c", maximum=100, restore=1)]
    old = BudgetSet(specs, clock)
    old.end(await old.acquire({"t": 5, "c": 100}, fast=False))
    old.refused(["t"], 4.0)
    await clock.advance(1)
    new = BudgetSet(specs, clock)
    new.restore(old.saved())
    done = await order_of(clock, new, [("burst", {"t": 5}, False), ("points", {"c": 50}, False)])
    assert dict(done)["burst"] == pytest.approx(5.0, abs=0.01)
    assert dict(done)["points"] == pytest.approx(50.0, abs=0.1)


async def test_a_state_that_cannot_be_read_leaves_the_budgets_full():
    clock = FakeClock()
    for state in ({}, {"saved_at": "never"}, {"saved_at": clock.now().isoformat(), "budgets": 3}):
        budgets = BudgetSet([TokenBucketBudget(name="t", rate=1, burst=5)], clock)
        budgets.restore(state)
        await asyncio.wait_for(budgets.acquire({"t": 5}, fast=False), 1)


async def test_what_was_never_sent_costs_nothing_and_is_given_back_once():
    clock = FakeClock()
    budgets = BudgetSet([TokenBucketBudget(name="t", rate=0.001, burst=1)], clock)
    grant = await budgets.acquire({"t": 1}, fast=False)
    budgets.end(grant, sent=False)
    budgets.end(grant, sent=False)
    again = await asyncio.wait_for(budgets.acquire({"t": 1}, fast=False), 1)
    assert again.waited == 0


async def test_a_budget_that_the_manifest_does_not_have_is_an_error():
    with pytest.raises(ValueError, match="nope"):
        await BudgetSet([], FakeClock()).acquire({"nope": 1}, fast=False)


async def test_a_caller_that_is_cancelled_leaves_the_line():
    clock = FakeClock()
    budgets = BudgetSet([ConcurrencyBudget(name="c", limit=1)], clock)
    held = await budgets.acquire({"c": 1}, fast=False)
    leaving = asyncio.ensure_future(budgets.acquire({"c": 1}, fast=True))
    staying = asyncio.ensure_future(budgets.acquire({"c": 1}, fast=False))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    budgets.end(held)
    await asyncio.wait_for(staying, 1)
