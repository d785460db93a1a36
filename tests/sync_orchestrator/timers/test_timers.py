"""What time brings about, on real PostgreSQL: dead workers, cancellation, expiry, verdicts, deleted connectors, what a job waits for."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from pixee_common.clock import FakeClock
from pixee_common.db import Database
from pixee_common.domain.ids import new_id
from pixee_common.telemetry import metrics_text, setup_metrics, shutdown_metrics
from pixee_orchestrator.timers.cancelling import carry_out_cancellations
from pixee_orchestrator.timers.dead_workers import Reaper, bury
from pixee_orchestrator.timers.deleted_connectors import wind_up_deleted
from pixee_orchestrator.timers.due import release_due
from pixee_orchestrator.timers.gauges import Gauges
from pixee_orchestrator.timers.job_waits import show_waits
from pixee_orchestrator.timers.overdue import end_overdue_verdicts, expire_jobs
from pixee_orchestrator.timers.retention import keep_house

pytestmark = pytest.mark.stack


async def _planned(world, planner, count: int = 250, operation: str = "push_products") -> tuple[UUID, UUID, str]:
    account = await world.account()
    connector = await world.connector(account)
    await world.products(account, count)
    job = await world.job(account, connector, operation)
    while await planner.step():
        pass
    return connector, job, await world.route_of(connector)


async def test_a_waiting_chunk_comes_back_when_it_is_due_and_not_before(world, database, planner) -> None:
    _, job, route = await _planned(world, planner)
    await world.write(job, 0, "." * 100, wait="throttled", wait_seconds=-1)
    await world.write(job, 1, "." * 100, wait="throttled", wait_seconds=60)
    assert await database.run(release_due) == (1, {route})
    assert [chunk["state"] for chunk in await world.chunks(job)] == ["pending", "waiting", "pending"]


async def test_a_dead_workers_claims_come_back_and_what_it_sent_is_looked_up_first(
    world, database, planner, dispatcher
) -> None:
    _, job, route = await _planned(world, planner)
    worker = await world.worker("shopify")
    await dispatcher.ring_now([route])
    await world.claim(route, worker)
    await world.execute("UPDATE chunks SET state = 'sent' WHERE job_id = $1 AND no = 0", job)
    await world.execute("UPDATE routes SET worker_id = $1, epoch = 7", worker)

    nobody = await database.run(lambda connection: bury(connection, 10.0))
    assert (nobody.workers, nobody.routes) == (0, ())
    await world.execute("UPDATE workers SET heartbeat_at = now() - interval '11 seconds'")
    dead = await database.run(lambda connection: bury(connection, 10.0))
    assert (dead.workers, dead.routes, dead.chunks, dead.to_look_up) == (1, (route,), 3, 1)
    chunks = await world.chunks(job)
    assert [(chunk["state"], chunk["look_up"]) for chunk in chunks] == [
        ("pending", True), ("pending", False), ("pending", False),
    ]  # fmt: skip
    assert all(chunk["claim_token"] is None for chunk in chunks)
    assert (await world.rows("SELECT worker_id, epoch FROM routes"))[0]["epoch"] == 8


async def test_a_route_whose_owner_has_no_row_is_freed(world, database, planner) -> None:
    _, _, route = await _planned(world, planner)
    await world.execute("UPDATE routes SET worker_id = $1", uuid4())
    assert (await database.run(lambda connection: bury(connection, 10.0))).routes == (route,)


async def test_a_staged_page_is_not_pulled_again_when_its_worker_dies(world, database, planner, dispatcher) -> None:
    account = await world.account()
    connector = await world.connector(account)
    job = await world.job(account, connector, "pull_products")
    await planner.step()
    worker = await world.worker("shopify")
    route = await world.route_of(connector)
    await dispatcher.ring_now([route])
    await world.claim(route, worker)
    await world.execute("UPDATE chunks SET state = 'sent' WHERE job_id = $1", job)
    await world.execute("UPDATE routes SET worker_id = $1", worker)
    await world.execute(
        "INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, requested_at) VALUES ($1, 0, $2, $3, '[]', now())",
        *(job, account, connector),
    )
    await world.execute("UPDATE workers SET heartbeat_at = now() - interval '11 seconds'")
    assert (await database.run(lambda connection: bury(connection, 10.0))).chunks == 0


async def test_a_reaper_judges_only_after_it_has_seen_the_database_for_the_whole_dead_time(world, database) -> None:
    await world.worker("shopify", silent_for=60)
    clock = FakeClock()
    reaper = Reaper(database, clock)
    for _ in range(10):
        assert await reaper.step() is None
        await clock.advance(1)
    buried = await reaper.step()
    assert buried is not None
    assert buried.workers == 1


async def test_after_an_outage_of_the_database_the_reaper_waits_anew_and_buries_nobody(world, database) -> None:
    clock = FakeClock()
    away = Database("postgresql://nobody@127.0.0.1:1/none", name="away", retry_for=0)
    reaper = Reaper(database, clock)
    for _ in range(12):
        await reaper.step()
        await clock.advance(1)
    await world.worker("shopify", silent_for=60)
    reaper._database = away
    with pytest.raises(OSError):
        await reaper.step()
    reaper._database = database
    await clock.advance(1)
    assert await reaper.step() is None
    assert await world.value("SELECT count(*) FROM workers") == 1
    await away.close()


async def test_a_reaper_that_slept_waits_anew(world, database) -> None:
    clock = FakeClock()
    reaper = Reaper(database, clock)
    for _ in range(12):
        await reaper.step()
        await clock.advance(1)
    await world.worker("shopify", silent_for=60)
    await clock.advance(13)  # the process was stopped
    assert await reaper.step() is None


async def test_cancelling_ends_what_was_never_sent_and_keeps_what_was(
    world, database, planner, dispatcher, folder
) -> None:
    _, job, route = await _planned(world, planner)
    await world.worker("shopify")
    await world.write(job, 0, "a" * 60 + "w" * 40, wait="remote_pending")
    await folder.fold([(job, 0)])
    await dispatcher.ring_now([route])
    await world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    await database.run(carry_out_cancellations)
    row = await world.state(job)
    assert (row["succeeded"], row["cancelled"], row["state"]) == (60, 150, "awaiting_verdicts")
    assert [chunk["state"] for chunk in await world.chunks(job)] == ["waiting", "cancelled", "cancelled"]
    await world.write(job, 0, "a" * 99 + "r")
    await folder.fold([(job, 0)])
    row = await world.state(job)
    assert (row["state"], row["succeeded"], row["failed"], row["cancelled"]) == ("cancelled", 99, 1, 150)


async def test_a_job_cancelled_before_its_turn_is_cancelled_without_items(world, database, planner) -> None:
    account = await world.account()
    connector = await world.connector(account)
    await world.products(account, 5)
    first, second = [await world.job(account, connector) for _ in range(2)]
    await planner.step()
    await world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", second)
    await database.run(carry_out_cancellations)
    assert (await world.state(second))["state"] == "cancelled"
    assert (await world.state(first))["state"] == "running"


async def test_a_chunk_to_look_up_is_still_rung_for_a_cancelled_job_and_a_fresh_one_is_not(
    world, database, planner, dispatcher
) -> None:
    _, job, route = await _planned(world, planner)
    await world.worker("shopify")
    await world.execute("UPDATE chunks SET look_up = true WHERE job_id = $1 AND no = 1", job)
    await world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    done = await dispatcher.ring_now([route])
    assert done.rung == {route: 1}
    assert [chunk["state"] for chunk in await world.chunks(job)] == ["pending", "rung", "pending"]


async def test_a_job_past_its_deadline_ends_and_its_open_items_fail_with_a_reason(world, database, planner) -> None:
    _, job, _ = await _planned(world, planner)
    await world.write(job, 0, "a" * 100)
    await world.execute("UPDATE jobs SET deadline_at = now() - interval '1 second' WHERE id = $1", job)
    await database.run(lambda connection: expire_jobs(connection, timedelta(days=7)))
    row = await world.state(job)
    assert row["failed"] == 150
    issues = await world.rows(
        "SELECT reason, message, sku, product_id, item_id FROM item_issues WHERE job_id = $1", job
    )
    assert len(issues) == 150
    assert {issue["reason"] for issue in issues} == {"expired"}
    assert all(issue["sku"].startswith("P-") and issue["product_id"] == issue["item_id"] for issue in issues)


async def test_a_job_that_was_never_planned_fails_at_its_deadline(world, database) -> None:
    account = await world.account()
    job = await world.job(account, await world.connector(account))
    await world.execute("UPDATE jobs SET deadline_at = now() - interval '1 second' WHERE id = $1", job)
    await database.run(lambda connection: expire_jobs(connection, timedelta(days=7)))
    row = await world.state(job)
    assert (row["state"], row["error_code"]) == ("failed", "expired")


async def test_a_verdict_that_never_came_fails_the_items_of_that_remote_job_alone(
    world, database, planner, folder
) -> None:
    connector, job, _route = await _planned(world, planner, 100, "push_stock")
    await world.write(job, 0, "w" * 100, wait="remote_pending")
    items = (await world.chunks(job))[0]["item_ids"]
    await world.execute(
        "INSERT INTO remote_jobs (id, account_id, connector_id, platform, route_key, operation, job_id, chunk_no, kind, remote_id, "
        "item_ids, correlation, next_poll_at, deadline_at) "
        "SELECT $1, account_id, $2, platform, route_key, operation, id, 0, 'bulk', 'r', $3, '{}', now(), now() - interval '1 s' "
        "FROM jobs WHERE id = $4",
        *(new_id(), connector, items[:30], job),
    )
    await database.run(end_overdue_verdicts)
    row = await world.state(job)
    assert (row["failed"], row["state"]) == (30, "awaiting_verdicts")
    assert (await world.chunks(job))[0]["letters"] == "r" * 30 + "w" * 70
    assert await world.value("SELECT state FROM remote_jobs") == "late"
    assert await world.value("SELECT count(*) FROM item_issues WHERE reason = 'verdict_overdue'") == 30


async def test_a_deleted_connectors_jobs_end_and_its_credentials_are_erased_when_nothing_is_in_flight(
    world, database, planner, dispatcher
) -> None:
    connector, job, route = await _planned(world, planner)
    await world.worker("shopify")
    await world.execute(
        "INSERT INTO credentials (connector_id, account_id, key_id, ciphertext) SELECT id, account_id, 'k', 'x' FROM connectors"
    )
    await world.execute("INSERT INTO access_tokens (connector_id, account_id) SELECT id, account_id FROM connectors")
    await world.write(job, 0, "w" * 100, wait="remote_pending")
    await world.execute("UPDATE routes SET chunks_per_second = 0.01")
    await dispatcher.ring_now([route])
    await world.claim(route)
    await world.execute("UPDATE chunks SET state = 'sent' WHERE job_id = $1 AND no = 1", job)
    await world.execute("UPDATE chunks SET state = 'pending' WHERE job_id = $1 AND no = 2", job)
    await world.execute("UPDATE connectors SET deleted_at = now(), erase_after = now() WHERE id = $1", connector)
    for _ in range(2):
        await database.run(wind_up_deleted)
        await database.run(carry_out_cancellations)
    assert await world.value("SELECT count(*) FROM credentials") == 1  # a call is in flight
    assert await world.value("SELECT count(*) FROM access_tokens WHERE connector_id = $1", connector) == 1
    await world.write(job, 1, "a" * 100)
    for _ in range(2):
        await database.run(wind_up_deleted)
        await database.run(carry_out_cancellations)
    assert await world.value("SELECT count(*) FROM credentials") == 0
    assert await world.value("SELECT count(*) FROM access_tokens WHERE connector_id = $1", connector) == 0
    assert await world.value("SELECT count(*) FROM item_issues WHERE reason = 'connector_deleted'") == 100


async def test_a_job_says_what_it_waits_for(world, database, planner, dispatcher) -> None:
    connector, job, route = await _planned(world, planner, 50)
    await database.run(lambda connection: show_waits(connection, 10.0))
    assert (await world.state(job))["waiting_reason"] == "no_worker"
    assert (await dispatcher.ring_now([route])).rung == {}
    await world.worker("shopify")
    await world.execute("UPDATE connectors SET status = 'paused' WHERE id = $1", connector)
    await database.run(lambda connection: show_waits(connection, 10.0))
    assert (await world.state(job))["waiting_reason"] == "connector_paused"
    assert (await dispatcher.ring_now([route])).rung == {}
    await world.execute("UPDATE connectors SET status = 'active' WHERE id = $1", connector)
    await world.write(job, 0, "." * 50, wait="daily_limit", wait_seconds=600)
    await database.run(lambda connection: show_waits(connection, 10.0))
    row = await world.state(job)
    assert row["waiting_reason"] == "daily_limit"
    assert row["waiting_until"] is not None
    await world.execute("UPDATE chunks SET state = 'pending' WHERE job_id = $1", job)
    await database.run(lambda connection: show_waits(connection, 10.0))
    assert (await world.state(job))["waiting_reason"] is None


async def test_partitions_are_made_ahead_and_old_ones_dropped_unless_a_job_in_them_is_open(world, database) -> None:
    await world.execute("DROP TABLE IF EXISTS chunks_20200101, jobs_20200101, item_issues_20200101")
    for table in ("jobs", "chunks", "item_issues"):
        await world.execute(
            f"CREATE TABLE {table}_20200101 PARTITION OF {table} "
            "FOR VALUES FROM ('016f5e66-e800-7000-8000-000000000000') TO ('016f638d-4400-7000-8000-000000000000')"
        )
    ahead = "SELECT 'chunks_' || to_char((now() AT TIME ZONE 'UTC')::date + 7, 'YYYYMMDD')"
    name = await world.value(ahead)
    await world.execute(f"DROP TABLE {name}")
    await keep_house(database, 30)
    assert await world.value("SELECT to_regclass($1) IS NOT NULL", name)
    assert await world.value("SELECT to_regclass('jobs_20200101') IS NULL")


async def test_nobody_but_the_orchestrator_may_make_or_drop_partitions(as_role) -> None:
    for service in ("gateway", "worker"):
        for call in ("ensure_partitions()", "drop_partitions(30)"):
            async with as_role(service).connection() as connection:
                with pytest.raises(Exception, match="permission denied"):
                    await connection.execute(f"SELECT {call}")


async def test_gauges_fall_to_zero_when_what_they_count_is_gone(world, database, planner) -> None:
    setup_metrics("test")
    try:
        _, job, _ = await _planned(world, planner, 10)
        await world.worker("shopify")
        await world.write(job, 0, "." * 10, wait="throttled")
        gauges = Gauges(10.0)
        await database.run(gauges.measure)
        assert 'pixee_chunks_waiting{platform="shopify",reason="throttled"} 1' in metrics_text()
        await world.execute("UPDATE chunks SET state = 'pending'")
        await database.run(gauges.measure)
        assert 'pixee_chunks_waiting{platform="shopify",reason="throttled"} 0' in metrics_text()
        assert 'pixee_workers_alive{platform="shopify"} 1' in metrics_text()
    finally:
        await shutdown_metrics()
