"""Stock and prices that a create carried and that were newer in the catalog by the time its verdict came.

While a file or an asynchronous create is under way its items are not listed yet, so a push of their stock is put aside. When the
create has ended, the shop has what it carried. For a connector that sends changes by itself the newer value is marked as pending
here, in the transaction that writes the outcome, because nobody else would send it; where a merchant pushes by hand the next push does.
"""

from collections.abc import Iterable

from pixee_common.db import Connection
from pixee_common.db.channels import CHANGES
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.chunks import ChunkResult

__all__ = ["OVERTAKEN", "mark_overtaken"]

_CARRIED = frozenset({Operation.PUSH_STOCK, Operation.PUSH_PRICES})

# The order is that of the catalog's own marks, so that the two never wait in a circle.
OVERTAKEN = """
WITH marked AS (
    INSERT INTO pending_changes AS p (connector_id, operation, item_id, account_id, version)
    SELECT a.connector_id, a.operation, v.id, v.account_id, v.version
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[]) AS a(connector_id, operation, item_id, carried)
    JOIN connectors c ON c.id = a.connector_id AND a.operation = ANY(c.auto_sync) AND c.deleted_at IS NULL
    CROSS JOIN LATERAL (
        SELECT v.id, v.account_id, CASE a.operation WHEN 'push_stock' THEN v.stock_version ELSE v.price_version END AS version
        FROM variants v WHERE v.id = a.item_id AND v.deleted_at IS NULL
    ) v
    WHERE v.version > a.carried
    ORDER BY a.connector_id, a.operation, v.id
    ON CONFLICT (connector_id, operation, item_id) DO UPDATE SET version = greatest(p.version, excluded.version)
    RETURNING p.account_id
)
SELECT pg_notify($5, account_id::text) FROM (SELECT DISTINCT account_id FROM marked) m
"""


async def mark_overtaken(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """In the transaction of the outcomes."""
    rows = [
        (result.chunk.connector_id, row.operation.value, row.item_id, row.catalog_version)
        for result in results
        for row in result.operations
        if row.operation in _CARRIED and row.operation is not result.chunk.operation
    ]
    if rows:
        await connection.execute(OVERTAKEN, *(list(column) for column in zip(*rows, strict=True)), CHANGES)
