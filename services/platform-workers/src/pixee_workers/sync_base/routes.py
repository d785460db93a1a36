"""Giving routes back: when a lane is idle, when its partition went to another worker, when this worker stops.

One statement for all of them: what was claimed and not begun, and what was rung, goes back to `pending`; the route is free, with
the state of its budgets for the next owner; the dispatchers are told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from pixee_common.db import Connection, Database
from pixee_common.db.channels import DISPATCH
from pixee_common.domain.ids import RouteKey, WorkerId
from pixee_workers.sync_base.insisting import insist

ChunkKey = tuple[UUID, int]

IN_FILE = """
EXISTS (
    SELECT FROM remote_jobs r JOIN submissions s ON s.id = r.submission_id
    WHERE r.job_id = c.job_id AND r.chunk_no = c.no AND r.state = 'open' AND s.bytes > 0
)
"""
"""Whether a file that may be at the platform holds items of the chunk: then no cancellation takes them for unsent."""

# Routes before chunks and both in key order, like the claim.
RELEASE = f"""
WITH held AS MATERIALIZED (
    SELECT r.route_key, a.budgets, a.pace FROM unnest($2::text[], $3::jsonb[], $4::real[]) AS a(route_key, budgets, pace)
    JOIN routes r ON r.route_key = a.route_key
    WHERE r.worker_id = $1 ORDER BY r.route_key FOR UPDATE OF r
), named AS MATERIALIZED (
    SELECT job_id, no, look_up FROM unnest($5::uuid[], $6::int[], $7::bool[]) AS n(job_id, no, look_up)
), found AS MATERIALIZED (
    SELECT c.job_id, c.no, n.look_up FROM held h CROSS JOIN LATERAL (
        SELECT job_id, no, state, worker_id FROM chunks
        WHERE route_key = h.route_key AND state IN ('rung', 'claimed', 'sent') OFFSET 0
    ) c LEFT JOIN named n ON n.job_id = c.job_id AND n.no = c.no
    WHERE c.state = 'rung' OR (c.state = 'claimed' AND c.worker_id = $1)
       OR (c.state = 'sent' AND c.worker_id = $1 AND n.job_id IS NOT NULL)
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no, f.look_up FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.no
    WHERE (c.state || '') = 'rung' OR (c.worker_id = $1 AND (c.state || '') IN ('claimed', 'sent'))
    ORDER BY c.job_id, c.no FOR UPDATE OF c
), returned AS (
    UPDATE chunks c
    SET state = 'pending', claim_token = NULL, worker_id = NULL,
        look_up = c.look_up OR coalesce(l.look_up, false) OR {IN_FILE}
    FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
)
UPDATE routes r SET worker_id = NULL, budgets = h.budgets, chunks_per_second = h.pace, updated_at = now()
FROM held h WHERE r.route_key = h.route_key
RETURNING pg_notify($8, r.route_key)
"""

# A lane that has nothing to do: its rung chunks have a bell under way, so they stay as they are.
FREE = """
UPDATE routes SET worker_id = NULL, budgets = $3, chunks_per_second = $4, updated_at = now()
WHERE route_key = $2 AND worker_id = $1
"""

SAVE_PACES = """
UPDATE routes r SET chunks_per_second = a.pace, updated_at = now()
FROM (
    SELECT o.route_key, p.pace FROM unnest($2::text[], $3::real[]) AS p(route_key, pace)
    JOIN routes o ON o.route_key = p.route_key
    WHERE o.worker_id = $1 AND abs(o.chunks_per_second - p.pace) > 0.2 * o.chunks_per_second
    ORDER BY o.route_key FOR NO KEY UPDATE OF o SKIP LOCKED
) a
WHERE r.route_key = a.route_key
"""

# The last word of a worker: whatever still bears its name (a claim whose answer it never heard included) is given back. A pull chunk
# that is `sent` is a staged page: it waits for the orchestrator, not for a worker.
LEAVE = f"""
WITH gone AS (
    DELETE FROM workers WHERE id = $1
), held AS MATERIALIZED (
    SELECT route_key FROM routes WHERE worker_id = $1 ORDER BY route_key FOR UPDATE
), found AS MATERIALIZED (
    SELECT c.job_id, c.no FROM held h CROSS JOIN LATERAL (
        SELECT job_id, no, state, worker_id, operation FROM chunks
        WHERE route_key = h.route_key AND state IN ('rung', 'claimed', 'sent') OFFSET 0
    ) c
    WHERE c.state = 'rung' OR (c.worker_id = $1 AND (c.state = 'claimed' OR c.operation <> 'pull_products'))
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no, (c.state || '') = 'sent' AS sent FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.no
    WHERE (c.state || '') = 'rung' OR (c.worker_id = $1 AND (c.state || '') IN ('claimed', 'sent'))
    ORDER BY c.job_id, c.no FOR UPDATE OF c
), returned AS (
    UPDATE chunks c SET state = 'pending', claim_token = NULL, worker_id = NULL, look_up = c.look_up OR l.sent OR {IN_FILE}
    FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
)
UPDATE routes r SET worker_id = NULL, updated_at = now() FROM held h WHERE r.route_key = h.route_key
RETURNING pg_notify($2, r.route_key)
"""


@dataclass(frozen=True, slots=True)
class Handed:
    """A route to give back. `unbegun` are chunks that were marked as sent and never begun; `cut` ones were begun and not ended."""

    route_key: RouteKey
    budgets: Mapping[str, JsonValue]
    chunks_per_second: float
    unbegun: Sequence[ChunkKey] = ()
    cut: Sequence[ChunkKey] = ()


async def release(database: Database, worker_id: WorkerId, routes: Iterable[Handed]) -> None:
    """Hands the routes over, in one statement. Routes that are ours no more are left alone."""
    handed = list(routes)
    named = [
        (job_id, no, look_up)
        for route in handed
        for keys, look_up in ((route.unbegun, False), (route.cut, True))
        for job_id, no in keys
    ]
    arguments = (
        worker_id,
        [route.route_key for route in handed],
        [dict(route.budgets) for route in handed],
        [route.chunks_per_second for route in handed],
        [job_id for job_id, _, _ in named],
        [no for _, no, _ in named],
        [look_up for _, _, look_up in named],
        DISPATCH,
    )

    async def work(connection: Connection) -> None:
        await connection.execute(RELEASE, *arguments)

    await insist(database, work)


async def free(database: Database, worker_id: WorkerId, route: Handed) -> None:
    """Gives up an idle route."""

    async def work(connection: Connection) -> None:
        await connection.execute(FREE, worker_id, route.route_key, dict(route.budgets), route.chunks_per_second)

    await insist(database, work)


async def save_paces(database: Database, worker_id: WorkerId, paces: Mapping[RouteKey, float]) -> None:
    """Tells the dispatchers how fast the routes go, where that changed by more than a fifth."""
    if not paces:
        return

    async def work(connection: Connection) -> None:
        await connection.execute(SAVE_PACES, worker_id, list(paces), list(paces.values()))

    await database.run(work)


async def leave(database: Database, worker_id: WorkerId) -> None:
    """Deletes the worker's row and frees whatever is still in its name."""

    async def work(connection: Connection) -> None:
        await connection.execute(LEAVE, worker_id, DISPATCH)

    await database.run(work)
