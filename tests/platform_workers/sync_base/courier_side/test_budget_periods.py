"""Windows, slots and days against a model of the platform's own limiter: never refused, and what it gives is used."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pixee_common.clock import FakeClock
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    BudgetScope,
    CostBudget,
    DailyBudget,
    SlotBudget,
    TokenBucketBudget,
    WindowBudget,
)
from pixee_workers.sync_base.budget_periods import Daily, Slot, Window
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import BudgetReading

LATENCIES = st.lists(st.floats(0.001, 0.02), min_size=3, max_size=9)
"""On the way to the platform; the way back takes as long."""


async def saturated(spec, seconds: float, runners: int, latencies: list[float], *, start=None) -> list[datetime]:
    """When calls arrived at the platform, with that many runners that always want to call."""
    clock = FakeClock(start) if start else FakeClock()
    budgets, arrived, turn = BudgetSet([spec], clock), [], 0

    async def run() -> None:
        nonlocal turn
        while True:
            turn += 1
            latency = latencies[turn % len(latencies)]
            try:
                grant = await budgets.acquire({spec.name: 1}, fast=turn % 3 == 0)
            except PlatformFault as fault:
                if fault.kind is not FaultKind.THROTTLED or fault.retry_after is None or fault.retry_after <= 10:
                    raise
                await clock.sleep(fault.retry_after)
                continue
            await clock.sleep(latency)
            arrived.append(clock.now())
            await clock.sleep(latency)
            budgets.end(grant)

    tasks = [asyncio.ensure_future(run()) for _ in range(runners)]
    await clock.advance(seconds)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(ended, asyncio.CancelledError)
    return arrived


def most_in_any(arrived: list[datetime], seconds: float) -> int:
    span, first, most = timedelta(seconds=seconds), 0, 0
    for last, at in enumerate(arrived):
        while at - arrived[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 20), st.floats(1, 8), st.integers(1, 6), LATENCIES)
async def test_a_window_is_used_up_and_never_more(limit, seconds, runners, latencies):
    arrived = await saturated(WindowBudget(name="w", limit=limit, seconds=seconds), seconds * 8, runners, latencies)
    assert most_in_any(sorted(arrived), seconds) <= limit
    most_of_all = runners * 8 * seconds / (2 * max(latencies) or 1e-9)
    if most_of_all > 2 * limit * 8:
        assert len(arrived) >= 0.9 * limit * 8 * 0.98


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 20), st.floats(11, 400), st.integers(1, 4), st.integers(0, 400))
async def test_a_long_window_is_parked_and_a_fixed_one_is_kept_wherever_it_begins(limit, seconds, runners, begins):
    arrived = await saturated(WindowBudget(name="w", limit=limit, seconds=seconds), seconds * 10, runners, [0.001])
    fixed = Counter(int((at.timestamp() + begins) // seconds) for at in arrived)
    assert max(fixed.values()) <= limit
    assert len(arrived) >= 0.9 * 10 * limit


@settings(max_examples=15, deadline=None)
@given(st.floats(5, 1000), st.integers(1, 3), LATENCIES)
async def test_a_slot_takes_one_call_counted_from_its_end(interval, runners, latencies):
    arrived = await saturated(SlotBudget(name="s", interval_seconds=interval), interval * 40, runners, latencies)
    gaps = [(b - a).total_seconds() for a, b in pairwise(arrived)]
    assert min(gaps) >= interval - 1e-5
    assert len(arrived) >= 0.9 * 40


@pytest.mark.parametrize("skew", [-8.0, 0.0, 8.0])
async def test_slots_on_a_grid_take_one_call_each_also_by_a_clock_that_is_wrong(skew):
    spec = SlotBudget(name="s", interval_seconds=900, start="00:05")
    start = datetime(2026, 3, 1, 7, 12, tzinfo=UTC)
    arrived = await saturated(spec, 900 * 40, 2, [0.1], start=start)
    taken = Counter((at.timestamp() + skew / 2 - 300) // 900 for at in arrived)
    assert max(taken.values()) == 1
    assert len(arrived) >= 39


@settings(max_examples=10, deadline=None)
@given(
    st.integers(1, 30),
    st.integers(0, 23),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"]),
    st.floats(-50, 50),
)
async def test_a_day_is_used_up_and_never_more_over_a_change_of_summer_time(limit, hour, zone, skew):
    spec = DailyBudget(name="d", limit=limit, reset_hour=hour, time_zone=zone)
    start = datetime(2026, 3, 27, 5, tzinfo=UTC)
    arrived = await saturated(spec, 86_400 * 4, 2, [0.2], start=start)
    border = Daily(spec, lambda: start)._border
    days = Counter(border._day(at + timedelta(seconds=skew)) for at in arrived)
    assert max(days.values()) <= limit
    assert len(arrived) >= 4 * limit


async def refusal(call) -> PlatformFault:
    with pytest.raises(PlatformFault) as caught:
        await call
    return caught.value


async def test_a_used_up_day_is_parked_with_its_own_reason_and_the_time_of_the_next():
    clock = FakeClock(datetime(2026, 5, 1, 12, tzinfo=UTC))
    budgets = BudgetSet([DailyBudget(name="d", limit=2, reset_hour=9, time_zone="Asia/Tokyo")], clock)
    budgets.end(await budgets.acquire({"d": 2}, fast=False))
    fault = await refusal(budgets.acquire({"d": 1}, fast=True))
    assert (fault.kind, fault.reason) == (FaultKind.THROTTLED, ReasonCode.DAILY_LIMIT)
    assert fault.retry_after == pytest.approx(12 * 3600, abs=61)


@pytest.mark.parametrize(
    "spec",
    [
        SlotBudget(name="b", interval_seconds=900),
        WindowBudget(name="b", limit=1, seconds=300),
        TokenBucketBudget(name="b", rate=0.016, burst=1),
    ],
)
async def test_a_wait_of_more_than_ten_seconds_is_parked(spec):
    clock = FakeClock()
    budgets = BudgetSet([spec], clock)
    budgets.end(await budgets.acquire({"b": 1}, fast=False))
    fault = await refusal(budgets.acquire({"b": 1}, fast=False))
    assert (fault.kind, fault.reason, fault.budget) == (FaultKind.THROTTLED, ReasonCode.THROTTLED, "b")
    assert fault.retry_after == pytest.approx({"slot": 900, "window": 300, "token_bucket": 62.5}[spec.kind], rel=0.06)
    await clock.advance(fault.retry_after)
    budgets.end(await asyncio.wait_for(budgets.acquire({"b": 1}, fast=False), 1))


@pytest.mark.parametrize(
    "spec",
    [
        SlotBudget(name="b", interval_seconds=900),
        WindowBudget(name="b", limit=1, seconds=300),
        DailyBudget(name="b", limit=1),
    ],
)
async def test_a_call_that_was_never_sent_leaves_its_place(spec):
    clock = FakeClock(datetime(2026, 5, 1, 12, tzinfo=UTC))
    budgets = BudgetSet([spec], clock)
    grant = await budgets.acquire({"b": 1}, fast=False)
    await clock.advance(3)
    budgets.end(grant, sent=False)
    budgets.end(await asyncio.wait_for(budgets.acquire({"b": 1}, fast=False), 1))
    assert (await refusal(budgets.acquire({"b": 1}, fast=False))).kind is FaultKind.THROTTLED


@pytest.mark.parametrize(
    "spec",
    [
        SlotBudget(name="b", interval_seconds=900),
        WindowBudget(name="b", limit=1, seconds=900),
        DailyBudget(name="b", limit=1),
    ],
)
async def test_a_new_owner_keeps_what_the_last_one_used(spec):
    clock = FakeClock(datetime(2026, 5, 1, 12, tzinfo=UTC))
    old = BudgetSet([spec], clock)
    old.end(await old.acquire({"b": 1}, fast=False))
    state = old.saved()
    before = await refusal(old.acquire({"b": 1}, fast=False))
    await clock.advance(100)
    new = BudgetSet([spec], clock)
    new.restore(state)
    fault = await refusal(new.acquire({"b": 1}, fast=False))
    assert fault.retry_after == pytest.approx(before.retry_after - 100, abs=1e-3)


async def test_a_rate_learnt_from_headers_goes_to_the_next_owner_and_a_declared_one_does_not():
    clock = FakeClock()
    old = BudgetSet([TokenBucketBudget(name="b", rate=5, burst=5)], clock)
    old.end(await old.acquire({"b": 1}, fast=False), [BudgetReading("b", restore=1, maximum=2)])
    new = BudgetSet([TokenBucketBudget(name="b", rate=5, burst=5)], clock)
    new.restore(old.saved())
    await clock.advance(10)
    new.end(await new.acquire({"b": 2}, fast=False))
    waiting = asyncio.ensure_future(new.acquire({"b": 1}, fast=False))
    await clock.advance(0.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert waiting.done()
    changed = BudgetSet([TokenBucketBudget(name="b", rate=50, burst=50)], clock)
    changed.restore(BudgetSet([TokenBucketBudget(name="b", rate=5, burst=5)], clock).saved())
    changed.end(await asyncio.wait_for(changed.acquire({"b": 50}, fast=False), 1))


def test_headers_that_say_less_are_believed_and_those_that_say_more_are_not():
    window = Window(WindowBudget(name="w", limit=10, seconds=60), 0.0)
    window.take(1, 0.0)
    window.read(BudgetReading("w", available=2), 0.0)
    assert window.wait(2, 0.0) == 0
    assert window.wait(3, 0.0) > 0
    window.read(BudgetReading("w", available=9), 0.0)
    assert window.wait(3, 0.0) > 0
    window.read(BudgetReading("w", maximum=12), 0.0)
    assert window.wait(4, 0.0) == 0
    day = Daily(DailyBudget(name="d", limit=10), lambda: datetime(2026, 5, 1, 12, tzinfo=UTC))
    day.read(BudgetReading("d", available=1), 0.0)
    assert day.wait(1, 0.0) == 0
    assert day.wait(2, 0.0) > 0
    slot = Slot(SlotBudget(name="s", interval_seconds=10), 0.0, lambda: datetime(2026, 5, 1, tzinfo=UTC))
    slot.read(BudgetReading("s", restore=1 / 30), 0.0)
    slot.take(1, 0.0)
    assert slot.wait(1, 0.0) == pytest.approx(30)


def test_a_refusal_without_a_time_fills_a_window_for_a_minute_at_most():
    window = Window(WindowBudget(name="w", limit=10, seconds=3600), 0.0)
    window.refused(0.0, told=False)
    assert window.wait(1, 0.0) == pytest.approx(60)
    assert window.wait(10, 60.1) == 0
    window.refused(100.0, told=True)
    assert window.wait(10, 100.0) == 0


def never_at_once() -> list[tuple[object, float]]:
    return [
        (WindowBudget(name="b", limit=5, seconds=10), 6),
        (DailyBudget(name="b", limit=5), 6),
        (SlotBudget(name="b", interval_seconds=10), 2),
    ]


@pytest.mark.parametrize(("spec", "amount"), never_at_once())
async def test_what_never_fits_is_too_big_at_once(spec, amount):
    fault = await refusal(BudgetSet([spec], FakeClock()).acquire({"b": amount}, fast=False))
    assert (fault.kind, fault.reason) == (FaultKind.TOO_BIG, ReasonCode.TOO_BIG)
    assert f"costs {amount}" in fault.message


def throttled(budgets: BudgetSet) -> None:
    budgets.refused(["b"], None)


def told(budgets: BudgetSet) -> None:
    budgets.refused(["b"], 1.0, [BudgetReading("b", available=100, maximum=100)])


@pytest.mark.parametrize("refuse", [throttled, told])
@pytest.mark.parametrize(
    "spec", [CostBudget(name="b", maximum=100, restore=50), TokenBucketBudget(name="b", rate=50, burst=100)]
)
async def test_a_call_dearer_than_the_whole_bucket_is_tried_once_and_then_too_big(
    spec, refuse: Callable[[BudgetSet], None]
):
    clock = FakeClock()
    budgets = BudgetSet([spec], clock)
    budgets.end(await asyncio.wait_for(budgets.acquire({"b": 150}, fast=False), 1))
    refuse(budgets)
    await clock.advance(10)
    fault = await refusal(budgets.acquire({"b": 150}, fast=False))
    assert fault.kind is FaultKind.TOO_BIG


@pytest.mark.parametrize(
    "declared",
    [
        lambda: TokenBucketBudget(name="b", rate=1, burst=1, key_field="seller"),
        lambda: SlotBudget(name="b", interval_seconds=900, start="25:00"),
        lambda: SlotBudget(name="b", interval_seconds=901, start="01:00"),
        lambda: DailyBudget(name="b", limit=1, time_zone="Mars/Olympus"),
        lambda: CostBudget(name="b", maximum=1, restore=1, scope=BudgetScope.APPLICATION),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(declared):
    with pytest.raises(ValidationError):
        declared()
