"""One batch call and what is read from it: items by position, each a row or an error.

WooCommerce commits what is good in a batch and reports the rest in place, so one answer holds many outcomes. Two errors are mended
at once, in a further batch of the same submission: pictures that the shop cannot fetch and an EAN that another product has. The
item is then sent without them and carries a warning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.faults import Step
from pixee_workers.platforms.woocommerce.requests import json_of, write
from pixee_workers.platforms.woocommerce.verdicts import ItemError, ShopFault, item_error
from pixee_workers.platforms.woocommerce.wire import MOST_IN_A_BATCH, Document, ProductRow
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Notice

_ROUNDS = 3
"""The batch itself and at most one more for each of the two things that can be left out."""

_UNSEEN = PlatformFault(
    FaultKind.AMBIGUOUS,
    FaultScope.SUBMISSION,
    ReasonCode.ANSWER_UNKNOWN,
    "The shop's answer does not speak of this item.",
)


@dataclass(slots=True)
class Entry:
    """One document on its way. After `send` exactly one of `row`, `error` and `fault` is there."""

    document: Document
    external_id: str | None
    """Null: a create."""
    addresses: dict[int, str] = field(default_factory=dict)
    """Media id to picture URL, for sending a picture anew that was removed at the shop."""
    row: ProductRow | None = None
    error: ItemError | None = None
    fault: PlatformFault | None = None
    notices: list[Notice] = field(default_factory=list)

    @property
    def created(self) -> bool:
        """Whether the shop made a new object of it."""
        return self.external_id is None and self.row is not None


async def send(path: str, entries: Sequence[Entry], context: CallContext, *, label: str) -> None:
    """Write all entries, at most a hundred at a time.

    Raises:
        PlatformFault: the first call failed, so nothing of this is known to be written. Faults of later calls stand in the
            entries that they touched.
    """
    for start in range(0, len(entries), MOST_IN_A_BATCH):
        part = entries[start : start + MOST_IN_A_BATCH]
        try:
            await _send_part(path, part, context, label)
        except PlatformFault as fault:
            if start == 0:
                raise
            for entry in entries[start:]:
                entry.fault = fault
            return


async def _send_part(path: str, entries: Sequence[Entry], context: CallContext, label: str) -> None:
    open_entries = list(entries)
    for turn in range(_ROUNDS):
        try:
            await _call(path, open_entries, context, label)
        except PlatformFault as fault:
            if turn == 0:
                raise
            for entry in open_entries:
                entry.fault, entry.error = fault, None
            return
        open_entries = [entry for entry in open_entries if entry.error is not None and _amended(entry, entry.error)]
        if not open_entries:
            return


async def _call(path: str, entries: Sequence[Entry], context: CallContext, label: str) -> None:
    creates = [entry for entry in entries if entry.external_id is None]
    updates = [entry for entry in entries if entry.external_id is not None]
    body: dict[str, Any] = {}
    if creates:
        body["create"] = [entry.document for entry in creates]
    if updates:
        body["update"] = [{"id": int(entry.external_id or 0), **entry.document} for entry in updates]
    try:
        answer = await write(context, path, body, label=label, safe=not creates)
    except PlatformFault as fault:
        raise _told(fault, creates=bool(creates), single=len(entries) == 1) from None
    told = json_of(answer)
    _read(creates, told, "create")
    _read(updates, told, "update")


def _read(entries: Sequence[Entry], told: Any, part: str) -> None:
    rows = told.get(part) if isinstance(told, dict) else None
    for place, entry in enumerate(entries):
        row = rows[place] if isinstance(rows, list) and place < len(rows) else None
        entry.row = entry.error = entry.fault = None
        if not isinstance(row, dict):
            entry.fault = _UNSEEN
        elif isinstance(row.get("error"), dict):
            entry.error = item_error(row["error"])
        elif not row.get("id"):
            entry.fault = _UNSEEN
        else:
            entry.row = cast("ProductRow", row)


def _told(fault: PlatformFault, *, creates: bool, single: bool) -> PlatformFault:
    """The fault as this batch must tell it: a failed answer to creates may stand for products that exist now."""
    processed = isinstance(fault, ShopFault) and fault.processed
    if not processed or (fault.kind is FaultKind.TOO_BIG and not single):
        return fault
    kind = FaultKind.AMBIGUOUS if creates else FaultKind.UNAVAILABLE
    if kind is fault.kind:
        return fault
    return PlatformFault(kind, fault.scope, fault.reason, fault.message, retry_after=fault.retry_after)


def _amended(entry: Entry, error: ItemError) -> bool:
    """Whether the entry was changed so that sending it again can succeed."""
    document = entry.document
    if error.step is Step.WITHOUT_EAN and document.get("global_unique_id"):
        ean = document.pop("global_unique_id")
        entry.notices.append(Notice(error.reason, f"Sent without the EAN {ean}: {error.message}", error.field))
        return True
    if error.step is Step.WITHOUT_IMAGES and ("images" in document or "image" in document):
        document.pop("images", None)
        document.pop("image", None)
        entry.notices.append(Notice(error.reason, f"Sent without pictures: {error.message}", error.field))
        return True
    return error.step is Step.IMAGES_ANEW and _by_address(entry)


def _by_address(entry: Entry) -> bool:
    """Put addresses where media ids stood; false where there were none."""
    image = entry.document.get("image")
    images = [*(entry.document.get("images") or ()), *([image] if image else ())]
    changed = False
    for one in images:
        address = entry.addresses.get(one.get("id"))
        if address is not None:
            del one["id"]
            one["src"] = address
            changed = True
    return changed


async def delete(path: str, external_ids: Sequence[str], context: CallContext, *, label: str) -> dict[str, ItemError]:
    """Remove objects for good; errors by external id. Safe to repeat: what is gone answers with an error of its own.

    Raises:
        PlatformFault: the call failed; repeating it does no harm.
    """
    errors: dict[str, ItemError] = {}
    for start in range(0, len(external_ids), MOST_IN_A_BATCH):
        part = external_ids[start : start + MOST_IN_A_BATCH]
        answer = await write(context, path, {"delete": [int(one) for one in part]}, label=label, safe=True)
        told = json_of(answer)
        rows = told.get("delete") if isinstance(told, dict) else None
        for place, external_id in enumerate(part):
            row = rows[place] if isinstance(rows, list) and place < len(rows) else None
            if not isinstance(row, dict):
                errors[external_id] = ItemError(
                    "", "The shop did not confirm it.", Step.AGAIN, ReasonCode.ANSWER_UNKNOWN
                )
            elif isinstance(row.get("error"), dict):
                errors[external_id] = item_error(row["error"])
    return errors
