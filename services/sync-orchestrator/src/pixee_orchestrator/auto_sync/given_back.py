"""A job of auto-sync that was cancelled gives back what it had not sent: a merchant stops a job, not the changes of the catalog."""

from collections.abc import Collection
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import CHANGES
from pixee_orchestrator.auto_sync.pending import AUTO_SYNC

__all__ = ["give_back"]

# With the version of today: what another job has sent meanwhile is dropped when it is taken. The order is that of all marks.
GIVE_BACK = """
WITH unsent AS MATERIALIZED (
    SELECT DISTINCT j.connector_id, j.operation, i.id
    FROM jobs j
    JOIN connectors n ON n.id = j.connector_id AND n.deleted_at IS NULL AND j.operation = ANY(n.auto_sync)
    JOIN chunks c ON c.job_id = j.id
    CROSS JOIN LATERAL unnest(c.item_ids) WITH ORDINALITY AS i(id, place)
    WHERE j.id = ANY($1::uuid[]) AND j.requested_by = $2 AND j.cancel_requested_at IS NOT NULL
      AND substr(c.letters, i.place::int, 1) = 'x'
), marked AS (
    INSERT INTO pending_changes AS p (connector_id, operation, item_id, account_id, version)
    SELECT u.connector_id, u.operation, i.id, i.account_id, i.version
    FROM unsent u CROSS JOIN LATERAL (
        SELECT v.id, v.account_id, CASE u.operation WHEN 'push_stock' THEN v.stock_version ELSE v.price_version END AS version
        FROM variants v WHERE u.operation <> 'push_products' AND v.id = u.id
        UNION ALL
        SELECT q.id, q.account_id, q.content_version FROM products q WHERE u.operation = 'push_products' AND q.id = u.id
    ) i
    ORDER BY u.connector_id, u.operation, i.id
    ON CONFLICT (connector_id, operation, item_id) DO UPDATE SET version = greatest(p.version, excluded.version)
    RETURNING p.account_id
)
SELECT pg_notify($3, account_id::text) FROM (SELECT DISTINCT account_id FROM marked) m
"""


async def give_back(connection: Connection, job_ids: Collection[UUID]) -> None:
    """Makes pending again what these jobs left unsent, as far as they are auto-sync's; in the transaction that ends their sending."""
    if job_ids:
        await connection.execute(GIVE_BACK, sorted(job_ids), AUTO_SYNC, CHANGES)
