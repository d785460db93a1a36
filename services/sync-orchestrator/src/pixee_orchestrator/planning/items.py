"""Which items a push job has: keyset pages over the catalog, so that a job over a million products is never held in memory.

Products of the whole catalog include tombstones that the connector still lists (they are withdrawn there); a scope that names
products keeps those that were deleted since, so that each named product gets an outcome. Stock and prices go over variants. A retry
goes over what failed of an older job, read from its issues: the catalog is not asked, so an item that was deleted since gets an
outcome too. What is in quarantine stays there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Operation

__all__ = ["ItemQuery", "page_of_items"]

START = UUID(int=0)

ALL_PRODUCTS = """
SELECT p.id FROM products p
WHERE p.account_id = $1 AND p.id > $2
  AND (p.deleted_at IS NULL
       OR EXISTS (SELECT FROM listings l WHERE l.connector_id = $4 AND l.product_id = p.id AND l.kind = 'product'))
ORDER BY p.id LIMIT $3
"""
NAMED_PRODUCTS = """
SELECT p.id FROM products p WHERE p.account_id = $1 AND p.id > $2 AND p.id = ANY($4::uuid[]) ORDER BY p.id LIMIT $3
"""
ALL_VARIANTS = """
SELECT v.id FROM variants v WHERE v.account_id = $1 AND v.id > $2 AND v.deleted_at IS NULL ORDER BY v.id LIMIT $3
"""
NAMED_VARIANTS = """
SELECT v.id FROM variants v
WHERE v.account_id = $1 AND v.id > $2 AND v.product_id = ANY($4::uuid[]) AND v.deleted_at IS NULL ORDER BY v.id LIMIT $3
"""
FAILED_ITEMS = """
SELECT i.item_id AS id FROM item_issues i
WHERE i.account_id = $1 AND i.item_id > $2 AND i.job_id = $4 AND NOT i.warning
  AND (i.outcome IN ('rejected', 'needs_review')
       OR (i.outcome = 'quarantined' AND NOT in_quarantine($5, i.item_id, $6)))
ORDER BY i.item_id LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Whose items, of which operation, and of which products (null: all of the catalog) or of which job what failed."""

    account_id: UUID
    connector_id: UUID
    operation: Operation
    product_ids: tuple[UUID, ...] | None
    retry_of: UUID | None = None


async def page_of_items(connection: Connection, query: ItemQuery, after: UUID | None, size: int) -> Sequence[UUID]:
    """The next ids, in order, at most `size` of them; fewer mean that these are the last."""
    arguments: list[object] = [query.account_id, after or START, size]
    products = query.operation is Operation.PUSH_PRODUCTS
    if query.retry_of is not None:
        statement = FAILED_ITEMS
        arguments += [query.retry_of, query.connector_id, query.operation]
    elif query.product_ids is not None:
        statement = NAMED_PRODUCTS if products else NAMED_VARIANTS
        arguments.append(list(query.product_ids))
    elif products:
        statement = ALL_PRODUCTS
        arguments.append(query.connector_id)
    else:
        statement = ALL_VARIANTS
    return [row["id"] for row in await connection.fetch(statement, *arguments)]
