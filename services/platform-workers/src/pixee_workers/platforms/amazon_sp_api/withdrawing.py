"""Withdrawals: the listing is deleted, or its quantity set to zero, as the connector's `on_delete` says.

Amazon has no switch for "not published": a listing without pieces cannot be bought (sheet, "Visibility"). Two roads lead here: the
product left the catalog, or it is there and not active (a draft, archived). The second way the listing stays ours and waits: until
the product is active again its stock is zero whatever the catalog has (`mapping`), then its quantity comes back with the content.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.listings import OFF_SALE, is_fba, is_off, shown, type_of
from pixee_workers.platforms.amazon_sp_api.manifest import STOCK
from pixee_workers.platforms.amazon_sp_api.mapping import listed_skus
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.plans import Plan
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action, Listing, ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome

_INCLUDED = ("fulfillmentAvailability", "productTypes")


async def withdrawal(item: ProductItem, context: CallContext) -> Plan | Outcome:
    """The calls that take the product out of the shop, or what it is where there is nothing to call."""
    skus = listed_skus(item)
    if item.action is Action.DELETE:
        return _removed(skus)
    there = await shown(context, skus, _INCLUDED)
    if not there:
        return _gone(item, skus)
    made = Plan(kept={"emptied": []})
    amazons = _emptied(made, there, context)
    if amazons and not made.calls:
        return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, _amazons_own(amazons), "quantity")
    return made if made.calls else Outcome(item.id, OutcomeKind.APPLIED)


async def taken_off(item: ProductItem, context: CallContext) -> Plan | Outcome:
    """The same for a product that is in the catalog and not active. A connector that keeps what was deleted empties it too."""
    if context.settings.on_delete == Action.DELETE:
        return _removed(listed_skus(item))
    for_sale = {v.id: v.listing for v in item.variants if v.listing is not None and not is_off(v.listing)}
    if not for_sale and not item.gone:
        return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.UNCHANGED)
    skus = [listing.external_id for listing in for_sale.values()]
    there = await shown(context, skus, _INCLUDED)
    if not there and not item.gone:
        return _gone(item, listed_skus(item))
    made = Plan(kept={"emptied": []})
    amazons = _emptied(made, there, context)
    for listing in item.gone:
        made.remove(listing.external_id)
    marked = {one: _marked(listing) for one, listing in for_sale.items() if listing.external_id not in amazons}
    if made.calls:
        made.kept["off_sale"] = {
            str(one): [listing.external_id, listing.parent_external_id, dict(listing.refs)]
            for one, listing in marked.items()
        }
        return made
    if amazons:
        return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, _amazons_own(amazons), "quantity")
    return Outcome(item.id, OutcomeKind.APPLIED, linked=Linked(variants=marked))


def taken_off_links(kept: Mapping[str, Any]) -> dict[VariantId, Listing]:
    """The listings as `taken_off` leaves them, from what was kept."""
    marked = (kept.get("off_sale") or {}).items()
    return {VariantId(UUID(one)): Listing(sku, parent, refs) for one, (sku, parent, refs) in marked}


async def returning(item: ProductItem, context: CallContext) -> frozenset[str]:
    """SKUs that were taken off sale and get their quantity back; what Amazon's own warehouse sells by now is left to it."""
    off = [v.listing.external_id for v in item.variants if v.listing is not None and is_off(v.listing)]
    there = await shown(context, off, _INCLUDED) if off else {}
    return frozenset(sku for sku, one in there.items() if not is_fba(one))


def _marked(listing: Listing) -> Listing:
    return Listing(listing.external_id, listing.parent_external_id, {**listing.refs, OFF_SALE: True})


def _removed(skus: Sequence[str]) -> Plan:
    made = Plan()
    for sku in skus:
        made.remove(sku)
    return made


def _gone(item: ProductItem, skus: Sequence[str]) -> Outcome:
    message = "Amazon does not have it any more."
    return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE, message, linked=Linked(gone=tuple(skus)))


def _emptied(made: Plan, there: Mapping[str, Mapping[str, Any]], context: CallContext) -> list[str]:
    """Plan that nothing is left of these. Returns those that Amazon's own warehouse sells, with a warning where others are emptied."""
    place = marketplace_of(context.settings).id
    amazons = [sku for sku, one in there.items() if is_fba(one)]
    for sku, one in there.items():
        # A parent has no quantity of its own.
        if sku not in amazons and one.get("fulfillmentAvailability"):
            kind = type_of(one, place) or wire.ANY_TYPE
            patches = [wire.patch("merge", STOCK, wire.pieces(0))]
            made.calls.append({"sku": sku, "method": "PATCH", "product_type": kind, "patches": patches})
            made.kept["emptied"].append(sku)
    if amazons and made.calls:
        made.warn(ReasonCode.NOT_OURS, _amazons_own(amazons), "quantity")
    return amazons


def _amazons_own(skus: Sequence[str]) -> str:
    return f"Amazon's own warehouse sells {', '.join(skus)}: end these listings in Seller Central."
