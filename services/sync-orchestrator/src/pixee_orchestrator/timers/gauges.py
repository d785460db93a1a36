"""Gauges of the whole installation, read from the database: workers alive, chunks waiting, messages not yet published."""

from pixee_common.db import Connection
from pixee_common.telemetry import record

__all__ = ["Gauges"]

WORKERS = """
SELECT p.platform, count(*) AS alive FROM workers w CROSS JOIN LATERAL unnest(w.platforms) AS p(platform)
WHERE w.heartbeat_at > now() - make_interval(secs => $1) GROUP BY p.platform
"""
WAITING = """
SELECT platform, coalesce(wait_reason, 'none') AS reason, count(*) AS chunks
FROM (SELECT platform, wait_reason FROM chunks WHERE state = 'waiting' OFFSET 0) c GROUP BY 1, 2
"""
# The planner's estimate would do for a dashboard, but a table that empties all the time has none.
OUTBOX = "SELECT count(*) FROM (SELECT FROM outbox LIMIT 100000) o"


class Gauges:
    """Sets the gauges; one that is no more is set to zero, else it would stand for ever at its last value."""

    def __init__(self, dead_after: float) -> None:
        self._dead_after = dead_after
        self._alive: set[str] = set()
        self._waiting: set[tuple[str, str]] = set()

    async def measure(self, connection: Connection) -> None:
        """Reads and sets all of them."""
        alive = {row["platform"]: row["alive"] for row in await connection.fetch(WORKERS, self._dead_after)}
        for platform in self._alive | set(alive):
            record("pixee_workers_alive", alive.get(platform, 0), platform=platform)
        waiting = {(row["platform"], row["reason"]): row["chunks"] for row in await connection.fetch(WAITING)}
        for platform, reason in self._waiting | set(waiting):
            record("pixee_chunks_waiting", waiting.get((platform, reason), 0), platform=platform, reason=reason)
        self._alive, self._waiting = set(alive), set(waiting)
        record("pixee_outbox_rows", await connection.fetchval(OUTBOX))
