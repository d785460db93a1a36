"""Intents: a row that says "a create was begun", committed before the call, where a repeated create would make a second product.

Found again after a crash or a lost answer, it means: look at the shop before anything is sent.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_workers.sync_base.connectors_read import Connector

_WRITE = """
INSERT INTO listings AS l (connector_id, item_id, kind, account_id, product_id, shop_identity, state)
SELECT $1, item, 'product', $2, item, $3, 'intent' FROM unnest($4::uuid[]) AS i (item)
    ON CONFLICT (connector_id, item_id) DO UPDATE SET updated_at = now() WHERE l.external_id IS NULL
"""
_AGAIN = """
UPDATE listings l SET external_id = NULL, state = 'intent', updated_at = now()
  FROM unnest($2::uuid[], $3::text[]) AS gone (item_id, external_id)
 WHERE l.connector_id = $1 AND l.item_id = gone.item_id AND l.external_id = gone.external_id
"""
_DROP = """
DELETE FROM listings WHERE connector_id = $1 AND item_id = ANY ($2) AND external_id IS NULL AND state = 'intent'
"""
_OWNERS = """
SELECT external_id, item_id FROM listings WHERE connector_id = $1 AND kind = 'product' AND external_id = ANY ($2)
"""


class Intents:
    """The courier's own statements on listings; everything else about listings is written with the outcomes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, connector: Connector, item_ids: Sequence[UUID], gone: Mapping[UUID, str]) -> None:
        """Commit the intents. `gone`: products whose old object vanished from the shop, with its external id."""
        ids = sorted(item_ids)

        async def work(connection: Connection) -> None:
            if gone:
                await connection.execute(_AGAIN, connector.id, list(gone), list(gone.values()))
            await connection.execute(_WRITE, connector.id, connector.account_id, connector.shop_identity, ids)

        await self._database.run(work, alone=not gone)

    async def drop(self, connector: Connector, item_ids: Sequence[UUID]) -> None:
        """Nothing was made of these: the intents would only cost look-ups."""
        await self._database.run(lambda c: c.execute(_DROP, connector.id, sorted(item_ids)), alone=True)

    async def owners(self, connector: Connector, external_ids: Sequence[str]) -> dict[str, UUID]:
        """Which products are linked to these objects of the shop."""
        rows = await self._database.run(lambda c: c.fetch(_OWNERS, connector.id, list(external_ids)), alone=True)
        return {row["external_id"]: row["item_id"] for row in rows}
