"""Listings of a page gathered into products: a child brings its family, each family once a page."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pixee_workers.platforms.amazon_sp_api import pulled
from pixee_workers.platforms.amazon_sp_api.listings import items_of, relations, shown
from pixee_workers.platforms.amazon_sp_api.manifest import ITEMS, SEARCH
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import ask, seller_path
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import PulledProduct

_PARENTS, _CHILDREN = "parentSkus", "childSkus"


async def products_of(
    items: Sequence[Mapping[str, Any]],
    context: CallContext,
    included: Sequence[str],
    *,
    elsewhere: Collection[str] = (),
) -> tuple[PulledProduct, ...]:
    """The products of these listings. `elsewhere`: parents that come on a page of their own and bring their children there."""
    place = marketplace_of(context.settings).id
    here = {str(item["sku"]): item for item in items}
    products: list[PulledProduct] = []
    families: dict[str, None] = {}
    for sku, item in here.items():
        parents = relations(item, place, _PARENTS)
        if parents:
            families.update(dict.fromkeys(one for one in parents[:1] if one not in elsewhere or one in here))
        elif _is_parent(item, place):
            families[sku] = None
        else:
            products.append(pulled.simple(item, place))
    missing = [sku for sku in families if sku not in here]
    here |= await shown(context, missing, included) if missing else {}
    for sku in families:
        children = await _children(sku, context, included)
        if children:
            products.append(pulled.family(here.get(sku, {"sku": sku}), children, place))
    return tuple(products)


def _is_parent(item: Mapping[str, Any], place: str) -> bool:
    level = (item.get("attributes") or {}).get("parentage_level") or ()
    return bool(relations(item, place, _CHILDREN)) or any(one.get("value") == "parent" for one in level)


async def _children(parent: str, context: CallContext, included: Sequence[str]) -> list[Mapping[str, Any]]:
    """All listings of a family, in the order of their SKUs."""
    query = {
        "marketplaceIds": marketplace_of(context.settings).id,
        "variationParentSku": parent,
        "sortBy": "sku",
        "sortOrder": "ASC",
        "pageSize": str(ITEMS),
        "includedData": ",".join(included),
    }
    found: list[Mapping[str, Any]] = []
    token: str | None = None
    while True:
        page = query | ({"pageToken": token} if token else {})
        told, _ = await ask(context, "GET", seller_path(context.settings), label=SEARCH, query=page)
        found += items_of(told)
        token = (told.get("pagination") or {}).get("nextToken")
        if not token:
            return found
