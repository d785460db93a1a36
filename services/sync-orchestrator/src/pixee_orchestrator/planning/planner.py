"""Plans one page of one job in one transaction; called again while there is more. Any number of replicas do this at once.

Dispatch begins with the first page: a job over a million products does not wait for its own planning.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Manifest
from pixee_common.telemetry import inject, log_context, span
from pixee_orchestrator.auto_sync.pending import take_pending
from pixee_orchestrator.planning.chunks import advance_job, insert_chunks, insert_pull_chunk
from pixee_orchestrator.planning.items import ItemQuery, page_of_items
from pixee_orchestrator.planning.pages import cut
from pixee_orchestrator.planning.pulls import since_for
from pixee_orchestrator.planning.traces import chunk_traceparents
from pixee_orchestrator.planning.turns import JobInTurn, take_job, upload_lines
from pixee_orchestrator.progress.lifecycle import announce, carrier, notify
from pixee_orchestrator.progress.settling import settle

__all__ = ["NO_ITEMS", "Planner"]

NO_ITEMS = "The scope holds no items, so nothing was sent."
SENT_ALREADY = "What had changed was sent by an earlier job already, or is gone."

# A job that nobody needs any more is not planned on; what it has is cancelled by the timers.
STOP_PLANNING = """
UPDATE jobs SET planning = 'done', cancel_requested_at = coalesce(cancel_requested_at, now()),
                error_code = CASE WHEN $2 THEN 'connector_deleted' ELSE error_code END, version = version + 1
WHERE id = $1
"""


class Planner:
    """Takes jobs whose turn has come, a page at a time, accounts in turn."""

    def __init__(
        self,
        database: Database,
        manifests: Mapping[str, Manifest],
        *,
        page_items: int = 10_000,
        lifetime: timedelta = timedelta(days=7),
    ) -> None:
        self._database = database
        self._manifests = manifests
        self._uploads = upload_lines(manifests)
        self._page_items = page_items
        self._lifetime = lifetime
        self._last_account = UUID(int=0)

    async def step(self) -> bool:
        """Plans one page; False when no job is to be planned now."""
        return await self._database.run(self._plan_one)

    async def _plan_one(self, connection: Connection) -> bool:
        job = await take_job(connection, self._last_account, self._uploads)
        if job is None:
            return False
        self._last_account = job.account_id
        names = {"account": job.account_id, "connector": job.connector_id, "job": job.id}
        with log_context(**names), span("plan", kind="consumer", parent=carrier(job.traceparent)):
            if job.cancelled or job.connector_deleted:
                await connection.execute(STOP_PLANNING, job.id, job.connector_deleted)
                await settle(connection, [job.id])
            elif job.operation is Operation.PULL_PRODUCTS:
                await self._begin_pull(connection, job)
            else:
                await self._plan_page(connection, job)
        return True

    async def _plan_page(self, connection: Connection, job: JobInTurn) -> None:
        page, last = await self._next_page(connection, job)
        cuts = cut(page, job.next_chunk)
        alone = last and len(cuts) == 1 and job.next_chunk == 0
        traces = chunk_traceparents(job.traceparent, [one.no for one in cuts], alone=alone)
        await insert_chunks(connection, job, page, cuts, traces)
        empty = last and job.next_chunk == 0 and not cuts
        row = await advance_job(
            connection,
            job,
            items=len(page),
            cursor=page[-1] if page else None,
            next_chunk=job.next_chunk + len(cuts),
            planning="done" if last else "begun",
            lifetime=self._lifetime,
            warning=(SENT_ALREADY if job.takes_pending_changes else NO_ITEMS) if empty else None,
        )
        await self._tell(connection, job, row)
        if last and not (job.takes_pending_changes and cuts):  # else all of it is still to be sent
            await settle(connection, [job.id])

    async def _next_page(self, connection: Connection, job: JobInTurn) -> tuple[Sequence[UUID], bool]:
        """The items, and whether they are the last. Changes that come from now on are another job's."""
        if job.takes_pending_changes:
            return await take_pending(connection, job.connector_id, job.operation, self._page_items), True
        query = ItemQuery(job.account_id, job.connector_id, job.operation, job.product_ids, job.retry_of)
        page = await page_of_items(connection, query, job.plan_cursor, self._page_items)
        return page, len(page) < self._page_items

    async def _begin_pull(self, connection: Connection, job: JobInTurn) -> None:
        since = await since_for(connection, job, self._manifests)
        await insert_pull_chunk(connection, job, 0, traceparent=inject().get("traceparent", job.traceparent))
        row = await advance_job(
            connection, job, items=0, cursor=None, next_chunk=1, planning="begun", lifetime=self._lifetime, since=since
        )
        await self._tell(connection, job, row)

    @staticmethod
    async def _tell(connection: Connection, job: JobInTurn, row: Any) -> None:
        if job.planning == "waiting":
            await announce(connection, [row])
        else:
            await notify(connection, [job.id])
