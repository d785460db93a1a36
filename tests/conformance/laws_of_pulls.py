"""A pull misses nothing and tells nothing old.

That a page which comes twice is noticed and counted once is the orchestrator's part, which knows the chain of pages:
tests/sync_orchestrator/catalog/test_pages_of_pulls.py.
"""

from typing import Any, cast
from uuid import UUID

from conformance.bench import PRODUCTS, PULL, Bench
from conformance.law import Exempt, law

from pixee_workers.sync_base.chunks import PulledPageRow


@law(PRODUCTS, PULL)
async def a_pull_over_several_pages_misses_nothing(bench: Bench) -> None:
    """Each product once, over at least two pages, also when a product is added between them.

    If it fails: page by a key that does not shift (an id, a cursor of the platform), never by an offset into a changing order.
    """
    capability = bench.manifest.capabilities[PULL]
    count = capability.max_items + 3
    products, _ = await bench.products(count)
    await bench.push(PRODUCTS, products)

    async def one_more(_first: list[Any]) -> None:
        await bench.profile.occupy(bench.shop, "NEW", None)

    pages = await bench.pull(between=one_more)
    assert len(pages) >= 2, "one page for all: the law has seen no paging"
    longest = max(map(len, pages))
    assert longest <= capability.max_items, f"a page of {longest} products, {capability.max_items} declared"
    skus = [variant["sku"] for page in pages for product in page for variant in product["variants"]]
    assert len(skus) == len(set(skus)), f"twice: {sorted(sku for sku in skus if skus.count(sku) > 1)}"
    missing = {f"L{n}" for n in range(count)} - set(skus)
    assert not missing, f"missed: {sorted(missing)}"


@law(PRODUCTS, PULL)
async def a_shop_that_changes_between_pages_loses_nothing(bench: Bench) -> None:
    """Products read already are removed, one read and one unread are changed: whoever is still there comes, also since a moment.
    Twice comes only who changed.

    If it fails: go on behind the last product seen, not behind a number of products.
    """
    capability = bench.manifest.capabilities[PULL]
    count = capability.max_items + 6
    since = bench.simulator.clock.utc()
    products: list[UUID] = []
    for start in range(0, count, 5):
        made, _ = await bench.products(min(5, count - start), prefix=f"{start:03}-")
        await bench.push(PRODUCTS, made)
        bench.clock.leap(2)
        products += made
    standing = set(await bench.read())
    for moment in (None, since) if capability.incremental else (None,):
        changed: set[str] = set()

        async def meanwhile(first: list[Any], changed: set[str] = changed) -> None:
            seen = [product["variants"][0]["sku"] for product in first]
            unseen = sorted(standing - set(seen))
            for sku in seen[1:4]:
                await bench.profile.remove(bench.shop, sku)
                standing.discard(sku)
            changed |= {seen[-2], unseen[-2]}
            for sku in changed:
                await _changed(bench, await _product_of(bench, sku), "Meanwhile")

        pages = await bench.pull(moment, between=meanwhile)
        assert len(pages) >= 2, "one page for all: the law has seen no paging"
        skus = [variant["sku"] for page in pages for product in page for variant in product["variants"]]
        assert not standing - set(skus), f"missed, since {moment}: {sorted(standing - set(skus))}"
        twice = {sku for sku in skus if skus.count(sku) > 1}
        assert twice <= changed, f"twice, since {moment}: {sorted(twice - changed)}"


async def _product_of(bench: Bench, sku: str) -> UUID:
    (row,) = await bench.rows.run(
        "SELECT product_id FROM variants WHERE account_id = $1 AND sku = $2", bench.rows.account, sku
    )
    return cast("UUID", row["product_id"])


@law(PRODUCTS, PULL)
async def a_page_asked_again_is_the_same_page(bench: Bench) -> None:
    """A worker that dies with a page in its hand leaves the cursor to the next one.

    If it fails: everything that a page needs stands in its cursor, nothing in memory.
    """
    capability = bench.manifest.capabilities[PULL]
    products, _ = await bench.products(capability.max_items + 3)
    await bench.push(PRODUCTS, products)
    first = await bench.carry(PULL, [])
    assert first.page is not None
    assert first.page.next_cursor is not None
    seen = []
    for _ in range(2):
        bench.restart()
        again = await bench.carry(PULL, [], cursor=first.page.next_cursor)
        assert again.page is not None
        seen.append(_ids(again.page))
    assert seen[0] == seen[1], "the same cursor gave another page"
    assert not set(seen[0]) & set(_ids(first.page)), "the cursor did not move on"


@law(PRODUCTS, PULL)
async def an_incremental_pull_misses_nothing_and_returns_nothing_too_old(bench: Bench) -> None:
    """Since a moment: what changed after it, what changed within the declared overlap before it, and nothing older.

    If it fails: filter by the platform's own time of change, begin `overlap_seconds` before `since` where the manifest declares
    them, and assert that the filter was understood.
    """
    capability = bench.manifest.capabilities[PULL]
    if not capability.incremental:
        raise Exempt("the manifest claims no incremental pull")
    products, _ = await bench.products(5)
    await bench.push(PRODUCTS, products)
    bench.clock.leap(capability.overlap_seconds + 600)
    await _changed(bench, products[0], "Late writer")
    bench.clock.leap(capability.overlap_seconds / 2 or 60)
    since = bench.simulator.clock.utc()
    bench.clock.leap(60)
    for number in (1, 2):
        await _changed(bench, products[number], f"Changed {number}")
    titles = {product["title"] for page in await bench.pull(since) for product in page}
    wanted = {"Changed 1", "Changed 2"} | ({"Late writer"} if capability.overlap_seconds else set())
    missing = wanted - titles
    assert not missing, f"missed: {sorted(missing)}"
    assert titles == wanted, f"too old: {sorted(titles)}"
    everything = [product for page in await bench.pull() for product in page]
    assert len(everything) == 5, f"a full pull gave {len(everything)} of 5"


def _ids(page: PulledPageRow) -> list[str]:
    return [cast("dict[str, str]", product)["external_id"] for product in page.products]


async def _changed(bench: Bench, product: UUID, title: str) -> None:
    await bench.rows.set_title(product, title)
    await bench.push(PRODUCTS, [product])
