"""The step between what an item says and its record, for platforms whose records need more (`upload_contract.Completer`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.tracks import Track
from pixee_workers.sync_base.upload_contract import Completer

KEPT = "kept"


async def completed(carriage: Carriage, tracks: Sequence[Track]) -> list[Track]:
    """The items that go into the file, with whatever their records need. The others have their outcomes in the tally.

    A fault stops the carriage: nothing of this chunk goes into the file, and what it holds comes again.
    """
    adapter = carriage.adapter
    if not isinstance(adapter, Completer) or not tracks or carriage.stopped:
        return list(tracks)
    answer = await carriage.ask(
        lambda context: adapter.completed(carriage.operation, [track.ready.mapped for track in tracks], context),
        carriage.key("completed"),
    )
    if isinstance(answer, PlatformFault):
        _failed(carriage, tracks, answer)
        return []
    by_id = {track.id: track for track in tracks}
    for outcome in answer.outcomes:
        track = by_id.pop(outcome.item_id)
        carriage.tally.settle(replace(Origin.of(track.ready.read), item=track.ready.item), outcome)
    values: dict[UUID, JsonValue] = {one.item.id: one.values for one in answer.items}
    kept = [track for one, track in by_id.items() if one in values]
    for track in kept:
        track.ready = replace(track.ready, values=values[track.id])
    return kept


def kept_record(carriage: Carriage, track: Track) -> dict[str, JsonValue]:
    """What a later look must know of the item: kept beside what was sent of it."""
    adapter = carriage.adapter
    if not isinstance(adapter, Completer):
        return {}
    return {KEPT: dict(adapter.kept(carriage.operation, track.ready.mapped))}


def kept_of(sent: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """For a follow-up's correlation: what was kept of each of these items, if anything was."""
    found = {item: record[KEPT] for item, record in sent.items() if KEPT in record}
    return {KEPT: found} if found else {}


def _failed(carriage: Carriage, tracks: Sequence[Track], fault: PlatformFault) -> None:
    narrow = fault.scope in {FaultScope.ITEM, FaultScope.SUBMISSION}
    if fault.kind in {FaultKind.REFUSED, FaultKind.TOO_BIG} and narrow:
        for track in tracks:
            outcome = Outcome(track.id, OutcomeKind.REJECTED, fault.reason, fault.message)
            carriage.tally.settle(Origin.of(track.ready.read), outcome)
        return
    carriage.stop_for(fault)
