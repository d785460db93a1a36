"""What a dashboard shows of changes that are pending, shops that are gone through, and verdicts that are awaited."""

from uuid import uuid4

import pytest
from sync_orchestrator.auto_sync.changes import switch

from pixee_common.telemetry import metrics_text, setup_metrics, shutdown_metrics
from pixee_orchestrator.timers.gauges import Gauges

pytestmark = pytest.mark.stack


@pytest.fixture
async def counting():
    setup_metrics("test")
    yield
    await shutdown_metrics()


def _value(name: str, operation: str) -> float:
    start = f'{name}{{operation="{operation}",platform="shopify"}} '
    return float(next(line for line in metrics_text().splitlines() if line.startswith(start)).removeprefix(start))


@pytest.mark.usefixtures("counting")
async def test_pending_changes_show_how_many_and_how_old_and_nothing_when_they_are_gone(world, database) -> None:
    account = await world.account()
    gauges = Gauges(10.0)
    for count in (2, 3):
        connector = await world.connector(account)
        await switch(world, connector, "push_stock")
        await world.execute(
            "INSERT INTO pending_changes (connector_id, operation, item_id, account_id, version, created_at) "
            "SELECT $1, 'push_stock', gen_random_uuid(), $2, 1, now() - interval '1 minute' * n FROM generate_series(1, $3) n",
            *(connector, account, count),
        )
    await world.execute(
        "INSERT INTO resends (connector_id, operation, account_id) VALUES ($1, 'push_stock', $2)", connector, account
    )
    await database.run(gauges.measure)
    assert _value("pixee_pending_changes", "push_stock") == 5
    assert 180 <= _value("pixee_pending_oldest_seconds", "push_stock") < 200
    assert _value("pixee_resends", "push_stock") == 1
    await world.execute("TRUNCATE pending_changes, resends")
    await database.run(gauges.measure)
    for name in ("pixee_pending_changes", "pixee_pending_oldest_seconds", "pixee_resends"):
        assert _value(name, "push_stock") == 0


@pytest.mark.usefixtures("counting")
async def test_verdicts_that_are_awaited_show_by_item_and_those_past_their_deadline_apart(world, database) -> None:
    account = await world.account()
    connector = await world.connector(account)
    for items, deadline, file in ((3, "1 hour", None), (2, "-1 hour", "open"), (4, "1 hour", "begun")):
        submission = None if file is None else uuid4()
        if submission:
            await world.execute(
                "INSERT INTO submissions (id, account_id, connector_id, platform, route_key, operation, kind, state) "
                "VALUES ($1, $2, $3, 'shopify', 'r', 'push_products', 'f', $4)",
                *(submission, account, connector, file),
            )
        await world.execute(
            "INSERT INTO remote_jobs (id, account_id, connector_id, platform, route_key, operation, job_id, chunk_no, submission_id, "
            "kind, remote_id, item_ids, correlation, next_poll_at, deadline_at) "
            "VALUES ($1, $2, $3, 'shopify', 'r', 'push_products', $1, 0, $4, 'k', '1', $5, '{}', now(), now() + $6::text::interval)",
            *(uuid4(), account, connector, submission, [uuid4() for _ in range(items)], deadline),
        )
    gauges = Gauges(10.0)
    await database.run(gauges.measure)
    assert _value("pixee_verdicts_awaited", "push_products") == 5
    assert _value("pixee_verdicts_overdue", "push_products") == 2
    await world.execute("UPDATE remote_jobs SET state = 'done'")
    await database.run(gauges.measure)
    assert _value("pixee_verdicts_awaited", "push_products") == _value("pixee_verdicts_overdue", "push_products") == 0
