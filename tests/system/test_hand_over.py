"""Two workers share a platform's shops: nobody calls a shop beside its owner, whether the owner stops, dies, sleeps or is slow."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from system.call_log import (
    calls_after,
    calls_beside_another_worker,
    highest_concurrency,
    last_end_ns,
    owner_of,
    successors_first_ns,
)
from system.harness import Account, Shop, System, running_system, simple_product

from pixee_devstack.processes import ManagedProcess

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

DEAD_SECONDS = 10.0
DECLARED = {"shopify": 32, "woocommerce": 1}
SET_QUANTITIES = "inventorySetQuantities"


@pytest.fixture
async def pair(tmp_path) -> AsyncIterator[System]:
    """A system of its own with two workers: these tests kill them."""
    async with running_system(tmp_path, workers=2) as system:
        yield system


async def _shops(system: System, count: int, products: int, *, latency_ms: int = 40) -> tuple[Account, list[Shop]]:
    account = await system.account()
    await account.catalog(simple_product(n) for n in range(products))
    shops = [await account.shop("shopify") for _ in range(count - 1)] + [await account.shop("woocommerce")]
    for shop in shops:
        if shop.platform == "shopify":
            await shop.limits(maximumAvailable=700, restoreRate=350, latency_ms=latency_ms)
        else:
            await shop.limits(latency_ms=600)
    return account, shops


async def _workers(system: System) -> dict[str, ManagedProcess]:
    """Worker id → process."""
    async with system.database.connection() as connection:
        rows = await connection.fetch("SELECT id, pid FROM workers")
    processes = {p.pid: p for name, p in system.stack.processes.items() if name.startswith("worker")}
    return {str(row["id"]): processes[row["pid"]] for row in rows if row["pid"] in processes}


async def _busy(shops: list[Shop], calls: int = 2) -> None:
    async with asyncio.timeout(60):
        for shop in shops:
            while len(await shop.requests(kind="write")) < calls:
                await asyncio.sleep(0.05)


async def _owned_by(system: System, shops: list[Shop]) -> tuple[str, list[Shop]]:
    """The worker that owns the most of these shops, and which."""
    owners = [await owner_of(shop) for shop in shops]
    worker = max((o for o in owners if o), key=owners.count)
    return worker, [shop for shop, owner in zip(shops, owners, strict=True) if owner == worker]


async def _all_done(account: Account, jobs: list[str], products: int, shops: list[Shop]) -> None:
    for job_id in jobs:
        job = await account.finished(job_id, seconds=150)
        assert (job["state"], job["succeeded"]) == ("completed", products), job
    for shop in shops:
        assert (await shop.counts())["commits"]["product_created"] == products
        log = await shop.requests()
        assert highest_concurrency(log) <= DECLARED[shop.platform]
        assert calls_beside_another_worker(log) == []


async def _last_seen_in_the_table(system: System, worker: str) -> int:
    """Monotonic ns of the last look at which the worker's row still stood: its death was declared after that."""
    seen = 0
    while True:
        asked_ns = time.monotonic_ns()
        async with system.database.connection() as connection:
            if not await connection.fetchval("SELECT EXISTS (SELECT FROM workers WHERE id = $1::text::uuid)", worker):
                return seen
        seen = asked_ns
        await asyncio.sleep(0.02)


async def _last_heartbeat_ns(system: System, worker: str) -> int:
    """Monotonic ns before which the worker's last heartbeat cannot have been."""
    asked_ns = time.monotonic_ns()
    async with system.database.connection() as connection:
        age = await connection.fetchval(
            "SELECT extract(epoch FROM clock_timestamp() - heartbeat_at)::float8 FROM workers WHERE id = $1::text::uuid",
            worker,
        )
    return asked_ns - int(age * 1e9)


async def test_a_worker_that_is_told_to_stop_makes_no_call_after_its_successors_first(pair: System) -> None:
    account, shops = await _shops(pair, 4, 600)
    jobs = [await shop.sync("push-products") for shop in shops]
    await _busy(shops)
    old, moved = await _owned_by(pair, shops)
    process = (await _workers(pair))[old]
    told_ns = time.monotonic_ns()
    await process.stop()
    assert process.exit_code == 0
    await process.start()
    await _all_done(account, jobs, 600, shops)
    for shop in moved:
        log = await shop.requests()
        first = successors_first_ns(log, old, told_ns)
        assert first is not None, "the shop was not handed over"
        assert calls_after(log, old, first) == []
        assert last_end_ns(log, old) <= first, "two workers called the shop at once"
        assert (first - told_ns) / 1e9 <= 10.0, "a shop that is handed over waits for no death"


async def test_after_a_kill_the_successor_waits_until_the_death_is_declared(pair: System) -> None:
    account, shops = await _shops(pair, 4, 600)
    jobs = [await shop.sync("push-products") for shop in shops]
    await _busy(shops)
    old, moved = await _owned_by(pair, shops)
    process = (await _workers(pair))[old]
    watching = asyncio.create_task(_last_seen_in_the_table(pair, old))
    beaten_ns = await _last_heartbeat_ns(pair, old)
    killed_ns = time.monotonic_ns()
    await process.kill()
    await process.start()
    await _all_done(account, jobs, 600, shops)
    declared_ns = await watching
    assert declared_ns >= beaten_ns + DEAD_SECONDS * 1e9 - 0.1e9
    for shop in moved:
        log = await shop.requests()
        first = successors_first_ns(log, old, killed_ns)
        assert first is not None, "the shop was not taken over"
        assert first >= declared_ns, f"taken over {(declared_ns - first) / 1e9:.2f} s before the death was declared"
        assert (first - killed_ns) / 1e9 <= 20.0


async def test_a_worker_that_slept_past_its_death_makes_no_further_call(pair: System) -> None:
    account, shops = await _shops(pair, 4, 600)
    jobs = [await shop.sync("push-products") for shop in shops]
    await _busy(shops)
    old, moved = await _owned_by(pair, shops)
    process = (await _workers(pair))[old]
    process.suspend()
    suspended_ns = time.monotonic_ns()
    try:
        await asyncio.sleep(DEAD_SECONDS + 4)
    finally:
        woken_ns = time.monotonic_ns()  # what was on the wire when it fell asleep has long arrived
        process.resume()
    await _all_done(account, jobs, 600, shops)
    for shop in moved:
        log = await shop.requests()
        late = calls_after(log, old, woken_ns)
        assert late == [], f"{len(late)} calls of a worker that was declared dead"
        assert successors_first_ns(log, old, suspended_ns) is not None, "the shop was not taken over"
    async with asyncio.timeout(20):
        while old in await _workers(pair) or len(await _workers(pair)) < 2:
            await asyncio.sleep(0.1)


async def test_a_call_of_25_seconds_is_not_cut_while_its_worker_lives_and_another_joins(tmp_path) -> None:
    async with running_system(tmp_path, workers=2, simulators=("shopify",)) as system:
        joining = system.stack.processes["worker-2"]
        await joining.stop()
        account = await system.account()
        await account.catalog([simple_product(1)])
        shops = [await account.shop("shopify") for _ in range(6)]
        for shop in shops:
            await shop.synced("push-products")
        await account.stock({"P-000001": 4711})
        rule = {"kind": "latency", "match": {"operation": SET_QUANTITIES}, "ms": 25_000, "times": len(shops)}
        await system.control("shopify", "POST", "faults", json=[rule])
        jobs = [await shop.sync("push-stock") for shop in shops]
        await asyncio.sleep(3)
        owners = {await owner_of(shop) for shop in shops}
        assert len(owners) == 1
        await joining.start()
        for shop, job_id in zip(shops, jobs, strict=True):
            job = await account.finished(job_id, seconds=90)
            assert (job["state"], job["succeeded"]) == ("completed", 1), job
            calls = [e for e in await shop.requests() if e["operation"] == SET_QUANTITIES]
            assert [e["worker"] for e in calls] == list(owners)
            assert (calls[0]["ended_ns"] - calls[0]["started_ns"]) / 1e9 >= 24.5
