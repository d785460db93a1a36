"""The whole road of a job over real PostgreSQL: planned, rung, carried by a worker made of SQL, folded, final."""

import pytest

from pixee_common.domain.job import OutcomeKind

pytestmark = pytest.mark.stack


async def test_a_whole_catalog_push_is_planned_in_pages_rung_in_windows_and_ends_completed(
    world, planner, dispatcher, folder
) -> None:
    account = await world.account()
    connector = await world.connector(account)
    route = await world.route_of(connector)
    await world.worker("shopify")
    await world.products(account, 950)
    job = await world.job(account, connector)

    pages = 0
    while await planner.step():
        pages += 1
    row = await world.state(job)
    assert (pages, row["total"], row["planning"], row["state"]) == (5, 950, "done", "running")
    chunks = await world.chunks(job)
    assert [len(chunk["item_ids"]) for chunk in chunks] == [100] * 9 + [50]
    assert len({item for chunk in chunks for item in chunk["item_ids"]}) == 950

    await world.execute("UPDATE routes SET chunks_per_second = 0.1")
    carried = 0
    while carried < 10:
        done = await dispatcher.ring_now([route])
        assert 0 < done.rung[route] <= 4  # the smallest window
        ended = await world.work(route, lambda place: OutcomeKind.REJECTED if place == 7 else OutcomeKind.APPLIED)
        carried += len(ended)
        await folder.fold(ended)
        row = await world.state(job)
        assert row["total"] == row["succeeded"] + row["failed"] + (950 - row["succeeded"] - row["failed"])
    assert (row["state"], row["succeeded"], row["failed"], row["sending_done"]) == (
        "completed_with_errors", 940, 10, True,
    )  # fmt: skip
    assert row["finished_at"] is not None
    assert await world.value("SELECT last_sync_at IS NOT NULL FROM connectors WHERE id = $1", connector)


async def test_a_job_without_items_is_completed_with_a_warning(world, planner) -> None:
    account = await world.account()
    job = await world.job(account, await world.connector(account))
    assert await planner.step()
    row = await world.state(job)
    assert (row["state"], row["total"]) == ("completed", 0)
    assert row["warning"]


async def test_the_next_job_of_a_connector_and_operation_is_planned_when_the_turn_of_the_first_has_ended(
    world, planner, dispatcher, folder
) -> None:
    account = await world.account()
    connector = await world.connector(account)
    route = await world.route_of(connector)
    await world.worker("shopify")
    await world.products(account, 3)
    first, second = [await world.job(account, connector) for _ in range(2)]
    other = await world.job(account, connector, "push_stock")
    while await planner.step():
        pass
    states = {job: (await world.state(job))["planning"] for job in (first, second, other)}
    assert states == {first: "done", second: "waiting", other: "done"}

    await dispatcher.ring_now([route])
    ended = await world.work(route, lambda _: OutcomeKind.ACCEPTED)  # the platform's verdict is still to come
    await folder.fold(ended)
    row = await world.state(first)
    assert row["state"] == "awaiting_verdicts"
    assert row["sending_done"]
    assert await planner.step()
    assert (await world.state(second))["planning"] == "done"
