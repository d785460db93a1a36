"""Time moves only by hand, and sleepers wake in order."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from pixee_common.clock import Clock, FakeClock, SystemClock


async def test_sleepers_wake_in_the_order_of_their_due_times_and_see_exactly_that_time() -> None:
    clock = FakeClock()
    seen: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            seen.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("late", 5))
        group.create_task(sleeper("twice", 1, 2))
        group.create_task(sleeper("equal", 3))
        await clock.advance(10)
    assert seen == [("twice", 1), ("equal", 3), ("twice", 3), ("late", 5)]
    assert clock.monotonic() == 10
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=10)


async def test_nobody_wakes_before_time() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(2))
    await clock.advance(1.99)
    assert not task.done()
    assert clock.sleepers == 1
    await clock.advance(0.01)
    assert task.done()
    assert clock.sleepers == 0


async def test_a_cancelled_sleeper_holds_up_nobody() -> None:
    clock = FakeClock()
    first, second = asyncio.create_task(clock.sleep(1)), asyncio.create_task(clock.sleep(2))
    await clock.advance(0)
    first.cancel()
    await clock.advance(2)
    assert first.cancelled()
    assert second.done()


async def test_fake_time_neither_goes_back_nor_starts_without_a_zone() -> None:
    with pytest.raises(ValueError, match="back"):
        await FakeClock().advance(-1)
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001


async def test_the_system_clock_is_aware_and_in_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    before = clock.monotonic()
    await clock.sleep(-1)
    assert clock.monotonic() >= before
