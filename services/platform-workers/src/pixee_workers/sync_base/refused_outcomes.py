"""A result that the database refuses for a reason that does not pass: written in a form that it takes, never by calling again.

Two reasons have a meaning. Another product of the catalog already holds the listing that an item claims: that item needs a review,
the rest of the chunk stands. A shop's text holds a null character: it is written without. For any other reason the chunk is written
minimally: items that were open fail `internal`, the raw result goes to the dead letters, an engineer is woken.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from pixee_common.db import Connection, Database
from pixee_common.delivery import dead_letters
from pixee_common.domain.job import OPEN_LETTERS, OUTCOME_LETTERS, Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.telemetry import record
from pixee_workers.sync_base import outcome_rows
from pixee_workers.sync_base.chunks import (
    ChunkResult,
    ClaimedChunk,
    IssueRow,
    ListingRow,
    PulledPageRow,
    PullRefusal,
)
from pixee_workers.sync_base.insisting import insist
from pixee_workers.sync_base.unwritable_text import is_unwritable_text, writable

OUTCOME_TOPIC = "pixee.workers.outcome"
"""Stands in the dead letter where a message has its topic: a refused result was never a message."""

_UNIQUE = "uq_listings_external"
_REVIEW = OUTCOME_LETTERS[OutcomeKind.NEEDS_REVIEW]
_REJECTED = OUTCOME_LETTERS[OutcomeKind.REJECTED]
_log = logging.getLogger(__name__)

_TAKEN = """
SELECT a.item_id FROM unnest($2::uuid[], $3::text[], $4::text[]) AS a(item_id, kind, external_id)
JOIN listings l ON l.connector_id = $1 AND l.kind = a.kind AND l.external_id = a.external_id AND l.item_id <> a.item_id
"""

Write = Callable[[ChunkResult], Awaitable[bool]]


async def write_refused(
    database: Database, result: ChunkResult, error: Exception, write: Write, *, source: str
) -> bool:
    """Writes what can be written of the result; tells whether it counted."""
    if is_unwritable_text(error):
        result = writable(result)
        try:
            return await write(result)
        except Exception as second:
            error = second
    if isinstance(error, asyncpg.UniqueViolationError) and getattr(error, "constraint_name", None) == _UNIQUE:
        try:
            reviewed = without(result, await _belonging_to_others(database, result))
            if reviewed is not result:
                return await write(reviewed)
        except Exception as second:
            error = second
    _log.critical(
        "the outcome of chunk %s/%d was refused: %s; written minimally",
        result.chunk.job_id,
        result.chunk.no,
        type(error).__name__,
    )
    try:
        counted = await write(minimal(result))
        await _keep_raw(database, result, error, source)
    except Exception:
        _log.critical(
            "chunk %s/%d cannot even be written minimally", result.chunk.job_id, result.chunk.no, exc_info=True
        )
        return False
    return counted


async def _belonging_to_others(database: Database, result: ChunkResult) -> set[UUID]:
    """Items of listing rows whose external id another item has, in the table or earlier in this very result."""
    rows = [row for row in result.listings if row.external_id is not None]

    async def work(connection: Connection) -> list[Any]:
        columns = [row.item_id for row in rows], [row.kind for row in rows], [row.external_id for row in rows]
        return list(await connection.fetch(_TAKEN, result.chunk.connector_id, *columns))

    taken = {row["item_id"] for row in await insist(database, work)}
    seen: set[tuple[str, str | None]] = set()
    for row in rows:
        place = (row.kind, row.external_id)
        if place in seen:
            taken.add(row.item_id)
        seen.add(place)
    return taken


def without(result: ChunkResult, taken: set[UUID]) -> ChunkResult:
    """The result with the products of these listing rows set aside for a review. The same result where there are none."""
    rows = [row for row in result.listings if row.item_id in taken]
    if not rows:
        return result
    products = {row.product_id for row in rows}
    doubtful = products | {row.item_id for row in result.listings if row.product_id in products}
    open_items = [
        item
        for item, letter in zip(result.chunk.item_ids, result.chunk.letters, strict=True)
        if letter in OPEN_LETTERS and item in doubtful
    ]
    known = {issue.item_id: issue for issue in result.issues}
    external = {row.product_id: row for row in rows}
    issues = tuple(_review(item, external, known.get(item)) for item in open_items)
    changed = replace(
        result,
        letters=_relettered(result, set(open_items), _REVIEW),
        listings=tuple(row for row in result.listings if row.product_id not in products),
        operations=tuple(row for row in result.operations if row.item_id not in doubtful),
        issues=tuple(issue for issue in result.issues if issue.item_id not in open_items) + issues,
    )
    return _ended(changed)


def _review(item: UUID, rows: dict[UUID, ListingRow], known: IssueRow | None) -> IssueRow:
    row = rows.get(item) or next((one for one in rows.values() if one.item_id == item), None)
    external_id = row.external_id if row else None
    return IssueRow(
        item_id=item,
        product_id=row.product_id if row else None,
        sku=known.sku if known else None,
        outcome=OutcomeKind.NEEDS_REVIEW,
        reason=ReasonCode.BELONGS_TO_ANOTHER,
        message=f"The shop's {row.kind if row else 'object'} {external_id} is linked to another product of the catalog.",
        candidates=(external_id,) if external_id else (),
    )


def minimal(result: ChunkResult) -> ChunkResult:
    """The chunk with every item that was open failed, and nothing else. A pull, which has no items, ends with a refusal."""
    failed = [
        item for item, letter in zip(result.chunk.item_ids, result.chunk.letters, strict=True) if letter in OPEN_LETTERS
    ]
    issues = tuple(
        IssueRow(item, None, None, OutcomeKind.REJECTED, ReasonCode.INTERNAL, "Its outcome could not be kept.")
        for item in failed
    )
    letters = "".join(_REJECTED if letter in OPEN_LETTERS else letter for letter in result.chunk.letters)
    return ChunkResult(
        chunk=result.chunk, letters=letters, called=result.called, issues=issues, page=_no_page(result.chunk)
    )


def _no_page(chunk: ClaimedChunk) -> PulledPageRow | None:
    """Without it the pull would end as if everything had come."""
    if chunk.operation is not Operation.PULL_PRODUCTS:
        return None
    refusal = PullRefusal(ReasonCode.INTERNAL, "A page of the shop's products could not be kept; Pixee has been told.")
    return PulledPageRow((), None, datetime.now(UTC), refusal)


def _relettered(result: ChunkResult, items: set[UUID], letter: str) -> str:
    return "".join(
        letter if item in items else old for item, old in zip(result.chunk.item_ids, result.letters, strict=True)
    )


def _ended(result: ChunkResult) -> ChunkResult:
    still_open = any(letter in OPEN_LETTERS for letter in result.letters)
    return result if still_open else replace(result, wait=None)


async def _keep_raw(database: Database, result: ChunkResult, error: Exception, source: str) -> None:
    async def work(connection: Connection) -> None:
        await dead_letters.set_aside(
            connection,
            topic=OUTCOME_TOPIC,
            key=f"{result.chunk.job_id}/{result.chunk.no}".encode(),
            payload=outcome_rows.raw(result),
            reason="outcome_refused",
            message=f"{type(error).__name__}: {error}".replace("\x00", "")[:500],
            source=source,
            account_id=result.chunk.account_id,
        )

    await insist(database, work)
    record("pixee_dead_letters_total", topic=OUTCOME_TOPIC, reason="outcome_refused")
