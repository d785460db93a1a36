"""Listings as Amazon shows them: asked for by SKU, twenty at a time (sheet, "Pull products")."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.manifest import GET, ITEMS, SEARCH
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import ask, contract_broken, listing_path, seller_path
from pixee_workers.platforms.amazon_sp_api.wire import Element, is_amazons
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing

ASIN = "asin"
KIND = "product_type"
SENT = "sent"
PARENT = "parent"
VARIATION = "theme"
OFF_SALE = "off_sale"
RETURNS = "returns"
STRUCK = "struck"
OFFER_ON = "offer_on"
"""What a listing's `refs` hold: Amazon's own id, the product type, the names of the attributes that came from us, the family as it
was written last, whether it is off sale because its product is not active, how often it has come back from that, whether its
struck-through price is ours, and the item of the catalog on which it is nothing but an offer.
"""


async def shown(context: CallContext, skus: Sequence[str], included: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What Amazon shows of these SKUs now, by SKU; what was just written may lag, what is not there is left out."""
    wanted = [sku for sku in dict.fromkeys(skus) if "," not in sku]
    found = {sku: one for sku in skus if "," in sku and (one := await _single(context, sku, included)) is not None}
    for start in range(0, len(wanted), ITEMS):
        part = wanted[start : start + ITEMS]
        query = {
            "marketplaceIds": marketplace_of(context.settings).id,
            "identifiers": ",".join(part),
            "identifiersType": "SKU",
            "includedData": ",".join(included),
            "pageSize": str(ITEMS),
        }
        told, _ = await ask(context, "GET", seller_path(context.settings), label=SEARCH, query=query)
        found |= {one["sku"]: one for one in items_of(told)}
    return found


async def _single(context: CallContext, sku: str, included: Sequence[str]) -> Mapping[str, Any] | None:
    """A SKU with a comma, which would end an identifier of a search."""
    query = {"marketplaceIds": marketplace_of(context.settings).id, "includedData": ",".join(included)}
    try:
        told, _ = await ask(context, "GET", listing_path(context.settings, sku), label=GET, query=query)
    except PlatformFault as fault:
        if fault.reason is ReasonCode.NOT_FOUND_AT_SHOP:
            return None
        raise
    return told if isinstance(told, Mapping) else None


def items_of(told: Any) -> list[Mapping[str, Any]]:
    """The items of a search's answer."""
    items = told.get("items") if isinstance(told, Mapping) else None
    if not isinstance(items, list) or not all(
        isinstance(one, Mapping) and isinstance(one.get("sku"), str) for one in items
    ):
        raise contract_broken("a search for listings has no items")
    return items


def summary_of(item: Mapping[str, Any], marketplace: str) -> Mapping[str, Any]:
    """The summary for a marketplace; empty where there is none."""
    return next((one for one in item.get("summaries") or () if one.get("marketplaceId") == marketplace), {})


def type_of(item: Mapping[str, Any], marketplace: str) -> str | None:
    """The listing's own product type."""
    named: Mapping[str, Any] = next(
        (one for one in item.get("productTypes") or () if one.get("marketplaceId") == marketplace), {}
    )
    found = named.get("productType") or summary_of(item, marketplace).get("productType")
    return str(found) if found else None


def standing(listing: Listing | None, sku: str) -> Listing | None:
    """The listing under this very SKU: at Amazon another SKU is another listing."""
    return listing if listing is not None and listing.external_id == sku else None


def is_off(listing: Listing | None) -> bool:
    """Whether we have taken the listing off sale, with its product still in the catalog."""
    return listing is not None and bool(listing.refs.get(OFF_SALE))


def returns_of(listing: Listing | None) -> int:
    """How often the listing has come back from being off sale."""
    found = listing.refs.get(RETURNS) if listing is not None else None
    return found if isinstance(found, int) else 0


def is_fba(item: Mapping[str, Any]) -> bool:
    """Whether Amazon's own warehouse fulfils it."""
    return is_amazons(list(item.get("fulfillmentAvailability") or ()))


def relations(item: Mapping[str, Any], marketplace: str, name: str) -> tuple[str, ...]:
    """The SKUs of the parents (`parentSkus`) or the children (`childSkus`) of a variation."""
    here: list[Element] = [one for one in item.get("relationships") or () if one.get("marketplaceId") == marketplace]
    found = (sku for one in here for relation in one.get("relationships") or () for sku in relation.get(name) or ())
    return tuple(dict.fromkeys(str(sku) for sku in found))


def moment(text: object) -> datetime | None:
    """A moment as Amazon writes it; null where it is none."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
