"""Stock and prices by file: the newest value wins, and each writes its own field alone."""

from decimal import Decimal
from uuid import UUID

from conformance.bench import PRICES, PRODUCTS, STOCK, Bench
from conformance.filing import Filing, by_files
from conformance.law import law
from conformance.profile import Seen


async def _listed(bench: Bench, filing: Filing) -> tuple[list[UUID], dict[str, Seen]]:
    """Two products that the shop has, and how it has them."""
    products, variants = await bench.products(2)
    job = await bench.jobs.plan(PRODUCTS, products)
    assert await filing.finish([job]) == ["aa"]
    return variants, await bench.read()


@law(PRODUCTS, STOCK, PRICES)
async def an_item_in_two_files_of_stock_ends_with_the_newest_quantity(bench: Bench) -> None:
    """A quantity changes while its file is open, and is pushed again: it waits for the file, then goes in one of its own. Price and
    title, which have changed in the catalog too, are left as they were.

    If it fails: a record of stock holds the quantity as it was given, and nothing else that the shop would write.
    """
    filing = by_files(bench, STOCK)
    variants, before = await _listed(bench, filing)
    jobs = []
    for quantity in (7, 9):
        await bench.rows.set_stock(variants[0], quantity)
        await bench.set_price(variants[0], "99.00")
        jobs.append(await bench.jobs.plan(STOCK, variants[:1]))
        await filing.turn(jobs[-1])
    assert await filing.finish(jobs) == ["a", "a"]
    shop = await bench.read()
    assert shop["L0"].quantity == 9, f"the shop has {shop['L0'].quantity}, the newest is 9"
    assert (shop["L0"].price, shop["L0"].title) == (before["L0"].price, before["L0"].title), (
        f"written too: {shop['L0']}"
    )
    assert shop["L1"] == before["L1"], "another product has changed"
    assert (await bench.push(STOCK, variants[:1])).letters == "s", "the newest stands there, and is sent again"


@law(PRODUCTS, STOCK, PRICES)
async def an_item_in_two_files_of_prices_ends_with_the_newest_price(bench: Bench) -> None:
    """As for stock: the price of the moment of the last push, and quantity and title as they were.

    If it fails: a record of a price holds the amount as it was given, and nothing else that the shop would write.
    """
    filing = by_files(bench, PRICES)
    variants, before = await _listed(bench, filing)
    jobs = []
    for price in ("11.50", "12.49"):
        await bench.set_price(variants[0], price)
        await bench.rows.set_stock(variants[0], 99)
        jobs.append(await bench.jobs.plan(PRICES, variants[:1]))
        await filing.turn(jobs[-1])
    assert await filing.finish(jobs) == ["a", "a"]
    shop = await bench.read()
    assert shop["L0"].price == Decimal("12.49"), f"the shop has {shop['L0'].price}, the newest is 12.49"
    kept = (shop["L0"].quantity, shop["L0"].title)
    assert kept == (before["L0"].quantity, before["L0"].title), f"written too: {shop['L0']}"
    assert shop["L1"] == before["L1"], "another product has changed"
    assert (await bench.push(PRICES, variants[:1])).letters == "s", "the newest stands there, and is sent again"
