"""Folds what progress events name, and what they did not: one transaction for a batch, job states and lifecycle events included."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.job import ChunkState, Operation
from pixee_common.events import SyncProgress
from pixee_common.messaging.consuming import Received, SetAside, UnreadableError, read
from pixee_common.telemetry import record, span
from pixee_orchestrator.progress.fold import fold, unfolded
from pixee_orchestrator.progress.settling import settle

__all__ = ["Folder"]

_TRACES_PER_BATCH = 20
_SWEEP_CHUNKS = 5000

# Jobs that may be due although no chunk of theirs has changed: planning has ended since, or a process died between two steps.
UNSETTLED_JOBS = """
SELECT id FROM jobs
WHERE finished_at IS NULL AND planning = 'done'
  AND (NOT sending_done OR total = succeeded + failed + skipped + cancelled)
"""


class Folder:
    """The consumer of progress events and the sweep beside it.

    `poke` is told each route that may have room now; `page_staged` is called when a pull has moved.
    """

    def __init__(
        self,
        database: Database,
        poke: Callable[[str], None],
        set_aside: SetAside,
        page_staged: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._poke = poke
        self._set_aside = set_aside
        self._page_staged = page_staged

    async def handle(self, batch: Sequence[Received]) -> None:
        """A batch of progress events; fits `messaging.consuming.Handle`.

        A job's turn can end by what is counted or by what now waits; only such jobs are looked at here, the rest by the sweep.
        """
        chunks: dict[tuple[UUID, int], None] = {}
        routes: set[str] = set()
        parked: set[UUID] = set()
        carriers: dict[str, dict[str, str]] = {}
        for message in batch:
            try:
                event = read(message, SyncProgress)
            except UnreadableError as error:
                await self._set_aside([message], "unreadable", str(error))
                continue
            chunks[event.job_id, event.chunk_no] = None
            if event.operation is Operation.PULL_PRODUCTS:
                self._page_staged()
            routes.add(event.route_key)
            if event.state == ChunkState.WAITING:
                parked.add(event.job_id)
            if traceparent := message.headers.get("traceparent"):
                carriers.setdefault(traceparent[:35], message.headers)
        with ExitStack() as spans:
            for carried in list(carriers.values())[:_TRACES_PER_BATCH]:
                spans.enter_context(span("fold", kind="consumer", parent=carried))
            await self.fold(chunks, parked)
        for route in routes:
            self._poke(route)
        record("pixee_messages_total", len(batch), topic="progress", result="handled")

    async def fold(self, chunks: Iterable[tuple[UUID, int]], look_at: Collection[UUID] | None = None) -> None:
        """Folds these chunks and settles their jobs, in one transaction.

        With `look_at` only these jobs, and those that are counted to the end, are looked at; without it, all.
        """
        keys = list(chunks)

        async def work(connection: Connection) -> None:
            done = await fold(connection, keys)
            jobs = {job for job, _ in keys} if look_at is None else done.counted | set(look_at)
            await settle(connection, jobs)

        if keys:
            await self._database.run(work)

    async def sweep(self) -> bool:
        """Folds what no event announced and settles what is due; True when there may be more at once."""

        async def work(connection: Connection) -> int:
            found = await unfolded(connection, _SWEEP_CHUNKS)
            await fold(connection, found)
            due = {row["id"] for row in await connection.fetch(UNSETTLED_JOBS)}
            await settle(connection, due | {job for job, _ in found})
            return len(found)

        return await self._database.run(work) >= _SWEEP_CHUNKS
