"""Marks what changed for every connector that wants it by itself, in the transaction of the change.

A mark says only *that* an item changed, since values are read when they are sent: however often an item changes, it is marked
once, with the newest version. A change is never marked for the connector that it came from.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import CHANGES
from pixee_common.domain.job import Operation

__all__ = ["PULL_SOURCE", "Marks"]

PULL_SOURCE = "pull:"
"""Followed by the connector's id: the origin of what a pull brought."""

# A mark that stands is locked even where its version is the newest already: a drain that took it now would read the catalog
# before this transaction ends. The order keeps writers that meet in one shop from waiting in a circle.
MARK = """
WITH marked AS (
    INSERT INTO pending_changes AS p (connector_id, operation, item_id, account_id, version)
    SELECT c.id, m.operation, m.item_id, $1, m.version
    FROM connectors c
    JOIN unnest($2::text[], $3::uuid[], $4::bigint[], $5::text[]) AS m(operation, item_id, version, origin)
      ON m.operation = ANY(c.auto_sync) AND m.origin <> $6 || c.id::text
    WHERE c.account_id = $1 AND c.auto_sync <> '{}' AND c.deleted_at IS NULL
    ORDER BY c.id, m.operation, m.item_id
    ON CONFLICT (connector_id, operation, item_id) DO UPDATE SET version = greatest(p.version, excluded.version)
    RETURNING 1
)
SELECT pg_notify($7, $1::text) WHERE EXISTS (SELECT FROM marked)
"""


class Marks:
    """What changed in one transaction of one account, gathered and written with one statement at its end."""

    def __init__(self, account: UUID) -> None:
        self._account = account
        self._found: dict[tuple[str, UUID], tuple[int, str]] = {}

    def add(self, operation: Operation, items: Iterable[Any]) -> None:
        """Rows (item, version, origin) of what changed. Where several told of one item, nobody is left out."""
        for item, version, origin in items:
            place = (operation.value, item)
            newest, teller = self._found.get(place, (version, origin))
            self._found[place] = (max(version, newest), origin if origin == teller else "")

    async def write(self, connection: Connection) -> None:
        """Writes the marks for the connectors that want them, and wakes the drains."""
        if self._found:
            rows: list[tuple[Any, ...]] = [(*place, *told) for place, told in self._found.items()]
            columns = [list(column) for column in zip(*rows, strict=True)]
            await connection.execute(MARK, self._account, *columns, PULL_SOURCE, CHANGES)
