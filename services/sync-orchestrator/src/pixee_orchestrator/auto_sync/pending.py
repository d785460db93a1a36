"""Takes pending changes as the items of a job: their rows go in the transaction that makes the job's chunks, so nothing is lost between."""

from collections.abc import Sequence
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Operation

__all__ = ["AUTO_SYNC", "SCOPE", "take_pending"]

AUTO_SYNC = "auto-sync"
"""Who asked for such a job."""
SCOPE = {"pending_changes": True}
"""The scope of such a job: what is pending when its turn comes."""

# Oldest first, so that items that change all the time never keep others waiting. What a writer holds is taken next time, with
# the value that is being written. What the shop has already in this version and by this mapping (a job that ran meanwhile sent it)
# is dropped; an answer that was lost (the empty hash) says nothing of it.
# By place in the table, because writers wait for these rows and the planner's statistics of such a table are always too old. A
# row that was marked anew since this statement began is not at its place any more: it stays pending.
_TAKE = """
WITH gone AS MATERIALIZED (
    DELETE FROM pending_changes WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM pending_changes WHERE connector_id = $1 AND operation = $2
        ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING item_id, version
), news AS MATERIALIZED (
    SELECT g.item_id FROM gone g LEFT JOIN LATERAL (
        SELECT o.hash <> '' AND o.failure_reason IS NULL AND o.catalog_version >= g.version
               AND o.mapping_version >= c.mapping_version AS newest
        FROM listing_operations o JOIN connectors c ON c.id = o.connector_id
        WHERE o.connector_id = $1 AND o.item_id = g.item_id AND o.operation = $2 OFFSET 0
    ) sent ON true
    WHERE sent.newest IS NOT TRUE
)
"""
TAKE_VARIANTS = f"""{_TAKE}
SELECT v.id FROM news n CROSS JOIN LATERAL (SELECT * FROM variants WHERE id = n.item_id OFFSET 0) v
WHERE v.deleted_at IS NULL ORDER BY v.product_id, v.id
"""
TAKE_PRODUCTS = f"""{_TAKE}
SELECT p.id FROM news n CROSS JOIN LATERAL (SELECT * FROM products WHERE id = n.item_id OFFSET 0) p
WHERE p.deleted_at IS NULL
   OR EXISTS (SELECT FROM listings l WHERE l.connector_id = $1 AND l.product_id = p.id AND l.kind = 'product')
ORDER BY p.id
"""


async def take_pending(connection: Connection, connector_id: UUID, operation: Operation, most: int) -> Sequence[UUID]:
    """The items of at most `most` pending changes, whose rows are gone when this transaction ends."""
    statement = TAKE_PRODUCTS if operation is Operation.PUSH_PRODUCTS else TAKE_VARIANTS
    return [row["id"] for row in await connection.fetch(statement, connector_id, operation, most)]
