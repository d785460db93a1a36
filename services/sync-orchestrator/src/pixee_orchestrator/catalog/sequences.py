"""Which changes are new: per account, source and entity only a greater sequence is taken.

An older one is dropped with a record; an equal one is a repetition of the bus and changes nothing, not even the record; unless
it was refused, for then it is a replay of a dead letter.
"""

from collections.abc import Sequence
from uuid import UUID

from pixee_common.db import Connection
from pixee_orchestrator.catalog.changes import Applied, Incoming, Status

__all__ = ["new_ones", "remember"]

KNOWN = """
SELECT s.source, s.entity, s.sequence, s.status
FROM unnest($2::text[], $3::text[]) AS a(source, entity)
JOIN catalog_sequences s ON s.account_id = $1 AND s.source = a.source AND s.entity = a.entity
"""
REMEMBER = """
INSERT INTO catalog_sequences (account_id, source, entity, sequence, status, reason)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
ON CONFLICT (account_id, source, entity) DO UPDATE
SET sequence = excluded.sequence, status = excluded.status, reason = excluded.reason, at = now()
"""
REMEMBER_STALE = """
UPDATE catalog_sequences s SET status = 'stale', reason = a.reason, at = now()
FROM unnest($2::text[], $3::text[], $4::text[]) AS a(source, entity, reason)
WHERE s.account_id = $1 AND s.source = a.source AND s.entity = a.entity
"""


async def new_ones(connection: Connection, account: UUID, run: Sequence[Incoming]) -> list[Incoming]:
    """Those of a run that are to be applied; the stale ones get their record here."""
    rows = await connection.fetch(KNOWN, account, [i.event.source for i in run], [i.entity for i in run])
    known = {(row["source"], row["entity"]): (row["sequence"], row["status"]) for row in rows}
    new: list[Incoming] = []
    stale: list[tuple[str, str, str]] = []
    for one in run:
        sequence, status = known.get((one.event.source, one.entity), (-1, None))
        if one.event.sequence > sequence or (one.event.sequence == sequence and status == Status.REFUSED):
            new.append(one)
        elif one.event.sequence < sequence:
            text = f"sequence {one.event.sequence} came after {sequence}"
            stale.append((one.event.source, one.entity, text))
    if stale:
        await connection.execute(REMEMBER_STALE, account, *(list(column) for column in zip(*stale, strict=True)))
    return new


async def remember(connection: Connection, account: UUID, run: Sequence[Incoming], results: Sequence[Applied]) -> None:
    """Keeps the sequence and the fate of each change."""
    if run:
        await connection.execute(
            REMEMBER,
            *(account, [i.event.source for i in run], [i.entity for i in run], [i.event.sequence for i in run]),
            *([r.status for r in results], [r.reason for r in results]),
        )
