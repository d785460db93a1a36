"""One round of dispatch: locks routes, counts what is in flight from the chunk rows, picks what comes next, rings it.

Locking and counting are two statements, because the snapshot of one would be older than its lock. Stock and prices have a window
of their own and stand first; the other window is the reserve of products and pulls, which a storm of stock changes can
therefore never close. Chunks of one route that belong to several accounts are taken in turn.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixee_common.db import Connection
from pixee_common.delivery import outbox
from pixee_common.events import RouteRung, RungChunk
from pixee_common.messaging.topics import platform_topic
from pixee_common.telemetry import inject, span
from pixee_orchestrator.dispatch.window import window
from pixee_orchestrator.names import SOURCE
from pixee_orchestrator.progress.lifecycle import carrier

__all__ = ["LOCK_ROUTES", "RING", "Round", "bells", "ring"]

LOCK_ROUTES = """
SELECT r.route_key, r.chunks_per_second,
       EXISTS (
           SELECT FROM workers w
           WHERE w.platforms && ARRAY[r.platform, 'all'] AND w.heartbeat_at > now() - make_interval(secs => $2)
       ) AS worked
FROM routes r WHERE r.route_key = ANY($1::text[])
ORDER BY r.route_key FOR UPDATE OF r SKIP LOCKED
"""

# `line` walks the index of pending chunks from job to job (a few steps, whatever the number of chunks); `candidates` then reads at
# most a window of chunks of each. Partial indexes drive both, so their exact predicate stands inside LATERAL (… OFFSET 0).
# The update reaches its rows by primary key with the state hidden from the planner: its statistics are always too old.
# Of a job being cancelled only what may be at the shop already goes on: unknown answers to look up, verdicts to poll.
RING = """
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT route_key, room FROM unnest($1::text[], $2::int[]) AS a(route_key, room)
), room AS MATERIALIZED (
    SELECT a.route_key, greatest(a.room - f.fast, 0) AS fast_room, greatest(a.room - f.bulk, 0) AS bulk_room
    FROM asked a CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE c.priority < 2) AS fast, count(*) FILTER (WHERE c.priority >= 2) AS bulk
        FROM (
            SELECT priority FROM chunks WHERE route_key = a.route_key AND state IN ('rung', 'claimed', 'sent') OFFSET 0
        ) c
    ) f
), line AS (
    SELECT r.route_key, n.priority, n.job_position, n.job_id, n.account_id, n.connector_id, 1 AS step
    FROM room r CROSS JOIN LATERAL (
        SELECT priority, job_position, job_id, account_id, connector_id FROM chunks
        WHERE route_key = r.route_key AND state = 'pending'
        ORDER BY route_key, priority, job_position, no LIMIT 1 OFFSET 0
    ) n
    WHERE r.fast_room + r.bulk_room > 0
    UNION ALL
    SELECT l.route_key, n.priority, n.job_position, n.job_id, n.account_id, n.connector_id, l.step + 1
    FROM line l CROSS JOIN LATERAL (
        SELECT priority, job_position, job_id, account_id, connector_id FROM chunks
        WHERE route_key = l.route_key AND state = 'pending'
          AND (priority, job_position) > (l.priority, l.job_position)
        ORDER BY route_key, priority, job_position, no LIMIT 1 OFFSET 0
    ) n
    WHERE l.step < 500
), allowed AS MATERIALIZED (
    SELECT l.route_key, l.priority, l.job_position, l.account_id, j.cancel_requested_at IS NOT NULL AS cancelled,
           CASE WHEN l.priority < 2 THEN r.fast_room ELSE r.bulk_room END AS room
    FROM line l
    JOIN room r ON r.route_key = l.route_key
    JOIN connectors n ON n.id = l.connector_id AND n.status = 'active' AND n.deleted_at IS NULL
    JOIN jobs j ON j.id = l.job_id AND j.finished_at IS NULL
), candidates AS MATERIALIZED (
    SELECT a.route_key, a.room, a.priority, a.job_position, c.job_id, c.no, a.priority < 2 AS fast,
           row_number() OVER (
               PARTITION BY a.route_key, a.priority < 2, a.account_id ORDER BY a.priority, a.job_position, c.no
           ) AS turn
    FROM allowed a CROSS JOIN LATERAL (
        SELECT job_id, no FROM chunks
        WHERE route_key = a.route_key AND priority = a.priority AND job_position = a.job_position AND state = 'pending'
          AND (NOT a.cancelled OR (letters <> '' AND (look_up OR letters !~ '[.e]')))
        ORDER BY no LIMIT a.room OFFSET 0
    ) c
), picked AS MATERIALIZED (
    SELECT job_id, no, priority, job_position, turn FROM (
        SELECT *, row_number() OVER (PARTITION BY route_key, fast ORDER BY turn, priority, job_position, no) AS place
        FROM candidates
    ) ordered
    WHERE place <= room
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM picked p JOIN chunks c ON c.job_id = p.job_id AND c.no = p.no
    WHERE (c.state || '') = 'pending'
    ORDER BY c.job_id, c.no FOR UPDATE OF c SKIP LOCKED
), rung AS (
    UPDATE chunks c SET state = 'rung', rung_at = now()
    FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
    RETURNING c.route_key, c.platform, c.job_id, c.no, c.attempt, c.traceparent
)
SELECT r.* FROM rung r JOIN picked p ON p.job_id = r.job_id AND p.no = r.no
ORDER BY r.route_key, p.priority >= 2, p.turn, p.priority, p.job_position, r.no
"""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: how many chunks were rung by route, and which routes somebody else held."""

    rung: Mapping[str, int] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()


async def ring(connection: Connection, routes: Iterable[str], *, dead_after: float = 10.0) -> Round:
    """Rings what these routes have room for. Nothing is rung where no live worker serves the platform."""
    asked = sorted(set(routes))
    held = await connection.fetch(LOCK_ROUTES, asked, dead_after)
    locked = frozenset(asked) - {row["route_key"] for row in held}
    served = [row for row in held if row["worked"]]
    if not served:
        return Round(locked=locked)
    rows = await connection.fetch(
        RING, [row["route_key"] for row in served], [window(row["chunks_per_second"]) for row in served]
    )
    rung = await bells(connection, rows)
    return Round(rung, locked)


async def bells(connection: Connection, rows: Iterable[Any]) -> dict[str, int]:
    """Puts one bell for each route into the outbox; rows name route, platform, chunk, attempt and trace, in order."""
    by_route: dict[str, list[Any]] = {}
    for row in rows:
        by_route.setdefault(row["route_key"], []).append(row)
    messages = []
    for route, chunks in by_route.items():
        platform = chunks[0]["platform"]
        named = tuple(RungChunk(job_id=row["job_id"], no=row["no"], attempt=row["attempt"]) for row in chunks)
        with span("ring", parent=carrier(chunks[0]["traceparent"]), attributes={"pixee.chunks": len(chunks)}):
            bell = RouteRung(route_key=route, platform=platform, chunks=named)
            messages.append((platform_topic(platform), bell, inject()))
    await outbox.put_many(connection, messages, source=SOURCE)
    return {route: len(chunks) for route, chunks in by_route.items()}
