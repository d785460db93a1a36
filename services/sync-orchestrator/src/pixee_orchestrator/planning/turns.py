"""Whose turn it is: of each connector and operation the first job in POST order that has not ended its sending, accounts in turn.

Where the operation takes files and one waits for its budget, those behind it are planned too, in order, so that their chunks may
go in that file (`upload_lines` says which operations these are).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Manifest

__all__ = ["JobInTurn", "take_job", "upload_lines"]

# The order goes round over the accounts: those behind the last one served come first.
# A pull is planned once (its first chunk); its further chunks are made as its pages are applied.
TAKE_JOB = """
SELECT j.id, j.account_id, j.connector_id, j.platform, j.operation, j.route_key, j.position, j.scope, j.plan_cursor,
       j.next_chunk, j.planning, j.traceparent, j.cancel_requested_at IS NOT NULL AS cancelled,
       c.deleted_at IS NOT NULL AS connector_deleted
FROM jobs j JOIN connectors c ON c.id = j.connector_id
WHERE j.planning <> 'done' AND NOT j.sending_done AND j.state IN ('queued', 'running')
  AND (j.operation <> 'pull_products' OR j.planning = 'waiting')
  AND NOT EXISTS (
      SELECT FROM jobs e
      WHERE e.connector_id = j.connector_id AND e.operation = j.operation AND NOT e.sending_done
        AND e.state <> 'awaiting_approval' AND e.position < j.position
        AND NOT (
            j.platform || ' ' || j.operation = ANY($2::text[]) AND e.planning = 'done' AND EXISTS (
                SELECT FROM jobs w
                WHERE w.connector_id = j.connector_id AND w.operation = j.operation AND NOT w.sending_done
                  AND w.position < j.position AND w.waiting_reason IN ('throttled', 'daily_limit')
            )
        )
  )
ORDER BY j.account_id <= $1, j.account_id, j.position
LIMIT 1
FOR UPDATE OF j SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class JobInTurn:
    """A job that this transaction may plan a page of."""

    id: UUID
    account_id: UUID
    connector_id: UUID
    platform: str
    operation: Operation
    route_key: str
    position: int
    scope: dict[str, Any] | None
    plan_cursor: UUID | None
    next_chunk: int
    planning: str
    traceparent: str | None
    cancelled: bool
    connector_deleted: bool

    @property
    def product_ids(self) -> tuple[UUID, ...] | None:
        """The products that the request named; null for the whole catalog."""
        named = (self.scope or {}).get("product_ids")
        return None if named is None else tuple(UUID(str(one)) for one in named)

    @property
    def retry_of(self) -> UUID | None:
        """The job of which this one takes up what failed."""
        return self._named("retry_of")

    @property
    def repeats(self) -> UUID | None:
        """The job that this one repeats as it was asked for."""
        return self._named("repeats")

    def _named(self, name: str) -> UUID | None:
        named = (self.scope or {}).get(name)
        return None if named is None else UUID(str(named))

    @property
    def takes_pending_changes(self) -> bool:
        """A job of auto-sync: its items are the changes that are pending when its turn comes."""
        return (self.scope or {}).get("pending_changes") is True

    @property
    def wants_everything(self) -> bool:
        """A pull that was asked to read all, whatever changed."""
        return (self.scope or {}).get("mode") == "full"


def upload_lines(manifests: Mapping[str, Manifest]) -> tuple[str, ...]:
    """Platform and operation, wherever the platform takes files of many items."""
    return tuple(
        f"{slug} {operation.value}"
        for slug, manifest in manifests.items()
        for operation, capability in manifest.capabilities.items()
        if capability.upload is not None
    )


async def take_job(connection: Connection, after_account: UUID, uploads: tuple[str, ...] = ()) -> JobInTurn | None:
    """Locks the next job to plan, or none: others may hold the rest."""
    row = await connection.fetchrow(TAKE_JOB, after_account, list(uploads))
    if row is None:
        return None
    values = dict(row)
    return JobInTurn(**(values | {"operation": Operation(values["operation"])}))
