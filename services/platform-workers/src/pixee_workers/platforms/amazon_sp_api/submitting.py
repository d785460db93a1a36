"""Single calls: each listing by one call of its own, which Amazon answers at once with what is wrong, or with ACCEPTED.

All of them are upserts of absolute values by SKU, so a lost answer is repeated. ACCEPTED means queued: the items of a submission
are looked at together later (`following`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import manifest
from pixee_workers.platforms.amazon_sp_api.completing import calls_of, completed, kept_of
from pixee_workers.platforms.amazon_sp_api.following import accepted, follow_up, stopped
from pixee_workers.platforms.amazon_sp_api.issues import Judged, judged
from pixee_workers.platforms.amazon_sp_api.marketplaces import language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import ask, contract_broken, listing_path
from pixee_workers.platforms.amazon_sp_api.wire import Call
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Mapped, PushItem, item_id
from pixee_workers.sync_base.outcomes import Notice, Outcome, Submission

_LABELS = {"PUT": manifest.PUT, "PATCH": manifest.PATCH, "DELETE": manifest.DELETE}
_OF_APPLICATION = {"PUT": (manifest.APPLICATION_PUTS,), "PATCH": (manifest.APPLICATION_PATCHES,)}
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(slots=True)
class _Written:
    """What became of one item's calls. `judged` is null where all of them were accepted."""

    accepted: list[str] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    judged: Judged | None = None
    sku: str = ""


async def submit(operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Submission:
    """See module. A fault after the first write is the outcome of what was not written yet."""
    found = await completed(operation, items, context)
    outcomes: list[Outcome] = list(found.outcomes)
    waiting: dict[UUID, tuple[str, Mapping[str, JsonValue]]] = {}
    fault: PlatformFault | None = None
    for one in found.items:
        if fault is None:
            try:
                written = await _item(one, context)
            except PlatformFault as stop:
                if not waiting and not outcomes:
                    raise
                fault = stop
            else:
                outcome = _outcome(one, written)
                outcomes.append(outcome)
                if outcome.kind is OutcomeKind.ACCEPTED:
                    waiting[outcome.item_id] = (_first_sku(one), kept_of(one))
                continue
        outcomes.append(stopped(item_id(one.item), fault))
    jobs = (follow_up(operation, waiting, context),) if waiting else ()
    return Submission(tuple(outcomes), jobs)


async def _item(one: Mapped[PushItem], context: CallContext) -> _Written:
    """The item's calls in their order; the first that is refused ends it."""
    written = _Written()
    for call in calls_of(one):
        written.sku = call["sku"]
        try:
            answer = await _call(call, context)
        except PlatformFault as fault:
            if call["method"] == "DELETE" and fault.reason is ReasonCode.NOT_FOUND_AT_SHOP:
                continue
            written.judged = _refused(fault, call)
            if written.judged is None:
                raise
            return written
        found = judged(answer.get("issues") or (), call["sku"])
        written.warnings += found.warnings
        if answer.get("status") != "ACCEPTED":
            written.judged = found if found.kind is not None else _silent(call["sku"])
            return written
        written.accepted.append(call["sku"])
    return written


async def _call(call: Call, context: CallContext) -> Mapping[str, Any]:
    query = {
        "marketplaceIds": marketplace_of(context.settings).id,
        "issueLocale": language_of(context.settings),
    }
    body: dict[str, Any] | None = None
    if call["method"] != "DELETE":
        query["includedData"] = "issues,identifiers"
        body = {"productType": call["product_type"]}
        if call["method"] == "PUT":
            body |= {"requirements": call["requirements"], "attributes": call["attributes"]}
        else:
            body["patches"] = call["patches"]
    path = listing_path(context.settings, call["sku"])
    also = _OF_APPLICATION.get(call["method"], ())
    told, _ = await ask(context, call["method"], path, label=_LABELS[call["method"]], query=query, body=body, also=also)
    if not isinstance(told, Mapping) or told.get("status") not in {"ACCEPTED", "INVALID"}:
        raise contract_broken(f"{_LABELS[call['method']]} has no status")
    return told


def _refused(fault: PlatformFault, call: Call) -> Judged | None:
    """A refusal of this one call, as what it says of the item; null: it is about more than the item."""
    sku, gone = call["sku"], fault.reason is ReasonCode.NOT_FOUND_AT_SHOP
    narrow = fault.scope in {FaultScope.ITEM, FaultScope.SUBMISSION}
    if narrow and fault.kind in {FaultKind.REFUSED, FaultKind.TOO_BIG}:
        return Judged(OutcomeKind.REJECTED, fault.reason, f"{sku}: {fault.message}", gone=gone)
    if fault.reason is ReasonCode.PERMISSION_MISSING and not set(sku) <= _PLAIN:
        # Sheet, "Pitfalls": Amazon answers 403 to some SKUs with spaces and signs, whatever the seller's rights are.
        message = f"{sku}: Amazon refuses SKUs with such signs when they are sent one by one: use letters, digits, '-' and '_'."
        return Judged(OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, message, "sku")
    return None


def _silent(sku: str) -> Judged:
    return Judged(
        OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM, f"{sku}: Amazon refuses it and gives no reason."
    )


def _outcome(one: Mapped[PushItem], written: _Written) -> Outcome:
    return accepted(one.item, kept_of(one), written.accepted, written.judged, tuple(written.warnings), written.sku)


def _first_sku(one: Mapped[PushItem]) -> str:
    return str(kept_of(one).get("product") or calls_of(one)[0]["sku"])
