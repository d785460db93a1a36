"""Verified webhooks become pulls: one a connector, joined to what waits already."""

from datetime import timedelta

import pytest

from pixee_orchestrator.timers.webhook_pulls import start_wanted_pulls

pytestmark = pytest.mark.stack

WEEK = timedelta(days=7)


async def _told(world, connector, count: int = 1, state: str = "wanted") -> None:
    await world.execute(
        "INSERT INTO webhook_deliveries (account_id, connector_id, platform, topic, delivery_id, signature, body, state)"
        " SELECT account_id, id, platform, 't', 'd', 's', '', $2 FROM connectors, generate_series(1, $3) WHERE id = $1",
        connector, state, count,
    )  # fmt: skip


async def _start(database) -> int:
    return await database.run(lambda connection: start_wanted_pulls(connection, WEEK))


async def test_many_webhooks_of_a_connector_are_one_incremental_pull(world, database) -> None:
    account = await world.account()
    connectors = [await world.connector(account, platform="woocommerce") for _ in range(2)]
    for connector in connectors:
        await _told(world, connector, 3)
    assert await _start(database) == 6
    jobs = await world.rows("SELECT * FROM jobs")
    assert {job["connector_id"] for job in jobs} == set(connectors)
    assert len(jobs) == 2
    for job in jobs:
        assert (job["operation"], job["scope"], job["requested_by"]) == ("pull_products", {"mode": "auto"}, "webhook")
    assert await world.value("SELECT count(*) FROM outbox") == 2
    assert await _start(database) == 0


async def test_what_comes_while_a_pull_waits_joins_it(world, database) -> None:
    connector = await world.connector(await world.account(), platform="woocommerce")
    for _ in range(3):
        await _told(world, connector)
        await _start(database)
    assert await world.value("SELECT count(*) FROM jobs") == 1
    await world.execute("UPDATE jobs SET planning = 'done'")
    await _told(world, connector)
    await _start(database)
    assert await world.value("SELECT count(*) FROM jobs") == 2, "a pull that has begun may have missed it"


async def test_a_paused_or_deleted_connector_starts_nothing(world, database) -> None:
    account = await world.account()
    for change in ("status = 'paused'", "deleted_at = now()"):
        connector = await world.connector(account, platform="woocommerce")
        await _told(world, connector)
        await world.execute(f"UPDATE connectors SET {change} WHERE id = $1", connector)
    assert await _start(database) == 2
    assert await world.value("SELECT count(*) FROM jobs") == 0
    assert await world.value("SELECT count(*) FROM webhook_deliveries WHERE state = 'done'") == 2


async def test_what_no_worker_has_judged_starts_nothing(world, database) -> None:
    connector = await world.connector(await world.account(), platform="woocommerce")
    await _told(world, connector, state="received")
    assert await _start(database) == 0
    assert await world.value("SELECT count(*) FROM jobs") == 0
