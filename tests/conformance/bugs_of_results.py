"""Mistakes with the results of files: what is believed of them, and who may read them."""

import json
from dataclasses import replace
from typing import Any

from conformance.planting import Planted

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.outcomes import PollResult
from pixee_workers.sync_base.upload_contract import Collected, Verdict

_DONE = Verdict(OutcomeKind.APPLIED)


def trusting(found: Collected) -> Collected:
    """Takes silence for success."""
    return replace(found, unmentioned=_DONE)


def blaming(found: Collected) -> Collected:
    """Takes silence for a refusal."""
    return replace(found, unmentioned=Verdict(OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM, "Not named."))


def mistaking(found: Collected) -> Collected:
    """Gives the verdicts of strangers to whoever stands nearest."""
    return replace(found, verdicts={max(1, ref): verdict for ref, verdict in found.verdicts.items()})


def inventing(real: Adapter) -> Adapter:
    """A file of which nothing can be learnt any more will have been done."""
    uploader: Any = real

    async def collect(operation: Operation, uploaded: Any, context: Any) -> Collected:
        try:
            found: Collected = await uploader.collect(operation, uploaded, context)
        except PlatformFault:
            return Collected(done=True, unmentioned=_DONE)
        return replace(found, unmentioned=_DONE)

    return Planted(real, collect=collect)


def giving_up(real: Adapter) -> Adapter:
    """A result that cannot be had has refused everything."""
    uploader: Any = real

    async def collect(operation: Operation, uploaded: Any, context: Any) -> Collected:
        try:
            found: Collected = await uploader.collect(operation, uploaded, context)
        except PlatformFault as fault:
            return Collected(done=True, unmentioned=Verdict(OutcomeKind.REJECTED, fault.reason, fault.message))
        return found

    return Planted(real, collect=collect)


def reading_once(real: Adapter) -> Adapter:
    """Throws the result away when it has read it."""
    uploader: Any = real
    gone: set[str] = set()

    async def collect(operation: Operation, uploaded: Any, context: Any) -> Collected:
        if uploaded.remote_id in gone:
            message = "It was read."
            raise PlatformFault(FaultKind.REFUSED, FaultScope.SUBMISSION, ReasonCode.NOT_FOUND_AT_SHOP, message)
        found: Collected = await uploader.collect(operation, uploaded, context)
        if found.done:
            gone.add(uploaded.remote_id)
        return found

    return Planted(real, collect=collect)


def done_with(found: Collected) -> Collected:
    """What was taken is not looked after."""
    return replace(found, follow_up=None)


def sure(real: Adapter) -> Adapter:
    """Takes what was taken for what is there: a look finds everything in order."""

    async def poll(job: Any, context: Any) -> PollResult:
        found = await real.poll(job, context)
        return replace(
            found, outcomes=tuple(replace(one, kind=OutcomeKind.APPLIED, reason=None) for one in found.outcomes)
        )

    return Planted(real, poll=poll)


def keeping_records(real: Adapter) -> Adapter:
    """Writes of every item the record that it wrote first."""
    uploader: Any = real
    written: dict[Any, bytes] = {}

    def record(operation: Operation, item: Any, ref: int, settings: Any) -> bytes:
        made: bytes = uploader.record(operation, item, ref, settings)
        return written.setdefault((operation, item.item.id), made)

    return Planted(real, record=record)


def retitling(real: Adapter) -> Adapter:
    """Amazon: writes a title beside every figure."""
    uploader: Any = real

    def record(operation: Operation, item: Any, ref: int, settings: Any) -> bytes:
        made: bytes = uploader.record(operation, item, ref, settings)
        if operation is Operation.PUSH_PRODUCTS:
            return made
        message = json.loads(made)
        value = [{"value": "By the way", "language_tag": "fr_FR", "marketplace_id": settings.extra["marketplace_id"]}]
        message["patches"].append({"op": "replace", "path": "/attributes/item_name", "value": value})
        return json.dumps(message).encode()

    return Planted(real, record=record)
