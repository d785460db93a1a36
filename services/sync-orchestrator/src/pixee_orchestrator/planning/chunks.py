"""Writes a page's chunks and moves the job's cursor, in one transaction.

The chunks of a page are one INSERT over two arrays: COPY would be the natural way, but PostgreSQL refuses COPY FROM into a table
with row-level security for every role that is held by it, and `chunks` has it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import DISPATCH
from pixee_orchestrator.planning.pages import PRIORITY, Cut
from pixee_orchestrator.planning.turns import JobInTurn
from pixee_orchestrator.progress.lifecycle import JOB_COLUMNS

__all__ = ["advance_job", "insert_chunks", "insert_pull_chunk"]

INSERT_CHUNKS = """
INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,
                    item_ids, letters, size, folded_size, traceparent)
SELECT $1, m.no, $2, $3, $4, $5, $6, $7, $8,
       ($9::uuid[])[m.first:m.last], repeat('.', m.last - m.first + 1), m.last - m.first + 1, m.last - m.first + 1,
       m.traceparent
FROM unnest($10::int[], $11::int[], $12::int[], $13::text[]) AS m(no, first, last, traceparent)
"""

INSERT_PULL_CHUNK = """
INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,
                    item_ids, letters, size, cursor, traceparent)
VALUES ($1, $2, $3, $4, $5, 'pull_products', $6, 3, $7, '{}', '', 0, $8, $9)
ON CONFLICT (job_id, no) DO NOTHING
"""

ENSURE_ROUTE = "INSERT INTO routes (route_key, platform) VALUES ($1, $2) ON CONFLICT (route_key) DO NOTHING"

ADVANCE_JOB = f"""
UPDATE jobs j
SET total = j.total + $2, plan_cursor = coalesce($3, j.plan_cursor), next_chunk = $4, planning = $5,
    state = CASE WHEN j.state = 'queued' THEN 'running' ELSE j.state END, started_at = coalesce(j.started_at, now()),
    deadline_at = coalesce(j.deadline_at, j.created_at + $6::interval), since = coalesce($7, j.since),
    warning = coalesce($8, j.warning), version = j.version + 1
WHERE j.id = $1
RETURNING {JOB_COLUMNS}
"""

WAKE_DISPATCH = "SELECT pg_notify($1, $2)"


async def insert_chunks(
    connection: Connection, job: JobInTurn, page: Sequence[UUID], cuts: Sequence[Cut], traces: Sequence[str | None]
) -> None:
    """One row for each cut of the page."""
    if cuts:
        await connection.execute(
            INSERT_CHUNKS,
            *(job.id, job.account_id, job.connector_id, job.platform, job.operation, job.route_key),
            *(PRIORITY[job.operation], job.position, list(page)),
            *([one.no for one in cuts], [one.first for one in cuts], [one.last for one in cuts], list(traces)),
        )


async def insert_pull_chunk(
    connection: Connection, job: Any, no: int, *, cursor: object = None, traceparent: str | None = None
) -> bool:
    """One page of a pull to come; False where it is there already. `job` is any row with the job's id, connector and route."""
    done = await connection.execute(
        INSERT_PULL_CHUNK,
        *(job.id, no, job.account_id, job.connector_id, job.platform, job.route_key, job.position),
        *(cursor, traceparent),
    )
    return bool(done == "INSERT 0 1")


async def advance_job(
    connection: Connection,
    job: JobInTurn,
    *,
    items: int,
    cursor: UUID | None,
    next_chunk: int,
    planning: str,
    lifetime: timedelta,
    since: datetime | None = None,
    warning: str | None = None,
) -> Any:
    """Moves the job on by a page, and wakes the dispatchers. Returns the job's row."""
    if job.planning == "waiting":
        await connection.execute(ENSURE_ROUTE, job.route_key, job.platform)
    row = await connection.fetchrow(ADVANCE_JOB, job.id, items, cursor, next_chunk, planning, lifetime, since, warning)
    await connection.execute(WAKE_DISPATCH, DISPATCH, job.route_key)
    return row
