"""Applies stock levels: all locations of a variant at once; a location that is not named has none any more."""

from collections.abc import Sequence
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.events.catalog import StockChanged
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.changes import Applied, Status, Told
from pixee_orchestrator.catalog.stored import read_stock, read_variants_by_sku
from pixee_orchestrator.catalog.writing import CLEAR_STOCK, WRITE_STOCK

__all__ = ["change_stock", "unknown_sku"]

RAISE_STOCK_VERSIONS = """
UPDATE variants v SET stock_version = nextval('catalog_version'), stock_origin = a.origin
FROM unnest($1::uuid[], $2::text[]) AS a(id, origin) WHERE v.id = a.id
RETURNING v.id, v.stock_version, v.stock_origin
"""


async def change_stock(
    connection: Connection, account: UUID, run: Sequence[Told[StockChanged]], marks: Marks
) -> list[Applied]:
    """Each SKU once."""
    variants = await read_variants_by_sku(connection, account, [told.change.sku for told in run])
    stock = await read_stock(connection, [variant.id for variant in variants.values()])
    changed: dict[UUID, tuple[str, dict[str, int]]] = {}
    results = []
    for told in run:
        variant = variants.get(told.change.sku)
        if variant is None:
            results.append(unknown_sku(told.change.sku))
            continue
        levels: dict[str, int] = {level.location: level.quantity for level in told.change.levels}
        if levels == stock.get(variant.id):
            results.append(Applied(Status.UNCHANGED))
            continue
        changed[variant.id] = (told.origin, levels)
        results.append(Applied(Status.APPLIED))
    if changed:
        ids = list(changed)
        raised = await connection.fetch(RAISE_STOCK_VERSIONS, ids, [origin for origin, _ in changed.values()])
        marks.add(Operation.PUSH_STOCK, raised)
        await connection.execute(CLEAR_STOCK, ids)
        rows = [(one, where, count) for one, (_, at) in changed.items() for where, count in at.items()]
        await connection.execute(WRITE_STOCK, account, *(list(column) for column in zip(*rows, strict=True)))
    return results


def unknown_sku(sku: str) -> Applied:
    """A price or stock for a SKU that no live product has."""
    return Applied(Status.REFUSED, ReasonCode.MISSING_FIELD, f"SKU {sku} belongs to no product of the catalog")
