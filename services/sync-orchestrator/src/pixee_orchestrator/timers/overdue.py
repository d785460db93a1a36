"""Ends what took too long: jobs past their deadline (open items `expired`), verdicts that never came (`verdict_overdue`)."""

from datetime import timedelta

from pixee_common.db import Connection
from pixee_common.domain.reasons import REASONS, ReasonCode
from pixee_orchestrator.progress.fold import fold
from pixee_orchestrator.progress.settling import settle
from pixee_orchestrator.timers.failing import Doomed, fail_items

__all__ = ["end_overdue_verdicts", "expire_jobs"]

EXPIRED_JOBS = """
UPDATE jobs SET planning = 'done', version = version + 1,
                error_code = CASE WHEN planning <> 'done' AND (next_chunk = 0 OR operation = 'pull_products') THEN 'expired'
                                  ELSE error_code END
WHERE id IN (
    SELECT id FROM jobs
    WHERE finished_at IS NULL AND (deadline_at <= now() OR (deadline_at IS NULL AND created_at < now() - $1::interval))
    ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
OPEN_CHUNKS = """
SELECT job_id, no FROM chunks WHERE job_id = ANY($1::uuid[]) AND (state || '') NOT IN ('done', 'cancelled') LIMIT $2
"""
CLOSE_EMPTY = """
UPDATE chunks SET state = 'cancelled', done_at = now(), claim_token = NULL
WHERE (job_id, no) IN (
    SELECT job_id, no FROM chunks
    WHERE job_id = ANY($1::uuid[]) AND letters = '' AND (state || '') NOT IN ('done', 'cancelled')
    ORDER BY job_id, no FOR UPDATE SKIP LOCKED
)
"""
# Of a file that was never opened nobody waits for a verdict: its items are sent again.
OVERDUE_REMOTE_JOBS = """
SELECT r.id, r.job_id, r.chunk_no, r.item_ids FROM remote_jobs r
WHERE r.state = 'open' AND r.deadline_at <= now()
  AND (r.submission_id IS NULL OR EXISTS (
      SELECT FROM submissions s WHERE s.id = r.submission_id AND s.state = 'open'
  ))
ORDER BY r.id LIMIT 500 FOR UPDATE OF r SKIP LOCKED
"""
# What came by a call is asked for on, as a file is (`sync_base/late_calls`). A poll that is under way may still bring the verdict: its remote job is left open, and looked at again at the next sweep.
CLOSE_REMOTE_JOBS = """
UPDATE remote_jobs r SET state = CASE WHEN r.submission_id IS NULL THEN 'late' ELSE 'done' END
WHERE r.id = ANY($1::uuid[]) AND NOT EXISTS (
    SELECT FROM chunks c
    WHERE c.job_id = r.job_id AND c.no = r.chunk_no AND (c.state || '') = ANY('{claimed,sent}')
)
"""
_ANY_STATE = ("pending", "waiting", "rung", "claimed", "sent")


async def expire_jobs(connection: Connection, lifetime: timedelta, limit: int = 2000) -> bool:
    """Ends jobs whose deadline has passed; True when there may be more to do at once."""
    ids = [row["id"] for row in await connection.fetch(EXPIRED_JOBS, lifetime)]
    if not ids:
        return False
    rows = await connection.fetch(OPEN_CHUNKS, ids, limit)
    doomed: list[Doomed] = [(row["job_id"], row["no"], None) for row in rows]
    message = REASONS[ReasonCode.EXPIRED].advice
    changed = await fail_items(connection, doomed, ReasonCode.EXPIRED, message, states=_ANY_STATE)
    await connection.execute(CLOSE_EMPTY, ids)
    await fold(connection, changed)
    await settle(connection, ids)
    return len(rows) >= limit


async def end_overdue_verdicts(connection: Connection) -> bool:
    """Fails items that the platform gave no verdict on in time; True when there may be more to do at once."""
    overdue = await connection.fetch(OVERDUE_REMOTE_JOBS)
    if not overdue:
        return False
    doomed: list[Doomed] = [(row["job_id"], row["chunk_no"], item) for row in overdue for item in row["item_ids"]]
    message = REASONS[ReasonCode.VERDICT_OVERDUE].advice
    changed = await fail_items(connection, doomed, ReasonCode.VERDICT_OVERDUE, message)
    await connection.execute(CLOSE_REMOTE_JOBS, [row["id"] for row in overdue])
    await fold(connection, changed)
    await settle(connection, {job for job, _ in changed})
    return len(overdue) >= 500
