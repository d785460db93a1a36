"""Applies deletions: the product becomes a tombstone, which a push withdraws from the shops."""

from collections.abc import Sequence
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.events.catalog import ProductDeleted
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.changes import Applied, Status, Told
from pixee_orchestrator.catalog.stored import read_products
from pixee_orchestrator.catalog.writing import Writes

__all__ = ["delete_products"]


async def delete_products(
    connection: Connection, account: UUID, run: Sequence[Told[ProductDeleted]], marks: Marks
) -> list[Applied]:
    """Deleting what is gone, or was never known, changes nothing."""
    products = await read_products(connection, account, [told.change.key for told in run])
    writes = Writes(account, marks)
    results = []
    for told in run:
        stored = products.get(told.change.key)
        if stored is None or not stored.live:
            results.append(Applied(Status.UNCHANGED))
            continue
        stored.live = False
        writes.deleted.append((stored.id, told.origin))
        writes.more_products -= 1
        results.append(Applied(Status.APPLIED))
    await writes.write(connection)
    return results
