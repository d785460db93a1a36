"""Goes through what a connector has at its shop, and makes pending what is out of step there: by version, or by the mapping it was sent with.

Asked for by the gateway with one row (`resends`) when the mapping or the settings change, and when auto-sync is switched on. A page
at a time, and the next only when nothing of the connector and operation is pending any more: a change of today never waits for a
whole catalog. What is sent in the end the worker decides by its hash, so of a changed mapping only what it changes costs a call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.db.channels import CHANGES
from pixee_common.domain.job import Operation
from pixee_orchestrator.auto_sync.marks import PULL_SOURCE

__all__ = ["Resends"]

_PAGE = 10_000
_START = UUID(int=0)

# Two seconds: a create whose outcome was being written when the mapping changed has no row to be found by until then. One that is
# written later sees the change itself and is marked by its worker (`sync_base/overtaken`).
TAKE = """
SELECT r.connector_id, r.operation, r.account_id, r.after
FROM resends r JOIN connectors c ON c.id = r.connector_id
WHERE r.created_at < now() - make_interval(secs => $1) AND c.deleted_at IS NULL AND r.operation = ANY(c.auto_sync)
  AND NOT EXISTS (SELECT FROM pending_changes p WHERE p.connector_id = r.connector_id AND p.operation = r.operation)
ORDER BY r.created_at, r.connector_id, r.operation LIMIT 1
FOR UPDATE OF r SKIP LOCKED
"""
# What is listed, and what was refused: the mapping may be what it lacked.
PAGE = """
(SELECT item_id FROM listings
 WHERE connector_id = $1 AND item_id > $3 AND kind = $4 AND external_id IS NOT NULL ORDER BY item_id LIMIT $5)
UNION
(SELECT item_id FROM listing_operations
 WHERE connector_id = $1 AND item_id > $3 AND operation = $2 ORDER BY item_id LIMIT $5)
ORDER BY item_id LIMIT $5
"""
# What came from this very shop and was never sent there is in step: a pull is never sent back. The order is that of all marks.
_MARK = """
WITH marked AS (
    INSERT INTO pending_changes AS p (connector_id, operation, item_id, account_id, version)
    SELECT $1, $2, i.id, $3, i.version
    FROM unnest($4::uuid[]) AS a(id)
    {items}
    CROSS JOIN (SELECT mapping_version FROM connectors WHERE id = $1) c
    LEFT JOIN LATERAL (
        SELECT o.hash, o.catalog_version, o.mapping_version FROM listing_operations o
        WHERE o.connector_id = $1 AND o.item_id = i.id AND o.operation = $2 OFFSET 0
    ) o ON true
    WHERE CASE WHEN o.catalog_version IS NULL THEN i.origin <> $5
               ELSE o.catalog_version < i.version OR o.mapping_version < c.mapping_version OR o.hash = '' END
    ORDER BY i.id
    ON CONFLICT (connector_id, operation, item_id) DO UPDATE SET version = greatest(p.version, excluded.version)
    RETURNING 1
)
SELECT pg_notify($6, $3::text) WHERE EXISTS (SELECT FROM marked)
"""
MARK_PRODUCTS = _MARK.format(
    items="""CROSS JOIN LATERAL (
        SELECT p.id, p.content_version AS version, p.origin FROM products p WHERE p.id = a.id OFFSET 0
    ) i"""
)
MARK_STOCK = _MARK.format(
    items="""CROSS JOIN LATERAL (
        SELECT v.id, v.stock_version AS version, v.stock_origin AS origin FROM variants v
        WHERE v.id = a.id AND v.deleted_at IS NULL OFFSET 0
    ) i"""
)
MARK_PRICES = _MARK.format(
    items="""CROSS JOIN LATERAL (
        SELECT v.id, v.price_version AS version, v.price_origin AS origin FROM variants v
        WHERE v.id = a.id AND v.deleted_at IS NULL OFFSET 0
    ) i"""
)
_MARKS = {
    Operation.PUSH_PRODUCTS: MARK_PRODUCTS,
    Operation.PUSH_STOCK: MARK_STOCK,
    Operation.PUSH_PRICES: MARK_PRICES,
}
ON = "UPDATE resends SET after = $3 WHERE connector_id = $1 AND operation = $2"
DONE = "DELETE FROM resends WHERE connector_id = $1 AND operation = $2"
# Of connectors that were deleted, and of operations that went off.
TIDY = """
DELETE FROM resends r USING connectors c
WHERE c.id = r.connector_id AND (c.deleted_at IS NOT NULL OR NOT r.operation = ANY(c.auto_sync))
"""


@dataclass(frozen=True, slots=True)
class _Resend:
    connector_id: UUID
    operation: Operation
    account_id: UUID
    after: UUID


class Resends:
    """`step` fits `loops.Loop`. `page`: items looked at in one transaction; `settle_seconds`: how old a resend is when it begins."""

    def __init__(self, database: Database, *, page: int = _PAGE, settle_seconds: float = 2.0) -> None:
        self._database = database
        self._page = page
        self._settle_seconds = settle_seconds

    async def step(self) -> bool:
        """One page; True when there may be more at once."""
        return await self._database.run(self._go_on)

    async def tidy(self) -> bool:
        """Drops what nobody wants any more; fits `loops.Loop`."""

        async def work(connection: Connection) -> None:
            await connection.execute(TIDY)

        await self._database.run(work)
        return False

    async def _go_on(self, connection: Connection) -> bool:
        row = await connection.fetchrow(TAKE, self._settle_seconds)
        if row is None:
            return False
        resend = _Resend(row["connector_id"], Operation(row["operation"]), row["account_id"], row["after"] or _START)
        items = await self._items(connection, resend)
        origin = f"{PULL_SOURCE}{resend.connector_id}"
        place = (resend.connector_id, resend.operation)
        await connection.execute(_MARKS[resend.operation], *place, resend.account_id, list(items), origin, CHANGES)
        if len(items) < self._page:
            await connection.execute(DONE, *place)
        else:
            await connection.execute(ON, *place, items[-1])
        return True

    async def _items(self, connection: Connection, resend: _Resend) -> Sequence[UUID]:
        kind = "product" if resend.operation is Operation.PUSH_PRODUCTS else "variant"
        rows = await connection.fetch(PAGE, resend.connector_id, resend.operation, resend.after, kind, self._page)
        return [row["item_id"] for row in rows]
