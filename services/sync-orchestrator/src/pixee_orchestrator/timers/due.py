"""Chunks that waited long enough (throttled, a remote job to poll) go back to the line."""

from pixee_common.db import Connection

__all__ = ["DUE", "release_due"]

DUE = """
WITH found AS MATERIALIZED (
    SELECT job_id, no FROM chunks WHERE state = 'waiting' AND not_before <= now() ORDER BY not_before LIMIT $1 OFFSET 0
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.no
    WHERE (c.state || '') = 'waiting' AND c.not_before <= now()
    ORDER BY c.job_id, c.no FOR UPDATE OF c SKIP LOCKED
)
UPDATE chunks c SET state = 'pending', not_before = NULL, wait_reason = NULL
FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
RETURNING c.route_key
"""


async def release_due(connection: Connection, limit: int = 2000) -> tuple[int, set[str]]:
    """Returns how many chunks came back, and their routes, which are to be poked."""
    rows = await connection.fetch(DUE, limit)
    return len(rows), {row["route_key"] for row in rows}
