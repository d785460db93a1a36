"""Verdicts that come after an item's outcome was final: an event, and a word on the listing; counters never move.

What the verdict says of the shop is kept all the same (links, hash), so that the next push knows what is there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pixee_common.domain.ids import WorkerId
from pixee_common.domain.job import COUNTS_AS, Counted, OutcomeKind
from pixee_common.events import LateVerdict, SyncProgress
from pixee_common.telemetry import record
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.tracks import origin_from
from pixee_workers.sync_base.upload_contract import Collected
from pixee_workers.sync_base.uploads.late_rows import Late, LateRows
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

    async def bring(self, collected: Collected, file: OpenFile, states: Sequence[str]) -> None:
        """To all of the file's parts in one of these states, a page at a time."""
        after = _FIRST
        while found := await self._rows.late(file.id, states, after, _PARTS_AT_ONCE):
            after = found[-1][0].row_id
            for part, chunk, row in found:
                await self._kept.write(self._one(_Found(part, chunk, row), collected))

    def _one(self, found: _Found, collected: Collected) -> Late:
        tally = self._courier.tally(found.chunk, self._poller.adapter)
        told: dict[UUID, LateVerdict] = {}
        for item_id in found.part.item_ids:
            known = tally.kind(item_id)
            verdict = verdict_on(found.part, item_id, collected)
            final = COUNTS_AS[verdict.kind] in {Counted.SUCCEEDED, Counted.FAILED}
            if known in _NEVER_SENT or not final or verdict.kind is known is OutcomeKind.APPLIED:
                continue
            origin = origin_from(item_id, found.part.sent[str(item_id)])
            tally.settle(origin, outcome_of(item_id, verdict))
            told[item_id] = LateVerdict(
                item_id=item_id,
                sku=origin.sku,
                counted_as=known.value,
                outcome=verdict.kind.value,
                reason=verdict.reason and verdict.reason.value,
                message=verdict.message,
            )
        if told:
            labels = {"platform": found.chunk.platform, "operation": found.chunk.operation.value}
            record("pixee_late_verdicts_total", len(told), **labels)
        return Late(found.part.row_id, tally.result(), told, self._event(found, told))

    def _event(self, found: _Found, told: Mapping[UUID, LateVerdict]) -> SyncProgress:
        chunk, row = found.chunk, found.row
        return SyncProgress(
            job_id=chunk.job_id,
            chunk_no=chunk.no,
            account_id=chunk.account_id,
            connector_id=chunk.connector_id,
            platform=chunk.platform,
            operation=chunk.operation,
            route_key=chunk.route_key,
            worker_id=self._worker_id,
            **{name: row[name] for name in _AS_IT_STANDS},
            late_verdicts=tuple(told.values()),
            occurred_at=self._poller.wiring.clock.now(),
        )


_AS_IT_STANDS = ("state", "size", "succeeded", "failed", "skipped", "cancelled", "attempt")
_NEVER_SENT = frozenset({OutcomeKind.SKIPPED, OutcomeKind.SUPERSEDED, OutcomeKind.CANCELLED})
