"""What a late verdict writes: what it says of the shop, its word on the listing, and the event, in one transaction with the part's end.

The chunk, its counts and its issues stay as they are: a finished job's counters never move.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.delivery import outbox
from pixee_common.events import LateVerdict, SyncProgress
from pixee_common.messaging.topics import PROGRESS
from pixee_workers.sync_base import outcome_rows
from pixee_workers.sync_base.chunks import ChunkResult
from pixee_workers.sync_base.insisting import insist
from pixee_workers.sync_base.outcome_writer import SOURCE
from pixee_workers.sync_base.overtaken import mark_overtaken
from pixee_workers.sync_base.unwritable_text import is_unwritable_text, writable
from pixee_workers.sync_base.uploads import statements
from pixee_workers.sync_base.uploads.rows import Part


@dataclass(frozen=True, slots=True)
class Late:
    """What came late for one part. `result` is only read for what it says of listings. `left`: items that are asked for once more."""

    part: Part
    left: tuple[UUID, ...]
    result: ChunkResult
    told: Mapping[UUID, LateVerdict]
    event: SyncProgress


class LateRows:
    """Writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, late: Late, *, still: str = "done") -> None:
        """All of it, once: the part is closed with it (or `still` late), and holds no more than what is left."""
        try:
            await self._write(late, still)
        except Exception as error:
            if not is_unwritable_text(error):
                raise
            await self._write(writable(late), still)

    async def _write(self, late: Late, still: str) -> None:
        async def work(connection: Connection) -> None:
            part = late.part
            held = await connection.fetchrow(statements.CLOSE_PART, part.row_id, part.item_ids, late.left, still)
            if held is not None and late.told:
                await _tell(connection, late)

        await insist(self._database, work)


async def _tell(connection: Connection, late: Late) -> None:
    chunk = late.result.chunk
    await outcome_rows.write_listings(connection, [late.result])
    stale = await outcome_rows.write_operations(connection, [late.result])
    await mark_overtaken(connection, [replace(late.result, remote_done=(late.part.row_id,))], stale)
    verdicts = late.told.values()
    await connection.execute(
        statements.VERDICTS,
        [one.item_id for one in verdicts],
        [one.outcome for one in verdicts],
        [one.reason for one in verdicts],
        [one.message for one in verdicts],
        chunk.connector_id,
        chunk.operation.value,
    )
    await outbox.put_many(connection, [(PROGRESS, late.event, {})], source=SOURCE)
