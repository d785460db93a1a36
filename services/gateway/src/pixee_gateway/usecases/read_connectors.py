"""Read connectors, with how far each shop is in step with the catalog."""

from typing import Any
from uuid import UUID

from pixee_common.db import Database
from pixee_gateway.problems import not_found
from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases.auto_sync import shown_auto_sync

_PAGE = """
SELECT id, name, platform, status, last_sync_at, created_at, count(*) OVER () AS of_all
FROM connectors WHERE account_id = $1 AND deleted_at IS NULL AND ($4::text IS NULL OR platform = $4)
ORDER BY created_at, id LIMIT $2 OFFSET $3
"""
_COUNT = "SELECT count(*) FROM connectors WHERE account_id = $1 AND deleted_at IS NULL AND ($2::text IS NULL OR platform = $2)"
_ONE = """
SELECT id, name, platform, status, last_error, last_sync_at, route_key, auto_sync
FROM connectors WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL AND ($3::text IS NULL OR platform = $3)
"""
_STATS = """
SELECT
    count(*) FILTER (
        WHERE p.deleted_at IS NULL AND o.failure_reason IS NULL AND o.hash <> ''
          AND o.catalog_version >= p.content_version AND o.mapping_version >= c.mapping_version
    ) AS synced,
    count(*) FILTER (WHERE p.deleted_at IS NOT NULL) AS to_withdraw,
    (SELECT product_count FROM accounts WHERE id = $2) AS live
FROM listings l
JOIN connectors c ON c.id = l.connector_id
JOIN products p ON p.id = l.item_id
LEFT JOIN listing_operations o ON o.connector_id = l.connector_id AND o.item_id = l.item_id AND o.operation = 'push_products'
WHERE l.connector_id = $1 AND l.kind = 'product' AND l.state = 'confirmed'
"""
_LAST_ERROR = """
SELECT i.message FROM (
    SELECT id FROM jobs WHERE connector_id = $1 AND failed > 0 ORDER BY id DESC LIMIT 1
) j JOIN item_issues i ON i.job_id = j.id
WHERE NOT i.warning AND i.outcome IN ('rejected', 'quarantined', 'needs_review') ORDER BY i.at DESC LIMIT 1
"""


class ReadConnectors:
    """Reads under row-level security."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, caller: Caller, page: int, per_page: int, only: str | None
    ) -> tuple[list[dict[str, Any]], int]:
        """(rows of the page, total over all pages)."""
        async with self._database.transaction(caller.account_id) as connection:
            rows = await connection.fetch(_PAGE, caller.account_id, per_page, (page - 1) * per_page, only)
            total = rows[0]["of_all"] if rows else await connection.fetchval(_COUNT, caller.account_id, only)
        return [dict(row) for row in rows], int(total or 0)

    async def one(self, caller: Caller, connector_id: UUID, only: str | None) -> dict[str, Any]:
        """The connector with `sync_stats`. Raises a 404 problem."""
        async with self._database.transaction(caller.account_id) as connection:
            row = await connection.fetchrow(_ONE, connector_id, caller.account_id, only)
            if row is None:
                raise not_found("connector")
            stats = await connection.fetchrow(_STATS, connector_id, caller.account_id)
            last_error = row["last_error"] or await connection.fetchval(_LAST_ERROR, connector_id)
        synced = stats["synced"] if stats else 0
        live = (stats["live"] if stats else 0) or 0
        pending = max(0, live - synced) + (stats["to_withdraw"] if stats else 0)
        return {
            "id": row["id"],
            "name": row["name"],
            "platform": row["platform"],
            "status": row["status"],
            "sync_stats": {"products_synced": synced, "products_pending": pending, "last_error": last_error},
            "last_sync_at": row["last_sync_at"],
            "auto_sync": shown_auto_sync(row),
        }
