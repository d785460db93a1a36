"""Claims: who gets which chunks, and what a repetition of the statement gets."""

from uuid import uuid4

from platform_workers.sync_base.lane_side.catalog_rows import Rows

from pixee_common.db import Database
from pixee_workers.sync_base.claims import claim
from pixee_workers.sync_base.routes import Handed, free, leave, release


def _keys(claims):
    return [(chunk.job_id, chunk.no) for found in claims for _, chunk in found.chunks]


async def test_a_claim_takes_every_rung_chunk_of_a_free_route_and_owns_the_route(
    rows: Rows, database: Database
) -> None:
    worker = await rows.add_worker()
    job = await rows.add_job()
    await rows.add_chunks(job, 3)
    await rows.add_chunks(job, 1, state="pending", first=3)
    claims = await claim(database, worker, [rows.route])
    assert _keys(claims) == [(job, 0), (job, 1), (job, 2)]
    assert await rows.states(job) == ["claimed", "claimed", "claimed", "pending"]
    route = await rows.route_row()
    assert (route["worker_id"], route["epoch"]) == (worker, 1)
    assert {chunk.epoch for _, chunk in claims[0].chunks} == {1}


async def test_a_second_bell_claims_nothing_that_is_claimed_already_not_even_by_ourselves(
    rows: Rows, database: Database
) -> None:
    worker = await rows.add_worker()
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    assert len(_keys(await claim(database, worker, [rows.route]))) == 2
    assert await claim(database, worker, [rows.route]) == []
    assert (await rows.route_row())["epoch"] == 1


async def test_a_repeated_statement_gets_what_its_token_had_claimed_and_what_is_rung_since(
    rows: Rows, database: Database
) -> None:
    worker, token = await rows.add_worker(), uuid4()
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    first = await claim(database, worker, [rows.route], token=token)
    await rows.add_chunks(job, 1, first=1)
    again = await claim(database, worker, [rows.route], token=token)
    assert _keys(first) == [(job, 0)]
    assert _keys(again) == [(job, 0), (job, 1)]
    assert {chunk.epoch for _, chunk in again[0].chunks} == {1}


async def test_a_repeated_statement_does_not_get_a_chunk_that_was_begun(rows: Rows, database: Database) -> None:
    worker, token = await rows.add_worker(), uuid4()
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await claim(database, worker, [rows.route], token=token)
    await rows.run("UPDATE chunks SET state = 'sent' WHERE job_id = $1", job)
    assert await claim(database, worker, [rows.route], token=token) == []


async def test_the_route_of_another_worker_is_left_alone(rows: Rows, database: Database) -> None:
    first, second = await rows.add_worker(), await rows.add_worker()
    _, other_route = await rows.add_connector()
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await claim(database, first, [rows.route])
    await rows.add_chunks(job, 1, first=1)
    assert await claim(database, second, [rows.route, other_route]) == []
    assert await rows.states(job) == ["claimed", "rung"]
    assert (await rows.route_row())["worker_id"] == first


async def test_a_worker_without_a_row_claims_nothing(rows: Rows, database: Database) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    assert await claim(database, uuid4(), [rows.route]) == []
    assert await rows.states(job) == ["rung"]
    assert (await rows.route_row())["worker_id"] is None


async def test_chunks_of_a_paused_connector_go_back_while_another_of_the_route_is_claimed(
    rows: Rows, database: Database
) -> None:
    worker = await rows.add_worker()
    paused, _ = await rows.add_connector(status="paused", route=rows.route)
    running_job, paused_job = await rows.add_job(), await rows.add_job(connector=paused)
    await rows.add_chunks(running_job, 1)
    await rows.add_chunks(paused_job, 1)
    assert _keys(await claim(database, worker, [rows.route])) == [(running_job, 0)]
    assert await rows.states(paused_job) == ["pending"]


async def test_a_bell_for_a_paused_connector_alone_does_not_take_the_route(rows: Rows, database: Database) -> None:
    worker = await rows.add_worker()
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await rows.run("UPDATE connectors SET status = 'paused' WHERE id = $1", rows.connector)
    assert await claim(database, worker, [rows.route]) == []
    assert await rows.states(job) == ["pending"]
    assert (await rows.route_row())["worker_id"] is None


async def test_stock_and_prices_come_first_then_jobs_in_order(rows: Rows, database: Database) -> None:
    worker = await rows.add_worker()
    first, second = await rows.add_job(), await rows.add_job()
    prices, stock = await rows.add_job("push_prices"), await rows.add_job("push_stock")
    await rows.add_chunks(second, 1)
    await rows.add_chunks(first, 2)
    await rows.add_chunks(prices, 1)
    await rows.add_chunks(stock, 1)
    assert _keys(await claim(database, worker, [rows.route])) == [
        (stock, 0), (prices, 0), (first, 0), (first, 1), (second, 0),
    ]  # fmt: skip


async def test_a_released_route_returns_what_was_not_begun_and_keeps_what_is_sent(
    rows: Rows, database: Database
) -> None:
    worker = await rows.add_worker()
    job = await rows.add_job()
    await rows.add_chunks(job, 4)
    await claim(database, worker, [rows.route])
    await rows.run("UPDATE chunks SET state = 'sent' WHERE job_id = $1 AND no > 0", job)
    await rows.add_chunks(job, 1, first=4)
    handed = Handed(rows.route, {"left": 3}, 2.5, unbegun=[(job, 1)], cut=[(job, 2)])
    await release(database, worker, [handed])
    assert await rows.states(job) == ["pending", "pending", "pending", "sent", "pending"]
    assert [row["look_up"] for row in await rows.run("SELECT look_up FROM chunks WHERE job_id = $1 ORDER BY no", job)] == [
        False, False, True, False, False,
    ]  # fmt: skip
    route = await rows.route_row()
    assert (route["worker_id"], route["chunks_per_second"]) == (None, 2.5)
    following = await claim(database, worker, [rows.route])
    assert following == []


async def test_the_next_owner_gets_the_budgets_and_a_higher_epoch(rows: Rows, database: Database) -> None:
    first, second = await rows.add_worker(), await rows.add_worker()
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await claim(database, first, [rows.route])
    await free(database, first, Handed(rows.route, {"left": 3}, 1.0))
    await rows.add_chunks(job, 1, first=1)
    claims = await claim(database, second, [rows.route])
    assert claims[0].budgets == {"left": 3}
    assert claims[0].chunks[0][1].epoch == 2


async def test_a_worker_that_is_not_the_owner_releases_nothing(rows: Rows, database: Database) -> None:
    owner, stranger = await rows.add_worker(), await rows.add_worker()
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await claim(database, owner, [rows.route])
    await release(database, stranger, [Handed(rows.route, {}, 1.0)])
    assert await rows.states(job) == ["claimed"]
    assert (await rows.route_row())["worker_id"] == owner


async def test_a_worker_that_leaves_gives_back_claims_whose_answer_it_never_heard(
    rows: Rows, database: Database
) -> None:
    worker = await rows.add_worker()
    job, pull = await rows.add_job(), await rows.add_job("pull_products")
    await rows.add_chunks(job, 2)
    await rows.add_chunks(pull, 1, items=0)
    await claim(database, worker, [rows.route])
    await rows.run("UPDATE chunks SET state = 'sent' WHERE (job_id = $1 AND no = 1) OR job_id = $2", job, pull)
    await leave(database, worker)
    assert await rows.states(job) == ["pending", "pending"]
    assert (await rows.chunk(job, 1))["look_up"] is True
    assert await rows.states(pull) == ["sent"]  # a staged page waits for the orchestrator
    assert (await rows.route_row())["worker_id"] is None
    assert await rows.one("SELECT FROM workers WHERE id = $1", worker) is None
