"""Shows on each open job what it waits for: the connector (paused, credentials refused), a worker, or the platform and until when."""

from typing import Any

from pixee_common.db import Connection
from pixee_orchestrator.progress.lifecycle import JOB_COLUMNS, announce, notify

__all__ = ["show_waits"]

# A job waits for its platform only when nothing of it is pending or in flight.
SHOW_WAITS = f"""
WITH parked AS MATERIALIZED (
    SELECT job_id, min(not_before) AS until, (array_agg(wait_reason ORDER BY not_before))[1] AS reason
    FROM (SELECT job_id, not_before, wait_reason FROM chunks WHERE state = 'waiting' OFFSET 0) c GROUP BY job_id
), standing AS (
    SELECT j.id, n.status, p.reason, p.until,
           EXISTS (
               SELECT FROM workers w
               WHERE w.platforms && ARRAY[j.platform, 'all'] AND w.heartbeat_at > now() - make_interval(secs => $1)
           ) AS worked,
           p.job_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM chunks c
               WHERE c.route_key = j.route_key AND c.priority = ANY('{{0,1,2,3}}') AND c.job_position = j.position
                 AND c.state = 'pending' AND c.job_id = j.id
           ) AND NOT EXISTS (
               SELECT FROM chunks c
               WHERE c.route_key = j.route_key AND c.state IN ('rung', 'claimed', 'sent') AND c.job_id = j.id
           ) AS parked
    FROM jobs j JOIN connectors n ON n.id = j.connector_id LEFT JOIN parked p ON p.job_id = j.id
    WHERE j.finished_at IS NULL AND j.state <> 'awaiting_approval'
), shown AS (
    SELECT id,
           CASE WHEN status = 'paused' THEN 'connector_paused' WHEN status = 'error' THEN 'credentials_refused'
                WHEN NOT worked THEN 'no_worker' WHEN parked THEN reason END AS reason,
           CASE WHEN status = 'active' AND worked AND parked THEN until END AS until
    FROM standing
), locked AS MATERIALIZED (
    SELECT j.id, s.reason, s.until, j.waiting_reason AS was
    FROM shown s JOIN jobs j ON j.id = s.id
    WHERE j.finished_at IS NULL
      AND (s.reason IS DISTINCT FROM j.waiting_reason OR (s.until IS NULL) <> (j.waiting_until IS NULL)
           OR abs(extract(epoch FROM s.until - j.waiting_until)) > 1)
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs j SET waiting_reason = l.reason, waiting_until = l.until, version = j.version + 1
FROM locked l WHERE j.id = l.id
RETURNING {JOB_COLUMNS}, l.was
"""


async def show_waits(connection: Connection, dead_after: float) -> None:
    """Brings every open job's reason and time of waiting up to date; a new reason is told as a lifecycle event."""
    rows: list[Any] = await connection.fetch(SHOW_WAITS, dead_after)
    await announce(connection, [row for row in rows if row["waiting_reason"] != row["was"]])
    await notify(connection, [row["id"] for row in rows if row["waiting_reason"] == row["was"]])
