"""Nobody waits behind a bulk push: neither stock of the same shop nor another account's job, and the bulk push goes on meanwhile."""

import asyncio

import pytest
from system.harness import Account, Shop, System, simple_product
from system.shops import read_shop

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

LISTED, BULK, TRIES = 20, 600, 5


async def _bulk_push_running(account: Account) -> tuple[Shop, str, list[str]]:
    """A shop at 100 points a second that is busy for a minute with new products; the ids of the products it lists already."""
    await account.catalog(simple_product(n) for n in range(LISTED))
    shop = await account.shop("shopify")
    await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
    await shop.synced("push-products")
    await account.catalog(simple_product(n) for n in range(LISTED, LISTED + BULK))
    async with shop.system.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT product_id FROM variants WHERE account_id = $1 ORDER BY sku LIMIT $2", account.id, LISTED
        )
    await shop.limits(maximumAvailable=200, restoreRate=100)
    bulk = await shop.sync("push-products")
    await _created_beyond(shop, LISTED + 20)
    return shop, bulk, [str(row["product_id"]) for row in rows]


async def _created(shop: Shop) -> int:
    return (await shop.counts())["commits"]["product_created"]


async def _created_beyond(shop: Shop, count: int) -> None:
    async with asyncio.timeout(60):
        while await _created(shop) <= count:
            await asyncio.sleep(0.1)


async def _bulk_push_ends(account: Account, shop: Shop, bulk: str) -> None:
    """At a faster rate; all that the short waits of the others left behind is there."""
    await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
    job = await account.finished(bulk)
    assert (job["state"], job["succeeded"], job["skipped"]) == ("completed", BULK, LISTED), job
    assert await _created(shop) == LISTED + BULK


async def test_stock_of_a_shop_overtakes_its_bulk_push_which_goes_on(account: Account) -> None:
    shop, bulk, ids = await _bulk_push_running(account)
    for attempt in range(TRIES):
        before = await _created(shop)
        await account.stock({f"P-{n:06d}": 1_000 + attempt for n in range(LISTED)})
        job = await shop.synced("push-stock", product_ids=ids, seconds=30)
        assert (job["state"], job["succeeded"]) == ("completed", LISTED), job
        assert (await account.job(bulk))["state"] == "running", "the stock push waited for the bulk push"
        await _created_beyond(shop, before)
    await _bulk_push_ends(account, shop, bulk)
    found = await read_shop(shop)
    assert {found[f"P-{n:06d}"].quantity for n in range(LISTED)} == {1_000 + TRIES - 1}


async def test_another_accounts_job_does_not_wait_for_a_bulk_push_which_goes_on(
    system: System, account: Account
) -> None:
    neighbour = await system.account()
    await neighbour.catalog(simple_product(n, prefix="N") for n in range(100))
    shop, bulk, _ = await _bulk_push_running(account)
    for _ in range(2):
        before = await _created(shop)
        job = await (await neighbour.shop("shopify")).synced("push-products", seconds=30)
        assert (job["state"], job["succeeded"]) == ("completed", 100), job
        assert (await account.job(bulk))["state"] == "running", "the neighbour waited for the bulk push"
        await _created_beyond(shop, before)
    await _bulk_push_ends(account, shop, bulk)
