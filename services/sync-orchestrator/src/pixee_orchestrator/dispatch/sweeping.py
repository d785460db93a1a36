"""What no notification announced: routes with something pending, and chunks that were rung and that nobody claimed."""

from pixee_common.db import Connection
from pixee_orchestrator.dispatch.ringing import bells

__all__ = ["pending_routes", "ring_again"]

# Walks the index from route to route instead of reading every pending chunk.
PENDING_ROUTES = """
WITH RECURSIVE found AS (
    (SELECT route_key FROM chunks WHERE state = 'pending' ORDER BY route_key LIMIT 1)
    UNION ALL
    SELECT n.route_key FROM found f CROSS JOIN LATERAL (
        SELECT route_key FROM chunks WHERE state = 'pending' AND route_key > f.route_key
        ORDER BY route_key LIMIT 1 OFFSET 0
    ) n
)
SELECT route_key FROM found
"""

# `rung_at` is the moment of the last bell, so that several orchestrators do not ring the same chunk one after another.
RING_AGAIN = """
WITH stale AS MATERIALIZED (
    SELECT c.job_id, c.no FROM (
        SELECT job_id, no, platform, rung_at, state FROM chunks WHERE state IN ('rung', 'claimed', 'sent') OFFSET 0
    ) c
    WHERE c.state = 'rung' AND c.rung_at < now() - make_interval(secs => $1)
      AND EXISTS (
          SELECT FROM workers w
          WHERE w.platforms && ARRAY[c.platform, 'all'] AND w.heartbeat_at > now() - make_interval(secs => $2)
      )
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM stale s JOIN chunks c ON c.job_id = s.job_id AND c.no = s.no
    WHERE (c.state || '') = 'rung' AND c.rung_at < now() - make_interval(secs => $1)
    ORDER BY c.job_id, c.no FOR UPDATE OF c SKIP LOCKED
), rung AS (
    UPDATE chunks c SET rung_at = now() FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
    RETURNING c.route_key, c.platform, c.job_id, c.no, c.attempt, c.traceparent, c.priority, c.job_position
)
SELECT * FROM rung ORDER BY route_key, priority, job_position, no
"""


async def pending_routes(connection: Connection) -> list[str]:
    """Every route that has a pending chunk."""
    return [row["route_key"] for row in await connection.fetch(PENDING_ROUTES)]


async def ring_again(connection: Connection, *, after: float = 5.0, dead_after: float = 10.0) -> dict[str, int]:
    """A further bell for each route with chunks rung `after` seconds ago and not claimed. Their state stays."""
    return await bells(connection, await connection.fetch(RING_AGAIN, after, dead_after))
