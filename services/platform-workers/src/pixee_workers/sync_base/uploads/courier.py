"""Decides for a chunk of an operation that takes files: ask for the file that it is in, send it in a file, or go by calls.

The answer comes from rows alone, so it is the same in a worker that never saw the file. A chunk with a part in an open file asks for
that file. A part in a file that was begun and never opened means that its worker is gone or its call was given up: the file is
lost, and if the call may have been made its items are unknown (sent again where that makes nothing twice, looked up elsewhere).
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pixee_common.db import Database
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import Upload
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import BegunNothing, ChunkResult, ClaimedChunk, WorkerLostError
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.upload_contract import Uploaded, Uploader
from pixee_workers.sync_base.uploads.collecting import Collecting
from pixee_workers.sync_base.uploads.filing import making
from pixee_workers.sync_base.uploads.gathering import Loader, sendable
from pixee_workers.sync_base.uploads.refusals import Learnt, is_to_halve, judge
from pixee_workers.sync_base.uploads.rows import FileOfChunk, UploadRows
from pixee_workers.sync_base.uploads.shipment import Cargo, Gatherer, Shipment, key_of, recall

_log = logging.getLogger(__name__)


class UploadCourier:
    """Beside the courier of calls; one for all lanes of a worker."""

    def __init__(self, courier: PlatformCourier, database: Database, writer: OutcomeWriter) -> None:
        self._courier = courier
        self._writer = writer
        self.rows = UploadRows(database)
        self._learnt = Learnt()

    def serves(self, chunk: ClaimedChunk) -> bool:
        """Whether its operation takes files at its platform."""
        return self._upload(chunk.platform, chunk.operation) is not None

    def _upload(self, platform: str, operation: Operation) -> Upload | None:
        adapter = self._courier.found(platform)
        capability = adapter.manifest.capabilities.get(operation) if adapter else None
        return capability.upload if capability and isinstance(adapter, Uploader) else None

    async def carry(self, chunk: ClaimedChunk, lane: Gatherer) -> ChunkResult | None:
        """The chunk's result, for the lane to write; null where everything is written, the chunk's own included.

        Raises WorkerLostError; what was claimed beside the chunk is given back then, as after any error.
        """
        lane.life.check()
        while True:
            found = await self._courier.board(chunk, lane.life)
            if isinstance(found, ChunkResult):
                return found
            with found.route.pace.carrying():
                done, result = await self._decide(found, lane)
            if done:
                return result

    async def _decide(self, carriage: Carriage, lane: Gatherer) -> tuple[bool, ChunkResult | None]:
        """(done, result): not done means that the file has to be made again, smaller."""
        chunk, tally = carriage.chunk, carriage.tally
        files = await self._files(chunk, lane)
        recall(tally, files)
        if await self._is_collected(carriage, files, lane):
            carriage.note_calls()
            return True, tally.result()
        if chunk.cancelled or not (wanted := sendable(carriage)):
            return True, await self._courier.finish(carriage)
        busy = await self.rows.busy(chunk, wanted)
        for asked_at in busy.values():
            tally.wait_until(ReasonCode.REMOTE_PENDING, asked_at)
        carriage.held = frozenset(busy)
        upload, until = carriage.capability.upload, self._learnt.not_before.get(_line(carriage))
        if upload is None or len(busy) == len(wanted):
            return True, await self._courier.finish(carriage)
        if until is not None and until > carriage.wiring.clock.now():
            tally.wait_until(ReasonCode.THROTTLED, until)
            return True, tally.result(polls_due=carriage.polled or ())
        if not await self._is_enough(carriage, upload, len(wanted) - len(busy), lane):
            return True, await self._courier.finish(carriage)
        return await self._by_file(carriage, upload, lane)

    async def _is_collected(self, carriage: Carriage, files: Sequence[FileOfChunk], lane: Gatherer) -> bool:
        """Asks for what is due of the chunk's files and remote jobs. True: a file has ended, or nothing more may be asked now."""
        tally, now, polls = carriage.tally, carriage.wiring.clock.now(), []
        opened = [file for file in files if file.state == "open" and file.next_poll_at is not None]
        for file in opened:
            asked_at = file.next_poll_at or now
            if asked_at <= now:
                collecting = Collecting(carriage, lane, self.rows, self._writer, self._courier)
                if await collecting.run(file.id) or carriage.stopped:
                    return True
                asked_at = collecting.again_at
            polls.append(asked_at)
        inside = {item for file in opened for item in file.item_ids}
        if any(tally.kind(item) is OutcomeKind.ACCEPTED and item not in inside for item in tally.open_ids()):
            polls += await self._courier.ask_remote_jobs(carriage)
        carriage.polled = polls
        return carriage.stopped

    async def _files(self, chunk: ClaimedChunk, lane: Gatherer) -> Sequence[FileOfChunk]:
        files = (await self.rows.of_chunks([chunk])).get(key_of(chunk), [])
        if any(file.state == "begun" for file in files):
            await self.rows.retire(chunk, lane.life.worker_id)
            files = (await self.rows.of_chunks([chunk])).get(key_of(chunk), [])
        return files

    async def _is_enough(self, carriage: Carriage, upload: Upload, own: int, lane: Gatherer) -> bool:
        """Whether there are enough items for a file, over all jobs."""
        missing = upload.from_items - own
        if missing <= 0:
            return True
        found = await self.rows.waiting_items(carriage.chunk, lane.life.worker_id, lane.unbegun, missing)
        return found >= missing

    async def _by_file(self, carriage: Carriage, upload: Upload, lane: Gatherer) -> tuple[bool, ChunkResult | None]:
        await self._courier.learn_currency(carriage)
        if carriage.stopped:
            return True, carriage.tally.result()
        adapter = carriage.adapter
        assert isinstance(adapter, Uploader)
        cargo = Cargo(carriage)
        await self.rows.retire(carriage.chunk, lane.life.worker_id)
        frame = adapter.frame(carriage.operation, carriage.connector.settings)
        deadline = carriage.wiring.clock.now() + timedelta(seconds=upload.result_deadline_seconds)
        most = self._learnt.room(_line(carriage), upload)
        with making(
            carriage.wiring.folder,
            frame,
            most_records=most,
            most_bytes=upload.max_bytes,
            most_weight=upload.max_weight,
        ) as file:
            loader = Loader(file, adapter, self._courier.values, self._courier.page_push)
            shipment = Shipment(
                cargo,
                lane,
                self.rows,
                self._writer,
                loader,
                file,
                tally=lambda chunk: self._courier.tally(chunk, carriage.adapter),
                deadline=deadline,
            )
            try:
                return await self._ship(shipment, lane)
            except WorkerLostError:  # a cancellation is the lane's own: whoever drops it gives everything back
                if await lane.life.settled():
                    await self.rows.give_back(cargo.claimed.values())
                raise
            except Exception:
                await self.rows.give_back(cargo.claimed.values())
                raise

    async def _ship(self, shipment: Shipment, lane: Gatherer) -> tuple[bool, ChunkResult | None]:
        cargo = shipment.cargo
        leader = cargo.leader
        await shipment.load()
        await shipment.give_back_rest()
        if lane.closing or not cargo.members:
            await self.rows.not_taken(shipment.id)
            await shipment.give_back(list(cargo.claimed.values()))
            if leader in cargo.members:
                raise BegunNothing
            return True, leader.tally.result()
        answer = await shipment.hand_over()
        if answer is None or (isinstance(answer, Uploaded) and not await shipment.opened(answer)):
            # Somebody else has taken the route over, and knows from the rows what may have happened.
            await shipment.give_back([*cargo.claimed.values(), leader.chunk])
            return True, None
        if isinstance(answer, PlatformFault):
            return await self._refused(shipment, answer)
        self._learnt.passed(_line(leader))
        return True, None if leader in cargo.members else leader.tally.result()

    async def _refused(self, shipment: Shipment, fault: PlatformFault) -> tuple[bool, ChunkResult | None]:
        cargo, records = shipment.cargo, shipment.records
        leader = cargo.leader
        if is_to_halve(cargo, fault, records):
            self._learnt.refused(_line(leader), records, too_big=fault.kind is FaultKind.TOO_BIG)
            await self.rows.not_taken(shipment.id)
            await shipment.give_back(list(cargo.claimed.values()))
            return False, None
        judge(cargo, fault)
        wait = cargo.members[0].tally.waiting
        if fault.kind is FaultKind.THROTTLED and wait is not None:
            self._learnt.not_before[_line(leader)] = wait.until
        elif records < 2:
            self._learnt.passed(_line(leader))
        await shipment.refused()
        return True, None if leader in cargo.members else leader.tally.result()


def _line(carriage: Carriage) -> tuple[UUID, Operation]:
    return carriage.connector.id, carriage.operation
