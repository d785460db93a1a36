"""Files whose deadline has passed are asked for on: what their items have counted stands, the verdict is told when it comes.

No chunk waits for such a file any more, so nothing rings it: a quiet loop of every worker looks for one at a time, whoever owns
the route. Asking changes nothing at the platform, and a verdict is told once, in the transaction that closes the file's part.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from pixee_common.db import Connection, Database
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.liveness import Incarnation, Liveness
from pixee_workers.sync_base.quiet_loop import look_now_and_then
from pixee_workers.sync_base.upload_contract import Uploader
from pixee_workers.sync_base.uploads.late import LateVerdicts
from pixee_workers.sync_base.uploads.rows import OpenFile, UploadRows

_PAUSE = timedelta(minutes=15)
_LONGEST = timedelta(days=7)
_CLOSED = ("done",)
_FIRST = UUID(int=0)

# Whoever takes one sets the time of the next look, so that no two workers ask at once.
TAKE = """
UPDATE submissions SET next_poll_at = $1::timestamptz + $3::interval
WHERE id = (
    SELECT s.id FROM submissions s
    WHERE s.state = 'open' AND s.next_poll_at <= $1 AND s.deadline_at <= $1 AND s.platform = ANY($2::text[])
      AND NOT EXISTS (SELECT FROM remote_jobs r WHERE r.submission_id = s.id AND r.state = 'open')
    ORDER BY s.next_poll_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
END = """
UPDATE submissions SET state = $2, ended_at = now() WHERE id = $1 AND state = 'open'
"""


class LateFiles:
    """One loop of a worker; `step` looks at one file."""

    def __init__(
        self, courier: PlatformCourier, database: Database, liveness: Liveness, platforms: Sequence[str]
    ) -> None:
        self._courier = courier
        self._database = database
        self._rows = UploadRows(database)
        self._liveness = liveness
        self._platforms = list(platforms)

    async def run(self) -> None:
        """Until it is cancelled."""
        await look_now_and_then("asking for late results", self.step)

    async def step(self) -> bool:
        """Asks for one overdue file; false where none is due."""
        life = await self._liveness.joined()
        now = self._courier.clock.now()
        taken = await self._fetch(TAKE, now, self._platforms, _PAUSE)
        file = await self._rows.read(taken[0]["id"]) if taken else None
        if file is None:
            return bool(taken)
        parts = await self._rows.late(file.id, _CLOSED, _FIRST, 1)
        if not parts or now - file.deadline_at > _LONGEST:
            await self._fetch(END, file.id, "lost")
        else:
            await self._ask(file, parts[0][1], life)
        return True

    async def _ask(self, file: OpenFile, chunk: ClaimedChunk, life: Incarnation) -> None:
        carriage = await self._courier.board(chunk, life, aside=True)
        if not isinstance(carriage, Carriage) or not isinstance(carriage.adapter, Uploader):
            return
        adapter, operation = carriage.adapter, carriage.operation
        answer = await carriage.ask(
            lambda context: adapter.collect(operation, file.uploaded, context), uuid5(file.id, "late")
        )
        if isinstance(answer, PlatformFault):
            if answer.kind is FaultKind.REFUSED:
                await self._fetch(END, file.id, "lost")
            return
        if answer.done:
            late = LateVerdicts(self._rows, self._courier, carriage, life.worker_id)
            if await late.bring(answer, file, _CLOSED):
                await self._fetch(END, file.id, "done")

    async def _fetch(self, statement: str, *values: Any) -> list[Any]:
        async def work(connection: Connection) -> list[Any]:
            return list(await connection.fetch(statement, *values))

        return await self._database.run(work, alone=True)
