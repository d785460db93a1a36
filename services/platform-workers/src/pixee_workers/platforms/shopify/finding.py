"""What the shop has for products that we have no listing of: by our key, else by SKU, else by EAN.

So a product that the merchant made by hand is linked instead of doubled. The search compares without case, may lag behind writes
by seconds, and answers everything when it does not know a field (sheet, "Pitfalls"): every hit is compared here again.
A product of the shop that has more variants than we found in it is never linked by itself, since productSet would delete them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pixee_common.domain.ids import VariantId
from pixee_workers.platforms.shopify import cost, shop, wire
from pixee_workers.platforms.shopify.requests import ask
from pixee_workers.platforms.shopify.stock import INVENTORY_ITEM
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, ProductItem, PushVariant
from pixee_workers.sync_base.outcomes import Found, Linked

_TERMS_PER_QUERY = 100
_PAGES_PER_QUERY = 40
"""More hits than that for 100 terms: the search did not understand them."""
_NODE_POINTS = 5

Hit = Mapping[str, Any]


async def find(items: Sequence[ProductItem], context: CallContext) -> dict[UUID, Found | None]:
    """See `Adapter.find`."""
    keyed = await _by_key(items, context)
    hits = await _hits(items, context)
    by_sku: dict[str, list[Hit]] = defaultdict(list)
    by_ean: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_sku[hit["sku"] or ""].append(hit)
        by_ean[_plain_ean(hit["barcode"])].append(hit)
    return _apart({item.id: _found(item, keyed.get(item.id), by_sku, by_ean) for item in items})


def _apart(found: dict[UUID, Found | None]) -> dict[UUID, Found | None]:
    """A product of the shop that fits two of ours is linked to neither."""
    claims = Counter(_product_id(one) for one in found.values())
    return {
        key: Found(Linked(), candidates=(product,)) if (product := _product_id(one)) and claims[product] > 1 else one
        for key, one in found.items()
    }


def _product_id(found: Found | None) -> str | None:
    return found.linked.product.external_id if found is not None and found.linked.product is not None else None


async def _by_key(items: Sequence[ProductItem], context: CallContext) -> dict[UUID, str]:
    """Product ids by our key. Without the definition the platform finds nothing by it."""
    await shop.ensure_definition(context)
    found: dict[UUID, str] = {}
    for start in range(0, len(items), _TERMS_PER_QUERY):
        part = items[start : start + _TERMS_PER_QUERY]
        variables = {f"k{index}": item.product.key for index, item in enumerate(part)}
        data, _ = await ask(context, "productByIdentifier", wire.find_keys(len(part)), variables, cost=len(part))
        for index, item in enumerate(part):
            if (product := data.get(f"k{index}")) is not None:
                found[item.id] = str(product["id"])
    return found


async def _hits(items: Iterable[ProductItem], context: CallContext) -> list[Hit]:
    terms = []
    for item in items:
        for variant in item.product.variants:
            terms.append(f"sku:{shop.quoted(variant.sku)}")
            if variant.ean is not None:
                terms.append(f"barcode:{shop.quoted(variant.ean)}")
    found: dict[str, Hit] = {}
    for start in range(0, len(terms), _TERMS_PER_QUERY):
        query = " OR ".join(terms[start : start + _TERMS_PER_QUERY])
        for hit in await _pages(query, context):
            found[hit["id"]] = hit
    return list(found.values())


async def _pages(query: str, context: CallContext) -> list[Hit]:
    variables: dict[str, Any] = {"q": query, "first": wire.SEARCH_PAGE, "after": None}
    found: list[Hit] = []
    for _ in range(_PAGES_PER_QUERY):
        points = cost.connection(wire.SEARCH_PAGE, _NODE_POINTS)
        data, _answer = await ask(context, "findVariants", wire.FIND_VARIANTS, variables, cost=points)
        page = data["productVariants"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables = variables | {"after": page["pageInfo"]["endCursor"]}
    return found


def _found(
    item: ProductItem, keyed: str | None, by_sku: Mapping[str, list[Hit]], by_ean: Mapping[str, list[Hit]]
) -> Found | None:
    skus = {variant.variant.sku: by_sku.get(variant.variant.sku, []) for variant in item.variants}
    if keyed is not None:
        return Found(_linked(keyed, item.variants, skus, keyed=True))
    hits = skus if any(skus.values()) else _ean_hits(item, by_ean)
    products = {hit["product"]["id"]: hit["product"] for found in hits.values() for hit in found}
    if not products:
        return None
    if len(products) > 1:
        return Found(Linked(), candidates=tuple(sorted(products)))
    product = next(iter(products.values()))
    linked = _linked(product["id"], item.variants, hits, keyed=False)
    carried = _key_of(product)
    if carried is not None and carried != item.product.key:
        return Found(linked, ours=False)
    if (product.get("variantsCount") or {}).get("count", 0) > len(linked.variants):
        return Found(linked, candidates=(product["id"],))
    return Found(linked)


def _ean_hits(item: ProductItem, by_ean: Mapping[str, list[Hit]]) -> dict[str, list[Hit]]:
    """A product of ours with another key is another product, although the catalog gave both one EAN."""
    return {
        one.variant.sku: [
            hit
            for hit in (by_ean.get(_plain_ean(one.variant.ean), []) if one.variant.ean else [])
            if _key_of(hit["product"]) in {None, item.product.key}
        ]
        for one in item.variants
    }


def _key_of(product: Mapping[str, Any]) -> str | None:
    value = (product.get("ourKey") or {}).get("value")
    return None if value is None else str(value)


def _linked(product: str, variants: Iterable[PushVariant], hits: Mapping[str, list[Hit]], *, keyed: bool) -> Linked:
    listings = {}
    for variant in variants:
        own = [hit for hit in hits[variant.variant.sku] if hit["product"]["id"] == product]
        if len(own) == 1:
            refs = {INVENTORY_ITEM: own[0]["inventoryItem"]["id"]}
            listings[VariantId(variant.id)] = Listing(own[0]["id"], product, refs)
    return Linked(Listing(product, None, {"keyed": True} if keyed else {}), listings)


def _plain_ean(value: str | None) -> str:
    """Barcodes are free text at the shop; leading zeros tell nothing apart."""
    return (value or "").strip().lstrip("0")
