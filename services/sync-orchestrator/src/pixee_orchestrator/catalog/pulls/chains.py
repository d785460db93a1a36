"""The chain of a pull's pages: how it goes on, ends or breaks off, and how the workers read ahead of what is applied.

A page's chunk is made from the cursor of the page before, so pages are read one after the other. Applying a page takes about as long
as reading one, so the next chunk is made as soon as a page is staged (`PullChains`), at most `AHEAD` pages before the one that is
being applied: worker and orchestrator work at the same time, and what waits in between stays small. Whether a chain may go on at
all is decided when its page is applied; what was read ahead of a chain that broke off is set aside unread.
"""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixee_common.db import Connection, Database
from pixee_common.db.channels import DISPATCH
from pixee_common.telemetry import inject
from pixee_orchestrator.catalog.pulls import rows as sql
from pixee_orchestrator.catalog.pulls.pull_job import PullJob, read_job
from pixee_orchestrator.planning.chunks import insert_pull_chunk
from pixee_orchestrator.progress.fold import fold
from pixee_orchestrator.progress.settling import settle

__all__ = ["AHEAD", "PullChains", "advance", "break_off", "insert_next", "set_aside"]

AHEAD = 3
"""Staged pages of one pull with which no further one is asked for."""


class PullChains:
    """Makes the next page's chunk of every pull that may be read ahead."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(self) -> bool:
        """One round; True when there may be more at once."""
        async with self._database.connection() as connection:
            ends = await connection.fetch(sql.ENDS_OF_CHAINS, AHEAD)
        for end in ends:
            await self._extend(end)
        return False

    async def _extend(self, end: Any) -> None:
        async def work(connection: Connection) -> None:
            await _insert_ahead(connection, end)

        with contextlib.suppress(_GrowsNoMoreError):
            await self._database.run(work)


class _GrowsNoMoreError(Exception):
    """The pull was cancelled, is over or has broken off: the new chunk is rolled back."""


async def _insert_ahead(connection: Connection, end: Any) -> None:
    """Chunk before job, as everywhere: whoever applies the page makes the same chunk and then locks the job."""
    if await connection.fetchval(sql.CURSOR_WAS_HAD, end["job_id"], end["next_cursor"], end["chunk_no"]):
        return
    job = await read_job(connection, end["job_id"])
    if job is None:
        return
    await insert_next(connection, job, end["chunk_no"], end["next_cursor"], traceparent=end["traceparent"])
    if not await connection.fetchval(sql.LOCK_GROWING_JOB, job.id):
        raise _GrowsNoMoreError


async def insert_next(
    connection: Connection, job: PullJob, no: int, cursor: Mapping[str, Any], *, traceparent: str | None = None
) -> None:
    """The chunk of the page after `no`, where there is none yet, and a bell for it."""
    trace = traceparent or inject().get("traceparent")
    if await insert_pull_chunk(connection, job, no + 1, cursor=cursor, traceparent=trace):
        await connection.execute("SELECT pg_notify($1, $2)", DISPATCH, job.route_key)


async def advance(
    connection: Connection,
    job: PullJob,
    no: int,
    *,
    ended: bool,
    until: datetime | None,
    missing: bool,
    warning: str | None,
) -> None:
    """A page was applied. `until`: where the next incremental pull may begin; with products `missing` it begins where this one did."""
    planning = "done" if ended else "begun"
    await fold(connection, [(job.id, no)])
    await connection.execute(sql.ADVANCE_JOB, job.id, planning, no + (1 if ended else 2), until, warning, missing)
    await settle(connection, [job.id])


async def break_off(
    connection: Connection, job: PullJob, no: int, reason: str, message: str, *, warning: str | None = None
) -> None:
    """Ends a pull before its last page: what was applied stays, the job has failed with the reason."""
    await connection.execute(sql.CLOSE_LATER, job.id, no)
    await fold(connection, [(job.id, no)])
    await connection.execute(sql.BREAK_OFF, job.id, no + 1, reason, message[:1000], warning)
    await settle(connection, [job.id])


async def set_aside(connection: Connection, job: PullJob, no: int) -> None:
    """A page that was read ahead of a chain that broke off meanwhile."""
    await connection.execute(sql.CLOSE_PAGE, job.id, no)
    await settle(connection, [job.id])
