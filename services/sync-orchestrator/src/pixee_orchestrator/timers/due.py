"""Chunks that waited long enough (throttled, a remote job to poll) go back to the line.

A file is asked for by one of its chunks. Where that one is no more (its job expired, say), another takes its place.
"""

from pixee_common.db import Connection

__all__ = ["DUE", "DUE_FILES", "release_due"]

_LEFT_ALONE_SECONDS = 30.0

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

# A chunk that was at it a moment ago will come again by itself: what stops one (a key that is missing, say) stops them all.
DUE_FILES = """
WITH due AS MATERIALIZED (
    SELECT s.id FROM submissions s
    WHERE s.state = 'open' AND s.next_poll_at <= now() AND NOT EXISTS (
        SELECT FROM remote_jobs r JOIN chunks c ON c.job_id = r.job_id AND c.no = r.chunk_no
        WHERE r.submission_id = s.id AND r.state = 'open'
          AND ((c.state || '') = ANY('{pending,rung,claimed,sent}')
               OR ((c.state || '') = 'waiting' AND c.claimed_at > now() - make_interval(secs => $1)))
    )
    ORDER BY s.next_poll_at LIMIT 100
), found AS MATERIALIZED (
    SELECT m.job_id, m.chunk_no FROM due d CROSS JOIN LATERAL (
        SELECT r.job_id, r.chunk_no FROM remote_jobs r JOIN chunks c ON c.job_id = r.job_id AND c.no = r.chunk_no
        WHERE r.submission_id = d.id AND r.state = 'open' AND (c.state || '') = 'waiting'
        ORDER BY r.id LIMIT 1
    ) m
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.chunk_no
    WHERE (c.state || '') = 'waiting'
    ORDER BY c.job_id, c.no FOR UPDATE OF c SKIP LOCKED
)
UPDATE chunks c SET state = 'pending', not_before = NULL, wait_reason = NULL
FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
RETURNING c.route_key
"""


async def release_due(connection: Connection, limit: int = 2000) -> tuple[int, set[str]]:
    """Returns how many chunks came back, and their routes, which are to be poked."""
    rows = await connection.fetch(DUE, limit) + await connection.fetch(DUE_FILES, _LEFT_ALONE_SECONDS)
    return len(rows), {row["route_key"] for row in rows}
