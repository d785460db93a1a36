"""Stock and prices: one variant's quantity or price, and nothing else of it.

A simple product is written through the products' batch, a variation only through its parent's: so one submission makes one call for
all simple products and one for each variable product. All values are absolute, a repetition changes nothing.
"""

from collections.abc import Sequence
from typing import cast

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.batches import Entry, send
from pixee_workers.platforms.woocommerce.faults import Step
from pixee_workers.platforms.woocommerce.shop import shop_currency
from pixee_workers.platforms.woocommerce.wire import PRODUCTS_BATCH, Document, variations_batch
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Mapped, PriceItem, StockItem
from pixee_workers.sync_base.outcomes import Outcome, Submission
from pixee_workers.sync_base.plain_outcomes import not_there

Level = StockItem | PriceItem


async def push_levels(items: Sequence[Mapped[Level]], context: CallContext) -> Submission:
    """Write quantities or prices.

    Raises:
        PlatformFault: the first call failed. A fault after it is told by the outcomes of the items that it touched.
    """
    outcomes = list(await _in_another_currency(items, context))
    refused = {outcome.item_id for outcome in outcomes}
    by_parent: dict[str | None, list[Mapped[Level]]] = {}
    for one in items:
        if one.item.id not in refused:
            by_parent.setdefault(one.item.listing.parent_external_id, []).append(one)
    stopped: PlatformFault | None = None
    for place, (parent, group) in enumerate(by_parent.items()):
        entries = [Entry(dict(cast("Document", one.values)), one.item.listing.external_id) for one in group]
        if stopped is None:
            stopped = await _send(parent, entries, context, first=place == 0)
        else:
            for entry in entries:
                entry.fault = stopped
        outcomes += [_outcome(one.item, entry) for one, entry in zip(group, entries, strict=True)]
    return Submission(tuple(outcomes))


async def _send(
    parent: str | None, entries: Sequence[Entry], context: CallContext, *, first: bool
) -> PlatformFault | None:
    """Null, or the fault after which no further call of this submission makes sense."""
    path = PRODUCTS_BATCH if parent is None else variations_batch(parent)
    try:
        await send(path, entries, context, label=path if parent is None else "variations/batch")
    except PlatformFault as fault:
        lonely = parent is not None and fault.kind is FaultKind.REFUSED
        if first and not lonely:
            raise
        for entry in entries:
            entry.fault = fault
        return None if lonely else fault
    return None


def _outcome(item: Level, entry: Entry) -> Outcome:
    if entry.row is not None:
        return Outcome(item.id, OutcomeKind.APPLIED)
    if entry.error is not None:
        if entry.error.step is Step.GONE:
            return not_there(item)
        kind = OutcomeKind.TRANSIENT if entry.error.step is Step.AGAIN else OutcomeKind.REJECTED
        return Outcome(item.id, kind, entry.error.reason, entry.error.message, entry.error.field)
    fault = cast("PlatformFault", entry.fault)
    if fault.reason is ReasonCode.NOT_FOUND_AT_SHOP:
        return not_there(item)
    kind = OutcomeKind.REJECTED if fault.kind is FaultKind.REFUSED else OutcomeKind.TRANSIENT
    return Outcome(item.id, kind, fault.reason, fault.message)


async def _in_another_currency(items: Sequence[Mapped[Level]], context: CallContext) -> list[Outcome]:
    """Prices that the shop would read as its own currency: never sent."""
    prices = [one.item for one in items if isinstance(one.item, PriceItem)]
    if not prices:
        return []
    currency = await shop_currency(context)
    return [
        Outcome(
            item.id,
            OutcomeKind.REJECTED,
            ReasonCode.CURRENCY_MISMATCH,
            f"The price of {item.sku} is in {item.price.currency}, the shop sells in {currency}: "
            "give a price in that currency.",
            "price",
        )
        for item in prices
        if item.price.currency != currency
    ]
