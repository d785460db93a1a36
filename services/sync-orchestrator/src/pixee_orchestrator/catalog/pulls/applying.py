"""Applies one staged page in one transaction: catalog, listings, what the shop had, outcomes, the next page of the chain.

Lock order: the page's chunk → the account → the catalog's rows → later chunks of the pull → the job.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from pixee_common.db import Connection, Database, is_transient
from pixee_common.delivery import dead_letters
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Manifest
from pixee_common.telemetry import span
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.consumer import LOCK_ACCOUNTS
from pixee_orchestrator.catalog.pulls import rows as sql
from pixee_orchestrator.catalog.pulls.chains import advance, break_off, insert_next, set_aside
from pixee_orchestrator.catalog.pulls.creating import possible_names
from pixee_orchestrator.catalog.pulls.facts import read_facts
from pixee_orchestrator.catalog.pulls.findings import Issue
from pixee_orchestrator.catalog.pulls.merging import Merge
from pixee_orchestrator.catalog.pulls.pages import PulledProduct
from pixee_orchestrator.catalog.pulls.paging import Brought, PageNote, digest, fault_of, noted, warning_of
from pixee_orchestrator.catalog.pulls.pull_job import PullJob, read_job
from pixee_orchestrator.catalog.pulls.writing import write_merge, write_outcomes
from pixee_orchestrator.catalog.writing import Writes
from pixee_orchestrator.names import SOURCE
from pixee_orchestrator.progress.lifecycle import carrier

__all__ = ["PullPages", "merge_page"]

_log = logging.getLogger(__name__)
_PAGES = TypeAdapter(tuple[PulledProduct, ...])


class PullPages:
    """Applies whatever pages are staged: those of one pull in order, pulls in the order in which they moved."""

    def __init__(self, database: Database, manifests: Mapping[str, Manifest]) -> None:
        self._database = database
        self._manifests = manifests

    async def sweep(self) -> bool:
        """One round; True when there may be more at once."""
        async with self._database.connection() as connection:
            staged = await connection.fetch(sql.STAGED_PAGES)
        applied = [await self.apply(row["job_id"], row["chunk_no"]) for row in staged]
        return any(applied)

    async def apply(self, job_id: UUID, no: int) -> bool:
        """Applies one page; False where another replica has it in hand. A page that cannot be applied is set aside, loudly."""

        async def work(connection: Connection) -> bool:
            return await self._apply(connection, job_id, no)

        async def give_up(connection: Connection) -> bool:
            return await _give_up(connection, job_id, no)

        try:
            return await self._database.run(work)
        except Exception as error:
            if is_transient(error):
                raise
            _log.exception("page %d of the pull %s cannot be applied", no, job_id)
            return await self._database.run(give_up)

    async def _apply(self, connection: Connection, job_id: UUID, no: int) -> bool:
        taken = await _take(connection, job_id, no)
        if taken is None:
            return False
        job, chunk, page = taken
        with span("apply page", kind="consumer", parent=carrier(chunk["traceparent"])):
            if job.broken_off:
                await set_aside(connection, job, no)
            elif page["refusal"] is not None:
                await write_outcomes(connection, job, no, [], [])
                await break_off(connection, job, no, page["refusal"]["reason"], page["refusal"]["message"])
            else:
                merge, objects = await merge_page(connection, job, page)
                before = await connection.fetchval(sql.NOTE_OF, job.id, no - 1)
                brought = Brought(objects, len(objects) - merge.repeated, merge.changed, page["total"])
                note = noted(brought, PageNote.read(before))
                await write_merge(connection, job, no, merge, note)
                await self._go_on(connection, job, no, page, note)
        return True

    async def _go_on(self, connection: Connection, job: PullJob, no: int, page: Any, note: PageNote) -> None:
        cursor = page["next_cursor"]
        if cursor is not None and not job.cancelled:
            repeats = await connection.fetchval(sql.CURSOR_WAS_HAD, job.id, cursor, no)
            if fault := fault_of(note, cursor_repeats=repeats):
                warning, _ = warning_of(note, ended=False)
                await break_off(connection, job, no, ReasonCode.PAGING_BROKEN, fault, warning=warning)
                return
            await insert_next(connection, job, no, cursor)
        warning, missing = warning_of(note, ended=cursor is None)
        await advance(
            connection,
            job,
            no,
            ended=cursor is None or job.cancelled,
            until=page["requested_at"] - timedelta(seconds=self._overlap(job)) if no == 0 else None,
            missing=missing,
            warning=warning,
        )

    def _overlap(self, job: PullJob) -> float:
        manifest = self._manifests.get(job.platform)
        capability = manifest.capabilities.get(Operation.PULL_PRODUCTS) if manifest else None
        return capability.overlap_seconds if capability else 0.0


async def _take(connection: Connection, job_id: UUID, no: int) -> tuple[PullJob, Any, Any] | None:
    chunk = await connection.fetchrow(sql.LOCK_CHUNK, job_id, no)
    page = await connection.fetchrow(sql.READ_PAGE, job_id, no) if chunk else None
    if chunk is None or page is None:
        return None
    await connection.execute(sql.DELETE_PAGE, job_id, no)
    job = await read_job(connection, job_id)
    if job is None or job.finished or chunk["state"] in {"done", "cancelled"}:
        return None
    await connection.execute(LOCK_ACCOUNTS, [job.account_id])
    return job, chunk, page


async def merge_page(connection: Connection, job: PullJob, page: Any) -> tuple[Merge, list[tuple[str, bytes]]]:
    """(what is to be written, the page's objects with their digests). Reads only."""
    pulled = _PAGES.validate_python(page["products"])
    digests = [digest(product) for product in page["products"]]
    names = {name for product in pulled for name in possible_names(product, job.platform)}
    placeholders = [job.placeholder(product.external_id) for product in pulled]
    facts = await read_facts(connection, job, pulled, names=names, placeholders=placeholders)
    merge = Merge(job, facts, page["requested_at"], Writes(job.account_id, Marks(job.account_id)))
    for product, told in zip(pulled, digests, strict=True):
        merge.add(product, told)
    return merge, [(product.external_id, told) for product, told in zip(pulled, digests, strict=True)]


async def _give_up(connection: Connection, job_id: UUID, no: int) -> bool:
    """Fails the page's products as `internal`, keeps the raw page as a dead letter, and breaks the pull off."""
    taken = await _take(connection, job_id, no)
    if taken is None:
        return False
    job, _, page = taken
    if job.broken_off:
        await set_aside(connection, job, no)
        return True
    products = page["products"]
    items = [(job.placeholder(f"{no}:{place}"), OutcomeKind.REJECTED) for place in range(len(products))]
    text = "An error of ours; Pixee has been told."
    issues = [Issue(item, kind, ReasonCode.INTERNAL, text) for item, kind in items]
    await write_outcomes(connection, job, no, items, issues)
    await dead_letters.set_aside(
        connection,
        topic="pulled_pages",
        payload=orjson.dumps(products),
        reason="page_failed",
        message=f"page {no} of the pull {job_id} could not be applied",
        source=SOURCE,
        account_id=job.account_id,
    )
    await break_off(connection, job, no, ReasonCode.INTERNAL, text)
    return True
