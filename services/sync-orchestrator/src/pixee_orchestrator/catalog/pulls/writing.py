"""Writes what a page changes, table by table: catalog, listings, what the shop had, the chunk's outcomes, the events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.delivery import outbox
from pixee_common.domain.job import OUTCOME_LETTERS, Counted, OutcomeKind, count_letters
from pixee_common.events import CatalogChanged
from pixee_common.messaging.topics import CATALOG_CHANGED
from pixee_common.telemetry import inject
from pixee_orchestrator.catalog.pulls import rows as sql
from pixee_orchestrator.catalog.pulls.findings import Issue
from pixee_orchestrator.catalog.pulls.merging import Merge
from pixee_orchestrator.catalog.pulls.paging import PageNote
from pixee_orchestrator.catalog.pulls.pull_job import PullJob
from pixee_orchestrator.names import SOURCE

__all__ = ["write_merge", "write_outcomes"]


async def write_merge(connection: Connection, job: PullJob, no: int, merge: Merge, note: PageNote) -> None:
    """Everything that the page changes, and the outcomes of its products."""
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
        seen = [(item, values, merge.digests.get(item)) for item, values in merge.seen.items()]
        await connection.execute(sql.WRITE_SEEN, job.connector_id, job.account_id, *_columns(seen))
    await write_outcomes(connection, job, no, merge.items, merge.issues, note)
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


async def write_outcomes(
    connection: Connection,
    job: PullJob,
    no: int,
    items: Sequence[tuple[UUID, OutcomeKind]],
    issues: Sequence[Issue],
    note: PageNote | None = None,
) -> None:
    """Ends the page's chunk."""
    letters = "".join(OUTCOME_LETTERS[kind] for _, kind in items)
    counts = count_letters(letters)
    await connection.execute(
        sql.END_CHUNK,
        *(job.id, no, [item for item, _ in items], letters, len(items)),
        *(counts[Counted.SUCCEEDED], counts[Counted.FAILED], counts[Counted.SKIPPED]),
        None if note is None else note.kept(),
    )
    if issues:
        rows = [
            (
                *(one.item_id, one.product_id, one.sku, one.outcome, one.reason, one.message[:1000], one.warning),
                {"of": list(one.candidates)} if one.candidates else None,
            )
            for one in issues
        ]
        await connection.execute(sql.WRITE_ISSUES, job.id, job.account_id, no, *_columns(rows))


def _columns(rows: list[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
