"""Asks for a file once, and brings its result to every chunk that is in it: a page of chunks at a time, each in its own right.

What a crash leaves half done the next poller goes on with: chunks that have their verdicts are in the file no more. The poller's own
chunk comes last. Verdicts are matched by the numbers that were stored, never by what the platform says the items are.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import COUNTS_AS, Counted, OutcomeKind
from pixee_common.telemetry import record
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.results import Tally, backoff
from pixee_workers.sync_base.routes import ChunkKey
from pixee_workers.sync_base.tracks import origin_from
from pixee_workers.sync_base.upload_contract import Collected, FollowUp, Uploader, Verdict
from pixee_workers.sync_base.uploads.following import followed
from pixee_workers.sync_base.uploads.late import LateVerdicts
from pixee_workers.sync_base.uploads.rows import OpenFile, Part, UploadRows
from pixee_workers.sync_base.uploads.shipment import Gatherer, key_of
from pixee_workers.sync_base.uploads.verdicts import outcome_of, verdict_on

_CHUNKS_AT_ONCE = 20
_SHORTEST_PAUSE = 1.0
_DEFAULT_DEADLINE = 3600.0
_log = logging.getLogger(__name__)


class Collecting:
    """One look at one file, by the chunk that came for it. `again_at`: when the next is due, where there is no result yet."""

    def __init__(
        self, poller: Carriage, lane: Gatherer, rows: UploadRows, writer: OutcomeWriter, courier: PlatformCourier
    ) -> None:
        self._poller = poller
        self._lane = lane
        self._rows = rows
        self._writer = writer
        self._courier = courier
        self._late = LateVerdicts(rows, courier, poller, lane.life.worker_id)
        self._failed: set[UUID] = set()
        """Items of the file whose failure was counted: one verdict is one failure, however many jobs wait for it."""
        self.again_at: datetime = poller.wiring.clock.now()

    async def run(self, submission_id: UUID) -> bool:
        """True: there was a result, and every chunk has it; the poller's own stands in its tally."""
        file = await self._rows.read(submission_id)
        if file is None:
            return False
        collected = await self._ask(file)
        if not collected.done:
            pause = max(_SHORTEST_PAUSE, collected.poll_in_seconds)
            self.again_at = self._poller.wiring.clock.now() + timedelta(seconds=pause)
            await self._rows.polled(file.id, self.again_at)
            return False
        self._count_strangers(collected, file)
        await self._spread(collected, file)
        return True

    async def _ask(self, file: OpenFile) -> Collected:
        poller = self._poller
        adapter = poller.adapter
        assert isinstance(adapter, Uploader)
        answer = await poller.ask(
            lambda context: adapter.collect(poller.operation, file.uploaded, context), uuid5(file.id, "collect")
        )
        if not isinstance(answer, PlatformFault):
            return answer
        if answer.kind is FaultKind.REFUSED:
            # The platform does not know the file (any more): only the shop can tell what became of it.
            return Collected(True, unmentioned=Verdict(OutcomeKind.UNKNOWN, answer.reason, answer.message))
        pause = answer.retry_after if answer.retry_after is not None else max(5.0, backoff(file.polls))
        if answer.kind is not FaultKind.CONTRACT_BROKEN:
            poller.stop_for(answer)
        return Collected(False, poll_in_seconds=pause)

    async def _spread(self, collected: Collected, file: OpenFile) -> None:
        poller = self._poller
        life = self._lane.life.worker_id
        seen: set[ChunkKey] = set()
        while chunks := await self._rows.members(file.id, poller.chunk, life, self._lane.unbegun, _CHUNKS_AT_ONCE):
            chunks = [chunk for chunk in chunks if key_of(chunk) not in seen]
            if not chunks:  # what cannot be written at all is left as it is, for an engineer
                break
            seen.update(key_of(chunk) for chunk in chunks)
            self._lane.let_go([key_of(chunk) for chunk in chunks])
            parts = await self._rows.parts(file.id, chunks)
            results = [self._result(chunk, parts.get(key_of(chunk), ()), collected, file) for chunk in chunks]
            await asyncio.gather(*(self._writer.write(life, result) for result in results))
        own = await self._rows.parts(file.id, [poller.chunk])
        self._apply(poller.tally, own.get(key_of(poller.chunk), ()), collected, file)
        await self._late.bring(collected, file, ("open",))

    def _result(self, chunk: ClaimedChunk, parts: Sequence[Part], collected: Collected, file: OpenFile) -> ChunkResult:
        tally = self._courier.tally(chunk, self._poller.adapter)
        self._apply(tally, parts, collected, file)
        return tally.result()

    def _apply(self, tally: Tally, parts: Sequence[Part], collected: Collected, file: OpenFile) -> None:
        for part in parts:
            later = []
            for item_id in part.item_ids:
                verdict = verdict_on(part, item_id, collected)
                if COUNTS_AS[tally.kind(item_id)] is not Counted.OPEN:
                    continue
                origin = origin_from(item_id, part.sent[str(item_id)])
                tally.settle(origin, outcome_of(item_id, verdict))
                if COUNTS_AS[verdict.kind] is Counted.FAILED:
                    if item_id in self._failed:
                        tally.counted_elsewhere(item_id)
                    self._failed.add(item_id)
                if verdict.kind is OutcomeKind.ACCEPTED:
                    later.append(item_id)
            tally.polled(part.row_id, again_in=None)
            if later:
                self._follow(tally, part, later, collected, file)

    def _follow(self, tally: Tally, part: Part, items: Sequence[UUID], collected: Collected, file: OpenFile) -> None:
        """Items that the file's result leaves open are asked for by their chunk; without a way to ask, their deadline ends them."""
        deadline = self._poller.capability.verdict_deadline_seconds or _DEFAULT_DEADLINE
        follow = collected.follow_up or FollowUp(file.uploaded.kind, deadline * 2, deadline)
        tally.remember(followed(part, items, follow, file), {str(item): part.sent[str(item)] for item in items})

    def _count_strangers(self, collected: Collected, file: OpenFile) -> None:
        strangers = [ref for ref in collected.verdicts if not 1 <= ref <= file.records]
        if strangers:
            chunk = self._poller.chunk
            _log.warning("file %s: verdicts on %d records that were never sent", file.id, len(strangers))
            labels = {"platform": chunk.platform, "operation": chunk.operation.value}
            record("pixee_upload_strangers_total", len(strangers), **labels)
