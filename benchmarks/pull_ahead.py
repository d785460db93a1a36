"""A worker that takes 50 ms for a page, with and without reading ahead of what is applied: the same pages, paired, on real PostgreSQL."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from benchmarks.pull import JOB, STAGED, Bench, empty_bench, page_of
from benchmarks.report import Figure
from pixee_common.domain.ids import new_id
from pixee_orchestrator.catalog.pulls.chains import PullChains

PAGES = 100
READ_SECONDS = 0.05
FIRST = (
    "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters, "
    "size) SELECT id, 0, account_id, connector_id, platform, operation, route_key, 3, position, '{}', '', 0 FROM jobs WHERE id = $1"
)
TAKE = (
    "UPDATE chunks SET state = 'sent' WHERE (job_id, no) IN "
    "(SELECT job_id, no FROM chunks WHERE job_id = $1 AND state = 'pending' ORDER BY no LIMIT 1) RETURNING no"
)


async def run() -> list[Figure]:
    """Three paired rounds over products that are known and unchanged, after one that creates them."""
    async with empty_bench() as bench:
        await _pull(bench, ahead=False)
        rounds = [(await _pull(bench, ahead=False), await _pull(bench, ahead=True)) for _ in range(3)]
    apart, ahead = (sorted(column)[1] for column in zip(*rounds, strict=True))
    detail = f"{PAGES} pages, {READ_SECONDS * 1000:.0f} ms to read each; {PAGES / ahead:.1f} pages/s, {PAGES / apart:.1f} pages/s one after the other"
    return [Figure("reading pages ahead", ahead / apart, 0.9, lower_is_better=True, unit="×", detail=detail)]


async def _pull(bench: Bench, *, ahead: bool) -> float:
    """Seconds of a whole pull."""
    job = new_id()
    await bench.run(JOB, job, *bench.connectors[0])
    await bench.run(FIRST, job)
    staged = [asyncio.Event(), asyncio.Event()]
    steps: list[Callable[[], Awaitable[bool]]] = [bench.pages.sweep]
    if ahead:
        steps.append(PullChains(bench.database).sweep)
    loops = [asyncio.create_task(_loop(step, event)) for step, event in zip(steps, staged, strict=False)]
    started = time.perf_counter()
    try:
        await _worker(bench, job, staged)
        while not await _finished(bench, job):
            await asyncio.sleep(0.002)
        return time.perf_counter() - started
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def _loop(step: Callable[[], Awaitable[bool]], event: asyncio.Event) -> None:
    while True:
        event.clear()
        if not await step():
            await event.wait()


async def _worker(bench: Bench, job: UUID, staged: Sequence[asyncio.Event]) -> None:
    while True:
        async with bench.owner.connection() as connection:
            no = await connection.fetchval(TAKE, job)
        if no is None:
            await asyncio.sleep(0.002)
            continue
        await asyncio.sleep(READ_SECONDS)
        await bench.run(STAGED, job, no, page_of(no), {"after": no} if no + 1 < PAGES else None, None)
        for event in staged:
            event.set()
        if no + 1 == PAGES:
            return


async def _finished(bench: Bench, job: UUID) -> bool:
    async with bench.owner.connection() as connection:
        row = await connection.fetchrow("SELECT state, total FROM jobs WHERE id = $1", job)
    assert row is not None
    assert row["state"] in {"running", "completed"}, row["state"]
    return bool(row["state"] == "completed")
