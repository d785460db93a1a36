"""Nobody waits behind a bulk push: neither stock of the same shop nor another account's job in the same worker process.

The promised times are measured at full size by `make bench` (benchmarks/fairness.py). Here the order of things is asserted, which
no slow machine changes: what is small ends while the bulk push runs, and the bulk push goes on beside it.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from system.harness import Account, Shop, System, running_system, simple_product
from system.shops import read_shop

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

LISTED = 50
BULK = 600
TRIES = 5
POINTS_PER_SECOND = 100


@pytest.fixture(scope="module")
async def one_worker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system with a single worker process: neighbours cannot help being neighbours."""
    async with running_system(tmp_path_factory.mktemp("fairness"), simulators=("shopify",)) as system:
        yield system
        assert await system.violations() == []


async def _listed_shop(account: Account) -> tuple[Shop, list[str]]:
    """A shop that has 50 products, and their ids."""
    await account.catalog(simple_product(n) for n in range(LISTED))
    shop = await account.shop("shopify")
    await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
    job = await shop.synced("push-products")
    assert job["succeeded"] == LISTED, job
    async with account.system.database.connection() as connection:
        rows = await connection.fetch("SELECT id FROM products WHERE account_id = $1", account.id)
    return shop, [str(row["id"]) for row in rows]


async def _bulk_push(account: Account, shop: Shop) -> str:
    """A push of 600 more products that takes more than a minute: the bucket holds two seconds."""
    await account.catalog(simple_product(n) for n in range(LISTED, LISTED + BULK))
    await shop.limits(maximumAvailable=2 * POINTS_PER_SECOND, restoreRate=POINTS_PER_SECOND)
    job_id = await shop.sync("push-products")
    await _created(shop, LISTED + 20)
    return job_id


async def _created(shop: Shop, count: int) -> None:
    """Returns when the shop has committed so many creates."""
    async with asyncio.timeout(60):
        while (await shop.counts())["commits"]["product_created"] < count:
            await asyncio.sleep(0.1)


async def test_a_stock_push_overtakes_the_product_push_of_its_shop_which_goes_on(one_worker: System) -> None:
    account = await one_worker.account()
    shop, ids = await _listed_shop(account)
    bulk = await _bulk_push(account, shop)
    before = (await shop.counts())["commits"]["product_created"]
    for attempt in range(TRIES):
        await account.stock({f"P-{n:06d}": 1_000 + attempt for n in range(LISTED)})
        job = await shop.synced("push-stock", product_ids=ids, seconds=30)
        assert (job["state"], job["succeeded"]) == ("completed", LISTED), job
    assert (await account.job(bulk))["state"] == "running"
    await _created(shop, before + 20)
    await account.client.post(f"/api/v1/jobs/{bulk}/cancel")
    assert (await account.finished(bulk))["state"] == "cancelled"
    found = await read_shop(shop)
    assert {found[f"P-{n:06d}"].quantity for n in range(LISTED)} == {1_000 + TRIES - 1}


async def test_another_accounts_job_does_not_wait_for_a_bulk_push_in_its_worker(one_worker: System) -> None:
    account, neighbour = await one_worker.account(), await one_worker.account()
    shop, _ = await _listed_shop(account)
    await neighbour.catalog(simple_product(n, prefix="N") for n in range(100))
    bulk = await _bulk_push(account, shop)
    before = (await shop.counts())["commits"]["product_created"]
    own = await neighbour.shop("shopify")
    job = await own.synced("push-products", seconds=60)
    assert (job["state"], job["succeeded"]) == ("completed", 100), job
    assert (await account.job(bulk))["state"] == "running"
    assert {e["worker"] for e in await own.requests()} == {e["worker"] for e in await shop.requests()}
    await _created(shop, before + 20)
    await account.client.post(f"/api/v1/jobs/{bulk}/cancel")
    assert (await account.finished(bulk))["state"] == "cancelled"
