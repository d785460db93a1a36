"""Winds up deleted connectors: jobs are cancelled, items without a verdict fail, credentials and tokens are erased when the last call has ended."""

from pixee_common.db import Connection
from pixee_common.domain.reasons import REASONS, ReasonCode
from pixee_orchestrator.progress.fold import fold
from pixee_orchestrator.progress.settling import settle
from pixee_orchestrator.timers.failing import Doomed, fail_items

__all__ = ["wind_up_deleted"]

CANCEL_JOBS = """
UPDATE jobs SET cancel_requested_at = now(), error_code = 'connector_deleted', version = version + 1
WHERE id IN (
    SELECT j.id FROM jobs j JOIN connectors n ON n.id = j.connector_id
    WHERE j.finished_at IS NULL AND n.deleted_at IS NOT NULL AND j.cancel_requested_at IS NULL
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
)
"""
# What the cancellation left: accepted, unknown, or to be looked up. Nobody will ask that shop again.
LEFT_OPEN = """
SELECT c.job_id, c.no FROM jobs j JOIN connectors n ON n.id = j.connector_id JOIN chunks c ON c.job_id = j.id
WHERE j.finished_at IS NULL AND n.deleted_at IS NOT NULL AND j.cancel_requested_at IS NOT NULL
  AND (c.state || '') = ANY('{pending,waiting,rung}') AND (c.look_up OR c.letters ~ '^[^.e]*[wu][^.e]*$')
LIMIT 2000
"""
ERASE_CREDENTIALS = """
DELETE FROM credentials k USING connectors n
WHERE n.id = k.connector_id AND n.deleted_at IS NOT NULL AND (n.erase_after IS NULL OR n.erase_after <= now())
  AND NOT EXISTS (
      SELECT FROM chunks c
      WHERE c.route_key = n.route_key AND c.state IN ('rung', 'claimed', 'sent')
        AND c.connector_id = n.id AND (c.state || '') <> 'rung'
  )
RETURNING k.connector_id
"""
# A statement of its own: a token that a fetch under way wrote meanwhile is found in the next round.
ERASE_TOKENS = """
DELETE FROM access_tokens t
WHERE EXISTS (SELECT FROM connectors n WHERE n.id = t.connector_id AND n.deleted_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM credentials k WHERE k.connector_id = t.connector_id)
"""


async def wind_up_deleted(connection: Connection) -> int:
    """One round. Returns how many connectors' credentials were erased."""
    await connection.execute(CANCEL_JOBS)
    rows = await connection.fetch(LEFT_OPEN)
    doomed: list[Doomed] = [(row["job_id"], row["no"], None) for row in rows]
    message = REASONS[ReasonCode.CONNECTOR_DELETED].advice
    changed = await fail_items(connection, doomed, ReasonCode.CONNECTOR_DELETED, message)
    await fold(connection, changed)
    await settle(connection, {job for job, _ in changed})
    erased = await connection.fetch(ERASE_CREDENTIALS)
    await connection.execute(ERASE_TOKENS)
    return len(erased)
