"""Applies stock levels: all locations of a variant at once; a location that is not named has none any more."""

from collections.abc import Sequence
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.events.catalog import StockChanged
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.changes import Applied, Status, Told

__all__ = ["change_stock", "unknown_sku"]

# A look-up for each SKU: given a list of them, the planner reads the account's whole catalog instead.
LEVELS_BY_SKU = """
SELECT v.sku, v.id, s.location, s.quantity
FROM unnest($2::text[]) AS a(sku)
CROSS JOIN LATERAL (
    SELECT sku, id FROM variants WHERE account_id = $1 AND sku = a.sku AND deleted_at IS NULL LIMIT 1
) v
LEFT JOIN LATERAL (SELECT location, quantity FROM stock WHERE variant_id = v.id OFFSET 0) s ON true
"""
# One round trip; a level that stays where it is is updated in place, which costs no index anything.
WRITE_LEVELS = """
WITH levels AS MATERIALIZED (
    SELECT variant_id, location, quantity FROM unnest($4::uuid[], $5::text[], $6::bigint[]) AS a(variant_id, location, quantity)
), gone AS (
    DELETE FROM stock s WHERE s.variant_id = ANY($2::uuid[])
      AND NOT EXISTS (SELECT FROM levels l WHERE l.variant_id = s.variant_id AND l.location = s.location)
), written AS (
    INSERT INTO stock (account_id, variant_id, location, quantity)
    SELECT $1, variant_id, location, quantity FROM levels
    ON CONFLICT (variant_id, location) DO UPDATE SET quantity = excluded.quantity
)
UPDATE variants v SET stock_version = nextval('catalog_version'), stock_origin = a.origin
FROM unnest($2::uuid[], $3::text[]) AS a(id, origin) WHERE v.id = a.id
RETURNING v.id, v.stock_version, v.stock_origin
"""

Levels = dict[str, int]


async def change_stock(
    connection: Connection, account: UUID, run: Sequence[Told[StockChanged]], marks: Marks
) -> list[Applied]:
    """In order; of several changes of one SKU only the last is written."""
    ids, stock = await _read(connection, account, sorted({told.change.sku for told in run}))
    changed: dict[UUID, str] = {}
    results = []
    for told in run:
        variant = ids.get(told.change.sku)
        if variant is None:
            results.append(unknown_sku(told.change.sku))
            continue
        levels: Levels = {level.location: level.quantity for level in told.change.levels}
        if levels == stock[variant]:
            results.append(Applied(Status.UNCHANGED))
            continue
        stock[variant] = levels
        changed[variant] = told.origin
        results.append(Applied(Status.APPLIED))
    if changed:
        rows = [(one, where, count) for one in changed for where, count in stock[one].items()]
        levels_written = (list(column) for column in zip(*rows, strict=True))
        raised = await connection.fetch(WRITE_LEVELS, account, list(changed), list(changed.values()), *levels_written)
        marks.add(Operation.PUSH_STOCK, raised)
    return results


async def _read(connection: Connection, account: UUID, skus: list[str]) -> tuple[dict[str, UUID], dict[UUID, Levels]]:
    """Live variants by SKU, and the levels of each."""
    ids: dict[str, UUID] = {}
    stock: dict[UUID, Levels] = {}
    for sku, variant, location, quantity in await connection.fetch(LEVELS_BY_SKU, account, skus):
        ids[sku] = variant
        levels = stock.setdefault(variant, {})
        if location is not None:
            levels[location] = quantity
    return ids, stock


def unknown_sku(sku: str) -> Applied:
    """A price or stock for a SKU that no live product has."""
    return Applied(Status.REFUSED, ReasonCode.MISSING_FIELD, f"SKU {sku} belongs to no product of the catalog")
