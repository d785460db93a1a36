"""From the results of a group of chunks to the rows of each table, one statement a table for the whole group.

Chunks come first: the update of a chunk is the fence (claim token, epoch), and only results that pass it write anything else.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from pixee_common.db import Connection
from pixee_common.domain.job import Counted, Operation, count_letters
from pixee_workers.sync_base import outcome_sql
from pixee_workers.sync_base.chunks import ChunkResult, ConnectorNote, IssueRow, ListingRow, OperationRow

ChunkKey = tuple[UUID, int]
OperationKey = tuple[UUID, UUID, Operation]
"""Connector, item, operation."""


def state_after(result: ChunkResult) -> str:
    """The chunk's state when this result is written."""
    if result.wait is not None:
        return "waiting"
    return "sent" if result.page is not None else "done"


async def write_chunks(connection: Connection, results: Sequence[ChunkResult]) -> dict[ChunkKey, int]:
    """Writes the chunks themselves; returns the attempt of each that passed the fence."""
    counts = [count_letters(result.letters) for result in results]
    rows = await connection.fetch(
        outcome_sql.CHUNKS,
        [result.chunk.job_id for result in results],
        [result.chunk.no for result in results],
        [result.chunk.claim_token for result in results],
        [result.chunk.epoch for result in results],
        [result.letters for result in results],
        [state_after(result) for result in results],
        [result.called for result in results],
        [result.wait.until if result.wait else None for result in results],
        [str(result.wait.reason) if result.wait else None for result in results],
        *([count[word] for count in counts] for word in _WORDS),
    )
    return {(row["job_id"], row["no"]): row["attempt"] for row in rows}


_WORDS = (Counted.SUCCEEDED, Counted.FAILED, Counted.SKIPPED, Counted.CANCELLED)


async def write_listings(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """What the shop does not have any more, then what it has; of two rows for one listing the later one counts."""
    rows: dict[tuple[UUID, UUID], tuple[ChunkResult, ListingRow]] = {}
    gone: set[tuple[UUID, str, str]] = set()
    for result in results:
        connector = result.chunk.connector_id
        lost = set(result.gone)
        gone.update((connector, kind, external_id) for kind, external_id in lost)
        for place in [place for place, (_, row) in rows.items() if (row.kind, row.external_id) in lost]:
            if place[0] == connector:
                del rows[place]
        rows.update({(connector, row.item_id): (result, row) for row in result.listings})
    if gone:
        await connection.execute(outcome_sql.GONE, *_columns(sorted(gone), 3))
    if rows:
        values = [
            {
                "connector_id": connector,
                "item_id": item,
                "kind": row.kind,
                "account_id": result.chunk.account_id,
                "product_id": row.product_id,
                "external_id": row.external_id,
                "parent_external_id": row.parent_external_id,
                "refs": dict(row.refs),
            }
            for (connector, item), (result, row) in rows.items()
        ]
        await connection.execute(outcome_sql.LISTINGS, _document(values))


async def write_operations(connection: Connection, results: Iterable[ChunkResult]) -> list[OperationKey]:
    """What was sent, by item and operation. Returns what was translated by a mapping that has been changed since."""
    rows: dict[OperationKey, tuple[UUID, OperationRow]] = {}
    for result in results:
        for row in result.operations:
            rows[result.chunk.connector_id, row.item_id, row.operation] = (result.chunk.account_id, row)
    if rows:
        values = [
            {
                "connector_id": connector,
                "item_id": item,
                "operation": operation.value,
                "account_id": account,
                "hash": None if row.hash is None else row.hash.hex(),
                "catalog_version": row.catalog_version,
                "mapping_version": row.mapping_version,
                **({"unchanged": True} if row.unchanged else {}),
                **_failure(row),
            }
            for (connector, item, operation), (account, row) in rows.items()
        ]
        found = await connection.fetch(outcome_sql.OPERATIONS, _document(values))
        if marked := [(row["connector_id"], row["item_id"], row["operation"]) for row in found if not row["stale"]]:
            await connection.execute(outcome_sql.QUARANTINE, *_columns(marked, 3))
        return [(row["connector_id"], row["item_id"], Operation(row["operation"])) for row in found if row["stale"]]
    return []


def _failure(row: OperationRow) -> dict[str, str | None]:
    """The columns of a failure. What went through has none of them: it is by far the most."""
    if row.failure is None:
        return {}
    return {
        "failure": row.failure.value,
        "failure_class": row.failure_class,
        "failure_hash": None if row.failure_hash is None else row.failure_hash.hex(),
        "failure_message": row.failure_message,
    }


async def write_issues(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """Issues; an item that went through after all loses the one it had."""
    rows: dict[tuple[UUID, UUID], tuple[ChunkResult, IssueRow]] = {}
    cleared: set[tuple[UUID, UUID]] = set()
    for result in results:
        job = result.chunk.job_id
        issues = {row.item_id: row for row in result.issues}
        rows.update({(job, item): (result, row) for item, row in issues.items()})
        if result.chunk.attempt > 0 or result.chunk.look_up:
            cleared.update(
                (job, item)
                for item, letter in zip(result.chunk.item_ids, result.letters, strict=True)
                if letter == "a" and item not in issues
            )
    if cleared:
        await connection.execute(outcome_sql.CLEAR_ISSUES, *_columns(sorted(cleared), 2))
    if rows:
        values = [
            (
                *(job, item, result.chunk.account_id, result.chunk.no, row.product_id, row.sku),
                *(
                    row.outcome.value,
                    row.reason.value,
                    row.message,
                    row.field,
                    row.warning,
                    _boxed(row.candidates),
                ),
            )
            for (job, item), (result, row) in rows.items()
        ]
        await connection.execute(outcome_sql.ISSUES, *_columns(values, 12))


async def write_remote_jobs(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """Remote jobs that began, ended, are overdue, or are to be asked again."""
    begun: list[tuple[Any, ...]] = []
    done: list[UUID] = []
    late: list[UUID] = []
    again: list[tuple[UUID, datetime]] = []
    for result in results:
        chunk = result.chunk
        done += result.remote_done
        late += result.remote_late
        again += result.remote_again
        for row in result.remote_jobs:
            place = (
                row.id,
                chunk.account_id,
                chunk.connector_id,
                chunk.platform,
                chunk.route_key,
                chunk.operation.value,
            )
            rest = (list(row.item_ids), dict(row.correlation), row.next_poll_at, row.deadline_at)
            begun.append((*place, chunk.job_id, chunk.no, row.kind, row.remote_id, *rest))
    if begun:
        await connection.executemany(outcome_sql.REMOTE_JOBS, begun)
    if done:
        ended = await connection.fetch(outcome_sql.REMOTE_DONE, sorted(done))
        files = sorted({row["submission_id"] for row in ended if row["submission_id"] is not None})
        if files:
            await connection.execute(outcome_sql.FILES_DONE, files)
    if late:
        await connection.execute(outcome_sql.REMOTE_LATE, sorted(late))
    if again:
        await connection.execute(outcome_sql.REMOTE_AGAIN, *_columns(sorted(again), 2))


async def write_pages(connection: Connection, results: Sequence[ChunkResult]) -> None:
    """Pages of pulls, staged for the orchestrator, and those that the platform still prepares."""
    rows = [
        (
            *(result.chunk.job_id, result.chunk.no, result.chunk.account_id, result.chunk.connector_id),
            *(list(result.page.products), result.page.next_cursor, result.page.requested_at),
            result.page.refusal and {"reason": result.page.refusal.reason, "message": result.page.refusal.message},
            result.page.total,
        )
        for result in results
        if result.page is not None
    ]
    if rows:
        await connection.executemany(outcome_sql.PAGES, rows)
    for result in results:
        if (to_come := result.page_to_come) is not None:
            place = (result.chunk.job_id, result.chunk.no)
            await connection.execute(outcome_sql.PAGES_TO_COME, *place, to_come.cursor, to_come.waits_since)


async def write_connectors(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """What was learnt of connectors, in order: the last word on each thing counts."""
    notes = [(result.chunk.connector_id, result.connector) for result in results if result.connector is not None]
    for connector, note in sorted(
        notes, key=lambda pair: pair[0]
    ):  # sorted is stable; the order keeps two writers apart
        told = await _of_these_credentials(connection, connector, note)
        await connection.execute(outcome_sql.CONNECTORS, connector, told.status, told.last_error, told.currency)


async def _of_these_credentials(connection: Connection, connector: UUID, note: ConnectorNote) -> ConnectorNote:
    """Without the refusal, where the credentials that were refused are there no more."""
    if note.credentials_version is None:
        return note
    # Locked first: the next statement then sees what was written while this one waited.
    await connection.execute(outcome_sql.HOLD_CONNECTOR, connector)
    if await connection.fetchval(outcome_sql.ARE_THEY_STILL_THERE, connector, note.credentials_version):
        return note
    return replace(note, status=None, last_error=None)


def raw(result: ChunkResult) -> bytes:
    """The whole result as JSON, for the dead letters."""
    return json.dumps(_plain(result)).encode()


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _boxed(candidates: Sequence[str]) -> dict[str, list[str]] | None:
    """Lists of several lengths cannot stand in one array: asyncpg takes them for further dimensions."""
    return {"of": list(candidates)} if candidates else None


def _document(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows for `json_to_recordset`."""
    return orjson.dumps(rows, default=_uuid_text).decode()


def _uuid_text(value: object) -> str:
    """The driver's own UUIDs are a subclass, which orjson leaves to us."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not for a document")


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[index] for row in rows] for index in range(width)]
