"""Which changes are new: per account, source and entity only a greater sequence is taken.

An older one is dropped with a record; an equal one is a repetition of the bus and changes nothing, not even the record; unless
it was refused, for then it is a replay of a dead letter. Read once and written once for a batch of an account.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_orchestrator.catalog.changes import Applied, Incoming, Status

__all__ = ["Sequences"]

KNOWN = """
SELECT s.source, s.entity, s.sequence, s.status
FROM unnest($2::text[], $3::text[]) AS a(source, entity)
CROSS JOIN LATERAL (
    SELECT * FROM catalog_sequences WHERE account_id = $1 AND source = a.source AND entity = a.entity LIMIT 1
) s
"""
REMEMBER = """
INSERT INTO catalog_sequences (account_id, source, entity, sequence, status, reason)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
ON CONFLICT (account_id, source, entity) DO UPDATE
SET sequence = excluded.sequence, status = excluded.status, reason = excluded.reason, at = now()
"""

Place = tuple[str, str]
"""Source and entity."""
Record = tuple[int, str, str | None]
"""Sequence, status, reason."""


class Sequences:
    """What is known of one account's sources, moved along as a batch is applied."""

    def __init__(self, account: UUID, known: dict[Place, Record]) -> None:
        self._account = account
        self._known = known
        self._written: dict[Place, Record] = {}

    @classmethod
    async def read(cls, connection: Connection, account: UUID, incoming: Sequence[Incoming]) -> "Sequences":
        places = sorted({_place(one) for one in incoming})
        rows = await connection.fetch(KNOWN, account, [source for source, _ in places], [name for _, name in places])
        return cls(account, {(row["source"], row["entity"]): (row["sequence"], row["status"], None) for row in rows})

    def new_ones(self, run: Sequence[Incoming]) -> list[Incoming]:
        """Those of a run that are to be applied; an entity may come several times."""
        new: list[Incoming] = []
        for one in run:
            place = _place(one)
            sequence, status, _ = self._known.get(place, (-1, None, None))
            told = one.event.sequence
            if told > sequence or (told == sequence and status == Status.REFUSED):
                new.append(one)
                self._known[place] = (told, Status.APPLIED, None)
            elif told < sequence:
                self._note(place, (sequence, Status.STALE, f"sequence {told} came after {sequence}"))
        return new

    def remember(self, run: Sequence[Incoming], results: Sequence[Applied]) -> None:
        """The fate of each change; of several of one entity the last. A late one behind them is what the record tells of,
        unless they were refused: a dead letter may be replayed.
        """
        for one, result in zip(run, results, strict=True):
            place = _place(one)
            sequence, status, _ = self._known[place]
            if status != Status.STALE or result.status is Status.REFUSED:
                self._note(place, (sequence, result.status, result.reason))

    async def write(self, connection: Connection) -> None:
        """Keeps what this batch changed."""
        if self._written:
            rows: list[tuple[Any, ...]] = [(*place, *self._written[place]) for place in sorted(self._written)]
            await connection.execute(REMEMBER, self._account, *(list(column) for column in zip(*rows, strict=True)))

    def _note(self, place: Place, record: Record) -> None:
        self._known[place] = self._written[place] = record


def _place(one: Incoming) -> Place:
    return one.event.source, one.entity
