"""Outcomes: what one transaction writes, the fence, and results that the database refuses."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.fake_courier import applied
from platform_workers.sync_base.lane_side.lane_side import LaneSide

from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import (
    ChunkResult,
    ConnectorNote,
    IssueRow,
    ListingRow,
    OperationRow,
    PageToCome,
    PulledPageRow,
    RemoteJobRow,
    Wait,
)
from pixee_workers.sync_base.claims import claim


@pytest.fixture
async def claimed(rows: Rows, worker: LaneSide):
    """Claims so many new chunks of one job and returns them."""

    async def make(count: int = 1, *, items: int = 2, operation: str = "push_products"):
        job = await rows.add_job(operation)
        await rows.add_chunks(job, count, items=items)
        claims = await claim(worker.database, worker.worker_id, [rows.route])
        return [chunk for found in claims for _, chunk in found.chunks]

    return make


async def _write(worker: LaneSide, *results: ChunkResult) -> list[bool]:
    return list(await asyncio.gather(*(worker.writer.write(worker.worker_id, result) for result in results)))


def _listing(item, product=None, external="1", kind="product") -> ListingRow:
    return ListingRow(item, kind, product or item, external, None, {"handle": "a"})


async def test_everything_that_a_result_knows_is_written(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    good, bad = chunk.item_ids
    result = ChunkResult(
        chunk,
        "ar",
        called=True,
        listings=(_listing(good),),
        operations=(
            OperationRow(good, Operation.PUSH_PRODUCTS, b"h1", 5),
            OperationRow(bad, Operation.PUSH_PRODUCTS, None, 5, ReasonCode.MISSING_FIELD, "brand", b"try", "No brand."),
        ),
        issues=(IssueRow(bad, bad, "SKU-1", OutcomeKind.REJECTED, ReasonCode.MISSING_FIELD, "No brand.", "brand"),),
        connector=ConnectorNote(status="error", last_error="refused", currency="EUR"),
    )
    assert await _write(worker, result) == [True]
    row = await rows.chunk(chunk.job_id)
    assert (row["state"], row["letters"], row["succeeded"], row["failed"], row["attempt"]) == ("done", "ar", 1, 1, 1)
    assert row["done_at"] is not None
    listing = await rows.one("SELECT * FROM listings WHERE item_id = $1", good)
    assert (listing["external_id"], listing["state"], listing["refs"]) == ("1", "confirmed", {"handle": "a"})
    operations = await rows.run(
        "SELECT * FROM listing_operations WHERE connector_id = $1 ORDER BY failures", rows.connector
    )
    assert [(one["hash"], one["failures"], one["failure_reason"], one["failure_message"]) for one in operations] == [
        (b"h1", 0, None, None), (None, 1, "missing_field", "No brand."),
    ]  # fmt: skip
    assert (operations[1]["failure_class"], operations[1]["failure_hash"]) == ("brand", b"try")
    assert operations[1]["failing_since"] is not None
    issue = await rows.one("SELECT * FROM item_issues WHERE job_id = $1", chunk.job_id)
    assert (issue["item_id"], issue["sku"], issue["reason"], issue["field"]) == (bad, "SKU-1", "missing_field", "brand")
    connector = await rows.one("SELECT * FROM connectors WHERE id = $1", rows.connector)
    assert (connector["status"], connector["last_error"], connector["shop_currency"]) == ("error", "refused", "EUR")
    event = await rows.one("SELECT payload, headers FROM outbox WHERE key = $1", str(chunk.job_id).encode())
    assert b'"succeeded":1' in event["payload"]
    assert b'"state":"done"' in event["payload"]


async def test_a_result_counts_once_however_often_it_is_written(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    waiting = ChunkResult(chunk, "..", wait=Wait(ReasonCode.UNAVAILABLE, worker.clock.now()), called=True)
    assert await _write(worker, waiting) == [True]
    assert await _write(worker, waiting) == [False]
    row = await rows.chunk(chunk.job_id)
    assert (row["state"], row["attempt"]) == ("waiting", 1)


async def test_a_late_result_counts_while_nobody_has_claimed_the_chunk_again(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    (chunk,) = await claimed()
    await rows.run("UPDATE routes SET worker_id = NULL, epoch = epoch + 1 WHERE route_key = $1", rows.route)
    await rows.run(
        "UPDATE chunks SET state = 'pending', claim_token = NULL, worker_id = NULL WHERE job_id = $1", chunk.job_id
    )
    assert await _write(worker, applied(chunk)) == [True]
    assert await rows.states(chunk.job_id) == ["done"]
    assert await _write(worker, applied(chunk)) == [False]


async def test_a_wait_that_became_due_is_not_overwritten_by_a_repetition_of_its_result(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    (chunk,) = await claimed()
    waiting = ChunkResult(chunk, "..", wait=Wait(ReasonCode.UNAVAILABLE, worker.clock.now()), called=True)
    await _write(worker, waiting)
    await rows.run("UPDATE chunks SET state = 'pending', not_before = NULL WHERE job_id = $1", chunk.job_id)
    assert await _write(worker, waiting) == [False]
    assert (await rows.chunk(chunk.job_id))["attempt"] == 1


async def test_a_late_result_is_fenced_off_once_another_worker_has_claimed_the_chunk(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    (chunk,) = await claimed()
    other = await rows.add_worker()
    await rows.run("UPDATE routes SET worker_id = NULL WHERE route_key = $1", rows.route)
    await rows.run("UPDATE chunks SET state = 'rung' WHERE job_id = $1", chunk.job_id)
    claims = await claim(worker.database, other, [rows.route])
    assert claims[0].chunks[0][1].epoch == chunk.epoch + 1
    late = replace(applied(chunk), listings=(_listing(chunk.item_ids[0]),))
    assert await _write(worker, late) == [False]
    assert await rows.states(chunk.job_id) == ["claimed"]
    assert await rows.one("SELECT FROM listings WHERE connector_id = $1", rows.connector) is None
    assert await rows.one("SELECT FROM outbox WHERE key = $1", str(chunk.job_id).encode()) is None


async def test_a_final_chunk_never_changes(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    await rows.run("UPDATE chunks SET state = 'cancelled', letters = 'xx' WHERE job_id = $1", chunk.job_id)
    assert await _write(worker, applied(chunk)) == [False]
    assert (await rows.chunk(chunk.job_id))["letters"] == "xx"


async def test_one_poisoned_result_fails_alone_and_its_raw_form_is_kept(rows: Rows, worker: LaneSide, claimed) -> None:
    first, poisoned, last = await claimed(3)
    bad = IssueRow(poisoned.item_ids[0], None, "a\ud800b", OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, "nul")
    results = [applied(first), ChunkResult(poisoned, "r.", called=True, issues=(bad,)), applied(last)]
    assert await _write(worker, *results) == [True, True, True]
    assert await rows.states(first.job_id) == ["done", "done", "done"]
    row = await rows.chunk(poisoned.job_id, poisoned.no)
    assert (row["letters"], row["failed"]) == ("rr", 2)
    issues = await rows.run("SELECT reason FROM item_issues WHERE job_id = $1", poisoned.job_id)
    assert [issue["reason"] for issue in issues] == ["internal", "internal"]
    letter = await rows.one("SELECT * FROM dead_letters WHERE key = $1", f"{poisoned.job_id}/{poisoned.no}".encode())
    assert letter["reason"] == "outcome_refused"
    assert b"invalid_value" in letter["payload"]


async def test_a_shop_product_that_another_product_holds_sends_that_item_to_review_alone(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    first, second = await claimed(2)
    assert await _write(worker, replace(applied(first), listings=(_listing(first.item_ids[0], external="77"),))) == [
        True
    ]
    claimant, innocent = second.item_ids
    variant = uuid4()
    result = replace(
        applied(second),
        listings=(
            _listing(claimant, external="77"),
            _listing(variant, claimant, "780", "variant"),
            _listing(innocent, external="78"),
        ),
        operations=tuple(OperationRow(item, Operation.PUSH_PRODUCTS, b"h", 1) for item in second.item_ids),
    )
    assert await _write(worker, result) == [True]
    row = await rows.chunk(second.job_id, second.no)
    assert (row["letters"], row["state"]) == ("va", "done")
    issue = await rows.one("SELECT * FROM item_issues WHERE item_id = $1", claimant)
    assert (issue["outcome"], issue["reason"], issue["candidates"]) == ("needs_review", "belongs_to_another", ["77"])
    listed = {
        one["item_id"] for one in await rows.run("SELECT item_id FROM listings WHERE connector_id = $1", rows.connector)
    }
    assert listed == {first.item_ids[0], innocent}
    sent = await rows.run("SELECT item_id FROM listing_operations WHERE connector_id = $1", rows.connector)
    assert [one["item_id"] for one in sent] == [innocent]


async def test_two_items_of_one_result_cannot_both_have_one_shop_product(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    result = replace(applied(chunk), listings=tuple(_listing(item, external="5") for item in chunk.item_ids))
    assert await _write(worker, result) == [True]
    assert (await rows.chunk(chunk.job_id))["letters"] == "av"


async def test_an_intent_becomes_a_listing_and_a_later_intent_does_not_undo_it(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    item = uuid4()
    found = []
    for external in (None, "9", None):
        (chunk,) = await claimed(items=0)
        await _write(worker, ChunkResult(chunk, "", listings=(_listing(item, external=external),)))
        row = await rows.one("SELECT external_id, state FROM listings WHERE item_id = $1", item)
        found.append(tuple(row))
    assert found == [(None, "intent"), ("9", "confirmed"), ("9", "confirmed")]


async def test_what_the_shop_lost_is_forgotten_with_everything_sent_to_it(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    first, second = await claimed(2)
    item = first.item_ids[0]
    operation = OperationRow(item, Operation.PUSH_PRODUCTS, b"h", 1)
    await _write(worker, replace(applied(first), listings=(_listing(item, external="4"),), operations=(operation,)))
    await _write(worker, replace(applied(second), gone=(("product", "4"),)))
    assert await rows.one("SELECT FROM listings WHERE item_id = $1", item) is None
    assert await rows.one("SELECT FROM listing_operations WHERE item_id = $1", item) is None


async def test_a_listing_that_one_group_links_and_then_loses_is_not_kept(rows: Rows, worker: LaneSide, claimed) -> None:
    first, second, third = await claimed(3)
    item = first.item_ids[0]
    linked = replace(applied(first), listings=(_listing(item, external="4"),))
    again = replace(applied(third), listings=(_listing(item, external="5"),))
    await _write(worker, linked, replace(applied(second), gone=(("product", "4"),)))
    assert await rows.one("SELECT FROM listings WHERE item_id = $1", item) is None
    await _write(worker, again)
    assert (await rows.one("SELECT external_id FROM listings WHERE item_id = $1", item))["external_id"] == "5"


async def test_an_item_that_goes_through_after_all_loses_its_issue(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    warned = chunk.item_ids[0]
    issue = IssueRow(warned, None, None, OutcomeKind.APPLIED, ReasonCode.EAN_SHARED, "shared", warning=True)
    wait = Wait(ReasonCode.THROTTLED, worker.clock.now())
    await _write(worker, ChunkResult(chunk, "..", wait=wait, called=True, issues=(issue,)))
    await rows.run("UPDATE chunks SET state = 'rung' WHERE job_id = $1", chunk.job_id)
    (again,) = [
        one for found in await claim(worker.database, worker.worker_id, [rows.route]) for _, one in found.chunks
    ]
    await _write(worker, applied(again))
    assert await rows.one("SELECT FROM item_issues WHERE job_id = $1", chunk.job_id) is None


async def test_remote_jobs_are_remembered_asked_again_and_ended(rows: Rows, worker: LaneSide, claimed) -> None:
    first, second, third = await claimed(3)
    now = worker.clock.now()
    job = RemoteJobRow(new_id(), "feed", "F1", first.item_ids, {"file": 1}, now, now + timedelta(days=1))
    wait = Wait(ReasonCode.REMOTE_PENDING, now)
    await _write(worker, ChunkResult(first, "ww", wait=wait, called=True, remote_jobs=(job,)))
    row = await rows.one("SELECT * FROM remote_jobs WHERE id = $1", job.id)
    assert (row["state"], row["remote_id"], row["correlation"], row["chunk_no"]) == (
        "open",
        "F1",
        {"file": 1},
        first.no,
    )
    later = now + timedelta(minutes=5)
    await _write(worker, replace(applied(second), remote_again=((job.id, later),)))
    assert (await rows.one("SELECT next_poll_at FROM remote_jobs WHERE id = $1", job.id))["next_poll_at"] == later
    await _write(worker, replace(applied(third), remote_done=(job.id,)))
    row = await rows.one("SELECT * FROM remote_jobs WHERE id = $1", job.id)
    assert (row["state"], row["polls"]) == ("done", 2)


async def test_a_pulled_page_is_staged_and_its_chunk_stays_sent(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed(items=0, operation="pull_products")
    page = PulledPageRow(({"external_id": "1"},), {"page": 2}, worker.clock.now())
    await _write(worker, ChunkResult(chunk, "", called=True, page=page))
    assert await rows.states(chunk.job_id) == ["sent"]
    staged = await rows.one("SELECT * FROM pulled_pages WHERE job_id = $1", chunk.job_id)
    assert (staged["products"], staged["next_cursor"]) == ([{"external_id": "1"}], {"page": 2})


async def test_a_page_to_come_waits_in_its_row_and_is_claimed_with_its_cursor_and_since_when(
    rows: Rows, worker: LaneSide, claimed
) -> None:
    (chunk,) = await claimed(items=0, operation="pull_products")
    since = worker.clock.now() - timedelta(hours=2)
    until = worker.clock.now() + timedelta(seconds=45)
    waits = ChunkResult(
        chunk,
        "",
        wait=Wait(ReasonCode.REMOTE_PENDING, until),
        called=True,
        page_to_come=PageToCome({"report": 1}, since),
    )
    await _write(worker, waits)
    row = await rows.one("SELECT state, wait_reason, not_before, size FROM chunks WHERE job_id = $1", chunk.job_id)
    assert tuple(row) == ("waiting", "remote_pending", until, 0)
    assert await rows.one("SELECT count(*) FROM pulled_pages WHERE job_id = $1", chunk.job_id) == (0,)
    await rows.run("UPDATE chunks SET state = 'rung' WHERE job_id = $1", chunk.job_id)
    ((_, again),) = (await claim(worker.database, worker.worker_id, [rows.route]))[0].chunks
    assert (again.cursor, again.page_waits_since) == ({"report": 1}, since)


async def test_refs_of_a_push_replace_those_that_were_known(rows: Rows, worker: LaneSide, claimed) -> None:
    (first,) = await claimed(items=1)
    listing = _listing(first.item_ids[0])
    await _write(worker, replace(applied(first), listings=(listing,)))
    (second,) = await claimed(items=1)
    await _write(worker, replace(applied(second), listings=(replace(listing, refs={"media": 7}),)))
    row = await rows.one("SELECT refs FROM listings WHERE item_id = $1", first.item_ids[0])
    assert row["refs"] == {"media": 7}


async def test_a_paused_connector_stays_paused(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    await rows.run("UPDATE connectors SET status = 'paused' WHERE id = $1", rows.connector)
    await _write(worker, replace(applied(chunk), connector=ConnectorNote(status="active")))
    assert (await rows.one("SELECT status FROM connectors WHERE id = $1", rows.connector))["status"] == "paused"


async def test_what_two_results_say_of_a_connector_is_kept_both(rows: Rows, worker: LaneSide, claimed) -> None:
    (chunk,) = await claimed()
    await _write(worker, replace(applied(chunk), connector=ConnectorNote(last_error="The app may not write stock.")))
    (chunk,) = await claimed()
    await _write(worker, replace(applied(chunk), connector=ConnectorNote(currency="EUR")))
    row = await rows.one("SELECT status, last_error, shop_currency FROM connectors WHERE id = $1", rows.connector)
    assert tuple(row) == ("active", "The app may not write stock.", "EUR")
