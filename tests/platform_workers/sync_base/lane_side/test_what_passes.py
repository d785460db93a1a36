"""What passes by itself must not fail items: the database away for longer than a reading waits, a disk that is full, text it cannot keep."""

import asyncio

import asyncpg
import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.fake_courier import applied
from platform_workers.sync_base.lane_side.lane_side import LaneSide, until

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import ChunkResult, ConnectorNote, IssueRow, PulledPageRow
from pixee_workers.sync_base.claims import claim

pytestmark = pytest.mark.stack


async def _waits(rows: Rows, job) -> None:
    async def waits() -> bool:
        return await rows.states(job) == ["waiting"]

    await until(waits)


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError("away"), asyncpg.CannotConnectNowError("starting up"), OSError(28, "no space")]
)
async def test_a_database_that_stays_away_while_a_chunk_is_carried_fails_none_of_its_items(
    rows: Rows, worker: LaneSide, error: Exception
) -> None:
    worker.courier.fail_with = [error]
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)
    await _waits(rows, job)
    chunk = await rows.chunk(job)
    assert (chunk["letters"], chunk["failed"], chunk["wait_reason"]) == ("uu", 0, "internal")
    assert not await rows.run("SELECT 1 FROM item_issues WHERE job_id = $1", job)


async def _claimed(rows: Rows, worker: LaneSide, operation: str = "push_products"):
    job = await rows.add_job(operation)
    await rows.add_chunks(job, 1, items=0 if operation == "pull_products" else 2)
    (found,) = await claim(worker.database, worker.worker_id, [rows.route])
    return found.chunks[0][1]


async def test_a_shops_message_with_a_null_character_costs_the_chunk_nothing(rows: Rows, worker: LaneSide) -> None:
    chunk = await _claimed(rows, worker)
    bad = chunk.item_ids[1]
    issue = IssueRow(
        bad, None, "A\x00", OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, "Not\x00 good.", candidates=("\x001",)
    )
    result = ChunkResult(chunk, "ar", called=True, issues=(issue,), connector=ConnectorNote(last_error="O\x00h"))
    assert await worker.writer.write(worker.worker_id, result)
    assert (await rows.chunk(chunk.job_id))["letters"] == "ar"
    (kept,) = await rows.run("SELECT sku, message, candidates FROM item_issues WHERE job_id = $1", chunk.job_id)
    assert tuple(kept) == ("A\ufffd", "Not\ufffd good.", ["\ufffd1"])


async def test_a_pulled_page_with_a_null_character_is_staged_all_the_same(rows: Rows, worker: LaneSide) -> None:
    chunk = await _claimed(rows, worker, "pull_products")
    page = PulledPageRow(({"title": "A\x00B"},), {"after": "1"}, worker.clock.now())
    assert await worker.writer.write(worker.worker_id, ChunkResult(chunk, chunk.letters, called=True, page=page))
    assert await rows.states(chunk.job_id) == ["sent"]
    (kept,) = await rows.run("SELECT products FROM pulled_pages WHERE job_id = $1", chunk.job_id)
    assert kept["products"] == [{"title": "A\ufffdB"}]


async def test_an_outcome_waits_while_the_databases_disk_is_full(
    rows: Rows, worker: LaneSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk = await _claimed(rows, worker)
    write, left = (
        worker.writer._in_transaction,
        [asyncpg.DiskFullError("full"), asyncpg.ReadOnlySQLTransactionError("standby")],
    )

    async def at_first_not(*given):
        if left:
            raise left.pop(0)
        return await write(*given)

    monkeypatch.setattr(worker.writer, "_in_transaction", at_first_not)
    assert await worker.writer.write(worker.worker_id, applied(chunk))
    assert (await rows.chunk(chunk.job_id))["letters"] == "aa"


async def test_a_page_that_cannot_be_kept_ends_the_pull_as_failed_and_not_as_complete(
    rows: Rows, worker: LaneSide
) -> None:
    chunk = await _claimed(rows, worker, "pull_products")
    page = PulledPageRow(({"title": "A"},), {"after": "1"}, worker.clock.now(), total=2**70)
    assert await worker.writer.write(worker.worker_id, ChunkResult(chunk, chunk.letters, called=True, page=page))
    assert await rows.states(chunk.job_id) == ["sent"]
    (kept,) = await rows.run("SELECT refusal, products FROM pulled_pages WHERE job_id = $1", chunk.job_id)
    assert (kept["refusal"]["reason"], kept["products"]) == ("internal", [])


async def test_a_courier_that_crashes_over_a_pull_ends_it_as_failed(rows: Rows, worker: LaneSide) -> None:
    worker.courier.fail_with = [ValueError("a bug")]
    job = await rows.add_job("pull_products")
    await rows.add_chunks(job, 1, items=0)
    await worker.ring(rows.route)

    async def staged() -> bool:
        return bool(await rows.run("SELECT 1 FROM pulled_pages WHERE job_id = $1 AND refusal IS NOT NULL", job))

    await until(staged)


async def test_a_batch_of_bells_that_waits_for_the_database_counts_as_in_hand(rows: Rows, as_role) -> None:
    away = LaneSide(as_role("worker"))  # never joins: its heartbeat has no database yet
    ringing = asyncio.create_task(away.ring(rows.route))
    await asyncio.sleep(0)
    assert away.lanes.claiming, "or a consumer is taken for stuck, and the worker restarted again and again"
    ringing.cancel()
    await asyncio.gather(ringing, return_exceptions=True)
    assert not away.lanes.claiming
