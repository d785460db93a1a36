"""Carries out cancellations: planning stops, what was never sent is cancelled, what was sent keeps its verdict."""

from uuid import UUID

from pixee_common.db import Connection
from pixee_orchestrator.progress.fold import fold
from pixee_orchestrator.progress.settling import settle

__all__ = ["CANCEL_CHUNKS", "carry_out_cancellations"]

JOBS_TO_CANCEL = """
SELECT id FROM jobs WHERE finished_at IS NULL AND cancel_requested_at IS NOT NULL
"""

STOP_PLANNING = """
UPDATE jobs SET planning = 'done', version = version + 1
WHERE id IN (SELECT id FROM jobs WHERE id = ANY($1::uuid[]) AND planning <> 'done' ORDER BY id FOR UPDATE SKIP LOCKED)
"""

# `.` was not sent, or not taken; `e` was refused as existing. A chunk to look up may be at the shop, so it is left alone.
# A pull's chunk has no items yet, and reading twice makes nothing twice.
CANCEL_CHUNKS = """
WITH locked AS MATERIALIZED (
    SELECT job_id, no, translate(letters, '.e', 'xx') AS letters,
           length(letters) - length(translate(letters, '.e', '')) AS cancelled
    FROM chunks
    WHERE job_id = ANY($1::uuid[]) AND (state || '') = ANY('{pending,waiting,rung}')
      AND (letters = '' OR (letters ~ '[.e]' AND NOT look_up))
    ORDER BY job_id, no LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE chunks c
SET letters = l.letters, cancelled = c.cancelled + l.cancelled, done_at = now(),
    state = CASE WHEN l.letters ~ '^x*$' THEN 'cancelled' WHEN l.letters ~ '[wu]' THEN c.state ELSE 'done' END
FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
RETURNING c.job_id, c.no
"""


async def carry_out_cancellations(connection: Connection, limit: int = 5000) -> bool:
    """One round; True when there may be more to do at once."""
    ids: list[UUID] = [row["id"] for row in await connection.fetch(JOBS_TO_CANCEL)]
    if not ids:
        return False
    rows = await connection.fetch(CANCEL_CHUNKS, ids, limit)
    await connection.execute(STOP_PLANNING, ids)
    await fold(connection, [(row["job_id"], row["no"]) for row in rows])
    await settle(connection, ids)
    return len(rows) >= limit
