"""What came after an item's outcome was final, as it is told: an event and a word on the listing; the job counts what it counted. Pure.

What the verdict says of the shop is kept all the same (links, hash), so that the next push knows what is there; of an item that was
counted as applied and is refused after all nobody knows what the shop has, so the next push sends it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pixee_common.domain.ids import WorkerId
from pixee_common.domain.job import COUNTS_AS, Counted, OutcomeKind
from pixee_common.events import LateVerdict, SyncProgress
from pixee_common.telemetry import record
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk
from pixee_workers.sync_base.hashes import UNSURE
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.results import Tally
from pixee_workers.sync_base.tracks import origin_from
from pixee_workers.sync_base.uploads.late_rows import Late
from pixee_workers.sync_base.uploads.rows import Part


def told_late(
    part: Part,
    row: Mapping[str, Any],
    tally: Tally,
    outcomes: Sequence[Outcome],
    left: Sequence[UUID],
    *,
    by: WorkerId,
    at: datetime,
) -> Late:
    """`row`: the chunk's counts as they stand. `left`: items of which the last word is still to come."""
    told: dict[UUID, LateVerdict] = {}
    for outcome in outcomes:
        item_id, known = outcome.item_id, tally.kind(outcome.item_id)
        final = COUNTS_AS[outcome.kind] in {Counted.SUCCEEDED, Counted.FAILED}
        if not final or outcome.kind is known is OutcomeKind.APPLIED:
            continue
        origin = origin_from(item_id, part.sent[str(item_id)])
        tally.settle(origin, outcome)
        told[item_id] = LateVerdict(
            item_id=item_id,
            sku=origin.sku,
            counted_as=known.value,
            outcome=outcome.kind.value,
            reason=outcome.reason and outcome.reason.value,
            message=outcome.message,
        )
    chunk = tally.chunk
    if told:
        record("pixee_late_verdicts_total", len(told), platform=chunk.platform, operation=chunk.operation.value)
    return Late(part, tuple(left), _unsure(tally.result(), told), told, _event(chunk, row, told, by, at))


def _event(
    chunk: ClaimedChunk, row: Mapping[str, Any], told: Mapping[UUID, LateVerdict], by: WorkerId, at: datetime
) -> SyncProgress:
    return SyncProgress(
        job_id=chunk.job_id,
        chunk_no=chunk.no,
        account_id=chunk.account_id,
        connector_id=chunk.connector_id,
        platform=chunk.platform,
        operation=chunk.operation,
        route_key=chunk.route_key,
        worker_id=by,
        **{name: row[name] for name in _AS_IT_STANDS},
        late_verdicts=tuple(told.values()),
        occurred_at=at,
    )


def _unsure(result: ChunkResult, told: Mapping[UUID, LateVerdict]) -> ChunkResult:
    """Of what was counted as applied and has failed after all the shop may have anything."""
    turned = {item for item, verdict in told.items() if verdict.counted_as == OutcomeKind.APPLIED.value}
    rows = [replace(row, hash=UNSURE) if row.item_id in turned else row for row in result.operations]
    return replace(result, operations=tuple(rows))


_AS_IT_STANDS = ("state", "size", "succeeded", "failed", "skipped", "cancelled", "attempt")
