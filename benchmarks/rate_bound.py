"""A rate-bound job against its bound: the sheet's smallest document, priced by the simulator, times the products, over the restore rate."""

import time
from dataclasses import dataclass

from benchmarks.report import Figure
from benchmarks.stack import simple_product, system
from pixee_simulators.shopify import price

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


@dataclass(frozen=True)
class Course:
    """A job and the shop that bounds it."""

    name: str
    products: int
    restore: float
    bucket: float
    latency_ms: int


COURSES = (
    Course("a rate-bound job", 2000, 700.0, 700.0, 0),
    Course("a rate-bound job, the shop taking 300 ms an answer", 1600, 350.0, 700.0, 300),
)
"""The bucket, filled once, is taken off the bound."""


async def run() -> list[Figure]:
    """Time from POST to the end of the job over the bound."""
    return [await _measured(course) for course in COURSES]


async def _measured(course: Course) -> Figure:
    async with system() as running:
        account = await running.account()
        await account.catalog(simple_product(n) for n in range(course.products))
        shop = await account.shop("shopify")
        await shop.limits(maximumAvailable=course.bucket, restoreRate=course.restore, latency_ms=course.latency_ms)
        started = time.monotonic()
        job = await shop.synced("push-products", seconds=300)
        wall = time.monotonic() - started
        assert job["succeeded"] == course.products, job
        log = await shop.requests()
        counts = await shop.counts()
    calls = (max(e["ended_ns"] for e in log) - min(e["started_ns"] for e in log)) / 1e9
    points = smallest_price()
    bound = (course.products * points - course.bucket) / course.restore
    throttled = sum(1 for entry in log if (entry.get("extra") or {}).get("throttled"))
    detail = (
        f"{course.products} products × {points} points at {course.restore:.0f}/s: bound {bound:.1f} s (a full bucket of "
        f"{course.bucket:.0f} taken off), POST to end {wall:.1f} s, first call to last {calls:.1f} s; {throttled} throttled "
        f"answers; at most {counts['max_in_flight']} calls at once"
    )
    return Figure(course.name, wall / bound, 1.10, lower_is_better=True, unit="×", detail=detail)
