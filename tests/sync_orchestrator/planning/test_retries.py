"""What a retry plans: what failed of the older job, read from its issues, whatever became of the catalog meanwhile."""

from uuid import UUID

import pytest

from pixee_common.domain.ids import new_id
from pixee_orchestrator.planning.planner import Planner

pytestmark = pytest.mark.stack


async def _issues(world, account, job, items, outcome="rejected", *, warning=False) -> None:
    await world.execute(
        "INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, outcome, reason, warning)"
        " SELECT $1, id, $2, 0, $3, 'invalid_value', $4 FROM unnest($5::uuid[]) id",
        *(job, account, outcome, warning, list(items)),
    )


async def _ended(world, account, connector, operation="push_products") -> UUID:
    """An older job that is out of the way."""
    job = await world.job(account, connector, operation)
    await world.execute(
        "UPDATE jobs SET planning = 'done', sending_done = true, finished_at = now() WHERE id = $1", job
    )
    return job


async def _planned(world, planner, account, connector, old, operation="push_products") -> list[UUID]:
    job = await world.job(account, connector, operation, {"retry_of": str(old)})
    while await planner.step():
        pass
    items = [item for chunk in await world.chunks(job) for item in chunk["item_ids"]]
    assert (await world.state(job))["total"] == len(items)
    return items


async def test_a_retry_holds_what_failed_and_nothing_else(world, planner) -> None:
    account = await world.account()
    connector = await world.connector(account)
    rejected, review, held, released, skipped, warned, fine, other = await world.products(account, 8)
    old, another = await _ended(world, account, connector), await _ended(world, account, connector)
    await _issues(world, account, old, [rejected])
    await _issues(world, account, old, [review], "needs_review")
    await _issues(world, account, old, [held, released], "quarantined")
    await _issues(world, account, old, [skipped], "skipped")
    await _issues(world, account, old, [warned], "applied", warning=True)
    await _issues(world, account, another, [other])
    for item, failures in ((held, 3), (released, 0)):
        await world.execute(
            "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, catalog_version, failures)"
            " VALUES ($1, $2, 'push_products', $3, 1, $4)",
            *(connector, item, account, failures),
        )
    assert await _planned(world, planner, account, connector, old) == [rejected, review, released]
    assert fine not in {rejected, review, released}


async def test_more_than_ten_thousand_failed_items_are_planned_page_by_page(world, database) -> None:
    account = await world.account()
    connector = await world.connector(account)
    failed = sorted(new_id() for _ in range(10_450))
    old = await _ended(world, account, connector)
    await _issues(world, account, old, failed)
    items = await _planned(world, Planner(database, {}, page_items=1000), account, connector, old)
    assert items == failed


async def test_items_that_are_gone_from_the_catalog_are_planned_and_so_get_an_outcome(world, planner) -> None:
    account = await world.account()
    connector = await world.connector(account)
    deleted, kept = await world.products(account, 2)
    await world.execute("UPDATE products SET deleted_at = now() WHERE id = $1", deleted)
    await world.execute("UPDATE variants SET deleted_at = now() WHERE product_id = $1", deleted)
    variants = {row["id"] for row in await world.rows("SELECT id FROM variants WHERE account_id = $1", account)}
    erased = new_id()
    products, stock = (
        await _ended(world, account, connector),
        await _ended(world, account, connector, "push_stock"),
    )
    await _issues(world, account, products, [deleted, kept, erased])
    await _issues(world, account, stock, variants | {erased})
    assert await _planned(world, planner, account, connector, products) == sorted([deleted, kept, erased])
    assert await _planned(world, planner, account, connector, stock, "push_stock") == sorted(variants | {erased})


async def test_the_issues_of_another_account_are_nobodys_scope(world, planner) -> None:
    account, stranger = await world.account(), await world.account()
    old = await _ended(world, stranger, await world.connector(stranger))
    await _issues(world, stranger, old, await world.products(stranger, 2))
    assert await _planned(world, planner, account, await world.connector(account), old) == []


async def test_a_job_that_is_repeated_is_planned_as_it_was_asked_for(world, planner) -> None:
    account = await world.account()
    connector = await world.connector(account)
    wanted, _other = await world.products(account, 2)
    old = await _ended(world, account, connector)
    job = await world.job(account, connector, scope={"product_ids": [str(wanted)], "repeats": str(old)})
    while await planner.step():
        pass
    assert [item for chunk in await world.chunks(job) for item in chunk["item_ids"]] == [wanted]
