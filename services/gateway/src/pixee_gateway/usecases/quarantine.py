"""What is held back at a connector: shown to the merchant, and released.

An item gets there in the worker, which counts failures (`sync_base/outcome_sql`) and compares what would be sent; what stands here
is what the database alone can tell (`in_quarantine`). Releasing only forgets the count: the item is read, mapped and sent by the
next push as if it had never failed.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import REASONS, ReasonCode
from pixee_gateway.problems import Pointer, invalid, not_found
from pixee_gateway.schemas.quarantine import QuarantinedItem
from pixee_gateway.security.authentication import Caller

_CONNECTOR = """
SELECT 1 FROM connectors WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL AND ($3::text IS NULL OR platform = $3)
"""
_PAGE = """
SELECT o.item_id, o.operation, o.failures, o.failure_reason, o.failure_message, o.failing_since, v.product_id, v.sku
FROM listing_operations o
LEFT JOIN LATERAL (
    SELECT v.product_id, v.sku FROM variants v WHERE o.operation <> 'push_products' AND v.id = o.item_id
    UNION ALL
    (SELECT v.product_id, v.sku FROM variants v
     WHERE o.operation = 'push_products' AND v.product_id = o.item_id AND v.account_id = o.account_id
     ORDER BY v.deleted_at IS NOT NULL, v.position, v.id LIMIT 1)
) v ON true
WHERE o.connector_id = $1 AND o.failures >= 3 AND ($2::text IS NULL OR o.operation = $2)
  AND (o.item_id, o.operation) > ($3, $4) AND in_quarantine(o.connector_id, o.item_id, o.operation)
ORDER BY o.item_id, o.operation LIMIT $5
"""
_UNKNOWN = """
SELECT wanted.id FROM unnest($2::uuid[]) AS wanted(id)
WHERE NOT EXISTS (SELECT FROM products p WHERE p.id = wanted.id AND p.account_id = $1)
"""
# Listings before operations, as workers write them; found by their operations, which have an index for it.
_LOCK_LISTINGS = """
SELECT FROM listings l
WHERE l.connector_id = $1 AND l.state = 'quarantined' AND ($2::uuid[] IS NULL OR l.product_id = ANY ($2))
  AND l.item_id IN (SELECT o.item_id FROM listing_operations o WHERE o.connector_id = $1 AND o.failures >= 3)
ORDER BY l.item_id FOR UPDATE
"""
_RELEASE = """
WITH held AS MATERIALIZED (
    SELECT o.item_id, o.operation, in_quarantine(o.connector_id, o.item_id, o.operation) AS counts
    FROM listing_operations o
    WHERE o.connector_id = $1 AND o.failures >= 3 AND ($3::text IS NULL OR o.operation = $3)
      AND ($2::uuid[] IS NULL OR o.item_id = ANY ($2)
           OR o.item_id IN (SELECT v.id FROM variants v WHERE v.account_id = $4 AND v.product_id = ANY ($2)))
    ORDER BY o.item_id, o.operation FOR UPDATE OF o
), released AS (
    UPDATE listing_operations o SET failures = 0 FROM held h
    WHERE o.connector_id = $1 AND o.item_id = h.item_id AND o.operation = h.operation
)
SELECT item_id, counts FROM held
"""
_UNMARK = """
UPDATE listings l SET state = CASE WHEN l.external_id IS NULL THEN 'intent' ELSE 'confirmed' END, updated_at = now()
WHERE l.connector_id = $1 AND l.item_id = ANY ($2) AND l.state = 'quarantined'
  AND NOT EXISTS (
      SELECT FROM listing_operations o
      WHERE o.connector_id = l.connector_id AND o.item_id = l.item_id AND o.failures >= 3
  )
"""
_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)"

_START = (UUID(int=0), "")


async def release(
    connection: Connection,
    account_id: UUID,
    connector_id: UUID,
    product_ids: Sequence[UUID] | None = None,
    operation: str | None = None,
) -> int:
    """Forgets failures in the transaction of the caller; returns how many items were held back by them."""
    ids = None if product_ids is None else sorted(set(product_ids))
    await connection.execute(_LOCK_LISTINGS, connector_id, ids)
    rows = await connection.fetch(_RELEASE, connector_id, ids, operation, account_id)
    if rows:
        await connection.execute(_UNMARK, connector_id, sorted({row["item_id"] for row in rows}))
    return sum(row["counts"] for row in rows)


class Quarantine:
    """The quarantine of a connector of the caller's account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        caller: Caller,
        connector_id: UUID,
        only: str | None,
        *,
        operation: str | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[QuarantinedItem], str | None]:
        """(items by id, cursor that continues). Raises 404 and 422 problems."""
        after = _place(cursor)
        async with self._database.transaction(caller.account_id) as connection:
            await _known(connection, caller, connector_id, only)
            rows = await connection.fetch(_PAGE, connector_id, operation, *after, limit + 1)
        items = [_item(row) for row in rows[:limit]]
        following = f"{items[-1].item_id}.{items[-1].operation}" if len(rows) > limit else None
        return items, following

    async def release(
        self,
        caller: Caller,
        connector_id: UUID,
        only: str | None,
        product_ids: Sequence[UUID] | None,
        operation: str | None,
    ) -> int:
        """How many items were let go. Raises 404, and 422 with the product ids that the account does not have."""

        async def work(connection: Connection) -> int:
            await _known(connection, caller, connector_id, only)
            if product_ids is not None:
                unknown = await connection.fetch(_UNKNOWN, caller.account_id, list(product_ids))
                if unknown:
                    pointers = [
                        Pointer(pointer="#/product_ids", detail=f"unknown product {row['id']}") for row in unknown[:100]
                    ]
                    raise invalid(
                        *pointers,
                        code="unknown_products",
                        detail=f"{len(unknown)} of the product ids are not in the catalog; nothing was released.",
                    )
            released = await release(connection, caller.account_id, connector_id, product_ids, operation)
            details = {
                "released": released,
                "operation": operation,
                "products": None if product_ids is None else len(set(product_ids)),
            }
            await connection.execute(
                _AUDIT, caller.account_id, caller.key_id, "quarantine.released", str(connector_id), details
            )
            return released

        return await self._database.run(work, account=caller.account_id)


async def _known(connection: Connection, caller: Caller, connector_id: UUID, only: str | None) -> None:
    if await connection.fetchval(_CONNECTOR, connector_id, caller.account_id, only) is None:
        raise not_found("connector")


def _place(cursor: str | None) -> tuple[UUID, str]:
    if cursor is None:
        return _START
    item, _, operation = cursor.partition(".")
    try:
        return UUID(item), Operation(operation).value
    except ValueError:
        raise invalid(
            Pointer(pointer="query/cursor", detail="no cursor of ours; take next_cursor as it came")
        ) from None


def _item(row: Any) -> QuarantinedItem:
    code = row["failure_reason"]
    return QuarantinedItem(
        item_id=row["item_id"],
        product_id=row["product_id"],
        sku=row["sku"],
        operation=row["operation"],
        failures=row["failures"],
        reason=code,
        message=row["failure_message"],
        advice=REASONS[ReasonCode(code)].advice if code else None,
        since=row["failing_since"],
    )
