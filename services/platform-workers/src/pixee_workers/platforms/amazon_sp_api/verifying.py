"""The look after ACCEPTED: whether a listing has come out as it was written, twenty SKUs at a time.

Amazon shows late what it took, and says later still what it thinks of it. So an item is judged once its listing was updated after
the write (or shows the value that was written); where Amazon tells neither, after a quarter of an hour. An ERROR then is a late
rejection, but only one that is about what was written: a picture that Amazon dislikes is no reason why a quantity did not arrive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from uuid import UUID

from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.following import linked_of, operation_of
from pixee_workers.platforms.amazon_sp_api.issues import judged
from pixee_workers.platforms.amazon_sp_api.listings import moment, shown, summary_of
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, OFFER, STOCK, VERDICT_SECONDS
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.plans import notices_of
from pixee_workers.platforms.amazon_sp_api.wire import OUR_CHANNEL
from pixee_workers.platforms.amazon_sp_api.withdrawing import taken_off_links
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.outcomes import Linked, Outcome, PollResult, RemoteJob

_CLOCKS_APART = timedelta(seconds=60)
_PATIENCE_SECONDS = 900.0
_LOOKS = (15.0, 30.0, 60.0, 120.0, 300.0)
_INCLUDED = ("summaries", "issues", "fulfillmentAvailability", "offers")
_ABOUT: Mapping[Operation, frozenset[str]] = {
    Operation.PUSH_STOCK: frozenset({STOCK}),
    Operation.PUSH_PRICES: frozenset({OFFER, LIST_PRICE}),
}


@dataclass(frozen=True, slots=True)
class _Look:
    """What Amazon shows, and how long ago the items were written. `since` is null for a file, whose result is there."""

    operation: Operation
    place: str
    there: Mapping[str, Mapping[str, Any]]
    since: datetime | None
    age: float

    @property
    def patience_is_over(self) -> bool:
        return self.age >= _PATIENCE_SECONDS

    def settled(self, sku: str, *, equal: bool = False) -> bool:
        """Whether what Amazon shows of a SKU is what came of the write."""
        if self.since is None or equal or self.patience_is_over:
            return True
        updated = moment(summary_of(self.there[sku], self.place).get("lastUpdatedDate"))
        return updated is not None and updated >= self.since - _CLOCKS_APART


async def poll(job: RemoteJob, context: CallContext) -> PollResult:
    """Ask for every item of the job; those of which nothing can be said yet are asked for again."""
    refs = cast("Mapping[str, str]", job.correlation.get("refs") or {})
    kept = cast("Mapping[str, Any]", job.correlation.get("kept") or {})
    wanted = [sku for one in job.item_ids for sku in _skus(kept.get(str(one)) or {}, refs.get(str(one)))]
    age = max(0.0, VERDICT_SECONDS - job.deadline_seconds)
    look = _Look(
        operation=operation_of(job.kind),
        place=marketplace_of(context.settings).id,
        there=await shown(context, wanted, _INCLUDED),
        since=moment(job.correlation.get("since")),
        age=age,
    )
    outcomes = []
    for one in job.item_ids:
        outcome = _item(one, refs.get(str(one)), kept.get(str(one)) or {}, look)
        if outcome is not None:
            outcomes.append(outcome)
    again = next((pause for pause in _LOOKS if age <= pause * 2), _LOOKS[-1])
    return PollResult(tuple(outcomes), done=len(outcomes) == len(job.item_ids), poll_in_seconds=again)


def _skus(kept: Mapping[str, Any], ref: str | None) -> list[str]:
    named = [
        *(kept.get("variants") or {}).values(),
        kept.get("product"),
        *kept.get("removed", ()),
        *kept.get("emptied", ()),
    ]
    return [str(sku) for sku in dict.fromkeys(named) if sku] or ([ref] if ref else [])


def _item(one: UUID, ref: str | None, kept: Mapping[str, Any], look: _Look) -> Outcome | None:
    if look.operation is not Operation.PUSH_PRODUCTS:
        return None if ref is None else _level(one, ref, kept, look)
    if "product" in kept:
        return _product(one, kept, look)
    if "removed" in kept or "emptied" in kept:
        return _withdrawn(one, kept, look)
    return None if ref is None else _bare(one, ref, look)


def _product(one: UUID, kept: Mapping[str, Any], look: _Look) -> Outcome | None:
    written = dict.fromkeys([*kept["variants"].values(), kept["product"]])
    if any(sku not in look.there or not look.settled(sku) for sku in written):
        return None
    removed = list(kept.get("removed", ()))
    if any(sku in look.there for sku in removed) and not look.patience_is_over:
        return None
    linked = linked_of(kept, written.keys(), _asins(look))
    linked = Linked(linked.product, linked.variants, gone=tuple(removed))
    verdicts = [judged(look.there[sku].get("issues") or (), sku) for sku in written]
    warnings = tuple(warning for verdict in verdicts for warning in verdict.warnings)
    bad = next((verdict for verdict in verdicts if verdict.kind is not None), None)
    if bad is not None:
        return Outcome(one, OutcomeKind.REJECTED, bad.reason, bad.message, bad.field, linked=linked)
    carried = bool(kept.get("carried"))
    return Outcome(
        one,
        OutcomeKind.APPLIED,
        linked=linked,
        carried_stock=carried,
        carried_price=carried,
        created=bool(kept.get("created")),
        warnings=(*notices_of(dict(kept)), *warnings),
    )


def _withdrawn(one: UUID, kept: Mapping[str, Any], look: _Look) -> Outcome | None:
    """Removed listings are gone when they are not shown; emptied ones when they show nothing left."""
    removed, emptied = list(kept.get("removed", ())), list(kept.get("emptied", ()))
    if any(sku in look.there for sku in removed):
        return None
    if any(sku in look.there and not look.settled(sku, equal=_quantity(look.there[sku]) == 0) for sku in emptied):
        return None
    linked = Linked(variants=taken_off_links(kept), gone=tuple(removed))
    return Outcome(one, OutcomeKind.APPLIED, linked=linked, warnings=notices_of(dict(kept)))


def _bare(one: UUID, sku: str, look: _Look) -> Outcome | None:
    """An item of a file of which only the SKU was kept."""
    if sku not in look.there:
        return None
    verdict = judged(look.there[sku].get("issues") or (), sku)
    linked = Linked(product=Listing(sku))
    if verdict.kind is not None:
        return Outcome(one, OutcomeKind.REJECTED, verdict.reason, verdict.message, verdict.field, linked=linked)
    return Outcome(one, OutcomeKind.APPLIED, linked=linked, warnings=verdict.warnings)


def _level(one: UUID, sku: str, kept: Mapping[str, Any], look: _Look) -> Outcome | None:
    there = look.there.get(sku)
    if there is None:
        if not look.patience_is_over:
            return None
        message = f"Amazon does not show {sku} any more."
        gone = Linked(gone=(sku,))
        return Outcome(one, OutcomeKind.REJECTED, ReasonCode.NOT_FOUND_AT_SHOP, message, "sku", linked=gone)
    if look.operation is Operation.PUSH_STOCK:
        equal = _quantity(there) == kept.get("quantity")
    else:
        equal = _price(there, look.place) == _decimal(kept.get("price"))
    # Offers do not show the struck-through price: where it was written too, an equal price does not tell that all has arrived.
    struck = "list_price" in kept
    if not look.settled(sku, equal=equal and not struck):
        return None
    names = _ABOUT[look.operation] if not equal else frozenset({LIST_PRICE} if struck else ())
    verdicts = [issue for issue in there.get("issues") or () if names & set(issue.get("attributeNames") or ())]
    verdict = judged(verdicts, sku)
    if verdict.kind is not None:
        return Outcome(one, OutcomeKind.REJECTED, verdict.reason, verdict.message, verdict.field)
    return Outcome(one, OutcomeKind.APPLIED, linked=_marked(one, kept), warnings=verdict.warnings)


def _marked(one: UUID, kept: Mapping[str, Any]) -> Linked:
    """The listing of a price, where it is news whether its struck-through price is ours."""
    if "listing" not in kept:
        return Linked()
    sku, parent, refs = kept["listing"]
    return Linked(variants={VariantId(one): Listing(sku, parent, refs)})


def _quantity(there: Mapping[str, Any]) -> int | None:
    channels = there.get("fulfillmentAvailability") or ()
    own: Mapping[str, Any] = next((one for one in channels if one.get("fulfillmentChannelCode") == OUR_CHANNEL), {})
    found = own.get("quantity")
    return found if isinstance(found, int) else None


def _price(there: Mapping[str, Any], place: str) -> Decimal | None:
    offers = (one for one in there.get("offers") or () if one.get("marketplaceId") == place)
    own: Mapping[str, Any] = next((one for one in offers if one.get("offerType") == "B2C"), {})
    return _decimal((own.get("price") or {}).get("amount"))


def _decimal(text: object) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None


def _asins(look: _Look) -> dict[str, str]:
    found = {sku: summary_of(one, look.place).get("asin") for sku, one in look.there.items()}
    return {sku: str(asin) for sku, asin in found.items() if asin}
