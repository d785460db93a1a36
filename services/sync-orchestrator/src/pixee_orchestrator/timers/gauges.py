"""Gauges of the whole installation, read from the database: workers alive, chunks waiting, changes pending, verdicts awaited, messages
not yet published.
"""

from collections.abc import Iterable
from typing import Any

from pixee_common.db import Connection
from pixee_common.telemetry import record
from pixee_common.telemetry.metrics import MetricName

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
# Connector by connector, each a look into an index that holds its changes by age; most have none.
PENDING = """
SELECT c.platform, o.operation, sum(n.changes)::bigint AS changes,
       coalesce(max(extract(epoch FROM now() - f.created_at)), 0)::float8 AS oldest
FROM connectors c CROSS JOIN LATERAL unnest(c.auto_sync) AS o(operation)
CROSS JOIN LATERAL (
    SELECT count(*) AS changes FROM (
        SELECT FROM pending_changes p WHERE p.connector_id = c.id AND p.operation = o.operation LIMIT 100000
    ) counted
) n
LEFT JOIN LATERAL (
    SELECT p.created_at FROM pending_changes p WHERE p.connector_id = c.id AND p.operation = o.operation
    ORDER BY p.created_at LIMIT 1
) f ON true
WHERE c.auto_sync <> '{}' AND c.deleted_at IS NULL
GROUP BY 1, 2
"""
RESENDS = """
SELECT c.platform, r.operation, count(*) AS resends FROM resends r JOIN connectors c ON c.id = r.connector_id GROUP BY 1, 2
"""
# A file that was begun and not opened is nobody's verdict to wait for.
AWAITED = """
SELECT r.platform, r.operation, sum(cardinality(r.item_ids))::bigint AS awaited,
       coalesce(sum(cardinality(r.item_ids)) FILTER (WHERE r.deadline_at <= now()), 0)::bigint AS overdue
FROM (
    SELECT platform, operation, item_ids, deadline_at, submission_id FROM remote_jobs WHERE state = 'open' OFFSET 0
) r LEFT JOIN submissions s ON s.id = r.submission_id
WHERE r.submission_id IS NULL OR s.state = 'open'
GROUP BY 1, 2
"""


class Gauges:
    """Sets the gauges; one that is no more is set to zero, else it would stand for ever at its last value."""

    def __init__(self, dead_after: float) -> None:
        self._dead_after = dead_after
        self._shown: dict[MetricName, set[tuple[str, ...]]] = {}

    async def measure(self, connection: Connection) -> None:
        """Reads and sets all of them."""
        alive = await connection.fetch(WORKERS, self._dead_after)
        self._show("pixee_workers_alive", alive, "alive", "platform")
        waiting = await connection.fetch(WAITING)
        self._show("pixee_chunks_waiting", waiting, "chunks", "platform", "reason")
        whose = ("platform", "operation")
        pending = await connection.fetch(PENDING)
        self._show("pixee_pending_changes", pending, "changes", *whose)
        self._show("pixee_pending_oldest_seconds", pending, "oldest", *whose)
        self._show("pixee_resends", await connection.fetch(RESENDS), "resends", *whose)
        awaited = await connection.fetch(AWAITED)
        self._show("pixee_verdicts_awaited", awaited, "awaited", *whose)
        self._show("pixee_verdicts_overdue", awaited, "overdue", *whose)
        record("pixee_outbox_rows", await connection.fetchval(OUTBOX))

    def _show(self, name: MetricName, rows: Iterable[Any], column: str, *labels: str) -> None:
        """Of each row the column, under these labels."""
        values = {tuple(str(row[label]) for label in labels): row[column] for row in rows}
        for place in self._shown.get(name, set()) | set(values):
            record(name, values.get(place, 0), **dict(zip(labels, place, strict=True)))
        self._shown[name] = set(values)
