"""Beginning a chunk: is it still ours, was its job cancelled meanwhile, and where needed the `sent` mark, in group commits.

The mark is written before the call, so that only `sent` chunks of a dead worker need a look-up. Where a repetition makes nothing
twice (upsert by key, native key; a pull) no look-up is ever needed, so the mark is left out and beginning is a mere read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from pixee_common.db import Connection, Database
from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Idempotency, Manifest
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.group_commit import GroupCommit
from pixee_workers.sync_base.insisting import insist

_MOST = 200

MARK = """
WITH asked AS MATERIALIZED (
    SELECT job_id, no, token FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS a(job_id, no, token)
), held AS MATERIALIZED (
    SELECT c.job_id, c.no, (c.state || '') = 'claimed' AS fresh FROM asked a JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
    WHERE c.claim_token = a.token AND (c.state || '') IN ('claimed', 'sent')
    ORDER BY c.job_id, c.no FOR UPDATE OF c
), marked AS (
    UPDATE chunks c SET state = 'sent', sent_at = now()
    FROM held h WHERE c.job_id = h.job_id AND c.no = h.no AND h.fresh
)
SELECT h.job_id, h.no, j.cancel_requested_at IS NOT NULL OR j.finished_at IS NOT NULL AS cancelled
FROM held h JOIN jobs j ON j.id = h.job_id
"""

LOOK = """
SELECT c.job_id, c.no, j.cancel_requested_at IS NOT NULL OR j.finished_at IS NOT NULL AS cancelled
FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS a(job_id, no, token)
JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
JOIN jobs j ON j.id = a.job_id
WHERE c.claim_token = a.token AND (c.state || '') IN ('claimed', 'sent')
"""


class Beginning(Enum):
    """How a chunk stands at the moment of its beginning."""

    GO = auto()
    CANCELLED = auto()
    """Its job was cancelled, or has ended: what is open is cancelled instead of sent."""
    GONE = auto()
    """It is ours no more."""


@dataclass(frozen=True, slots=True)
class _Request:
    chunk: ClaimedChunk
    mark: bool


def needs_mark(manifest: Manifest | None, operation: Operation) -> bool:
    """Whether a repeated call of this operation could make something twice."""
    capability = manifest.capabilities.get(operation) if manifest else None
    if operation is Operation.PULL_PRODUCTS or capability is None:
        return False
    return capability.idempotency is Idempotency.READ_BEFORE_WRITE


class Marks:
    """Begins chunks of all lanes together. `run` must be running."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group: GroupCommit[_Request, Beginning] = GroupCommit(self._commit, most=_MOST)

    async def begin(self, chunk: ClaimedChunk, *, mark: bool) -> Beginning:
        """Asks, and writes the mark where wanted, before any call is made. Waits while the database is away."""
        return await self._group.put(_Request(chunk, mark))

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._group.run()

    async def _commit(self, requests: Sequence[_Request]) -> list[Beginning]:
        async def work(connection: Connection) -> list[Any]:
            rows: list[Any] = []
            for statement, wanted in ((MARK, True), (LOOK, False)):
                chunks = [request.chunk for request in requests if request.mark is wanted]
                if chunks:
                    rows += await connection.fetch(
                        statement,
                        [chunk.job_id for chunk in chunks],
                        [chunk.no for chunk in chunks],
                        [chunk.claim_token for chunk in chunks],
                    )
            return rows

        alone = len({request.mark for request in requests}) == 1
        rows = await insist(self._database, work, alone=alone)
        cancelled = {(row["job_id"], row["no"]): row["cancelled"] for row in rows}
        return [_judged(cancelled.get((request.chunk.job_id, request.chunk.no))) for request in requests]


def _judged(cancelled: bool | None) -> Beginning:
    if cancelled is None:
        return Beginning.GONE
    return Beginning.CANCELLED if cancelled else Beginning.GO
