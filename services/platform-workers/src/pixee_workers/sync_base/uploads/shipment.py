"""One file on its way: claims what goes along, fills the file, hands it over, writes what became of every chunk.

The order of things is what a crash is judged by. The submission's row stands before the first chunk is loaded; a chunk's row
before the call; `bytes` above zero means that the call may have been made; the transaction right after it opens the file and lets
its chunks wait. Whoever takes a chunk in between finds the row and knows what may have happened (`courier.py`).
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.ids import WorkerId, new_id
from pixee_common.telemetry import record
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk
from pixee_workers.sync_base.liveness import Incarnation
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.results import Tally
from pixee_workers.sync_base.routes import ChunkKey
from pixee_workers.sync_base.upload_contract import Uploaded, Uploader
from pixee_workers.sync_base.uploads import statements
from pixee_workers.sync_base.uploads.filing import FileInMaking
from pixee_workers.sync_base.uploads.gathering import Load, Loader, sendable
from pixee_workers.sync_base.uploads.rows import FileOfChunk, UploadRows

_CHUNKS_AT_ONCE = 20
_FIRST = (-1, -1)
_log = logging.getLogger(__name__)


class Gatherer(Protocol):
    """The lane, as uploads see it."""

    life: Incarnation
    closing: bool

    @property
    def unbegun(self) -> list[ChunkKey]:
        """Chunks that stand in the lane's line."""
        ...

    def let_go(self, keys: Collection[ChunkKey]) -> None:
        """These chunks of the lane's line were taken into a file."""
        ...


@dataclass(slots=True)
class Cargo:
    """All chunks of one file. The leader is the chunk that the lane carries; it is the first."""

    leader: Carriage
    members: list[Carriage] = field(default_factory=list)
    """With something in the file."""
    items: dict[ChunkKey, tuple[UUID, ...]] = field(default_factory=dict)
    claimed: dict[ChunkKey, ClaimedChunk] = field(default_factory=dict)
    """Taken beside the leader, and neither written nor given back."""


class Shipment:
    """Fills one file beginning with the leader. `load` returns when it is full or nothing more is waiting."""

    def __init__(
        self,
        cargo: Cargo,
        lane: Gatherer,
        rows: UploadRows,
        writer: OutcomeWriter,
        loader: Loader,
        file: FileInMaking,
        *,
        tally: Callable[[ClaimedChunk], Tally],
        deadline: datetime,
    ) -> None:
        self.id = new_id()
        self.cargo = cargo
        self._lane = lane
        self._rows = rows
        self._writer = writer
        self._loader = loader
        self._file = file
        self._tally = tally
        self._deadline = deadline
        self._full = False

    async def load(self) -> None:
        """Everything that goes along. What was decided is written, what does not fit goes back in line."""
        leader = self.cargo.leader.chunk
        await self._rows.begin(self.id, leader, self._deadline)
        await self._take([leader])
        while not self._ended and (chunks := await self._rows.at_hand(leader, self._life, self._lane.unbegun)):
            await self._take_claimed(chunks)
        place = _FIRST
        while not self._ended and (found := await self._rows.in_line(leader, self._life, place, _CHUNKS_AT_ONCE)):
            place = found[-1][0]
            await self._take_claimed([chunk for _, chunk in found])
        while not self._ended and (chunks := await self._rows.at_hand(leader, self._life, self._lane.unbegun)):
            await self._take_claimed(chunks)

    @property
    def _ended(self) -> bool:
        return self._full or self._lane.closing or self.cargo.leader.stopped

    @property
    def _life(self) -> WorkerId:
        return self._lane.life.worker_id

    async def _take_claimed(self, chunks: Sequence[ClaimedChunk]) -> None:
        self.cargo.claimed.update({key_of(chunk): chunk for chunk in chunks})
        self._lane.let_go([key_of(chunk) for chunk in chunks])
        for start in range(0, len(chunks), _CHUNKS_AT_ONCE):
            await self._take(chunks[start : start + _CHUNKS_AT_ONCE])

    async def _take(self, chunks: Sequence[ClaimedChunk]) -> None:
        files = await self._rows.of_chunks(chunks)
        carriages = [self._carriage(chunk, files.get(key_of(chunk), ())) for chunk in chunks]
        wanted = [item for carriage in carriages for item in sendable(carriage)]
        busy = await self._rows.busy(self.cargo.leader.chunk, wanted)
        loads = []
        for carriage in carriages:
            load = None if self._ended else await self._loader.load(carriage, busy)
            if load is None:
                self._full = self._full or not self._ended
                continue
            loads.append(load)
            self._full = self._full or not load.whole or self._file.is_full
            if carriage.stopped:
                self._full = True
        await self._keep(loads)

    def _carriage(self, chunk: ClaimedChunk, files: Sequence[FileOfChunk]) -> Carriage:
        leader = self.cargo.leader
        if chunk is leader.chunk:
            return leader
        carriage = leader.beside(chunk, self._tally(chunk))
        recall(carriage.tally, files)
        return carriage

    async def _keep(self, loads: Sequence[Load]) -> None:
        """Rows for what is in the file; what has nothing in it is written and done with."""
        inside = [load for load in loads if load.refs]
        if inside:
            await self._rows.add(self.id, [load.member() for load in inside], self._deadline)
        for load in inside:
            self.cargo.members.append(load.carriage)
            self.cargo.items[key_of(load.carriage.chunk)] = tuple(UUID(item) for item in load.refs)
        aside = [load.carriage for load in loads if not load.refs and load.carriage is not self.cargo.leader]
        await self.write([carriage.tally.result() for carriage in aside])

    async def write(self, results: Sequence[ChunkResult]) -> None:
        """Write these, and have no more to do with their chunks."""
        await asyncio.gather(*(self._writer.write(self._life, result) for result in results))
        for result in results:
            self.cargo.claimed.pop(key_of(result.chunk), None)

    async def give_back(self, chunks: Collection[ClaimedChunk]) -> None:
        """Put these back in line as they were."""
        await self._rows.give_back(chunks)
        for chunk in chunks:
            self.cargo.claimed.pop(key_of(chunk), None)

    async def give_back_rest(self) -> None:
        """Put back in line what was claimed and has nothing in the file."""
        inside = {key_of(carriage.chunk) for carriage in self.cargo.members}
        await self.give_back([chunk for key, chunk in self.cargo.claimed.items() if key not in inside])

    async def hand_over(self) -> Uploaded | PlatformFault | None:
        """The call. Null: somebody else has given the file up, so nothing was called."""
        file = self._file.finish(self.id)
        if not await self._rows.about_to_call(self.id, file.records, file.size):
            return None
        leader = self.cargo.leader
        adapter = leader.adapter
        assert isinstance(adapter, Uploader)
        answer = await leader.ask(lambda context: adapter.upload(leader.operation, file, context), self.id)
        labels = {"platform": leader.chunk.platform, "operation": leader.operation.value}
        if isinstance(answer, Uploaded):
            record("pixee_uploads_total", **labels)
            record("pixee_upload_records_total", file.records, **labels)
        return answer

    async def opened(self, uploaded: Uploaded) -> bool:
        """The platform has it: one transaction opens the file and lets its chunks wait. False: it was given up meanwhile."""
        now = self.cargo.leader.wiring.clock.now()
        next_poll = now + timedelta(seconds=uploaded.poll_in_seconds)
        results = [self._accepted(carriage, now, next_poll) for carriage in self.cargo.members]

        async def first(connection: Connection) -> bool:
            values = (self.id, uploaded.kind, uploaded.remote_id, dict(uploaded.correlation), next_poll)
            return await connection.fetchrow(statements.OPEN, *values) is not None

        return await self._writer.write_together(self._life, results, first)

    async def refused(self) -> None:
        """The platform did not take it: what that means for its chunks is written together with the file's end."""

        async def first(connection: Connection) -> bool:
            await connection.execute(statements.NOT_TAKEN, self.id)
            return True

        await self._writer.write_together(
            self._life, [carriage.tally.result() for carriage in self.cargo.members], first
        )

    @property
    def records(self) -> int:
        """How many the file holds."""
        return self._file.records

    def _accepted(self, carriage: Carriage, now: datetime, next_poll: datetime) -> ChunkResult:
        tally = carriage.tally
        tally.called = True
        for item in self.cargo.items[key_of(carriage.chunk)]:
            tally.accept(item)
        # One chunk comes back to ask for the file; the others sleep until it has ended.
        leads = carriage is self.cargo.members[0]
        asks_at = next_poll if leads else max(self._deadline, now)
        return tally.result(polls_due=[asks_at, *(carriage.polled or ())])


def key_of(chunk: ClaimedChunk) -> ChunkKey:
    """The chunk's key."""
    return chunk.job_id, chunk.no


def recall(tally: Tally, files: Sequence[FileOfChunk]) -> None:
    """What files mean for a chunk that was claimed anew: of a lost one nobody knows, an open one has its items."""
    for file in files:
        if file.state == "open":
            tally.keep(file.item_ids)
        elif file.state == "lost":
            tally.polled(file.row_id, again_in=None)
            if file.called:
                tally.doubt(file.item_ids)
