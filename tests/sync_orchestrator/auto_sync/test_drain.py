"""Pending changes become jobs: one at a time for a connector and operation, each change in exactly one of them, whatever crashes."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sync_orchestrator.auto_sync.changes import switch

from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.domain.ids import id_floor
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_orchestrator.auto_sync.drain import Drain
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.planning import planner as planning

pytestmark = pytest.mark.stack


def _drain(database: Database, *, pause: float = 0, behind: bool = False) -> Drain:
    return Drain(database, SystemClock(), lambda: behind, pause=pause, lifetime=timedelta(days=7))


@pytest.fixture
def drain(database) -> Drain:
    return _drain(database)


class Shop:
    """A connector with auto-sync of stock on, and variants whose stock changes."""

    def __init__(self, world, database: Database, account: UUID, connector: UUID, variants: list[UUID]) -> None:
        self.world = world
        self.database = database
        self.account = account
        self.connector = connector
        self.variants = variants

    async def change(self, *places: int, version: int = 2) -> None:
        marks = Marks(self.account)
        marks.add(Operation.PUSH_STOCK, [(self.variants[place], version, "pim") for place in places])
        async with self.database.transaction() as connection:
            await marks.write(connection)

    async def pending(self) -> set[int]:
        rows = await self.world.rows("SELECT item_id FROM pending_changes WHERE connector_id = $1", self.connector)
        return {self.variants.index(row["item_id"]) for row in rows}

    async def jobs(self) -> list[UUID]:
        rows = await self.world.rows("SELECT id FROM jobs WHERE connector_id = $1 ORDER BY position", self.connector)
        return [row["id"] for row in rows]

    async def items(self, job: UUID) -> set[int]:
        return {self.variants.index(item) for chunk in await self.world.chunks(job) for item in chunk["item_ids"]}


@pytest.fixture
async def shop(world, database) -> Shop:
    account = await world.account()
    connector = await world.connector(account)
    await world.worker("shopify")
    await world.products(account, 250)
    await switch(world, connector, "push_stock")
    rows = await world.rows("SELECT id FROM variants WHERE account_id = $1 ORDER BY product_id", account)
    return Shop(world, database, account, connector, [row["id"] for row in rows])


async def _plan(planner) -> None:
    while await planner.step():
        pass


async def test_pending_changes_become_one_ordinary_job_and_are_pending_no_more(world, shop, drain, planner) -> None:
    await shop.change(3, 5, 8)
    await drain.step()
    (job,) = await shop.jobs()
    assert await shop.pending() == {3, 5, 8}  # until the job is planned
    await _plan(planner)
    row = await world.state(job)
    assert (row["requested_by"], row["operation"], row["state"], row["total"]) == (
        "auto-sync", "push_stock", "running", 3,
    )  # fmt: skip
    assert row["deadline_at"] is not None
    assert await shop.items(job) == {3, 5, 8}
    assert await shop.pending() == set()


async def test_what_changes_while_a_job_sends_gathers_into_the_next_one(
    world, shop, drain, planner, dispatcher, folder
) -> None:
    await shop.change(1)
    await drain.step()
    await _plan(planner)
    for version in range(3, 9):
        await shop.change(1, version=version)
        await drain.step()
        await _plan(planner)
    assert len(await shop.jobs()) == 1
    route = await world.route_of(shop.connector)
    await dispatcher.ring_now([route])
    await folder.fold(await world.work(route))
    await drain.step()
    await _plan(planner)
    first, second = await shop.jobs()
    assert (await world.state(first))["state"] == "completed"
    assert await shop.items(second) == {1}
    assert await shop.pending() == set()


async def test_a_job_whose_verdicts_are_awaited_holds_nobody_up(
    world, shop, drain, planner, dispatcher, folder
) -> None:
    await shop.change(1)
    await drain.step()
    await _plan(planner)
    route = await world.route_of(shop.connector)
    await dispatcher.ring_now([route])
    await folder.fold(await world.work(route, lambda _: OutcomeKind.ACCEPTED))
    await shop.change(1, version=3)
    await drain.step()
    assert len(await shop.jobs()) == 2


async def test_drains_at_the_same_moment_make_one_job(world, shop, as_role) -> None:
    doors = [as_role("orchestrator") for _ in range(4)]
    for round_ in range(5):
        await world.execute("UPDATE jobs SET sending_done = true, finished_at = now(), state = 'completed'")
        await shop.change(*range(40), version=round_ + 2)
        await asyncio.gather(*(_drain(door).step() for door in doors for _ in range(3)))
        assert len(await shop.jobs()) == round_ + 1


async def test_a_drain_that_has_not_ended_is_not_repeated_and_its_rollback_loses_nothing(shop, drain, database) -> None:
    await shop.change(1)
    async with database.connection() as connection:
        begun = connection.transaction()
        await begun.start()
        await drain.make_jobs(connection)
        await drain.step()  # another replica, meanwhile
        await begun.rollback()  # killed before its commit
    assert await shop.jobs() == []
    await drain.step()
    assert len(await shop.jobs()) == 1
    assert await shop.pending() == {1}


async def test_a_planner_that_dies_between_taking_and_planning_loses_nothing(shop, drain, planner, monkeypatch) -> None:
    async def killed(*_arguments: object) -> None:
        raise RuntimeError("killed")

    await shop.change(1, 2)
    await drain.step()
    with monkeypatch.context() as patched:
        patched.setattr(planning, "insert_chunks", killed)
        with pytest.raises(RuntimeError, match="killed"):
            await planner.step()
    assert await shop.pending() == {1, 2}
    await drain.step()
    await _plan(planner)
    (job,) = await shop.jobs()
    assert await shop.items(job) == {1, 2}
    assert await shop.pending() == set()


async def test_a_change_that_is_being_written_is_left_for_the_next_job(world, shop, drain, planner, database) -> None:
    await shop.change(1, 2)
    await drain.step()
    marks = Marks(shop.account)
    marks.add(Operation.PUSH_STOCK, [(shop.variants[2], 3, "pim"), (shop.variants[4], 3, "pim")])
    async with database.transaction() as connection:
        await marks.write(connection)
        await _plan(planner)
        (job,) = await shop.jobs()
        assert await shop.items(job) == {1}
    assert await shop.pending() == {2, 4}
    await world.execute("UPDATE jobs SET sending_done = true")
    await drain.step()
    await _plan(planner)
    assert await shop.items((await shop.jobs())[1]) == {2, 4}


@pytest.mark.parametrize("status", ["paused", "error"])
async def test_a_connector_that_stands_still_keeps_its_changes_and_sends_them_afterwards(
    world, shop, drain, status
) -> None:
    await world.execute("UPDATE connectors SET status = $1", status)
    await shop.change(1)
    await drain.step()
    assert (await shop.jobs(), await shop.pending()) == ([], {1})
    await world.execute("UPDATE connectors SET status = 'active'")
    await drain.step()
    assert len(await shop.jobs()) == 1


async def test_between_two_jobs_lies_the_pause_that_is_set(world, shop, database) -> None:
    patient, hasty = _drain(database, pause=3600), _drain(database, pause=0)
    await shop.change(1)
    await patient.step()
    await world.execute("UPDATE jobs SET sending_done = true")
    await patient.step()
    assert len(await shop.jobs()) == 1
    await hasty.step()
    assert len(await shop.jobs()) == 2


async def test_while_the_catalog_is_behind_its_changes_the_pause_is_ten_times_as_long(world, shop, database) -> None:
    behind, level = _drain(database, pause=30, behind=True), _drain(database, pause=30)
    await shop.change(1)
    await behind.step()
    await world.execute(
        "UPDATE jobs SET sending_done = true, id = $1", id_floor(datetime.now(UTC) - timedelta(seconds=60))
    )
    await behind.step()
    assert len(await shop.jobs()) == 1
    await level.step()
    assert len(await shop.jobs()) == 2


async def test_a_job_takes_so_many_items_at_most_and_the_oldest_first(world, shop, drain, planner) -> None:
    for first in (200, 100, 0):  # the planner of these tests takes 200 a job
        await shop.change(*range(first, min(first + 100, 250)))
    await drain.step()
    await _plan(planner)
    (job,) = await shop.jobs()
    assert len(await shop.items(job)) == 200
    assert await shop.items(job) >= set(range(100, 250))
    await world.execute("UPDATE jobs SET sending_done = true")
    await drain.step()
    await _plan(planner)
    assert await shop.items((await shop.jobs())[1]) == set(range(100)) - await shop.items(job)
    assert await shop.pending() == set()


async def test_it_waits_for_its_turn_behind_a_job_that_was_posted_and_then_takes_what_is_pending(
    world, shop, drain, planner
) -> None:
    posted = await world.job(shop.account, shop.connector, "push_stock")
    await shop.change(1)
    await drain.step()
    await _plan(planner)
    await shop.change(2)
    _, job = await shop.jobs()
    assert (await world.state(job))["planning"] == "waiting"
    await world.execute("UPDATE jobs SET sending_done = true WHERE id = $1", posted)
    await _plan(planner)
    assert await shop.items(job) == {1, 2}


async def test_what_another_job_has_sent_in_this_version_is_not_sent_again(world, shop, drain, planner) -> None:
    for place, failure in ((1, None), (2, "invalid_value"), (3, None)):
        await world.execute(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, hash, catalog_version, failure_reason) "
            "VALUES ($1, $2, 'push_stock', $3, 'h', 5, $4)",
            *(shop.connector, shop.variants[place], shop.account, failure),
        )
    await shop.change(1, 2, version=5)
    await shop.change(3, version=6)
    await drain.step()
    await _plan(planner)
    (job,) = await shop.jobs()
    assert await shop.items(job) == {2, 3}
    assert await shop.pending() == set()


async def test_variants_that_are_gone_are_left_out_and_deleted_products_that_are_listed_are_not(
    world, shop, drain, planner
) -> None:
    await switch(world, shop.connector, "push_products", "push_stock")
    listed, bare = await world.products(shop.account, 2)
    await world.execute("UPDATE products SET deleted_at = now() WHERE id = ANY($1)", [listed, bare])
    await world.execute("UPDATE variants SET deleted_at = now() WHERE id = $1", shop.variants[1])
    await world.execute(
        "INSERT INTO listings (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, state) "
        "VALUES ($1, $2, 'product', $3, $2, 's', '1', 'confirmed')",
        *(shop.connector, listed, shop.account),
    )
    await shop.change(1, 2)
    marks = Marks(shop.account)
    marks.add(Operation.PUSH_PRODUCTS, [(listed, 2, "pim"), (bare, 2, "pim")])
    async with shop.database.transaction() as connection:
        await marks.write(connection)
    await drain.step()
    await _plan(planner)
    items = {item for job in await shop.jobs() for chunk in await world.chunks(job) for item in chunk["item_ids"]}
    assert items == {listed, shop.variants[2]}


async def test_changes_of_an_operation_that_is_off_are_not_sent_and_are_tidied_away(world, shop, drain) -> None:
    await shop.change(1)
    await switch(world, shop.connector)
    await world.execute(
        "INSERT INTO pending_changes (connector_id, operation, item_id, account_id, version) VALUES ($1, 'push_stock', $2, $3, 1)",
        *(shop.connector, uuid4(), shop.account),
    )
    await drain.step()
    assert await shop.jobs() == []
    await drain.tidy()
    assert await world.value("SELECT count(*) FROM pending_changes") == 0
