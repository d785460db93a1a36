"""Withdrawals: the listing is deleted, or its quantity set to zero, as the connector's `on_delete` says.

Amazon has no switch for "not published": a listing without pieces cannot be bought (sheet, "Visibility").
"""

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.listings import is_fba, shown, type_of
from pixee_workers.platforms.amazon_sp_api.manifest import STOCK
from pixee_workers.platforms.amazon_sp_api.mapping import listed_skus
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.plans import Plan
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action, ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome


async def withdrawal(item: ProductItem, context: CallContext) -> Plan | Outcome:
    """The calls that take the product out of the shop, or what it is where there is nothing to call."""
    skus = listed_skus(item)
    if item.action is Action.DELETE:
        made = Plan()
        for sku in skus:
            made.remove(sku)
        return made
    there = await shown(context, skus, ("fulfillmentAvailability", "productTypes"))
    if not there:
        message = "Amazon does not have it any more."
        return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE, message, linked=Linked(gone=tuple(skus)))
    made, place = Plan(kept={"emptied": []}), marketplace_of(context.settings).id
    amazons = [sku for sku, one in there.items() if is_fba(one)]
    for sku, one in there.items():
        # A parent has no quantity of its own.
        if sku not in amazons and one.get("fulfillmentAvailability"):
            value = [{"fulfillment_channel_code": wire.OUR_CHANNEL, "quantity": 0}]
            kind = type_of(one, place) or wire.ANY_TYPE
            patches = [wire.patch("merge", STOCK, value)]
            made.calls.append({"sku": sku, "method": "PATCH", "product_type": kind, "patches": patches})
            made.kept["emptied"].append(sku)
    if amazons:
        message = f"Amazon's own warehouse sells {', '.join(amazons)}: end these listings in Seller Central."
        if not made.calls:
            return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, message, "quantity")
        made.warn(ReasonCode.NOT_OURS, message, "quantity")
    return made if made.calls else Outcome(item.id, OutcomeKind.APPLIED)
