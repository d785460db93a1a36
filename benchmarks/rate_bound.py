"""A rate-bound job against its bound: the sheet's smallest document, priced by the simulator, times the products, over the restore rate."""

import time

from benchmarks.report import Figure
from benchmarks.stack import simple_product, system
from pixee_simulators.shopify import price

PRODUCTS = 2000
RESTORE = 700.0
BUCKET = 700.0
"""One second of restore: the little that is in the bucket at the beginning is taken off the bound."""

SMALLEST = """
mutation Push($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id variants(first: 1) { nodes { id inventoryItem { id } } } } userErrors { code field message } } }
"""


def smallest_price() -> int:
    """Points of the smallest useful product push: one product, one variant, the ids that later pushes need."""
    return price(
        SMALLEST,
        {
            "identifier": {"customId": {"namespace": "$app:pim", "key": "external_id", "value": "P"}},
            "input": {
                "title": "P",
                "metafields": [{"namespace": "$app:pim", "key": "external_id", "type": "id", "value": "P"}],
                "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
                "variants": [
                    {"optionValues": [{"optionName": "Title", "name": "Default Title"}], "sku": "P", "price": "1.00"}
                ],
            },
        },
    )


async def run() -> list[Figure]:
    """Time from POST to the end of the job over the bound."""
    async with system() as running:
        account = await running.account()
        await account.catalog(simple_product(n) for n in range(PRODUCTS))
        shop = await account.shop("shopify")
        await shop.limits(maximumAvailable=BUCKET, restoreRate=RESTORE)
        started = time.monotonic()
        job = await shop.synced("push-products", seconds=300)
        wall = time.monotonic() - started
        assert job["succeeded"] == PRODUCTS, job
        log = await shop.requests()
        counts = await shop.counts()
    calls = (max(e["ended_ns"] for e in log) - min(e["started_ns"] for e in log)) / 1e9
    points = smallest_price()
    bound = (PRODUCTS * points - BUCKET) / RESTORE
    throttled = sum(1 for entry in log if (entry.get("extra") or {}).get("throttled"))
    detail = (
        f"{PRODUCTS} products × {points} points at {RESTORE:.0f}/s: bound {bound:.1f} s (a full bucket of {BUCKET:.0f} "
        f"taken off), POST to end {wall:.1f} s, first call to last {calls:.1f} s; {throttled} throttled answers; at most {counts['max_in_flight']} calls at once"
    )
    return [Figure("a rate-bound job", wall / bound, 1.10, lower_is_better=True, unit="×", detail=detail)]
