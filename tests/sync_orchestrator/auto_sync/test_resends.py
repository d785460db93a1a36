"""Going through what a shop has: what is out of step by version or mapping becomes pending, a page at a time, and nothing else."""

from uuid import UUID, uuid4

import pytest
from sync_orchestrator.auto_sync.changes import switch

from pixee_orchestrator.auto_sync.resends import Resends

pytestmark = pytest.mark.stack

SENT = """
INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version, mapping_version, failure_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
LISTED = """
INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state)
VALUES ($1, $2, $3, $4, $5, 's', $6, $7)
"""


class Shop:
    """A connector with the second version of its mapping, and what it was sent."""

    def __init__(self, world, account: UUID, connector: UUID) -> None:
        self.world, self.account, self.connector = world, account, connector

    async def sent(
        self, item: UUID, *, version: int = 1, mapping: int = 2, digest: bytes | None = b"h", failure: str | None = None,
        operation: str = "push_products",
    ) -> UUID:  # fmt: skip
        await self.world.execute(
            SENT, *(self.connector, item, operation, self.account, digest, version, mapping, failure)
        )
        return item

    async def listed(self, item: UUID, *, kind: str = "product", external_id: str | None = "") -> UUID:
        external, state = (None, "intent") if external_id is None else (external_id or str(item), "confirmed")
        await self.world.execute(LISTED, *(self.connector, item, kind, self.account, item, external, state))
        return item

    async def ask(self, *operations: str) -> None:
        for operation in operations:
            await self.world.execute(
                "INSERT INTO resends (connector_id, operation, account_id, created_at) VALUES ($1, $2, $3, now() - interval '1 min')",
                *(self.connector, operation, self.account),
            )

    async def pending(self) -> set[UUID]:
        rows = await self.world.rows("SELECT item_id FROM pending_changes WHERE connector_id = $1", self.connector)
        return {row["item_id"] for row in rows}

    async def left(self) -> int:
        return await self.world.value("SELECT count(*) FROM resends WHERE connector_id = $1", self.connector)


@pytest.fixture
async def shop(world) -> Shop:
    account = await world.account()
    connector = await world.connector(account)
    await switch(world, connector, "push_products", "push_stock", "push_prices")
    await world.execute("UPDATE connectors SET mapping_version = 2 WHERE id = $1", connector)
    return Shop(world, account, connector)


async def _through(resends: Resends) -> None:
    while await resends.step():
        pass


async def test_what_was_sent_by_an_older_mapping_or_in_an_older_version_or_was_refused_by_it_is_pending(
    world, shop, database
) -> None:
    items = await world.products(shop.account, 9)
    wanted = {
        await shop.sent(items[0], mapping=1),
        await shop.sent(items[1], version=0),
        await shop.sent(items[2], mapping=1, digest=None, failure="missing_mapping"),
        await shop.sent(items[3], digest=b""),
        await shop.listed(items[4]),
    }
    await shop.sent(items[5])
    await shop.sent(items[6], digest=None, failure="invalid_value")  # refused by this very mapping
    await shop.listed(items[7], external_id=None)
    await shop.ask("push_products")
    await _through(Resends(database))
    assert await shop.pending() == wanted
    assert await shop.left() == 0


async def test_what_a_pull_brought_from_this_very_shop_is_not_sent_back_to_it(world, shop, database) -> None:
    here, there, sent = await world.products(shop.account, 3)
    await world.execute(
        "UPDATE products SET origin = 'pull:' || $1::uuid::text WHERE id = ANY($2)", shop.connector, [here, sent]
    )
    await world.execute("UPDATE products SET origin = 'pull:' || $1::uuid::text WHERE id = $2", uuid4(), there)
    for item in (here, there, sent):
        await shop.listed(item)
    await shop.sent(sent, mapping=1)
    await shop.ask("push_products")
    await _through(Resends(database))
    assert await shop.pending() == {there, sent}


@pytest.mark.parametrize("operation", ["push_stock", "push_prices"])
async def test_stock_and_prices_are_gone_through_by_variant(world, shop, database, operation) -> None:
    products = await world.products(shop.account, 3)
    rows = await world.rows("SELECT id FROM variants WHERE account_id = $1 ORDER BY product_id", shop.account)
    first, second, third = [row["id"] for row in rows]
    await shop.listed(first, kind="variant")
    await shop.sent(second, operation=operation, mapping=1)
    await shop.sent(third, operation=operation, mapping=1)
    await world.execute("UPDATE variants SET deleted_at = now() WHERE id = $1", third)
    await shop.listed(products[0])
    await shop.ask(operation)
    await _through(Resends(database))
    assert await shop.pending() == {first, second}


async def test_it_goes_page_by_page_and_lets_what_is_pending_out_first(world, shop, database) -> None:
    items = await world.products(shop.account, 25)
    for item in items:
        await shop.sent(item, mapping=1)
    await shop.ask("push_products")
    resends, seen = Resends(database, page=10), []
    while await shop.left():
        assert await resends.step()
        assert not await resends.step() or not await shop.pending()
        page = await shop.pending()
        assert len(page) <= 10
        seen += sorted(page)
        await world.execute("DELETE FROM pending_changes")
    assert seen == items


async def test_pages_with_nothing_out_of_step_are_passed_at_once(world, shop, database) -> None:
    items = await world.products(shop.account, 25)
    for item in items[:-1]:
        await shop.sent(item)
    await shop.sent(items[-1], mapping=1)
    await shop.ask("push_products")
    await _through(Resends(database, page=10))
    assert await shop.pending() == {items[-1]}


async def test_a_mapping_that_changes_meanwhile_begins_anew_and_a_crash_loses_nothing(world, shop, database) -> None:
    items = await world.products(shop.account, 15)
    for item in items:
        await shop.sent(item, mapping=1)
    await shop.ask("push_products")
    resends = Resends(database, page=10)
    async with database.connection() as connection:
        begun = connection.transaction()
        await begun.start()
        await resends._go_on(connection)
        assert not await resends.step()  # another replica, meanwhile
        await begun.rollback()  # killed before its commit
    assert await shop.pending() == set()
    await resends.step()
    await world.execute("DELETE FROM pending_changes")
    await world.execute("UPDATE resends SET after = NULL")  # what the gateway does
    await resends.step()
    assert await shop.pending() == set(items[:10])


async def test_a_young_one_waits_for_outcomes_that_are_being_written(world, shop, database) -> None:
    await shop.sent((await world.products(shop.account, 1))[0], mapping=1)
    await shop.ask("push_products")
    await world.execute("UPDATE resends SET created_at = now()")
    assert not await Resends(database).step()
    assert await Resends(database, settle_seconds=0).step()


async def test_what_is_pending_because_of_a_mapping_is_not_dropped_as_sent_and_is_once_it_was_compared(
    world, shop, database, planner
) -> None:
    old, new = await world.products(shop.account, 2)
    await shop.sent(old, mapping=1)
    await shop.sent(new, mapping=1)
    await shop.ask("push_products")
    await _through(Resends(database))
    await world.execute("UPDATE listing_operations SET mapping_version = 2 WHERE item_id = $1", new)
    job = await world.job(shop.account, shop.connector, scope={"pending_changes": True})
    while await planner.step():
        pass
    assert [item for chunk in await world.chunks(job) for item in chunk["item_ids"]] == [old]


async def test_one_that_nobody_wants_any_more_is_tidied_away(world, shop, database) -> None:
    await shop.ask("push_products", "push_stock")
    await switch(world, shop.connector, "push_stock")
    resends = Resends(database)
    await resends.tidy()
    assert await shop.left() == 1
    await world.execute("UPDATE connectors SET deleted_at = now()")
    assert not await resends.step()
    await resends.tidy()
    assert await shop.left() == 0
