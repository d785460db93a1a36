"""Every type's field resolvers in one table, and the types of records."""

from pixee_simulators.shopify.bulk import BULK
from pixee_simulators.shopify.pages import cursor
from pixee_simulators.shopify.publications import PUBLICATION
from pixee_simulators.shopify.reads_catalog import CATALOG
from pixee_simulators.shopify.reads_inventory import INVENTORY
from pixee_simulators.shopify.records import (
    Bulk,
    Collection,
    Definition,
    Item,
    Level,
    Location,
    Media,
    Metafield,
    Operation,
    Option,
    OptionValue,
    Product,
    Publication,
    UserError,
    Variant,
)
from pixee_simulators.shopify.translations import TRANSLATIONS
from pixee_simulators.shopify.wire import Fields, attribute

CONNECTION: Fields = {
    "nodes": attribute("nodes"),
    "edges": lambda one, _info: [
        {"cursor": cursor(key), "node": node} for key, node in zip(one.keys, one.nodes, strict=True)
    ],
    "pageInfo": lambda one, _info: {
        "hasNextPage": one.has_next,
        "hasPreviousPage": one.has_previous,
        "startCursor": cursor(one.keys[0]) if one.keys else None,
        "endCursor": cursor(one.keys[-1]) if one.keys else None,
    },
}

OBJECTS: dict[str, Fields] = CATALOG | INVENTORY | {"BulkOperation": BULK, "Publication": PUBLICATION} | TRANSLATIONS
USER_ERROR: Fields = {
    "code": attribute("code"),
    "field": attribute("path"),
    "message": attribute("message"),
}
TYPE_NAMES: dict[type, str] = {
    Bulk: "BulkOperation",
    Collection: "Collection",
    Definition: "MetafieldDefinition",
    Item: "InventoryItem",
    Level: "InventoryLevel",
    Location: "Location",
    Media: "MediaImage",
    Metafield: "Metafield",
    Operation: "ProductSetOperation",
    Option: "ProductOption",
    OptionValue: "ProductOptionValue",
    Product: "Product",
    Publication: "Publication",
    UserError: "UserError",
    Variant: "ProductVariant",
}
