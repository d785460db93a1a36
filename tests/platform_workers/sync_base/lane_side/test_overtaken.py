"""A create that carried an older value than the catalog has by now: whoever sends changes by itself sends the newer one after it."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import LaneSide

from pixee_common.domain.job import Operation
from pixee_workers.sync_base.chunks import ChunkResult, OperationRow
from pixee_workers.sync_base.claims import claim

pytestmark = pytest.mark.stack

_VARIANT = """
WITH p AS (
    INSERT INTO products (id, account_id, key, content, content_version, origin) VALUES ($1, $2, $3, '{}', 1, 'test')
)
INSERT INTO variants (id, account_id, product_id, sku, content, base_price, currency, price_version, price_origin,
                      stock_version, stock_origin)
VALUES ($4, $2, $1, $3, '{}', $5, 'EUR', 7, 'test', 7, 'test')
"""


async def _create_carried(rows: Rows, worker: LaneSide, version: int) -> UUID:
    product, variant = uuid4(), uuid4()
    await rows.run(_VARIANT, product, rows.account, f"S-{variant}", variant, Decimal("1.00"))
    job = await rows.add_job()
    await rows.add_chunks(job, 1, items=0)
    ((_, chunk),) = [
        pair for found in await claim(worker.database, worker.worker_id, [rows.route]) for pair in found.chunks
    ]
    carried = [OperationRow(variant, op, b"h", version) for op in (Operation.PUSH_STOCK, Operation.PUSH_PRICES)]
    own = OperationRow(product, Operation.PUSH_PRODUCTS, b"h", 1)
    result = ChunkResult(chunk, "", operations=(own, *carried))
    assert await asyncio.gather(worker.writer.write(worker.worker_id, result)) == [True]
    return variant


async def _pending(rows: Rows, variant: UUID) -> list[tuple[str, int]]:
    found = await rows.run("SELECT operation, version FROM pending_changes WHERE item_id = $1 ORDER BY 1", variant)
    return [(row["operation"], row["version"]) for row in found]


async def test_what_changed_during_a_create_is_pending_where_changes_go_by_themselves(
    rows: Rows, worker: LaneSide
) -> None:
    await rows.run("UPDATE connectors SET auto_sync = '{push_stock}' WHERE id = $1", rows.connector)
    assert await _pending(rows, await _create_carried(rows, worker, 6)) == [("push_stock", 7)]
    assert await _pending(rows, await _create_carried(rows, worker, 7)) == []


async def test_without_auto_sync_nothing_is_pending(rows: Rows, worker: LaneSide) -> None:
    assert await _pending(rows, await _create_carried(rows, worker, 6)) == []


async def _verdict(rows: Rows, worker: LaneSide, version: int, *, polled: bool, mapping: int = 0) -> UUID:
    """The end of a push of stock in this version; `polled`: by a file or an asynchronous call."""
    product, variant = uuid4(), uuid4()
    await rows.run(_VARIANT, product, rows.account, f"S-{variant}", variant, Decimal("1.00"))
    job = await rows.add_job("push_stock")
    await rows.add_chunks(job, 1, items=0)
    ((_, chunk),) = [
        pair for found in await claim(worker.database, worker.worker_id, [rows.route]) for pair in found.chunks
    ]
    row = OperationRow(variant, Operation.PUSH_STOCK, b"h", version, mapping_version=mapping)
    result = ChunkResult(chunk, "", operations=(row,), remote_done=(uuid4(),) if polled else ())
    assert await asyncio.gather(worker.writer.write(worker.worker_id, result)) == [True]
    return variant


async def test_a_file_that_ends_after_newer_stock_went_past_it_has_it_sent_again(rows: Rows, worker: LaneSide) -> None:
    await rows.run("UPDATE connectors SET auto_sync = '{push_stock}' WHERE id = $1", rows.connector)
    assert await _pending(rows, await _verdict(rows, worker, 6, polled=True)) == [("push_stock", 7)]
    assert await _pending(rows, await _verdict(rows, worker, 7, polled=True)) == []
    assert await _pending(rows, await _verdict(rows, worker, 6, polled=False)) == []  # the change is marked itself


async def test_what_was_under_way_when_the_mapping_changed_is_pending(rows: Rows, worker: LaneSide) -> None:
    await rows.run("UPDATE connectors SET mapping_version = 3 WHERE id = $1", rows.connector)
    assert await _pending(rows, await _verdict(rows, worker, 7, polled=False, mapping=2)) == []
    await rows.run("UPDATE connectors SET auto_sync = '{push_stock}' WHERE id = $1", rows.connector)
    assert await _pending(rows, await _verdict(rows, worker, 7, polled=False, mapping=2)) == [("push_stock", 7)]
    assert await _pending(rows, await _verdict(rows, worker, 7, polled=False, mapping=3)) == []
