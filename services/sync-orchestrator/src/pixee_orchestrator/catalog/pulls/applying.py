"""Applies one staged page in one transaction: catalog, listings, what the shop had, outcomes, the next page of the chain.

Lock order: the page's chunk → the account → the catalog's rows → the job.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from pixee_common.db import Connection, Database, is_transient
from pixee_common.db.channels import DISPATCH
from pixee_common.delivery import dead_letters, outbox
from pixee_common.domain.job import OUTCOME_LETTERS, Counted, Operation, OutcomeKind, count_letters
from pixee_common.domain.reasons import ReasonCode
from pixee_common.events import CatalogChanged
from pixee_common.messaging.topics import CATALOG_CHANGED
from pixee_common.platforms.manifest import Manifest
from pixee_common.telemetry import inject, span
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.consumer import LOCK_ACCOUNTS
from pixee_orchestrator.catalog.pulls import rows as sql
from pixee_orchestrator.catalog.pulls.creating import possible_names
from pixee_orchestrator.catalog.pulls.facts import read_facts
from pixee_orchestrator.catalog.pulls.merging import Issue, Merge
from pixee_orchestrator.catalog.pulls.pages import PulledProduct
from pixee_orchestrator.catalog.pulls.pull_job import PullJob, read_job
from pixee_orchestrator.catalog.writing import Writes
from pixee_orchestrator.names import SOURCE
from pixee_orchestrator.planning.chunks import insert_pull_chunk
from pixee_orchestrator.progress.fold import fold
from pixee_orchestrator.progress.lifecycle import carrier
from pixee_orchestrator.progress.settling import settle

__all__ = ["PAGE_REPEATED", "PullPages"]

_log = logging.getLogger(__name__)
_PAGES = TypeAdapter(tuple[PulledProduct, ...])

PAGE_REPEATED = "The shop gave products a second time; they were counted once."


class PullPages:
    """Applies whatever pages are staged, oldest first."""

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
            if page["refusal"] is not None:
                await _break_off(connection, job, no, page["refusal"])
                return True
            merge = await _merge(connection, job, page)
            await _write(connection, job, no, merge)
            await self._go_on(connection, job, chunk, page, merge)
        return True

    async def _go_on(self, connection: Connection, job: PullJob, chunk: Any, page: Any, merge: Merge) -> None:
        no: int = chunk["no"]
        cursor = page["next_cursor"]
        if cursor is not None and merge.repeated and not merge.items:
            been = await connection.fetchval(sql.CURSOR_WAS_HAD, job.id, cursor)
            cursor = None if been else cursor
        last = cursor is None or job.cancelled
        if not last:
            await insert_pull_chunk(connection, job, no + 1, cursor=cursor, traceparent=inject().get("traceparent"))
            await connection.execute("SELECT pg_notify($1, $2)", DISPATCH, job.route_key)
        until = page["requested_at"] - timedelta(seconds=self._overlap(job)) if no == 0 else None
        warning = PAGE_REPEATED if merge.repeated else None
        planning = "done" if last else "begun"
        await fold(connection, [(job.id, no)])
        await connection.execute(sql.ADVANCE_JOB, job.id, planning, no + (1 if last else 2), until, warning)
        await settle(connection, [job.id])

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


async def _merge(connection: Connection, job: PullJob, page: Any) -> Merge:
    pulled = _PAGES.validate_python(page["products"])
    names = {name for product in pulled for name in possible_names(product, job.platform)}
    placeholders = [job.placeholder(product.external_id) for product in pulled]
    facts = await read_facts(connection, job, pulled, names=names, placeholders=placeholders)
    merge = Merge(job, facts, page["requested_at"], Writes(job.account_id, Marks(job.account_id)))
    for product in pulled:
        merge.add(product)
    return merge


async def _write(connection: Connection, job: PullJob, no: int, merge: Merge) -> None:
    await merge.writes.write(connection)
    await merge.writes.marks.write(connection)
    listed = [
        (one.item_id, one.kind, one.product_id, one.external_id, one.parent_external_id, dict(one.refs))
        for one in merge.listings
    ]
    if listed:
        await connection.execute(
            sql.WRITE_LISTINGS, job.connector_id, job.account_id, job.shop_identity, *_columns(listed)
        )
    if merge.seen:
        seen = list(merge.seen.items())
        await connection.execute(sql.WRITE_SEEN, job.connector_id, job.account_id, *_columns(seen))
    await _write_outcomes(connection, job, no, merge.items, merge.issues)
    if merge.changes:
        sequence = await connection.fetchval("SELECT nextval('catalog_version')")
        events = [
            CatalogChanged(
                account_id=job.account_id,
                source=job.source,
                sequence=sequence,
                occurred_at=datetime.now(UTC),
                change=change,
            )
            for change in merge.changes
        ]
        await outbox.put_many(connection, [(CATALOG_CHANGED, event, inject()) for event in events], source=SOURCE)


async def _write_outcomes(
    connection: Connection, job: PullJob, no: int, items: list[tuple[UUID, OutcomeKind]], issues: list[Issue]
) -> None:
    letters = "".join(OUTCOME_LETTERS[kind] for _, kind in items)
    counts = count_letters(letters)
    await connection.execute(
        sql.END_CHUNK,
        *(job.id, no, [item for item, _ in items], letters, len(items)),
        *(counts[Counted.SUCCEEDED], counts[Counted.FAILED], counts[Counted.SKIPPED]),
    )
    for issue in issues:
        await connection.execute(
            sql.WRITE_ISSUE,
            *(job.id, issue.item_id, job.account_id, no, issue.product_id, issue.sku, issue.outcome, issue.reason),
            *(issue.message[:1000], issue.warning, list(issue.candidates) or None),
        )


async def _break_off(connection: Connection, job: PullJob, no: int, refusal: Mapping[str, str]) -> None:
    """Ends a pull that the shop refused: what was applied stays, the job has failed with what the shop said."""
    await _write_outcomes(connection, job, no, [], [])
    await fold(connection, [(job.id, no)])
    await connection.execute(sql.BREAK_OFF, job.id, no + 1, refusal["reason"], refusal["message"][:1000])
    await settle(connection, [job.id])


async def _give_up(connection: Connection, job_id: UUID, no: int) -> bool:
    """Fails the page's products as `internal`, keeps the raw page as a dead letter, and ends the chain."""
    taken = await _take(connection, job_id, no)
    if taken is None:
        return False
    job, _, page = taken
    products = page["products"]
    items = [(job.placeholder(f"{no}:{place}"), OutcomeKind.REJECTED) for place in range(len(products))]
    text = "An error of ours; Pixee has been told."
    issues = [Issue(item, kind, ReasonCode.INTERNAL, text) for item, kind in items]
    await _write_outcomes(connection, job, no, items, issues)
    await dead_letters.set_aside(
        connection,
        topic="pulled_pages",
        payload=orjson.dumps(products),
        reason="page_failed",
        message=f"page {no} of the pull {job_id} could not be applied",
        source=SOURCE,
        account_id=job.account_id,
    )
    await fold(connection, [(job_id, no)])
    await connection.execute(sql.ADVANCE_JOB, job_id, "done", no + 1, None, None)
    await settle(connection, [job_id])
    return True


def _columns(rows: list[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
