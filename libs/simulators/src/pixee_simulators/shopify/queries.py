"""Every root query."""

from collections.abc import Callable
from typing import Any

from pixee_simulators.shopify import listings, pages, price_lists, publications, translations
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, kind_of, number_of
from pixee_simulators.shopify.product_identity import found
from pixee_simulators.shopify.records import Definition
from pixee_simulators.shopify.store import namespace_of
from pixee_simulators.shopify.wire import counted

Given = dict[str, Any]
Body = Callable[[Context, Given], Any]


def shop(context: Context, _arguments: Given) -> Given:
    """The shop itself, from its settings."""
    settings = context.settings
    return {
        "id": gid("Shop", int(settings.get("shop_id", 548_380_009))),
        "name": settings.get("name", context.host.split(".")[0].title()),
        "myshopifyDomain": context.host,
        "currencyCode": settings.get("currency", "EUR"),
        "taxesIncluded": bool(settings.get("taxes_included", True)),
        "ianaTimezone": "Europe/Berlin",
        "weightUnit": "KILOGRAMS",
    }


def _installation(context: Context, _arguments: Given) -> Given:
    scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in sorted(context.scopes)]
    return {"id": gid("AppInstallation", 1), "accessScopes": scopes}


def node(context: Context, text: str) -> Any:
    """The record of a gid, or None."""
    store, place = context.store, kind_of(text)
    if place is None:
        return None
    tables: dict[str, dict[int, Any]] = {
        "BulkOperation": store.bulks,
        "Collection": store.collections,
        "InventoryItem": store.items,
        "Location": store.locations,
        "MediaImage": store.media,
        "Product": store.products,
        "ProductSetOperation": store.operations,
        "ProductVariant": store.variants,
    }
    return tables.get(place[0], {}).get(place[1])


def _one(kind: str) -> Body:
    return lambda context, arguments: node(context, arguments["id"]) if _is(kind, arguments["id"]) else None


def _is(kind: str, text: str) -> bool:
    return number_of(text, kind) is not None


def _location(context: Context, arguments: Given) -> Any:
    if arguments.get("id") is not None:
        return _one("Location")(context, arguments)
    return next(iter(context.store.locations.values()), None)


def _definitions(context: Context, arguments: Given) -> Any:
    namespace, key = arguments.get("namespace"), arguments.get("key")

    def wanted(one: Definition) -> bool:
        return (
            one.owner_type == arguments["ownerType"]
            and (namespace is None or one.namespace == namespace_of(namespace))
            and (key is None or one.key == key)
        )

    records = [one for one in context.store.definitions if wanted(one)]
    return pages.page(pages.sort(records, lambda one: (one.id, one.id)), arguments)


QUERIES: dict[str, Body] = {
    "bulkOperation": lambda context, arguments: context.store.bulks.get(
        number_of(arguments["id"], "BulkOperation") or 0
    ),
    "collection": _one("Collection"),
    "collections": listings.collections,
    "currentAppInstallation": _installation,
    "inventoryItem": _one("InventoryItem"),
    "inventoryItems": listings.items,
    "location": _location,
    "locations": listings.locations,
    "metafieldDefinitions": _definitions,
    "node": lambda context, arguments: node(context, arguments["id"]),
    "nodes": lambda context, arguments: [node(context, one) for one in arguments["ids"]],
    "priceList": lambda context, arguments: price_lists.found(context, arguments["id"]),
    "product": _one("Product"),
    "productByIdentifier": lambda context, arguments: found(context, arguments["identifier"]),
    "productOperation": _one("ProductSetOperation"),
    "productVariant": _one("ProductVariant"),
    "productVariants": listings.variants,
    "products": listings.products,
    "productsCount": lambda context, arguments: counted(listings.count(context, arguments.get("query"))),
    "publications": publications.listed,
    "shop": shop,
    "shopLocales": translations.locales,
    "translatableResource": translations.resource,
    "translatableResources": translations.resources,
    "translatableResourcesByIds": translations.resources_by_ids,
}
