"""Moves jobs to the state that their counters and chunks call for: turn ended, awaiting verdicts, final.

Lock order of the whole service: route → chunks (by job, number) → jobs (by id) → pending changes → connectors. A job row is locked in a statement
of its own, before the one that looks at its chunks: a snapshot must not be older than the lock.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import PLAN
from pixee_common.domain.job import FINAL_JOB_STATES, JobState, Operation
from pixee_common.telemetry import record
from pixee_orchestrator.auto_sync.given_back import give_back
from pixee_orchestrator.progress.lifecycle import JOB_COLUMNS, announce
from pixee_orchestrator.progress.rules import Standing, Verdict, judge

__all__ = ["settle"]

LOCK_JOBS = """
SELECT id FROM jobs WHERE id = ANY($1::uuid[]) AND finished_at IS NULL ORDER BY id FOR UPDATE
"""

# `.`, `u` and `e` are open and still ours to send; an accepted item (`w`) only awaits the platform.
# The first two looks are index look-ups and answer for nearly every job; only a job with nothing pending and nothing in flight
# is read chunk by chunk. A pull's chunk has no items until its page is applied, so there the chunk's state decides.
LOOK_AT_JOBS = f"""
SELECT {JOB_COLUMNS}, b.busy,
    NOT b.busy AND EXISTS (
        SELECT FROM chunks c WHERE c.job_id = j.id
        AND (c.size, c.succeeded, c.failed, c.skipped, c.cancelled)
            <> (c.folded_size, c.folded_succeeded, c.folded_failed, c.folded_skipped, c.folded_cancelled)
    ) AS unfolded
FROM jobs j CROSS JOIN LATERAL (
    SELECT CASE
        WHEN j.planning <> 'done' THEN true
        WHEN j.operation = 'pull_products' THEN EXISTS (
            SELECT FROM chunks c WHERE c.job_id = j.id AND c.state NOT IN ('done', 'cancelled')
        )
        WHEN j.total = j.succeeded + j.failed + j.skipped + j.cancelled THEN false
        ELSE EXISTS (
            SELECT FROM chunks c
            WHERE c.route_key = j.route_key AND c.priority = ANY('{{0,1,2,3}}') AND c.job_position = j.position
              AND c.state = 'pending' AND c.job_id = j.id AND c.letters ~ '[.ue]'
        ) OR EXISTS (
            SELECT FROM chunks c
            WHERE c.route_key = j.route_key AND c.state IN ('rung', 'claimed', 'sent')
              AND c.job_id = j.id AND c.letters ~ '[.ue]'
        ) OR EXISTS (
            SELECT FROM chunks c
            WHERE c.job_id = j.id AND (c.state || '') NOT IN ('done', 'cancelled')
              AND NOT ((c.state || '') = 'waiting' AND c.wait_reason IS NOT DISTINCT FROM 'remote_pending')
              AND c.letters ~ '[.ue]'
        )
    END AS busy
    OFFSET 0
) b
WHERE j.id = ANY($1::uuid[]) AND j.finished_at IS NULL
ORDER BY j.id
"""

MOVE_JOBS = f"""
UPDATE jobs j
SET sending_done = true, state = m.state, version = j.version + 1,
    waiting_reason = CASE WHEN m.final THEN NULL ELSE j.waiting_reason END,
    waiting_until = CASE WHEN m.final THEN NULL ELSE j.waiting_until END,
    finished_at = CASE WHEN m.final THEN now() END
FROM unnest($1::uuid[], $2::text[], $3::bool[]) AS m(id, state, final)
WHERE j.id = m.id AND j.finished_at IS NULL
RETURNING {JOB_COLUMNS}
"""

STAMP_CONNECTORS = """
UPDATE connectors SET last_sync_at = now()
WHERE id IN (SELECT id FROM connectors WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
"""

WAKE_PLANNERS = "SELECT pg_notify($1, '')"


async def settle(connection: Connection, job_ids: Iterable[UUID]) -> list[UUID]:
    """Looks at these jobs and moves those that are due; returns the ids of the jobs that became final."""
    ids = sorted(set(job_ids))
    if not ids:
        return []
    locked = [row["id"] for row in await connection.fetch(LOCK_JOBS, ids)]
    if not locked:
        return []
    moves = [
        (row, verdict)
        for row in await connection.fetch(LOOK_AT_JOBS, locked)
        if (verdict := judge(_standing(row))).sending_done and _changes(row, verdict)
    ]
    if not moves:
        return []
    moved = await connection.fetch(
        MOVE_JOBS,
        [row["id"] for row, _ in moves],
        [verdict.state or row["state"] for row, verdict in moves],
        [verdict.state in FINAL_JOB_STATES for _, verdict in moves],
    )
    await announce(connection, moved)
    await give_back(
        connection,
        [row["id"] for row, _ in moves if row["cancel_requested_at"] is not None and not row["sending_done"]],
    )
    final = [row for row in moved if row["finished_at"] is not None]
    if final:
        await connection.execute(STAMP_CONNECTORS, sorted({row["connector_id"] for row in final}))
    await connection.execute(WAKE_PLANNERS, PLAN)
    for row in final:
        _measure(row)
    return [row["id"] for row in final]


def _changes(row: Any, verdict: Verdict) -> bool:
    return not row["sending_done"] or (verdict.state is not None and verdict.state != JobState(row["state"]))


def _standing(row: Any) -> Standing:
    return Standing(
        planned=row["planning"] == "done",
        busy=row["busy"],
        unfolded=row["unfolded"],
        total=row["total"],
        succeeded=row["succeeded"],
        failed=row["failed"],
        skipped=row["skipped"],
        cancelled=row["cancelled"],
        cancel_requested=row["cancel_requested_at"] is not None,
        error_code=row["error_code"],
        is_pull=row["operation"] == Operation.PULL_PRODUCTS,
    )


def _measure(row: Any) -> None:
    labels = {"platform": row["platform"], "operation": str(Operation(row["operation"]))}
    record("pixee_jobs_finished_total", **labels, state=row["state"])
    record("pixee_job_seconds", (datetime.now(UTC) - row["created_at"]).total_seconds(), **labels)
