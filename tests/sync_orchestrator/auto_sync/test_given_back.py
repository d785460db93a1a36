"""Cancelling a job of auto-sync stops this job; what it had not sent is pending again, once, and goes out with the next."""

from datetime import timedelta
from uuid import UUID

import pytest
from sync_orchestrator.auto_sync.changes import switch

from pixee_common.clock import SystemClock
from pixee_common.domain.job import Operation
from pixee_orchestrator.auto_sync.drain import Drain
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.timers.cancelling import carry_out_cancellations

pytestmark = pytest.mark.stack


class Shop:
    """A connector with auto-sync of stock on, and a job of auto-sync over so many variants."""

    def __init__(self, world, database, planner, connector: UUID, account: UUID, items: list[UUID]) -> None:
        self.world, self.database, self.planner = world, database, planner
        self.connector, self.account, self.items = connector, account, items

    async def job(self) -> UUID:
        drain = Drain(self.database, SystemClock(), lambda: False, pause=0, lifetime=timedelta(days=7))
        await drain.step()
        while await self.planner.step():
            pass
        return (await self.world.rows("SELECT id FROM jobs ORDER BY position DESC LIMIT 1"))[0]["id"]

    async def change(self, *places: int, version: int = 1) -> None:
        marks = Marks(self.account)
        marks.add(Operation.PUSH_STOCK, [(self.items[place], version, "pim") for place in places])
        async with self.database.transaction() as connection:
            await marks.write(connection)

    async def cancel(self, job: UUID) -> None:
        await self.world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
        await self.database.run(carry_out_cancellations)

    async def pending(self) -> set[int]:
        rows = await self.world.rows("SELECT item_id FROM pending_changes")
        return {self.items.index(row["item_id"]) for row in rows}


@pytest.fixture
async def shop(world, database, planner) -> Shop:
    account = await world.account()
    connector = await world.connector(account)
    await world.worker("shopify")
    await world.products(account, 150)
    await switch(world, connector, "push_stock")
    rows = await world.rows("SELECT id FROM variants WHERE account_id = $1 ORDER BY product_id, id", account)
    return Shop(world, database, planner, connector, account, [row["id"] for row in rows])


async def test_what_was_not_sent_is_pending_again_and_the_next_job_takes_it(world, shop, dispatcher, folder) -> None:
    await shop.change(*range(150))
    job = await shop.job()
    first = (await world.chunks(job))[0]
    await world.write(job, 0, "a" * 100)
    await folder.fold([(job, 0)])
    assert await shop.pending() == set()
    await shop.cancel(job)
    row = await world.state(job)
    assert (row["state"], row["succeeded"], row["cancelled"]) == ("cancelled", 100, 50)
    assert await shop.pending() == {n for n, item in enumerate(shop.items) if item not in first["item_ids"]}
    again = await shop.job()
    assert again != job
    assert (await world.state(again))["total"] == 50
    assert await shop.pending() == set()


async def test_what_a_worker_cancelled_counts_as_well_and_what_awaits_its_verdict_does_not(world, shop, folder) -> None:
    await shop.change(0, 1, 2)
    job = await shop.job()
    await world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    await world.write(job, 0, "xwx", wait="remote_pending")
    await folder.fold([(job, 0)])
    row = await world.state(job)
    assert (row["state"], row["sending_done"]) == ("awaiting_verdicts", True)
    assert await shop.pending() == {0, 2}
    await world.execute("DELETE FROM pending_changes")
    await world.write(job, 0, "xax")
    await folder.fold([(job, 0)])
    assert (await world.state(job))["state"] == "cancelled"
    assert await shop.pending() == set()  # given back once


async def test_a_newer_change_keeps_its_version_and_what_was_sent_meanwhile_is_dropped(world, shop) -> None:
    await shop.change(0, 1)
    job = await shop.job()
    await shop.change(0, version=9)
    await shop.cancel(job)
    rows = await world.rows("SELECT item_id, version FROM pending_changes")
    assert {shop.items.index(row["item_id"]): row["version"] for row in rows} == {0: 9, 1: 1}
    await world.execute(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version)"
        " VALUES ($1, $2, 'push_stock', $3, 'h', 1)",
        *(shop.connector, shop.items[1], shop.account),
    )
    again = await shop.job()
    assert [item for chunk in await world.chunks(again) for item in chunk["item_ids"]] == [shop.items[0]]


async def test_a_job_that_a_person_posted_gives_nothing_back(world, shop) -> None:
    job = await world.job(shop.account, shop.connector, "push_stock")
    while await shop.planner.step():
        pass
    await shop.cancel(job)
    assert (await world.state(job))["cancelled"] == 150
    assert await shop.pending() == set()


@pytest.mark.parametrize("ended", ["switched off", "deleted"])
async def test_nothing_is_given_back_to_a_connector_that_wants_it_no_more(world, shop, ended) -> None:
    await shop.change(0, 1)
    job = await shop.job()
    if ended == "deleted":
        await world.execute("UPDATE connectors SET deleted_at = now()")
    else:
        await switch(world, shop.connector)
    await shop.cancel(job)
    assert (await world.state(job))["state"] == "cancelled"
    assert await shop.pending() == set()
