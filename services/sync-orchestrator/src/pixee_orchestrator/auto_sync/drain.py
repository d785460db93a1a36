"""Turns pending changes into jobs: one at a time for each connector and operation, so that what changes meanwhile gathers.

The job is an ordinary one that waits for its turn; the planners take the pending changes when it has come. While the catalog is
behind its changes, jobs are made less often: what they would send is about to be overwritten, and sending it costs the shops calls
and the catalog the time to catch up. Every replica does this: the lock under which a POST makes its job (`submit_job`) is only tried here, and whether a job is called for is asked again
behind it, in a statement of its own, because the snapshot of one would be older than the lock.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_common.db.channels import PLAN
from pixee_common.domain.ids import id_floor, new_id
from pixee_orchestrator.auto_sync.pending import AUTO_SYNC, SCOPE

__all__ = ["Drain"]

_GATHER_SECONDS = 0.05
_PAIRS_AT_ONCE = 200
_PAUSES_BEHIND = 10
"""Pauses instead of one, while the catalog is behind."""

# Two index look-ups each: a job that still sends, and one that is younger than the interval ($1 is the smallest id of that time).
_CALLED_FOR = """
    c.status = 'active' AND c.deleted_at IS NULL AND o.operation = ANY(c.auto_sync)
    AND EXISTS (SELECT FROM pending_changes p WHERE p.connector_id = c.id AND p.operation = o.operation)
    AND NOT EXISTS (
        SELECT FROM jobs j
        WHERE j.connector_id = c.id AND j.operation = o.operation AND NOT j.sending_done AND j.requested_by = $2
    )
    AND NOT EXISTS (
        SELECT FROM jobs j
        WHERE j.connector_id = c.id AND j.id >= $1 AND j.operation = o.operation AND j.requested_by = $2
    )
"""
LOCK_PAIRS = f"""
WITH due AS MATERIALIZED (
    SELECT c.id, o.operation FROM connectors c CROSS JOIN LATERAL unnest(c.auto_sync) AS o(operation)
    WHERE c.auto_sync <> '{{}}' AND {_CALLED_FOR}
    ORDER BY o.operation <> 'push_stock', o.operation <> 'push_prices', c.id
    LIMIT $3
)
SELECT id, operation FROM due WHERE pg_try_advisory_xact_lock(hashtextextended(id::text || operation, 2))
"""
MAKE_JOBS = f"""
INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope, scope_hash, requested_by, deadline_at)
SELECT o.job_id, c.account_id, c.id, c.platform, o.operation, c.route_key, $3, '', $2, now() + $4::interval
FROM unnest($5::uuid[], $6::uuid[], $7::text[]) AS o(job_id, connector_id, operation)
JOIN connectors c ON c.id = o.connector_id
WHERE {_CALLED_FOR}
RETURNING id
"""
WAKE_PLANNERS = "SELECT pg_notify($1, id::text) FROM unnest($2::uuid[]) AS id"
# Marks of a writer that did not yet see the switch go off, and of connectors that were deleted.
TIDY = """
DELETE FROM pending_changes p USING connectors c
WHERE c.id = p.connector_id AND (c.deleted_at IS NOT NULL OR NOT p.operation = ANY(c.auto_sync))
"""


class Drain:
    """`step` fits `loops.Loop`. `pause`: least seconds between two jobs of one connector and operation; ten times that while the
    catalog `is_behind`.
    """

    def __init__(
        self, database: Database, clock: Clock, is_behind: Callable[[], bool], *, pause: float, lifetime: timedelta
    ) -> None:
        self._database = database
        self._clock = clock
        self._is_behind = is_behind
        self._pause = timedelta(seconds=pause)
        self._lifetime = lifetime

    async def step(self) -> bool:
        """Gathers what is being told for a moment, then makes the jobs that are called for; True when there may be more at once."""
        await self._clock.sleep(_GATHER_SECONDS)
        return await self._database.run(self.make_jobs) >= _PAIRS_AT_ONCE

    async def make_jobs(self, connection: Connection) -> int:
        """One round. Returns how many pairs of connector and operation it looked at."""
        pause = self._pause * _PAUSES_BEHIND if self._is_behind() else self._pause
        floor = id_floor(self._clock.now() - pause)
        pairs: list[Any] = await connection.fetch(LOCK_PAIRS, floor, AUTO_SYNC, _PAIRS_AT_ONCE)
        if pairs:
            made = await connection.fetch(
                MAKE_JOBS,
                *(floor, AUTO_SYNC, SCOPE, self._lifetime),
                *([new_id() for _ in pairs], [row["id"] for row in pairs], [row["operation"] for row in pairs]),
            )
            await connection.execute(WAKE_PLANNERS, PLAN, [row["id"] for row in made])
        return len(pairs)

    async def tidy(self) -> bool:
        """Drops what nobody wants any more; fits `loops.Loop`."""

        async def work(connection: Connection) -> None:
            await connection.execute(TIDY)

        await self._database.run(work)
        return False
