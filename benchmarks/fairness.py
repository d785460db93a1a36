"""Nobody waits behind a bulk push: stock of the same shop, and another account's small job in the same worker process."""

import asyncio
import statistics
import time

from benchmarks.report import Figure
from benchmarks.stack import Account, Shop, simple_product, system

BULK = 20_000
LISTED = 300
SMALL = 100
TRIES = 20
PIECES = 50
EMPTIED = 40
"""Bulk products after which the bucket's two seconds are spent: from then on every call waits for its points."""
BETWEEN = 1.3
"""Seconds between two tries: no multiple of a bulk call's turn, so that the tries meet it at different moments."""


async def run() -> list[Figure]:
    """p95 of a stock push of 50 SKUs while 20,000 products are pushed at 100 points a second; a neighbour's job against its time alone."""
    async with system() as running:
        account, neighbour = await running.account(), await running.account()
        shop, ids = await _listed_shop(account)
        await account.catalog((simple_product(n) for n in range(LISTED, LISTED + BULK)), seconds=300)
        await neighbour.catalog(simple_product(n, prefix="N") for n in range(SMALL))
        await _neighbours_job(neighbour)  # The worker's first job also opens its connections.
        alone = statistics.median([await _neighbours_job(neighbour) for _ in range(3)])
        await shop.limits(maximumAvailable=200, restoreRate=100)
        bulk = await shop.sync("push-products")
        async with asyncio.timeout(120):
            while await _created(shop) < LISTED + EMPTIED:
                await asyncio.sleep(0.2)
        before, begun = await _created(shop), time.monotonic()
        waits = [await _stock_push(account, shop, ids, 1_000 + attempt) for attempt in range(TRIES)]
        went_on = (await _created(shop) - before) / (time.monotonic() - begun)
        beside = statistics.median([await _neighbours_job(neighbour) for _ in range(3)])
        still = await account.job(bulk)
        assert still["state"] == "running", still
        assert went_on > 0, "the bulk push stood still"
        await account.client.post(f"/api/v1/jobs/{bulk}/cancel")
    p95 = statistics.quantiles(waits, n=20, method="inclusive")[18]
    return [
        Figure(
            "stock beside a bulk push", p95, 5.0, lower_is_better=True, unit="s",
            detail=f"p95 of {TRIES} tries, {PIECES} SKUs each, POST to end of job, shop at 100 points/s with {BULK} products running and "
            f"its bucket empty; median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s; the bulk push went on with "
            f"{went_on:.1f} products/s",
        ),
        Figure(
            "a neighbour's job beside it", beside - 1.5 * alone, 1.0, lower_is_better=True, unit="s",
            detail=f"{SMALL} products on a shop of its own, same worker process, medians of 3: {alone:.2f} s alone, {beside:.2f} s "
            "beside; the figure is what exceeds 1.5 × alone",
        ),
    ]  # fmt: skip


async def _listed_shop(account: Account) -> tuple[Shop, list[str]]:
    """A shop that lists some hundred products already, and the ids of the 50 whose stock is pushed."""
    await account.catalog(simple_product(n) for n in range(LISTED))
    shop = await account.shop("shopify")
    await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
    await shop.synced("push-products")
    async with account.system.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT product_id FROM variants WHERE account_id = $1 ORDER BY sku LIMIT $2", account.id, PIECES
        )
    return shop, [str(row["product_id"]) for row in rows]


async def _created(shop: Shop) -> int:
    return int((await shop.counts())["commits"]["product_created"])


async def _stock_push(account: Account, shop: Shop, ids: list[str], quantity: int) -> float:
    """Seconds from POST to the end of the job, which is not before the shop has the last quantity."""
    await account.stock({f"P-{n:06d}": quantity for n in range(PIECES)})
    await asyncio.sleep(BETWEEN)
    started = time.monotonic()
    job = await shop.synced("push-stock", product_ids=ids, seconds=60)
    assert job["succeeded"] == PIECES, job
    return time.monotonic() - started


async def _neighbours_job(neighbour: Account) -> float:
    """Seconds from POST to end of a push of 100 new products into a fresh shop of Shopify's standard plan."""
    shop = await neighbour.shop("shopify")
    await shop.limits(maximumAvailable=2_000, restoreRate=100)
    started = time.monotonic()
    job = await shop.synced("push-products", seconds=120)
    assert job["succeeded"] == SMALL, job
    return time.monotonic() - started
