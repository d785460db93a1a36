"""Loops survive their own errors and say when they have stopped turning."""

import asyncio

import pytest

from pixee_common.clock import FakeClock, SystemClock
from pixee_orchestrator.loops import Loop, LoopStuckError, supervise


async def test_a_loop_goes_on_after_an_error_and_at_once_while_there_is_more() -> None:
    answers = iter([True, ValueError("boom"), True, False])
    done = asyncio.Event()

    async def step() -> bool:
        answer = next(answers, None)
        if answer is None or answer is False:
            done.set()
            return False
        if isinstance(answer, Exception):
            raise answer
        return answer

    task = asyncio.create_task(Loop("tested", step, FakeClock(), every=60).run())
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_woken_loop_does_not_wait_for_its_period() -> None:
    turns = 0
    reached = asyncio.Event()

    async def step() -> bool:
        nonlocal turns
        turns += 1
        if turns == 2:
            reached.set()
        return False

    loop = Loop("tested", step, FakeClock(), every=3600)
    task = asyncio.create_task(loop.run())
    while turns < 1:
        await asyncio.sleep(0)
    loop.wake("payload")
    await asyncio.wait_for(reached.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_hangs_is_told_from_one_that_turns() -> None:
    clock = FakeClock()
    hangs = asyncio.Event()

    async def step() -> bool:
        await hangs.wait()
        return False

    loop = Loop("tested", step, clock)
    task = asyncio.create_task(loop.run())
    await clock.advance(179)
    await loop.check()
    await clock.advance(5)
    with pytest.raises(LoopStuckError):
        await loop.check()
    hangs.set()
    await clock.advance(0)
    await loop.check()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_crashes_or_ends_is_started_again() -> None:
    starts = 0
    third = asyncio.Event()

    async def run() -> None:
        nonlocal starts
        starts += 1
        if starts == 3:
            third.set()
            await asyncio.Event().wait()
        if starts == 1:
            raise OSError("gone")

    task = asyncio.create_task(supervise("tested", run))
    await asyncio.wait_for(third.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("turns", range(5))
async def test_a_loop_that_is_woken_and_stopped_in_the_same_moment_stops(turns: int) -> None:
    async def step() -> bool:
        return False

    loop = Loop("test", step, SystemClock(), every=60)
    running = asyncio.create_task(loop.run())
    await asyncio.sleep(0.01)
    loop.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=1)
    running.cancel()
    assert done
    assert running.cancelled()
