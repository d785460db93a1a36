"""Listings that are nothing but offers on items of Amazon's catalog, and what listings of both kinds need to be on sale again."""

from collections.abc import Mapping
from typing import Any

from pixee_workers.platforms.amazon_sp_api import documents, wire
from pixee_workers.platforms.amazon_sp_api.asins import Offer
from pixee_workers.platforms.amazon_sp_api.judging import Schema
from pixee_workers.platforms.amazon_sp_api.listings import (
    KIND,
    OFFER_ON,
    RETURNS,
    STRUCK,
    is_off,
    returns_of,
    standing,
)
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, STOCK
from pixee_workers.platforms.amazon_sp_api.plans import Plan
from pixee_workers.platforms.amazon_sp_api.restrictions import restriction
from pixee_workers.platforms.amazon_sp_api.schemas import schema_of
from pixee_workers.platforms.amazon_sp_api.wire import Call
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, PushVariant
from pixee_workers.sync_base.outcomes import Refusal


def offer_of(variant: PushVariant, found: Mapping[str, Offer]) -> Offer | None:
    """What a variant is an offer on: as it is listed, or as was found for a new one; null: it is a whole listing."""
    listing = standing(variant.listing, variant.variant.sku)
    if listing is None:
        return found.get(variant.variant.sku)
    asin = listing.refs.get(OFFER_ON)
    return Offer(str(asin), str(listing.refs.get(KIND) or wire.ANY_TYPE)) if asin else None


async def offered(
    made: Plan, variant: PushVariant, words: Mapping[str, Any], offer: Offer, back: frozenset[str], context: CallContext
) -> Refusal | None:
    """Plan the offer: created with price and quantity where the seller may sell it, changed in its other sales terms."""
    sku, settings = variant.variant.sku, context.settings
    schema = await _schema(offer.kind, context)
    if isinstance(schema, Refusal):
        return schema
    kind = schema.product_type
    attributes = documents.sales_terms(words, offer.asin, schema, settings)
    listing = standing(variant.listing, sku)
    made.kept["variants"][str(variant.id)] = sku
    made.kept["sent"][sku] = sorted(attributes)
    made.note(sku, {KIND: kind, OFFER_ON: offer.asin})
    if listing is not None:
        refusal = schema.refusal(sku, attributes, partly=True)
        call = documents.changed(sku, kind, attributes, listing, schema, settings)
        back_on_sale(made, call, variant, listing, back)
    else:
        whole = attributes | documents.offer(variant.price, variant.quantity, schema, settings)
        condition = str(whole["condition_type"][0]["value"])
        refusal = schema.refusal(sku, whole, partly=False) or await restriction(context, sku, offer.asin, condition)
        call = documents.offered(sku, kind, whole)
        if LIST_PRICE in whole:
            made.note(sku, {STRUCK: True})
    made.calls.append(call)
    return refusal


def back_on_sale(made: Plan, call: Call, variant: PushVariant, listing: Listing, back: frozenset[str]) -> None:
    """What was taken off sale gets its pieces with the content: nobody would push a quantity that has not changed."""
    if call["sku"] in back and variant.quantity is not None:
        call["patches"].append(wire.patch("merge", STOCK, wire.pieces(variant.quantity)))
    returns = returns_of(listing) + is_off(listing)
    made.note(call["sku"], {RETURNS: returns} if returns else {})
    made.note(call["sku"], {STRUCK: True} if listing.refs.get(STRUCK) else {})


async def _schema(kind: str, context: CallContext) -> Schema | Refusal:
    """That of the item's own type, or of the one for all offers (sheet: "or the fallback PRODUCT")."""
    found = await schema_of(context, kind, wire.OFFER_ONLY)
    if isinstance(found, Refusal) and kind != wire.ANY_TYPE:
        return await schema_of(context, wire.ANY_TYPE, wire.OFFER_ONLY)
    return found
