"""Remote jobs of single calls whose deadline has passed are asked for on, as files are (`uploads/late_files`): what their items have
counted stands, the verdict is told when it comes.

No chunk waits for them any more, so nothing rings them: a quiet loop of every worker looks for one at a time, whoever owns the route.
Asking changes nothing at the platform, and a verdict is told once, in the transaction that closes the remote job.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid5

from pixee_common.db import Connection, Database
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.claims import claimed_chunk
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.liveness import Incarnation, Liveness
from pixee_workers.sync_base.outcomes import PollResult, RemoteJob
from pixee_workers.sync_base.quiet_loop import look_now_and_then
from pixee_workers.sync_base.uploads.late_rows import LateRows
from pixee_workers.sync_base.uploads.late_telling import told_late
from pixee_workers.sync_base.uploads.rows import Part

_PAUSE = timedelta(minutes=15)
_LONGEST = timedelta(days=7)

# Whoever takes one sets the time of the next look, so that no two workers ask at once.
TAKE = """
UPDATE remote_jobs SET next_poll_at = $1::timestamptz + $3::interval
WHERE id = (
    SELECT id FROM remote_jobs WHERE state = 'late' AND next_poll_at <= $1 AND platform = ANY($2::text[])
    ORDER BY next_poll_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
READ = """
SELECT r.id AS row_id, r.kind, r.remote_id, r.item_ids AS sent_ids, r.correlation, r.deadline_at, c.job_id, c.no, c.account_id,
       c.connector_id, c.platform, c.operation, c.route_key, c.priority, c.item_ids, c.letters, c.attempt, c.look_up, c.epoch,
       c.claim_token, c.cursor, c.traceparent, NULL::timestamptz AS since, NULL::timestamptz AS page_waits_since, c.state, c.size,
       c.succeeded, c.failed, c.skipped, c.cancelled
FROM remote_jobs r JOIN chunks c ON c.job_id = r.job_id AND c.no = r.chunk_no
WHERE r.id = $1 AND (c.state || '') IN ('done', 'cancelled')
"""
END = "UPDATE remote_jobs SET state = 'done' WHERE id = $1 AND state = 'late'"


class LateCalls:
    """One loop of a worker; `step` looks at one remote job."""

    def __init__(
        self, courier: PlatformCourier, database: Database, liveness: Liveness, platforms: Sequence[str]
    ) -> None:
        self._courier = courier
        self._database = database
        self._kept = LateRows(database)
        self._liveness = liveness
        self._platforms = list(platforms)

    async def run(self) -> None:
        """Until it is cancelled."""
        await look_now_and_then("asking for late verdicts", self.step)

    async def step(self) -> bool:
        """Asks for one overdue remote job; false where none is due."""
        life = await self._liveness.joined()
        now = self._courier.clock.now()
        taken = await self._fetch(TAKE, now, self._platforms, _PAUSE)
        if not taken:
            return False
        found = await self._fetch(READ, taken[0]["id"])
        if found and now - found[0]["deadline_at"] <= _LONGEST:
            await self._ask(found[0], life)
        elif found:
            await self._fetch(END, found[0]["row_id"])
        return True

    async def _ask(self, row: Any, life: Incarnation) -> None:
        chunk = claimed_chunk(row)
        carriage = await self._courier.board(chunk, life, aside=True)
        if not isinstance(carriage, Carriage):
            return
        known: dict[str, Any] = row["correlation"]
        items = tuple(row["sent_ids"])
        job = RemoteJob(row["kind"], row["remote_id"], items, known.get("adapter", {}), 0.0, 0.0)
        answer = await carriage.ask(lambda context: carriage.adapter.poll(job, context), uuid5(row["row_id"], "late"))
        if isinstance(answer, PlatformFault):
            if answer.kind is FaultKind.REFUSED:
                await self._fetch(END, row["row_id"])
            return
        await self._tell(row, carriage, answer, known.get("sent", {}), life)

    async def _tell(
        self, row: Any, carriage: Carriage, answer: PollResult, sent: dict[str, Any], life: Incarnation
    ) -> None:
        items = tuple(row["sent_ids"])
        tally = self._courier.tally(carriage.chunk, carriage.adapter)
        outcomes = [one for one in answer.outcomes if str(one.item_id) in sent and one.kind is not OutcomeKind.ACCEPTED]
        said = {one.item_id for one in outcomes}
        left = [] if answer.done else [item for item in items if item not in said]
        part = Part(row["row_id"], items, sent, {})
        late = told_late(part, row, tally, outcomes, left, by=life.worker_id, at=carriage.wiring.clock.now())
        await self._kept.write(late, still="late" if left else "done")

    async def _fetch(self, statement: str, *values: Any) -> list[Any]:
        async def work(connection: Connection) -> list[Any]:
            return list(await connection.fetch(statement, *values))

        return await self._database.run(work, alone=True)
