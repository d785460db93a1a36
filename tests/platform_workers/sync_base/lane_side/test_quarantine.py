"""How failures are counted as results are written, on real PostgreSQL: the same three times holds an item back, anything else does not."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import LaneSide

from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.chunks import ChunkResult, ListingRow, OperationRow
from pixee_workers.sync_base.claims import claim
from pixee_workers.sync_base.hashes import UNSURE

pytestmark = pytest.mark.stack

BAD, ALSO_BAD = ReasonCode.INVALID_VALUE, ReasonCode.MISSING_FIELD
Write = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def write(rows: Rows, worker: LaneSide) -> Write:
    """Writes one outcome of one listed item; answers (failures, state of the listing)."""
    item = uuid4()

    async def one(
        failure: ReasonCode | None = None,
        *,
        like: str | None = "a",
        attempt: bytes = b"1",
        version: int = 1,
        sent: bytes | None = None,
    ) -> tuple[int, str]:
        job = await rows.add_job()
        await rows.add_chunks(job, 1, items=0)
        ((_, chunk),) = [
            pair for found in await claim(worker.database, worker.worker_id, [rows.route]) for pair in found.chunks
        ]
        counted = like if failure else None
        row = OperationRow(
            item, Operation.PUSH_PRODUCTS, sent, version, failure, counted, attempt if counted else None, f"said {like}"
        )
        result = ChunkResult(chunk, "", listings=(ListingRow(item, "product", item, "1"),), operations=(row,))
        assert await asyncio.gather(worker.writer.write(worker.worker_id, result)) == [True]
        failures = await rows.one("SELECT failures FROM listing_operations WHERE item_id = $1", item)
        listing = await rows.one("SELECT state FROM listings WHERE item_id = $1", item)
        return failures["failures"], listing["state"]

    return one


async def test_three_times_the_same_is_quarantine_and_success_ends_it(write: Write) -> None:
    assert [await write(BAD) for _ in range(3)] == [(1, "confirmed"), (2, "confirmed"), (3, "quarantined")]
    assert await write(sent=b"h") == (0, "confirmed")
    assert await write(BAD) == (1, "confirmed")


async def test_another_reason_another_kind_of_message_and_another_attempt_start_anew(write: Write) -> None:
    for change in (
        {"failure": ALSO_BAD, "like": "b"},
        {"failure": BAD, "like": "c"},
        {"failure": BAD, "attempt": b"2"},
    ):
        assert [await write(BAD) for _ in range(2)] == [(1, "confirmed"), (2, "confirmed")]
        assert await write(**change) == (1, "confirmed")


async def test_what_says_nothing_of_the_item_neither_counts_nor_forgives(write: Write) -> None:
    assert [await write(BAD) for _ in range(2)][-1] == (2, "confirmed")
    assert await write(ReasonCode.SHOP_GONE, like=None) == (2, "confirmed")
    assert await write(sent=UNSURE) == (2, "confirmed")
    assert await write(BAD) == (3, "quarantined")


async def test_a_newer_version_that_is_refused_without_a_call_is_no_longer_held_by_the_old_failures(
    write: Write,
) -> None:
    assert [await write(BAD) for _ in range(3)][-1] == (3, "quarantined")
    assert await write(ALSO_BAD, like=None, version=2) == (0, "confirmed")


async def test_the_first_of_the_same_failures_is_when_it_began_and_the_newest_message_is_kept(
    write: Write, rows: Rows
) -> None:
    async def row():
        return await rows.one(
            "SELECT failing_since, failure_message, failure_reason FROM listing_operations WHERE connector_id = $1",
            rows.connector,
        )

    await write(BAD)
    first = await row()
    await write(BAD)
    second = await row()
    assert second["failing_since"] == first["failing_since"]
    await write(ReasonCode.SHOP_GONE, like=None)
    kept = await row()
    assert (kept["failure_reason"], kept["failure_message"]) == ("invalid_value", "said a")
    await write(ALSO_BAD, like="b")
    third = await row()
    assert third["failing_since"] > first["failing_since"]
    assert (third["failure_reason"], third["failure_message"]) == ("missing_field", "said b")
