"""What went to a shop and is not the newest by the time its verdict comes, marked for connectors that send changes by themselves.

Three ways lead here, and at the end of each nobody else would send the newer value:
- a create that was under way carried stock and prices; a push of newer ones met it and was put aside as not listed;
- a file or an asynchronous call of stock or prices has ended, and a product push has sent newer ones past it: what the shop was
  told last is the file's;
- the mapping or the settings were changed while the item was under way.

The mark is made in the transaction that writes the outcome. Where a merchant pushes by hand the next push sends it: the outcome
notes the version that the shop has, and the mapping.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import CHANGES
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.chunks import ChunkResult, OperationRow
from pixee_workers.sync_base.outcome_rows import OperationKey

__all__ = ["OVERTAKEN", "mark_overtaken"]

_CARRIED = frozenset({Operation.PUSH_STOCK, Operation.PUSH_PRICES})
_ANY_VERSION = -1

# The order is that of the catalog's own marks, so that the two never wait in a circle.
OVERTAKEN = """
WITH marked AS (
    INSERT INTO pending_changes AS p (connector_id, operation, item_id, account_id, version)
    SELECT a.connector_id, a.operation, i.id, i.account_id, i.version
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) AS a(connector_id, item_id, operation, carried)
    JOIN connectors c ON c.id = a.connector_id AND a.operation = ANY(c.auto_sync) AND c.deleted_at IS NULL
    CROSS JOIN LATERAL (
        SELECT v.id, v.account_id, CASE a.operation WHEN 'push_stock' THEN v.stock_version ELSE v.price_version END AS version
        FROM variants v WHERE a.operation <> 'push_products' AND v.id = a.item_id AND v.deleted_at IS NULL
        UNION ALL
        SELECT q.id, q.account_id, q.content_version FROM products q
        WHERE a.operation = 'push_products' AND q.id = a.item_id
    ) i
    WHERE i.version > a.carried
    ORDER BY a.connector_id, a.operation, i.id
    ON CONFLICT (connector_id, operation, item_id) DO UPDATE SET version = greatest(p.version, excluded.version)
    RETURNING p.account_id
)
SELECT pg_notify($5, account_id::text) FROM (SELECT DISTINCT account_id FROM marked) m
"""


async def mark_overtaken(
    connection: Connection, results: Iterable[ChunkResult], stale: Sequence[OperationKey] = ()
) -> None:
    """In the transaction of the outcomes. `stale`: translated by a mapping that has been changed since."""
    carried: dict[OperationKey, int] = {
        (result.chunk.connector_id, row.item_id, row.operation): row.catalog_version
        for result in results
        for row in result.operations
        if row.operation in _CARRIED and _may_be_old(result, row)
    }
    carried.update(dict.fromkeys(stale, _ANY_VERSION))
    if carried:
        rows: list[tuple[UUID, UUID, str, int]] = [
            (connector, item, operation.value, version) for (connector, item, operation), version in carried.items()
        ]
        await connection.execute(OVERTAKEN, *(list(column) for column in zip(*rows, strict=True)), CHANGES)


def _may_be_old(result: ChunkResult, row: OperationRow) -> bool:
    """Carried by a create, or the verdict on something that the platform had in its hands for a while."""
    return row.operation is not result.chunk.operation or bool(result.remote_done)
