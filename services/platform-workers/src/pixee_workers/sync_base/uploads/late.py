"""Verdicts that come after an item's outcome was final: an event, and a word on the listing; counters never move.

What the file's result merely took is asked for as its chunk would have done. How it is told: `late_telling`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.ids import WorkerId
from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.results import Tally
from pixee_workers.sync_base.upload_contract import Collected, FollowUp
from pixee_workers.sync_base.uploads.following import followed
from pixee_workers.sync_base.uploads.late_rows import Late, LateRows
from pixee_workers.sync_base.uploads.late_telling import told_late
from pixee_workers.sync_base.uploads.rows import OpenFile, Part, UploadRows
from pixee_workers.sync_base.uploads.verdicts import outcome_of, verdict_on

_PARTS_AT_ONCE = 20
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class _Found:
    """A part whose chunk has ended, with the chunk's row."""

    part: Part
    chunk: ClaimedChunk
    row: Mapping[str, Any]


class LateVerdicts:
    """Brings a file's result to chunks that ended without it."""

    def __init__(self, rows: UploadRows, courier: PlatformCourier, poller: Carriage, worker_id: WorkerId) -> None:
        self._rows = rows
        self._kept = LateRows(rows.database)
        self._courier = courier
        self._poller = poller
        self._worker_id = worker_id

    async def bring(self, collected: Collected, file: OpenFile, states: Sequence[str]) -> bool:
        """To all of the file's parts in one of these states, a page at a time. False: of some items the last word is still to come."""
        after, whole = _FIRST, True
        while found := await self._rows.late(file.id, states, after, _PARTS_AT_ONCE):
            after = found[-1][0].row_id
            for part, chunk, row in found:
                late = await self._one(_Found(part, chunk, row), collected, file)
                await self._kept.write(late)
                whole = whole and not late.left
        return whole

    async def _one(self, found: _Found, collected: Collected, file: OpenFile) -> Late:
        tally = self._courier.tally(found.chunk, self._poller.adapter)
        outcomes, left = await self._outcomes(found.part, tally, collected, file)
        at = self._poller.wiring.clock.now()
        return told_late(found.part, found.row, tally, outcomes, left, by=self._worker_id, at=at)

    async def _outcomes(
        self, part: Part, tally: Tally, collected: Collected, file: OpenFile
    ) -> tuple[list[Outcome], Sequence[UUID]]:
        """What is known of the part's items now, and of which the platform has to be asked again."""
        sent = [item for item in part.item_ids if tally.kind(item) not in _NEVER_SENT]
        said = [outcome_of(item, verdict_on(part, item, collected)) for item in sent]
        taken = [one.item_id for one in said if one.kind is OutcomeKind.ACCEPTED]
        if not taken or collected.follow_up is None:
            return said, ()
        poller = self._poller
        job = followed(part, taken, self._aged(collected.follow_up, file), file)
        answer = await poller.ask(lambda context: poller.adapter.poll(job, context), uuid5(part.row_id, "late"))
        if isinstance(answer, PlatformFault):
            return said, () if answer.kind is FaultKind.REFUSED else taken
        looked = {one.item_id: one for one in answer.outcomes if one.item_id in taken}
        left = [] if answer.done else [item for item in taken if item not in looked]
        return [looked.get(one.item_id, one) for one in said], left

    def _aged(self, follow: FollowUp, file: OpenFile) -> FollowUp:
        """With the time that is left of it, as if the result had come when the file was due: nobody knows better."""
        late = (self._poller.wiring.clock.now() - file.deadline_at).total_seconds()
        return replace(follow, deadline_seconds=max(0.0, follow.deadline_seconds - max(0.0, late)))


_NEVER_SENT = frozenset({OutcomeKind.SKIPPED, OutcomeKind.SUPERSEDED, OutcomeKind.CANCELLED})
