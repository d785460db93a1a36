"""Asks for everything that a connector has at its shop to be gone through: what is sent by itself there may have to be sent anew.

One small row for each operation, whatever the size of the catalog: the orchestrator makes pending changes of it, a page at a time
(`auto_sync/resends`), and the worker's hash leaves out what did not change.
"""

from collections.abc import Iterable
from uuid import UUID

from pixee_common.db import Connection

__all__ = ["ask_resend", "drop_resends"]

# One that is under way begins anew: what it has gone through was read by the older mapping.
_ASK = """
INSERT INTO resends AS r (connector_id, operation, account_id)
SELECT c.id, o.operation, c.account_id FROM connectors c CROSS JOIN LATERAL unnest(c.auto_sync) AS o(operation)
WHERE c.id = $1 AND ($2::text[] IS NULL OR o.operation = ANY($2))
ORDER BY o.operation
ON CONFLICT (connector_id, operation) DO UPDATE SET after = NULL, created_at = now()
"""
_DROP = "DELETE FROM resends WHERE connector_id = $1 AND operation = ANY($2::text[])"


async def ask_resend(connection: Connection, connector_id: UUID, operations: Iterable[str] | None = None) -> None:
    """For these operations (null: all) as far as auto-sync has them on, in the transaction of the change."""
    await connection.execute(_ASK, connector_id, None if operations is None else sorted(operations))


async def drop_resends(connection: Connection, connector_id: UUID, operations: Iterable[str]) -> None:
    """Nobody wants them any more. Before anything pending is touched: the orchestrator takes both in this order."""
    await connection.execute(_DROP, connector_id, sorted(operations))
