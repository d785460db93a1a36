"""Writes what became of chunks: one transaction for a group of results, with the progress events in the outbox.

Results are never lost and never call a shop again: while the database is away the writer insists; what the database refuses is
singled out, so that one poisoned result does not hold up its group, and is written in a form that it takes.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_common.delivery import outbox
from pixee_common.domain.ids import WorkerId
from pixee_common.domain.job import LETTER_OUTCOMES, OPEN_LETTERS, Counted, count_letters
from pixee_common.events import SyncProgress
from pixee_common.messaging.topics import PROGRESS
from pixee_common.telemetry import record
from pixee_workers.sync_base import outcome_rows
from pixee_workers.sync_base.chunks import ChunkResult
from pixee_workers.sync_base.group_commit import GroupCommit
from pixee_workers.sync_base.insisting import insist
from pixee_workers.sync_base.overtaken import mark_overtaken
from pixee_workers.sync_base.refused_outcomes import write_refused

SOURCE = "platform-workers"
_MOST = 64
_log = logging.getLogger(__name__)


class OutcomeWriter:
    """`put` a result; its future tells whether it counted (false: somebody else has claimed the chunk). `run` must be running."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._group: GroupCommit[tuple[WorkerId, ChunkResult], bool] = GroupCommit(self._commit, most=_MOST)

    async def write(self, worker_id: WorkerId, result: ChunkResult) -> bool:
        """Returns when the result is committed."""
        return await self._group.put((worker_id, result))

    async def write_together(
        self, worker_id: WorkerId, results: Sequence[ChunkResult], first: Callable[[Connection], Awaitable[bool]]
    ) -> bool:
        """`first` and all results in one transaction; false where `first` says that it is too late, and nothing is written.

        Where the database refuses a result, `first` is committed alone and the results go the way of all others, one by one.
        """
        group = [(worker_id, result) for result in results]

        async def all_of_it(connection: Connection) -> Mapping[outcome_rows.ChunkKey, int] | None:
            return await self._in_transaction(connection, group) if await first(connection) else None

        async def only_first(connection: Connection) -> bool:
            return await first(connection)

        try:
            written = await insist(self._database, all_of_it)
        except Exception as error:
            _log.warning("%d outcomes of one file were refused (%s), one by one", len(group), type(error).__name__)
            if not await insist(self._database, only_first):
                return False
            for result in results:
                await self.write(worker_id, result)
            return True
        for result in results:
            if written and (result.chunk.job_id, result.chunk.no) in written:
                _measure(result)
        return written is not None

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._group.run()

    async def _commit(self, group: Sequence[tuple[WorkerId, ChunkResult]]) -> list[bool]:
        try:
            written = await self._write(group)
        except Exception as error:
            if len(group) > 1:
                _log.warning("a group of %d outcomes was refused (%s), one by one", len(group), type(error).__name__)
                return [counted for single in group for counted in await self._commit([single])]
            return [await self._refused(*group[0], error)]
        counted = [(result.chunk.job_id, result.chunk.no) in written for _, result in group]
        for (_, result), good in zip(group, counted, strict=True):
            if good:
                _measure(result)
        return counted

    async def _write(self, group: Sequence[tuple[WorkerId, ChunkResult]]) -> Mapping[outcome_rows.ChunkKey, int]:
        async def work(connection: Connection) -> Mapping[outcome_rows.ChunkKey, int]:
            return await self._in_transaction(connection, group)

        return await insist(self._database, work)

    async def _in_transaction(
        self, connection: Connection, group: Sequence[tuple[WorkerId, ChunkResult]]
    ) -> Mapping[outcome_rows.ChunkKey, int]:
        attempts = await outcome_rows.write_chunks(connection, [result for _, result in group])
        passed = [(worker, result) for worker, result in group if (result.chunk.job_id, result.chunk.no) in attempts]
        if not passed:
            return attempts
        results = [result for _, result in passed]
        await outcome_rows.write_listings(connection, results)
        stale = await outcome_rows.write_operations(connection, results)
        await mark_overtaken(connection, results, stale)
        await outcome_rows.write_issues(connection, results)
        await outcome_rows.write_remote_jobs(connection, results)
        await outcome_rows.write_pages(connection, results)
        await outcome_rows.write_connectors(connection, results)
        await outbox.put_many(
            connection,
            [(PROGRESS, self._event(worker, result, attempts), _trace(result)) for worker, result in passed],
            source=SOURCE,
        )
        return attempts

    async def _refused(self, worker_id: WorkerId, result: ChunkResult, error: Exception) -> bool:
        async def again(changed: ChunkResult) -> bool:
            return bool(await self._write([(worker_id, changed)]))

        return await write_refused(self._database, result, error, again, source=SOURCE)

    def _event(
        self, worker_id: WorkerId, result: ChunkResult, attempts: Mapping[outcome_rows.ChunkKey, int]
    ) -> SyncProgress:
        chunk = result.chunk
        counts = count_letters(result.letters)
        return SyncProgress(
            job_id=chunk.job_id,
            chunk_no=chunk.no,
            account_id=chunk.account_id,
            connector_id=chunk.connector_id,
            platform=chunk.platform,
            operation=chunk.operation,
            route_key=chunk.route_key,
            worker_id=worker_id,
            state=outcome_rows.state_after(result),
            size=len(result.letters),
            succeeded=counts[Counted.SUCCEEDED],
            failed=counts[Counted.FAILED],
            skipped=counts[Counted.SKIPPED],
            cancelled=counts[Counted.CANCELLED],
            attempt=attempts[chunk.job_id, chunk.no],
            waiting_reason=str(result.wait.reason) if result.wait else None,
            waiting_until=result.wait.until if result.wait else None,
            occurred_at=self._clock.now(),
        )


def _trace(result: ChunkResult) -> dict[str, str]:
    return {"traceparent": result.chunk.traceparent} if result.chunk.traceparent else {}


def _measure(result: ChunkResult) -> None:
    chunk = result.chunk
    labels = {"platform": chunk.platform, "operation": chunk.operation.value}
    if result.wait is None:
        record("pixee_chunks_total", **labels)
    tally: dict[str, int] = {}
    for before, after in zip(chunk.letters, result.letters, strict=True):
        if before in OPEN_LETTERS and after not in OPEN_LETTERS:
            tally[after] = tally.get(after, 0) + 1
    for letter, count in tally.items():
        record("pixee_items_total", count, **labels, outcome=LETTER_OUTCOMES[letter].value)
