"""find: what Amazon has under our SKUs. It carries no key of ours: within a seller's account the SKU is the key.

An EAN finds an ASIN, which is Amazon's and everybody's, never a listing; so it decides nothing here.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.asins import asked_for
from pixee_workers.platforms.amazon_sp_api.listings import ASIN, KIND, OFFER_ON, shown, summary_of, type_of
from pixee_workers.platforms.amazon_sp_api.mapping import is_family, parent_sku, skus_of
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, ProductItem
from pixee_workers.sync_base.outcomes import Found, Linked


async def find(items: Sequence[ProductItem], context: CallContext) -> Mapping[UUID, Found | None]:
    """One look for all items. Where only children of a family are there, the parent is named all the same: it is written anew."""
    included = ("summaries", "productTypes", *(("attributes",) if asked_for(context.settings) else ()))
    there = await shown(context, [sku for item in items for sku in skus_of(item)], included)
    place = marketplace_of(context.settings).id

    def listing(sku: str, parent: str | None) -> Listing:
        asin = summary_of(there[sku], place).get("asin")
        refs = {KIND: type_of(there[sku], place), ASIN: asin, OFFER_ON: asin if _is_offer(there[sku]) else None}
        return Listing(sku, parent, {name: value for name, value in refs.items() if value})

    found: dict[UUID, Found | None] = {}
    for item in items:
        if not any(sku in there for sku in skus_of(item)):
            found[item.id] = None
            continue
        family = parent_sku(item.product) if is_family(item.product) else None
        own = family or item.variants[0].variant.sku
        variants = {
            variant.id: listing(variant.variant.sku, family)
            for variant in item.variants
            if variant.variant.sku in there
        }
        product = listing(own, None) if own in there else Listing(own)
        found[item.id] = Found(Linked(product=product, variants=variants))
    return found


def _is_offer(item: Mapping[str, Any]) -> bool:
    """Whether the listing is nothing but an offer: it names an item of the catalog, and no title. Known where attributes were asked for."""
    attributes = item.get("attributes") or {}
    return bool(attributes.get(wire.ASIN)) and not attributes.get(wire.TITLE)
