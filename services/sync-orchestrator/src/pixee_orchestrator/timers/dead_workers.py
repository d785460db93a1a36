"""Declares workers dead whose heartbeat is too old, and hands on what they held.

One statement, so that two reapers cannot both do it by halves. A reaper judges only after it has itself seen the database without
a break for the whole dead time: after an outage of the database every heartbeat is old, and nobody is dead.
"""

from dataclasses import dataclass

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database

__all__ = ["BURY", "Buried", "Reaper", "bury"]

# `claimed` was not called yet and goes back to the line; `sent` may be at the shop and is looked up first, and so may be what is in
# a file whose call may have been made (a cancellation leaves it alone, too). What was only rung goes
# back too, so that its next bell does not wait for the sweep. A page that is staged needs its worker no more.
# A heartbeat that is being written right now is waited for and then counts: the condition is tested again on the new row.
# Rows deleted here are still seen by NOT EXISTS (one snapshot), hence both conditions on the owner.
BURY = """
WITH dead AS (
    DELETE FROM workers WHERE heartbeat_at < now() - make_interval(secs => $1) RETURNING id
), orphaned AS MATERIALIZED (
    SELECT r.route_key FROM routes r
    WHERE r.worker_id IS NOT NULL
      AND (r.worker_id IN (SELECT id FROM dead) OR NOT EXISTS (SELECT FROM workers w WHERE w.id = r.worker_id))
    ORDER BY r.route_key FOR UPDATE OF r SKIP LOCKED
), freed AS (
    UPDATE routes r SET worker_id = NULL, epoch = r.epoch + 1, updated_at = now()
    FROM orphaned o WHERE r.route_key = o.route_key
    RETURNING r.route_key
), held AS MATERIALIZED (
    SELECT c.job_id, c.no FROM orphaned o CROSS JOIN LATERAL (
        SELECT job_id, no FROM chunks WHERE route_key = o.route_key AND state IN ('rung', 'claimed', 'sent') OFFSET 0
    ) c
    WHERE NOT EXISTS (SELECT FROM pulled_pages p WHERE p.job_id = c.job_id AND p.chunk_no = c.no)
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no, c.state FROM held h JOIN chunks c ON c.job_id = h.job_id AND c.no = h.no
    WHERE (c.state || '') = ANY('{rung,claimed,sent}')
    ORDER BY c.job_id, c.no FOR UPDATE OF c
), returned AS (
    UPDATE chunks c
    SET state = 'pending', look_up = c.look_up OR l.state = 'sent' OR EXISTS (
            SELECT FROM remote_jobs r JOIN submissions s ON s.id = r.submission_id
            WHERE r.job_id = c.job_id AND r.chunk_no = c.no AND r.state = 'open' AND s.bytes > 0
        ), claim_token = NULL, worker_id = NULL, rung_at = NULL
    FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
    RETURNING l.state
)
SELECT (SELECT coalesce(array_agg(id), '{}') FROM dead) AS workers,
       (SELECT coalesce(array_agg(route_key), '{}') FROM freed) AS routes,
       (SELECT count(*) FROM returned) AS chunks,
       (SELECT count(*) FROM returned WHERE state = 'sent') AS to_look_up
"""


@dataclass(frozen=True, slots=True)
class Buried:
    """Workers declared dead, routes that are free again, chunks that came back, and how many of these are looked up first."""

    workers: int = 0
    routes: tuple[str, ...] = ()
    chunks: int = 0
    to_look_up: int = 0


async def bury(connection: Connection, dead_after: float) -> Buried:
    """Declares dead whose heartbeat is older than `dead_after` seconds; frees routes whose owner has no row, too."""
    row = await connection.fetchrow(BURY, dead_after)
    if row is None:
        return Buried()
    return Buried(len(row["workers"]), tuple(row["routes"]), row["chunks"], row["to_look_up"])


class Reaper:
    """Looks once a second. `step` returns None while it may not judge yet."""

    def __init__(self, database: Database, clock: Clock, *, dead_after: float = 10.0, longest_gap: float = 4.0) -> None:
        self._database = database
        self._clock = clock
        self._dead_after = dead_after
        self._longest_gap = longest_gap
        self._seen_since: float | None = None
        self._last_seen = clock.monotonic()

    async def step(self) -> Buried | None:
        """One look at the database; an error, or a gap since the last look, starts the waiting time anew."""
        now = self._clock.monotonic()
        if now - self._last_seen > self._longest_gap:
            self._seen_since = None
        try:
            async with self._database.transaction() as connection:
                await connection.execute("SELECT 1")
                if not self._may_judge():
                    return None
                return await bury(connection, self._dead_after)
        except BaseException:
            self._seen_since = None
            raise

    def _may_judge(self) -> bool:
        now = self._clock.monotonic()
        self._last_seen = now
        if self._seen_since is None:
            self._seen_since = now
        return now - self._seen_since >= self._dead_after
