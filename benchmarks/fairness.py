"""Nobody waits behind a bulk push: stock of the same shop, and another account's small job in the same worker process."""

import asyncio
import statistics
import time

from benchmarks.report import Figure
from benchmarks.stack import Account, simple_product, system

BULK = 20_000
SMALL = 100
TRIES = 20
PIECES = 50


async def run() -> list[Figure]:
    """p95 of a stock push of 50 SKUs while 20,000 products are pushed at 100 points a second; a neighbour's job against its time alone."""
    async with system() as running:
        account, neighbour = await running.account(), await running.account()
        await account.catalog(simple_product(n) for n in range(PIECES))
        shop = await account.shop("shopify")
        await shop.limits(maximumAvailable=20_000, restoreRate=2_000)
        await shop.synced("push-products")
        await account.catalog((simple_product(n) for n in range(PIECES, BULK + PIECES)), seconds=300)
        async with running.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT product_id FROM variants WHERE account_id = $1 ORDER BY sku LIMIT $2", account.id, PIECES
            )
        ids = [str(row["product_id"]) for row in rows]
        await neighbour.catalog(simple_product(n, prefix="N") for n in range(SMALL))
        alone = await _neighbours_job(neighbour)
        await shop.limits(maximumAvailable=200, restoreRate=100)
        bulk = await shop.sync("push-products")
        async with asyncio.timeout(60):
            while (await account.job(bulk))["succeeded"] < 5:
                await asyncio.sleep(0.2)
        waits = []
        for attempt in range(TRIES):
            quantity = 1_000 + attempt
            await account.stock({f"P-{n:06d}": quantity for n in range(PIECES)})
            started = time.monotonic()
            job = await shop.synced("push-stock", product_ids=ids, seconds=60)
            waits.append(time.monotonic() - started)
            assert job["succeeded"] == PIECES, job
        beside = await _neighbours_job(neighbour)
        still = await account.job(bulk)
        assert still["state"] == "running", still
        await account.client.post(f"/api/v1/jobs/{bulk}/cancel")
    p95 = statistics.quantiles(waits, n=20, method="inclusive")[18]
    return [
        Figure(
            "stock beside a bulk push", p95, 5.0, lower_is_better=True, unit="s",
            detail=f"p95 of {TRIES} tries, {PIECES} SKUs each, shop at 100 points/s with {BULK} products running; "
            f"median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s; the bulk push went on ({still['succeeded']} done)",
        ),
        Figure(
            "a neighbour's job beside it", beside - 1.5 * alone, 1.0, lower_is_better=True, unit="s",
            detail=f"{SMALL} products on a shop of its own, same worker process: {alone:.2f} s alone, {beside:.2f} s beside; "
            "the figure is what exceeds 1.5 × alone",
        ),
    ]  # fmt: skip


async def _neighbours_job(neighbour: Account) -> float:
    """Seconds from POST to end of a push of 100 new products into a fresh shop of Shopify's standard plan."""
    shop = await neighbour.shop("shopify")
    await shop.limits(maximumAvailable=2_000, restoreRate=100)
    started = time.monotonic()
    job = await shop.synced("push-products", seconds=120)
    assert job["succeeded"] == SMALL, job
    return time.monotonic() - started
