"""The statements that write the results of a group of chunks, each for the whole group.

Chunks come first: the update of a chunk is the fence (claim token, epoch), and only results that pass it write anything else.
Rows are written in key order, so that two groups never wait for each other in a circle.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import Counted, Operation, count_letters
from pixee_workers.sync_base.chunks import ChunkResult, IssueRow, ListingRow, OperationRow

ChunkKey = tuple[UUID, int]

# No word on the state but that final chunks stay as they are: a late result of a worker that was declared dead counts as long as
# nobody has claimed the chunk again. The token is cleared, so a repetition of this statement finds nothing to do.
CHUNKS = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::bool[],
                         $8::timestamptz[], $9::text[], $10::int[], $11::int[], $12::int[], $13::int[])
        AS a(job_id, no, token, epoch, letters, state, called, not_before, wait_reason, succeeded, failed, skipped, cancelled)
), locked AS MATERIALIZED (
    SELECT a.* FROM asked a JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
    WHERE c.claim_token = a.token AND c.epoch = a.epoch AND (c.state || '') NOT IN ('done', 'cancelled')
    ORDER BY c.job_id, c.no FOR UPDATE OF c
)
UPDATE chunks c
SET letters = l.letters, state = l.state, attempt = c.attempt + l.called::int,
    not_before = l.not_before, wait_reason = l.wait_reason, claim_token = NULL,
    succeeded = l.succeeded, failed = l.failed, skipped = l.skipped, cancelled = l.cancelled,
    done_at = CASE WHEN l.state = 'done' THEN now() END
FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
RETURNING c.job_id, c.no, c.attempt
"""

LISTINGS = """
INSERT INTO listings AS l (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, parent_external_id,
                           refs, state)
SELECT a.connector_id, a.item_id, a.kind, a.account_id, a.product_id, n.shop_identity, a.external_id, a.parent_external_id,
       a.refs, CASE WHEN a.external_id IS NULL THEN 'intent' ELSE 'confirmed' END
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::jsonb[])
    AS a(connector_id, item_id, kind, account_id, product_id, external_id, parent_external_id, refs)
JOIN connectors n ON n.id = a.connector_id
ORDER BY a.connector_id, a.item_id
ON CONFLICT (connector_id, item_id) DO UPDATE
SET external_id = coalesce(excluded.external_id, l.external_id),
    parent_external_id = coalesce(excluded.parent_external_id, l.parent_external_id),
    refs = CASE WHEN excluded.external_id IS NULL THEN l.refs ELSE excluded.refs END,
    state = CASE WHEN excluded.external_id IS NULL THEN l.state ELSE 'confirmed' END,
    product_id = excluded.product_id, shop_identity = excluded.shop_identity, updated_at = now()
"""

GONE = """
WITH asked AS MATERIALIZED (
    SELECT connector_id, kind, external_id FROM unnest($1::uuid[], $2::text[], $3::text[]) AS a(connector_id, kind, external_id)
), locked AS MATERIALIZED (
    SELECT l.connector_id, l.item_id FROM asked a
    JOIN listings l ON l.connector_id = a.connector_id AND l.kind = a.kind AND l.external_id = a.external_id
    ORDER BY l.connector_id, l.item_id FOR UPDATE OF l
), operations AS (
    DELETE FROM listing_operations o USING locked k WHERE o.connector_id = k.connector_id AND o.item_id = k.item_id
)
DELETE FROM listings l USING locked k WHERE l.connector_id = k.connector_id AND l.item_id = k.item_id
"""

# A failure leaves the hash (what the shop has) and notes the version that failed, so that a corrected item is known as such.
OPERATIONS = """
INSERT INTO listing_operations AS o (connector_id, item_id, operation, account_id, hash, catalog_version, sent_at, failures,
                                     failure_reason)
SELECT connector_id, item_id, operation, account_id, hash, catalog_version,
       CASE WHEN failure IS NULL THEN now() END, CASE WHEN failure IS NULL THEN 0 ELSE 1 END, failure
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bytea[], $6::bigint[], $7::text[])
    AS a(connector_id, item_id, operation, account_id, hash, catalog_version, failure)
ORDER BY connector_id, item_id, operation
ON CONFLICT (connector_id, item_id, operation) DO UPDATE
SET hash = coalesce(excluded.hash, o.hash),
    catalog_version = CASE WHEN excluded.hash IS NULL THEN greatest(o.catalog_version, excluded.catalog_version)
                           ELSE excluded.catalog_version END,
    sent_at = coalesce(excluded.sent_at, o.sent_at),
    failures = CASE WHEN excluded.failure_reason IS NULL THEN 0
                    WHEN excluded.failure_reason = o.failure_reason THEN least(o.failures + 1, 30000) ELSE 1 END,
    failure_reason = excluded.failure_reason
"""

# What failed three times in the same way is held back until it is corrected; what went through is held back no longer.
QUARANTINE = """
WITH asked AS MATERIALIZED (
    SELECT o.connector_id, o.item_id, o.failures >= 3 AS hopeless FROM unnest($1::uuid[], $2::uuid[], $3::text[])
        AS a(connector_id, item_id, operation)
    JOIN listing_operations o
      ON o.connector_id = a.connector_id AND o.item_id = a.item_id AND o.operation = a.operation
), locked AS MATERIALIZED (
    SELECT l.connector_id, l.item_id, bool_or(a.hopeless) OVER (PARTITION BY l.connector_id, l.item_id) AS hopeless
    FROM (
        SELECT l.connector_id, l.item_id FROM asked a
        JOIN listings l ON l.connector_id = a.connector_id AND l.item_id = a.item_id
        WHERE (a.hopeless AND (l.state || '') <> 'quarantined') OR (NOT a.hopeless AND (l.state || '') = 'quarantined')
        ORDER BY l.connector_id, l.item_id FOR UPDATE OF l
    ) l JOIN asked a ON a.connector_id = l.connector_id AND a.item_id = l.item_id
)
UPDATE listings l
SET state = CASE WHEN k.hopeless THEN 'quarantined' WHEN l.external_id IS NULL THEN 'intent' ELSE 'confirmed' END,
    updated_at = now()
FROM locked k WHERE l.connector_id = k.connector_id AND l.item_id = k.item_id
"""

ISSUES = """
INSERT INTO item_issues AS i (job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field, warning,
                              candidates)
SELECT job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field, warning,
       CASE WHEN candidates IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(candidates -> 'of')) END
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::bool[], $12::jsonb[])
    AS a(job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field, warning, candidates)
ORDER BY job_id, item_id
ON CONFLICT (job_id, item_id) DO UPDATE
SET product_id = excluded.product_id, sku = excluded.sku, outcome = excluded.outcome, reason = excluded.reason,
    message = excluded.message, field = excluded.field, warning = excluded.warning, candidates = excluded.candidates, at = now()
"""

CLEAR_ISSUES = """
DELETE FROM item_issues i USING unnest($1::uuid[], $2::uuid[]) AS a(job_id, item_id)
WHERE i.job_id = a.job_id AND i.item_id = a.item_id
"""

REMOTE_JOBS = """
INSERT INTO remote_jobs (id, account_id, connector_id, platform, route_key, operation, job_id, chunk_no, kind, remote_id, item_ids,
                         correlation, next_poll_at, deadline_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (id) DO NOTHING
"""

REMOTE_DONE = """
UPDATE remote_jobs SET state = 'done', polls = polls + 1 WHERE id = ANY($1::uuid[]) AND state = 'open'
"""

REMOTE_AGAIN = """
UPDATE remote_jobs r SET next_poll_at = a.at, polls = r.polls + 1
FROM unnest($1::uuid[], $2::timestamptz[]) AS a(id, at) WHERE r.id = a.id AND r.state = 'open'
"""

PAGES = """
INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, next_cursor, requested_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (job_id, chunk_no) DO UPDATE
SET products = excluded.products, next_cursor = excluded.next_cursor, requested_at = excluded.requested_at, staged_at = now()
"""

# A connector that the merchant paused stays paused, whatever a call that was under way learnt.
CONNECTORS = """
UPDATE connectors
SET status = CASE WHEN status = 'paused' THEN status ELSE coalesce($2, status) END,
    last_error = CASE WHEN $2 IS NULL THEN last_error ELSE $3 END,
    shop_currency = coalesce($4, shop_currency), updated_at = now()
WHERE id = $1 AND deleted_at IS NULL
"""


def state_after(result: ChunkResult) -> str:
    """The chunk's state when this result is written."""
    if result.wait is not None:
        return "waiting"
    return "sent" if result.page is not None else "done"


async def write_chunks(connection: Connection, results: Sequence[ChunkResult]) -> dict[ChunkKey, int]:
    """Writes the chunks themselves; returns the attempt of each that passed the fence."""
    counts = [count_letters(result.letters) for result in results]
    rows = await connection.fetch(
        CHUNKS,
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
        gone.update((connector, kind, external_id) for kind, external_id in result.gone)
        rows.update({(connector, row.item_id): (result, row) for row in result.listings})
    if gone:
        await connection.execute(GONE, *_columns(sorted(gone), 3))
    if rows:
        values = [
            (
                *(connector, item, row.kind, result.chunk.account_id, row.product_id),
                *(row.external_id, row.parent_external_id, dict(row.refs)),
            )
            for (connector, item), (result, row) in rows.items()
        ]
        await connection.execute(LISTINGS, *_columns(values, 8))


async def write_operations(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """What was sent, by item and operation."""
    rows: dict[tuple[UUID, UUID, Operation], tuple[UUID, OperationRow]] = {}
    for result in results:
        for row in result.operations:
            rows[result.chunk.connector_id, row.item_id, row.operation] = (result.chunk.account_id, row)
    if rows:
        values = [
            (
                connector,
                item,
                operation.value,
                account,
                row.hash,
                row.catalog_version,
                row.failure and row.failure.value,
            )
            for (connector, item, operation), (account, row) in rows.items()
        ]
        await connection.execute(OPERATIONS, *_columns(values, 7))
        await connection.execute(QUARANTINE, *_columns([value[:3] for value in values], 3))


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
        await connection.execute(CLEAR_ISSUES, *_columns(sorted(cleared), 2))
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
        await connection.execute(ISSUES, *_columns(values, 12))


async def write_remote_jobs(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """Remote jobs that began, ended, or are to be asked again."""
    begun, done, again = [], [], []
    for result in results:
        chunk = result.chunk
        done += result.remote_done
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
        await connection.executemany(REMOTE_JOBS, begun)
    if done:
        await connection.execute(REMOTE_DONE, sorted(done))
    if again:
        await connection.execute(REMOTE_AGAIN, *_columns(sorted(again), 2))


async def write_pages(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """Pages of pulls, staged for the orchestrator."""
    rows = [
        (
            *(result.chunk.job_id, result.chunk.no, result.chunk.account_id, result.chunk.connector_id),
            *(list(result.page.products), result.page.next_cursor, result.page.requested_at),
        )
        for result in results
        if result.page is not None
    ]
    if rows:
        await connection.executemany(PAGES, rows)


async def write_connectors(connection: Connection, results: Iterable[ChunkResult]) -> None:
    """What was learnt of connectors; the last word counts."""
    notes = {result.chunk.connector_id: result.connector for result in results if result.connector is not None}
    for connector, note in sorted(notes.items()):
        await connection.execute(CONNECTORS, connector, note.status, note.last_error, note.currency)


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


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[index] for row in rows] for index in range(width)]
