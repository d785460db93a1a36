"""Two workers share a platform's shops: nobody calls a shop beside its owner, whether the owner stops, dies, sleeps or is slow."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator

import pytest
from system.call_log import highest_concurrency, owner_of, turns
from system.harness import Account, Shop, System, running_system, simple_product

from pixee_devstack.processes import ManagedProcess

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

DEAD_SECONDS = 10.0
DECLARED = {"shopify": 6, "woocommerce": 1}


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
        assert highest_concurrency(await shop.requests()) <= DECLARED[shop.platform]


async def test_a_worker_that_is_told_to_stop_makes_no_call_after_its_successors_first(pair: System) -> None:
    account, shops = await _shops(pair, 4, 600)
    jobs = [await shop.sync("push-products") for shop in shops]
    await _busy(shops)
    old, moved = await _owned_by(pair, shops)
    process = (await _workers(pair))[old]
    await process.stop()
    stopped_ns = time.monotonic_ns()
    await process.start()
    await _all_done(account, jobs, 600, shops)
    for shop in moved:
        row = turns(await shop.requests())
        assert len(row) > 1, "the shop was not handed over"
        for earlier, later in itertools.pairwise(row):
            assert earlier.last_end_ns <= later.first_ns, "two workers called the shop at once"
        assert [turn.worker for turn in row if turn.first_ns > stopped_ns].count(old) == 0


async def test_after_a_kill_the_successor_waits_until_the_death_is_declared(pair: System) -> None:
    account, shops = await _shops(pair, 4, 600)
    jobs = [await shop.sync("push-products") for shop in shops]
    await _busy(shops)
    old, moved = await _owned_by(pair, shops)
    process = (await _workers(pair))[old]
    async with pair.database.connection() as connection:
        age = await connection.fetchval(
            "SELECT extract(epoch FROM now() - heartbeat_at) FROM workers WHERE id = $1::text::uuid", old
        )
    killed_ns = time.monotonic_ns()
    await process.kill()
    await _all_done(account, jobs, 600, shops)
    for shop in moved:
        log = await shop.requests()
        later = [e["started_ns"] for e in log if e["worker"] not in {None, "", old} and e["started_ns"] > killed_ns]
        assert later, "the shop was not taken over"
        silence = (min(later) - killed_ns) / 1e9
        assert silence >= DEAD_SECONDS - float(age) - 0.5, (
            f"taken over after {silence:.1f} s; last heartbeat was {age:.1f} s old"
        )
        assert silence <= 20.0


async def test_a_worker_that_slept_past_its_death_makes_no_further_call(pair: System) -> None:
    account, shops = await _shops(pair, 4, 600)
    jobs = [await shop.sync("push-products") for shop in shops]
    await _busy(shops)
    old, moved = await _owned_by(pair, shops)
    process = (await _workers(pair))[old]
    stopped_ns = time.monotonic_ns()
    process.suspend()
    await asyncio.sleep(DEAD_SECONDS + 4)
    process.resume()
    await _all_done(account, jobs, 600, shops)
    for shop in moved:
        log = await shop.requests()
        late = [e for e in log if e["worker"] == old and e["started_ns"] > stopped_ns + 100_000_000]
        assert late == [], f"{len(late)} calls of a worker that was declared dead"
        assert any(e["worker"] and e["worker"] != old for e in log)


async def test_a_call_of_25_seconds_is_not_cut_while_its_worker_lives_and_another_joins(tmp_path) -> None:
    async with running_system(tmp_path, workers=2, simulators=("shopify",)) as system:
        idle = system.stack.processes["worker-2"]
        await idle.stop()
        account = await system.account()
        await account.catalog([simple_product(1)])
        shop = await account.shop("shopify")
        await shop.synced("push-products")
        await account.stock({"P-000001": 4711})
        rule = {
            "kind": "latency",
            "match": {"host": shop.host, "operation": "inventorySetQuantities"},
            "ms": 25_000,
            "times": 1,
        }
        await system.control("shopify", "POST", "faults", json=[rule])
        job_id = await shop.sync("push-stock")
        await asyncio.sleep(3)
        await idle.start()
        job = await account.finished(job_id, seconds=90)
        assert (job["state"], job["succeeded"]) == ("completed", 1), job
        calls = [e for e in await shop.requests() if e["operation"] == "inventorySetQuantities"]
        assert len(calls) == 1
        assert (calls[0]["ended_ns"] - calls[0]["started_ns"]) / 1e9 >= 24.5
