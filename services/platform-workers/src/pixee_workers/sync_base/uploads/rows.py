"""The rows of uploads: every statement that the gathering, the handing over and the collecting make, typed.

All of them insist: what a worker has begun at a platform it must not forget because the database is away for a while.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue

from pixee_common.db import Connection, Database
from pixee_common.db.channels import DISPATCH
from pixee_common.domain.ids import WorkerId, new_id
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.claims import claimed_chunk
from pixee_workers.sync_base.insisting import insist
from pixee_workers.sync_base.routes import ChunkKey
from pixee_workers.sync_base.upload_contract import Uploaded
from pixee_workers.sync_base.uploads import statements


@dataclass(frozen=True, slots=True)
class FileOfChunk:
    """A submission that a chunk has a part in. `called`: its call may have been made."""

    id: UUID
    row_id: UUID
    item_ids: tuple[UUID, ...]
    state: str
    called: bool
    next_poll_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A submission as any worker finds it."""

    id: UUID
    uploaded: Uploaded
    records: int
    polls: int
    next_poll_at: datetime
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """What one chunk has in a file: what was sent of each item, and by which number the file knows it."""

    chunk: ClaimedChunk
    sent: Mapping[str, Mapping[str, JsonValue]]
    refs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A member's row, read back."""

    row_id: UUID
    item_ids: tuple[UUID, ...]
    sent: Mapping[str, Mapping[str, Any]]
    refs: Mapping[str, int]


class UploadRows:
    """Reads and writes them under this worker's role."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def waiting_items(self, chunk: ClaimedChunk, worker_id: WorkerId, lane: Sequence[ChunkKey], most: int) -> int:
        """How many items of the chunk's connector and operation are to be sent beside its own; counted to about `most`."""
        place = (chunk.priority, -1, -1, most)
        return int((await self._fetch(statements.COUNT, *_whose(chunk, worker_id), *_keys(lane), *place))[0][0])

    async def at_hand(self, leader: ClaimedChunk, worker_id: WorkerId, lane: Sequence[ChunkKey]) -> list[ClaimedChunk]:
        """Claims what is rung, stands in the lane's line (its keys), or waits for the same budget; in order."""
        values = (*_whose(leader, worker_id), *_keys(lane), uuid4())
        return _in_order(await self._fetch(statements.GATHER_AT_HAND, *values))

    async def in_line(
        self, leader: ClaimedChunk, worker_id: WorkerId, after: tuple[int, int], count: int
    ) -> list[tuple[tuple[int, int], ClaimedChunk]]:
        """Claims pending chunks behind a place, each with its own place (job position, number)."""
        values = (*_whose(leader, worker_id), leader.priority, *after, count, uuid4())
        rows = await self._fetch(statements.GATHER_IN_LINE, *values)
        found = [((row["job_position"], row["no"]), claimed_chunk(row)) for row in rows]
        return sorted(found, key=lambda one: one[0])

    async def give_back(self, chunks: Collection[ClaimedChunk]) -> None:
        """Puts chunks back in line as they were; those that are ours no more are left alone."""
        if not chunks:
            return
        keys = [chunk.job_id for chunk in chunks], [chunk.no for chunk in chunks]
        tokens = sorted({chunk.claim_token for chunk in chunks})
        routes = sorted({chunk.route_key for chunk in chunks})

        async def work(connection: Connection) -> None:
            await connection.execute(statements.GIVE_BACK, *keys, tokens)
            await connection.execute("SELECT pg_notify($1, r) FROM unnest($2::text[]) r", DISPATCH, routes)

        await insist(self.database, work)

    async def retire(self, leader: ClaimedChunk, worker_id: WorkerId) -> None:
        """Files that somebody began and will not open any more are lost."""
        await self._execute(statements.RETIRE, *_whose(leader, worker_id))

    async def of_chunks(self, chunks: Sequence[ClaimedChunk]) -> dict[ChunkKey, list[FileOfChunk]]:
        """The files in which these chunks have a part that is not settled."""
        keys = [chunk.job_id for chunk in chunks], [chunk.no for chunk in chunks]
        found: dict[ChunkKey, list[FileOfChunk]] = {}
        for row in await self._fetch(statements.OF_CHUNKS, *keys):
            one = FileOfChunk(
                row["id"], row["row_id"], tuple(row["item_ids"]), row["state"], row["bytes"] > 0, row["next_poll_at"]
            )
            found.setdefault((row["job_id"], row["chunk_no"]), []).append(one)
        return found

    async def busy(self, chunk: ClaimedChunk, item_ids: Iterable[UUID]) -> dict[UUID, datetime]:
        """Which of the items are in an open file of the connector and operation, and when that is asked for next."""
        rows = await self._fetch(statements.BUSY, chunk.connector_id, chunk.operation.value, sorted(set(item_ids)))
        return {row["item"]: row["until"] for row in rows}

    async def begin(self, submission_id: UUID, leader: ClaimedChunk, deadline: datetime) -> None:
        """The file exists from now on; nothing was called."""
        place = (leader.account_id, leader.connector_id, leader.platform, leader.route_key, leader.operation.value)
        await self._execute(statements.BEGIN, submission_id, *place, deadline)

    async def add(self, submission_id: UUID, members: Sequence[Member], deadline: datetime) -> None:
        """Notes what these chunks have in the file, before it is handed over."""
        rows = []
        for member in members:
            chunk = member.chunk
            place = (chunk.account_id, chunk.connector_id, chunk.platform, chunk.route_key, chunk.operation.value)
            correlation = {"sent": dict(member.sent), "refs": dict(member.refs)}
            items = [UUID(item) for item in member.sent]
            rows.append((new_id(), *place, chunk.job_id, chunk.no, submission_id, items, correlation, deadline))

        async def work(connection: Connection) -> None:
            await connection.executemany(statements.MEMBER, rows)

        await insist(self.database, work)

    async def about_to_call(self, submission_id: UUID, records: int, size: int) -> bool:
        """From now on the platform may have it. False: somebody else has given it up."""
        return bool(await self._fetch(statements.ABOUT_TO_CALL, submission_id, records, size))

    async def not_taken(self, submission_id: UUID) -> None:
        """The platform certainly did not take it, or what it means for its items is written already."""
        await self._execute(statements.NOT_TAKEN, submission_id)

    async def read(self, submission_id: UUID) -> OpenFile | None:
        """The file, where the platform has it."""
        rows = await self._fetch(statements.READ, submission_id)
        if not rows or rows[0]["state"] != "open":
            return None
        row = rows[0]
        uploaded = Uploaded(row["kind"], row["remote_id"], row["correlation"], 0.0)
        return OpenFile(row["id"], uploaded, row["records"], row["polls"], row["next_poll_at"], row["deadline_at"])

    async def polled(self, submission_id: UUID, again_at: datetime) -> None:
        """It was asked for, and is to be asked for again."""
        await self._execute(statements.POLLED, submission_id, again_at)

    async def members(
        self, submission_id: UUID, poller: ClaimedChunk, worker_id: WorkerId, lane: Sequence[ChunkKey], count: int
    ) -> list[ClaimedChunk]:
        """Claims the next chunks of the file, the poller's own left out, while this worker owns the route."""
        who = (poller.route_key, worker_id, submission_id, uuid4(), *_keys(lane), poller.job_id, poller.no, count)
        return _in_order(await self._fetch(statements.MEMBERS, *who))

    async def parts(self, submission_id: UUID, chunks: Sequence[ClaimedChunk]) -> dict[ChunkKey, list[Part]]:
        """What these chunks have in the file."""
        keys = [chunk.job_id for chunk in chunks], [chunk.no for chunk in chunks]
        found: dict[ChunkKey, list[Part]] = {}
        for row in await self._fetch(statements.ROWS_OF, submission_id, *keys):
            known: Mapping[str, Any] = row["correlation"]
            one = Part(row["id"], tuple(row["item_ids"]), known.get("sent", {}), known.get("refs", {}))
            found.setdefault((row["job_id"], row["chunk_no"]), []).append(one)
        return found

    async def late(
        self, submission_id: UUID, states: Sequence[str], after: UUID, count: int
    ) -> list[tuple[Part, ClaimedChunk, Mapping[str, Any]]]:
        """Parts whose chunks have ended without the file's result, with the chunks' counts as they stand; in order of the parts."""
        found: list[tuple[Part, ClaimedChunk, Mapping[str, Any]]] = []
        for row in await self._fetch(statements.LATE_ROWS, submission_id, list(states), after, count):
            known: Mapping[str, Any] = row["correlation"]
            part = Part(row["row_id"], tuple(row["sent_ids"]), known.get("sent", {}), known.get("refs", {}))
            found.append((part, claimed_chunk(row), dict(row)))
        return found

    async def _fetch(self, statement: str, *values: Any) -> list[Any]:
        async def work(connection: Connection) -> list[Any]:
            return list(await connection.fetch(statement, *values))

        return await insist(self.database, work, alone=True)

    async def _execute(self, statement: str, *values: Any) -> None:
        await self._fetch(statement, *values)


def _whose(chunk: ClaimedChunk, worker_id: WorkerId) -> tuple[Any, ...]:
    return chunk.route_key, worker_id, chunk.connector_id, chunk.operation.value


def _keys(keys: Sequence[ChunkKey]) -> tuple[list[UUID], list[int]]:
    return [job_id for job_id, _ in keys], [no for _, no in keys]


def _in_order(rows: Sequence[Any]) -> list[ClaimedChunk]:
    ordered = sorted(rows, key=lambda row: (row["job_position"], row["no"]))
    return [claimed_chunk(row) for row in ordered]
