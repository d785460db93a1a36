"""Pulls that the shop refuses end at once with what it said, and where the next pull then begins."""

from datetime import UTC, datetime, timedelta

import pytest
from sync_orchestrator.catalog.test_pulls import Pull, shown

from pixee_orchestrator.timers.overdue import expire_jobs

pytestmark = pytest.mark.stack

ASKED = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEGINS = ASKED - timedelta(seconds=30)
REFUSAL = {"reason": "permission_missing", "message": "Grant read_products to the app."}


@pytest.fixture
async def pull(world, database) -> Pull:
    account = await world.account()
    return Pull(world, database, account, await world.connector(account, currency="EUR", locale="en"))


async def _refused(pull: Pull, no: int) -> None:
    """What a worker stages when the shop refuses the page."""
    await pull.world.execute("UPDATE chunks SET state = 'sent' WHERE job_id = $1 AND no = $2", pull.job, no)
    await pull.world.execute(
        "INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, requested_at, refusal) "
        "VALUES ($1, $2, $3, $4, '[]', now(), $5)",
        *(pull.job, no, pull.account, pull.connector, REFUSAL),
    )
    await pull.pages.sweep()


async def _told(pull: Pull) -> list[tuple[str, str | None]]:
    rows = await pull.world.rows(
        "SELECT convert_from(payload, 'UTF8')::jsonb AS event FROM outbox WHERE topic = 'pixee.sync.jobs.v1' ORDER BY id"
    )
    return [(row["event"]["state"], row["event"].get("error_code")) for row in rows]


async def test_a_refused_pull_has_failed_at_once_with_the_shops_reason_and_tells_it(world, pull) -> None:
    await pull.begin()
    await _refused(pull, 0)
    row = await world.state(pull.job)
    assert (row["state"], row["error_code"], row["error_message"]) == ("failed", *REFUSAL.values())
    assert (row["finished_at"] is not None, row["total"]) == (True, 0)
    assert [chunk["state"] for chunk in await world.chunks(pull.job)] == ["done"]
    assert (await _told(pull))[-1] == ("failed", "permission_missing")
    assert await world.value("SELECT count(*) FROM pulled_pages") == 0


async def test_a_pull_that_is_refused_amid_its_pages_has_failed_and_keeps_what_was_applied(world, pull) -> None:
    await pull.begin()
    await pull.stage(0, shown("1"), shown("2"), cursor={"page": 2}, requested_at=ASKED)
    await _refused(pull, 1)
    row = await world.state(pull.job)
    assert (row["state"], row["total"], row["succeeded"]) == ("failed", 2, 2)
    assert await world.value("SELECT count(*) FROM products") == 2
    await pull.begin()
    assert (await world.state(pull.job))["since"] is None, "nothing read to the end yet"


async def test_a_cancelled_pull_that_is_refused_is_cancelled(world, pull) -> None:
    await pull.begin()
    await world.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", pull.job)
    await _refused(pull, 0)
    assert (await world.state(pull.job))["state"] == "cancelled"


async def test_a_pull_that_expires_amid_its_pages_does_not_say_that_it_read_everything(world, pull, database) -> None:
    await pull.begin()
    await pull.stage(0, shown("1"), cursor={"page": 2}, requested_at=ASKED)
    await world.execute("UPDATE jobs SET deadline_at = now() - interval '1 second' WHERE id = $1", pull.job)
    await database.run(lambda connection: expire_jobs(connection, timedelta(days=7)))
    row = await world.state(pull.job)
    assert (row["state"], row["error_code"], row["succeeded"]) == ("failed", "expired", 1)
    await pull.begin()
    assert (await world.state(pull.job))["since"] is None


@pytest.mark.parametrize(
    ("page", "state", "counts"),
    [
        ([shown("1"), shown("2", ean="96385074")], "completed_with_errors", True),
        ([shown("2", ean="96385074")], "failed", True),
        ([shown("1"), shown("3", sku="a/b")], "completed_with_errors", False),
        ([shown("1"), shown("2", ean="96385074"), shown("3", sku="a/b")], "completed_with_errors", False),
    ],
    ids=["a review", "nothing but a review", "a refusal", "both"],
)
async def test_the_next_pull_begins_after_one_whose_failures_only_need_a_review(
    world, pull, page, state, counts
) -> None:
    for product in await world.products(pull.account, 2):
        await world.execute("UPDATE variants SET ean = '96385074', ean_key = '96385074' WHERE product_id = $1", product)
    await pull.begin()
    await pull.stage(0, *page, requested_at=ASKED)
    assert (await world.state(pull.job))["state"] == state
    await pull.begin()
    assert (await world.state(pull.job))["since"] == (BEGINS if counts else None)


async def test_a_repeated_pull_reads_what_the_first_one_was_to_read(world, pull) -> None:
    await (await pull.begin()).stage(0, shown("1"), requested_at=ASKED)
    await (await pull.begin()).stage(0, shown("3", sku="a/b"), requested_at=ASKED + timedelta(days=1))
    failed = pull.job
    await (await pull.begin()).stage(0, requested_at=ASKED + timedelta(days=2))
    await pull.begin({"repeats": str(failed)})
    assert (await world.state(pull.job))["since"] == BEGINS
