"""Which changes are marked for which connectors: the operations that are on, never the origin, once for each item."""

import asyncio

import pytest
from sync_orchestrator.auto_sync.changes import Catalog, switch

from pixee_common.clock import SystemClock
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.domain.job import Operation
from pixee_common.events.catalog import ListPrice, PriceChanged, ProductDeleted
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.consumer import CatalogConsumer

pytestmark = pytest.mark.stack


@pytest.fixture
async def catalog(world, database) -> Catalog:
    box = DeadLetterBox(database, SystemClock(), source="test")
    return Catalog(world, CatalogConsumer(database, box), await world.account())


async def test_a_new_product_is_marked_once_and_its_variant_goes_with_it(world, catalog) -> None:
    connector = await world.connector(catalog.account)
    await switch(world, connector, "push_products", "push_stock", "push_prices")
    await catalog.product("A", quantity=3, price="5.00")
    assert await catalog.pending(connector) == {("push_products", "A")}


async def test_stock_and_prices_are_marked_by_variant_and_only_where_they_are_on(world, catalog) -> None:
    stock_only, all_of_it, nothing = [await world.connector(catalog.account) for _ in range(3)]
    await catalog.product("A", quantity=3, price="5.00")
    await switch(world, stock_only, "push_stock")
    await switch(world, all_of_it, "push_products", "push_stock", "push_prices")
    await catalog.stock("A", 4)
    await catalog.price("A", "6.00")
    assert await catalog.pending(stock_only) == {("push_stock", "A")}
    assert await catalog.pending(all_of_it) == {("push_stock", "A"), ("push_prices", "A")}
    assert await catalog.pending(nothing) == set()


async def test_a_snapshot_that_brings_another_price_marks_the_price_alone(world, catalog) -> None:
    connector = await world.connector(catalog.account)
    await catalog.product("A", quantity=3, price="5.00")
    await switch(world, connector, "push_products", "push_stock", "push_prices")
    await catalog.product("A", quantity=3, price="5.00")
    assert await catalog.pending(connector) == set()
    await catalog.product("A", quantity=3, price="7.00")
    assert await catalog.pending(connector) == {("push_prices", "A")}


async def test_a_price_list_that_is_valid_at_other_times_marks_everything_in_it(world, catalog) -> None:
    connector = await world.connector(catalog.account)
    for sku in ("A", "B", "C", "D"):
        await catalog.product(sku, quantity=3, price="5.00")

    async def listed(*skus: str, until: str) -> None:
        sale = ListPrice.model_validate(
            {"price_list": "sale", "channel": "web", "currency": "EUR", "amount": "4", "valid_until": until}
        )
        await catalog.tell(*(PriceChanged(sku=sku, list_prices=(sale,)) for sku in skus))

    await listed("A", "B", "C", until="2026-12-01T00:00:00Z")
    await switch(world, connector, "push_prices")
    before = await world.rows("SELECT sku, price_version FROM variants ORDER BY sku")
    await listed("A", until="2026-12-24T00:00:00Z")
    await listed("B", until="2026-12-24T00:00:00Z")  # as a PIM tells it: every SKU with the list as it is now
    assert await catalog.pending(connector) == {("push_prices", "A"), ("push_prices", "B"), ("push_prices", "C")}
    after = await world.rows("SELECT sku, price_version FROM variants ORDER BY sku")
    assert [new["price_version"] > old["price_version"] for old, new in zip(before, after, strict=True)] == [
        True, True, True, False,
    ]  # fmt: skip


async def test_a_deletion_marks_its_product(world, catalog) -> None:
    connector = await world.connector(catalog.account)
    await catalog.product("A", quantity=3, price="5.00")
    await switch(world, connector, "push_products")
    await catalog.tell(ProductDeleted(key="A"))
    assert await catalog.pending(connector) == {("push_products", "A")}


async def test_what_is_unchanged_stale_or_refused_marks_nothing(world, catalog) -> None:
    connector = await world.connector(catalog.account)
    await catalog.product("A", quantity=3, price="5.00")
    await switch(world, connector, "push_products", "push_stock", "push_prices")
    await catalog.stock("A", 3)
    await catalog.stock("nobody", 3)
    await catalog.stock("A", 9, sequence=1)
    assert await catalog.pending(connector) == {("push_stock", "A")}  # a source of its own: sequence 1 is its first
    await world.execute("DELETE FROM pending_changes")
    await catalog.stock("A", 8, sequence=0)
    assert await catalog.pending(connector) == set()


async def test_a_change_that_comes_again_moves_the_version_and_not_the_place_in_the_line(world, catalog) -> None:
    connector = await world.connector(catalog.account)
    await catalog.product("A", quantity=3, price="5.00")
    await switch(world, connector, "push_stock")
    await catalog.stock("A", 4)
    before = (await world.rows("SELECT version, created_at FROM pending_changes"))[0]
    await catalog.stock("A", 5)
    after = (await world.rows("SELECT version, created_at FROM pending_changes"))[0]
    assert after["version"] == await world.value("SELECT stock_version FROM variants") > before["version"]
    assert after["created_at"] == before["created_at"]


async def test_a_change_is_never_marked_for_the_connector_that_it_came_from(world, database) -> None:
    account = await world.account()
    here, there = [await world.connector(account) for _ in range(2)]
    await switch(world, here, "push_stock")
    await switch(world, there, "push_stock")
    item = (await world.products(account, 1))[0]
    other = (await world.products(account, 1))[0]
    marks = Marks(account)
    marks.add(Operation.PUSH_STOCK, [(item, 2, f"pull:{here}"), (other, 3, f"pull:{here}"), (other, 4, "pim")])
    async with database.transaction() as connection:
        await marks.write(connection)
    rows = await world.rows("SELECT connector_id, item_id, version FROM pending_changes")
    found = {(row["connector_id"], row["item_id"], row["version"]) for row in rows}
    assert found == {(there, item, 2), (here, other, 4), (there, other, 4)}


async def test_marking_wakes_the_drains_and_only_where_somebody_listens(world, database) -> None:
    account = await world.account()
    item = (await world.products(account, 1))[0]
    heard: list[str] = []
    first = asyncio.Event()

    def hear(payload: str) -> None:
        heard.append(payload)
        first.set()

    listening = asyncio.create_task(database.listen({"pixee_changes": hear}))
    async with asyncio.timeout(10):
        await first.wait()
    for wanted in (False, True):
        if wanted:
            await switch(world, await world.connector(account), "push_stock")
        marks = Marks(account)
        marks.add(Operation.PUSH_STOCK, [(item, 1, "pim")])
        first.clear()
        async with database.transaction() as connection:
            await marks.write(connection)
    async with asyncio.timeout(10):
        await first.wait()
    listening.cancel()
    assert heard == ["", str(account)]
