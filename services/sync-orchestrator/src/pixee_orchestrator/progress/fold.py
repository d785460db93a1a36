"""Adds what chunks have counted since the last fold to their jobs, many chunks in one statement.

A chunk keeps `counts` (written by workers) and `folded_counts` (what its job already has). The statement adds the differences
and sets them equal, so an event that comes twice, late or never changes nothing: the sweep folds what no event announced.
Counters of a finished job never move; its late chunks are only marked as folded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import JOB

__all__ = ["FIND_UNFOLDED", "FOLD", "Folded", "fold", "unfolded"]

# Rows are reached by their primary key; whether they differ is tested after the lock, on the newest version of the row.
FOLD = f"""
WITH asked AS MATERIALIZED (
    SELECT DISTINCT job_id, no FROM unnest($1::uuid[], $2::int[]) AS a(job_id, no)
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no, c.size, c.succeeded, c.failed, c.skipped, c.cancelled,
           c.size - c.folded_size AS d_size, c.succeeded - c.folded_succeeded AS d_succeeded,
           c.failed - c.folded_failed AS d_failed, c.skipped - c.folded_skipped AS d_skipped,
           c.cancelled - c.folded_cancelled AS d_cancelled
    FROM asked a JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
    WHERE abs(c.size - c.folded_size) + abs(c.succeeded - c.folded_succeeded) + abs(c.failed - c.folded_failed)
        + abs(c.skipped - c.folded_skipped) + abs(c.cancelled - c.folded_cancelled) > 0
    ORDER BY c.job_id, c.no
    FOR UPDATE OF c SKIP LOCKED
), marked AS (
    UPDATE chunks c
    SET folded_size = l.size, folded_succeeded = l.succeeded, folded_failed = l.failed, folded_skipped = l.skipped,
        folded_cancelled = l.cancelled
    FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
), sums AS (
    SELECT job_id, sum(d_size) AS size, sum(d_succeeded) AS succeeded, sum(d_failed) AS failed,
           sum(d_skipped) AS skipped, sum(d_cancelled) AS cancelled
    FROM locked GROUP BY job_id
), owned AS MATERIALIZED (
    SELECT id FROM jobs WHERE id IN (SELECT job_id FROM sums) AND finished_at IS NULL ORDER BY id FOR UPDATE
)
UPDATE jobs j
SET total = j.total + s.size, succeeded = j.succeeded + s.succeeded, failed = j.failed + s.failed,
    skipped = j.skipped + s.skipped, cancelled = j.cancelled + s.cancelled, version = j.version + 1
FROM sums s JOIN owned o ON o.id = s.job_id
WHERE j.id = s.job_id
RETURNING j.id, j.total = j.succeeded + j.failed + j.skipped + j.cancelled AS counted,
          pg_notify('{JOB}', j.id::text)
"""

FIND_UNFOLDED = """
SELECT job_id, no FROM chunks
WHERE (size, succeeded, failed, skipped, cancelled)
   <> (folded_size, folded_succeeded, folded_failed, folded_skipped, folded_cancelled)
LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Folded:
    """Jobs whose counters moved, and those of them none of whose items is open any more."""

    moved: frozenset[UUID] = frozenset()
    counted: frozenset[UUID] = frozenset()


async def fold(connection: Connection, chunks: Iterable[tuple[UUID, int]]) -> Folded:
    """Folds these chunks, given by (job, number), and wakes who follows their jobs."""
    keys = list(chunks)
    if not keys:
        return Folded()
    rows = await connection.fetch(FOLD, [job for job, _ in keys], [no for _, no in keys])
    return Folded(frozenset(row["id"] for row in rows), frozenset(row["id"] for row in rows if row["counted"]))


async def unfolded(connection: Connection, limit: int = 5000) -> list[tuple[UUID, int]]:
    """Chunks whose counts no event has brought to their job yet."""
    return [(row["job_id"], row["no"]) for row in await connection.fetch(FIND_UNFOLDED, limit)]
