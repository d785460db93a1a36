"""The root lists: searched, sorted and kept sorted until the shop changes.

A pull of 20,000 products asks for the same list two thousand times; sorting it anew for each page would make the
simulator, not the code under test, the slow part.
"""

from typing import Any

from pixee_simulators.shopify import search, stock
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.pages import Key, Page, Sorted, page, sort
from pixee_simulators.shopify.records import Collection, Item, Location, Product, Variant
from pixee_simulators.shopify.store import Store

_KEPT = 8


def products(context: Context, arguments: dict[str, Any]) -> Page[Product]:
    """`products(…)`: capped at `deep_pagination` objects."""
    listing = _sorted_products(context, arguments.get("query"), arguments.get("sortKey") or "ID")
    return page(listing, arguments, deepest=int(context.limits["deep_pagination"]))


def count(context: Context, query: str | None) -> int:
    return len(_sorted_products(context, query, "ID").records)


def variants(context: Context, arguments: dict[str, Any]) -> Page[Variant]:
    """`productVariants(…)`: capped as products are."""
    query, order = arguments.get("query"), arguments.get("sortKey") or "ID"
    listing = _cached(context, ("variants", query, order), lambda: _found_variants(context, query, order))
    return page(listing, arguments, deepest=int(context.limits["deep_pagination"]))


def collections(context: Context, arguments: dict[str, Any]) -> Page[Collection]:
    fields = search.Fields[Collection](
        {
            "": lambda one, _, value: search.holds_words(one.title, value),
            "title": lambda one, _, value: search.holds_words(one.title, value),
            "handle": lambda one, _, value: search.same_text(one.handle, value),
            "id": lambda one, operator, value: search.compares(one.id, operator, value),
            "updated_at": lambda one, operator, value: search.compares_time(one.updated_at, operator, value),
        },
        {},
    )
    node = search.parse(arguments.get("query"), frozenset(fields.tests))
    records = [one for one in context.store.collections.values() if node is None or fields.matches(node, one)]
    order = arguments.get("sortKey") or "ID"
    return page(sort(records, lambda one: _collection_key(one, order)), arguments)


def _collection_key(collection: Collection, order: str) -> Key:
    match order:
        case "TITLE":
            return collection.title.lower(), collection.id
        case "UPDATED_AT":
            return collection.updated_at, collection.id
        case _:
            return collection.id, collection.id


def locations(context: Context, arguments: dict[str, Any]) -> Page[Location]:
    records = [one for one in context.store.locations.values() if one.active or arguments.get("includeInactive")]
    by_name = (arguments.get("sortKey") or "NAME") == "NAME"
    return page(sort(records, lambda one: (one.name if by_name else one.id, one.id)), arguments)


def items(context: Context, arguments: dict[str, Any]) -> Page[Item]:
    """`inventoryItems(query: "sku:…")`."""
    query = arguments.get("query")
    listing = _cached(
        context,
        ("items", query),
        lambda: sort(
            [variant.item for variant in _found_variants(context, query, "ID").records], lambda one: (one.id, one.id)
        ),
    )
    return page(listing, arguments)


def _sorted_products(context: Context, query: str | None, order: str) -> Sorted[Product]:
    def make() -> Sorted[Product]:
        records = _search(query, _product_fields(context.store), context.store.products)
        return sort(_visible(context, query, records), lambda one: _product_key(one, order))

    return _cached(context, ("products", query, order), make)


def _product_key(product: Product, order: str) -> Key:
    match order:
        case "UPDATED_AT":
            return product.updated_at, product.id
        case "CREATED_AT" | "PUBLISHED_AT":
            return product.created_at, product.id
        case "TITLE":
            return product.title.lower(), product.id
        case "VENDOR":
            return product.vendor.lower(), product.id
        case "PRODUCT_TYPE":
            return product.product_type.lower(), product.id
        case "INVENTORY_TOTAL":
            return stock.total(product), product.id
        case _:
            return product.id, product.id


def _found_variants(context: Context, query: str | None, order: str) -> Sorted[Variant]:
    records = _search(query, _variant_fields(context.store), context.store.variants)
    if order == "SKU":
        return sort(records, lambda one: ((one.sku or "").lower(), one.id))
    return sort(_visible(context, query, records), lambda one: (one.id, one.id))


def _visible(context: Context, query: str | None, records: list[Any]) -> list[Any]:
    """What the search index has seen: it lags behind writes by `search_lag_s`; plain lists do not lag."""
    lag = float(context.limits["search_lag_s"])
    return records if not query or not lag else [one for one in records if one.updated_at <= context.now - lag]


def _search(query: str | None, fields: search.Fields[Any], everything: dict[int, Any]) -> list[Any]:
    node = search.parse(query, frozenset(fields.tests))
    if node is None:
        return list(everything.values())
    numbers = fields.candidates(node)
    among = everything.values() if numbers is None else [everything[one] for one in numbers if one in everything]
    return [one for one in among if fields.matches(node, one)]


def _product_fields(store: Store) -> search.Fields[Product]:
    def of(index: dict[str, set[int]]) -> search.Find:
        return lambda value: {store.variants[one].product_id for one in index.get(value.lower(), ())}

    return search.Fields(
        {
            "": lambda one, _, value: search.holds_words(f"{one.title} {one.vendor} {one.product_type}", value),
            "barcode": lambda one, _, value: any(search.same_text(part.barcode, value) for part in one.variants),
            "created_at": lambda one, operator, value: search.compares_time(one.created_at, operator, value),
            "handle": lambda one, _, value: search.same_text(one.handle, value),
            "id": lambda one, operator, value: search.compares(one.id, operator, value),
            "inventory_total": lambda one, operator, value: search.compares(stock.total(one), operator, value),
            "product_type": lambda one, _, value: search.same_text(one.product_type, value),
            "sku": lambda one, _, value: any(search.same_text(part.sku, value) for part in one.variants),
            "status": lambda one, _, value: one.status.lower() in value.lower().split(","),
            "tag": lambda one, _, value: any(search.same_text(tag, value) for tag in one.tags),
            "title": lambda one, _, value: search.holds_words(one.title, value),
            "updated_at": lambda one, operator, value: search.compares_time(one.updated_at, operator, value),
            "vendor": lambda one, _, value: search.same_text(one.vendor, value),
        },
        {"sku": of(store.by_sku), "barcode": of(store.by_barcode), "id": _numbered},
    )


def _variant_fields(store: Store) -> search.Fields[Variant]:
    return search.Fields(
        {
            "": lambda one, _, value: search.holds_words(store.products[one.product_id].title, value),
            "barcode": lambda one, _, value: search.same_text(one.barcode, value),
            "id": lambda one, operator, value: search.compares(one.id, operator, value),
            "inventory_quantity": lambda one, operator, value: search.compares(stock.on_sale(one), operator, value),
            "product_id": lambda one, operator, value: search.compares(one.product_id, operator, value),
            "product_status": lambda one, _, value: (
                store.products[one.product_id].status.lower() in value.lower().split(",")
            ),
            "sku": lambda one, _, value: search.same_text(one.sku, value),
            "title": lambda one, _, value: search.holds_words(store.products[one.product_id].title, value),
            "updated_at": lambda one, operator, value: search.compares_time(one.updated_at, operator, value),
            "vendor": lambda one, _, value: search.same_text(store.products[one.product_id].vendor, value),
        },
        {
            "sku": lambda value: store.by_sku.get(value.lower(), set()),
            "barcode": lambda value: store.by_barcode.get(value.lower(), set()),
            "id": _numbered,
        },
    )


def _numbered(value: str) -> set[int]:
    return {int(value)} if value.isdecimal() else set()


def _cached(context: Context, key: tuple[object, ...], make: Any) -> Sorted[Any]:
    lists, version = context.lists, context.store.version
    # A list that depends on the clock (lag) is not kept.
    if not context.limits["search_lag_s"] and key in lists and lists[key][0] == version:
        lists.move_to_end(key)
        return lists[key][1]
    listing: Sorted[Any] = make()
    lists[key] = (version, listing)
    while len(lists) > _KEPT:
        lists.popitem(last=False)
    return listing
