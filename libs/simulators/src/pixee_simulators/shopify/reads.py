"""Field resolvers of the objects: how records look on the wire."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLResolveInfo

from pixee_simulators.shopify import media, stock
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.inventory import Change, Group
from pixee_simulators.shopify.metafields import Owner, find
from pixee_simulators.shopify.pages import Page, cursor, page, sort
from pixee_simulators.shopify.records import (
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
    UserError,
    Variant,
)
from pixee_simulators.shopify.store import namespace_of

Info = GraphQLResolveInfo[Any]
Resolver = Callable[..., Any]
Fields = dict[str, Resolver]


def context_of(info: Info) -> Context:
    context: Context = info.context
    return context


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def attribute(name: str) -> Resolver:
    return lambda record, _info: getattr(record, name)


def at(name: str) -> Resolver:
    return lambda record, _info: moment(getattr(record, name))


def identity(kind: str) -> Fields:
    return {
        "id": lambda record, _info: gid(kind, record.id),
        "legacyResourceId": lambda record, _info: str(record.id),
    }


def counted(number: int) -> dict[str, Any]:
    return {"count": number, "precision": "EXACT"}


def _metafields_page(owner: Owner, arguments: dict[str, Any]) -> Page[Metafield]:
    namespace, keys = arguments.get("namespace"), arguments.get("keys")
    records = [
        one
        for one in owner.metafields
        if (namespace is None or one.namespace == namespace_of(namespace))
        and (keys is None or one.key in keys or f"{one.namespace}.{one.key}" in keys)
    ]
    return page(sort(records, lambda one: (one.id, one.id)), arguments)


def _media_page(info: Info, numbers: list[int], arguments: dict[str, Any]) -> Page[Media]:
    store = context_of(info).store
    places = {number: place for place, number in enumerate(numbers)}
    records = [store.media[number] for number in numbers]
    return page(sort(records, lambda one: (places[one.id], one.id)), arguments)


_HAS_METAFIELDS: Fields = {
    "metafield": lambda owner, _info, key, namespace=None: find(owner, namespace_of(namespace), key),
    "metafields": lambda owner, _info, **arguments: _metafields_page(owner, arguments),
}


def _collections_page(product: Product, info: Info, arguments: dict[str, Any]) -> Page[Collection]:
    there = context_of(info).store.collections
    return page(sort([there[one] for one in product.collections], lambda one: (one.id, one.id)), arguments)


def _members(collection: Collection, info: Info) -> list[Product]:
    return [one for one in context_of(info).store.products.values() if collection.id in one.collections]


def _category(product: Product, _info: Info) -> dict[str, str] | None:
    if product.category is None:
        return None
    name = product.category.rsplit("/", 1)[-1]
    return {"id": product.category, "name": name, "fullName": name}


def _first_media(product: Product, info: Info) -> Media | None:
    return context_of(info).store.media[product.media[0]] if product.media else None


def _plain(product: Product, _info: Info, truncateAt: int | None = None) -> str:  # noqa: N803 - the argument's name
    text, inside = [], False
    for sign in product.description_html:
        inside = sign == "<" or (inside and sign != ">")
        if not inside and sign != ">":
            text.append(sign)
    whole = "".join(text)
    return whole if truncateAt is None else whole[:truncateAt]


_PRODUCT: Fields = {
    **identity("Product"),
    **_HAS_METAFIELDS,
    "category": _category,
    "collections": lambda one, info, **arguments: _collections_page(one, info, arguments),
    "createdAt": at("created_at"),
    "description": _plain,
    "descriptionHtml": attribute("description_html"),
    "featuredMedia": _first_media,
    "hasOnlyDefaultVariant": lambda one, _info: [option.name for option in one.options] == ["Title"],
    "inCollection": lambda one, _info, id: number_of(id, "Collection") in one.collections,  # noqa: A006
    "media": lambda one, info, **arguments: _media_page(info, one.media, arguments),
    "mediaCount": lambda one, _info: counted(len(one.media)),
    "options": lambda one, _info, first=None: one.options[:first],
    "productType": attribute("product_type"),
    "publishedAt": lambda _one, _info: None,
    "seo": lambda one, _info: {"title": one.seo_title, "description": one.seo_description},
    "templateSuffix": attribute("template_suffix"),
    "totalInventory": lambda one, _info: stock.total(one),
    "tracksInventory": lambda one, _info: any(variant.item.tracked for variant in one.variants),
    "updatedAt": at("updated_at"),
    "variants": lambda one, _info, **arguments: page(
        sort(one.variants, lambda variant: (variant.position, variant.id)), arguments
    ),
    "variantsCount": lambda one, _info: counted(len(one.variants)),
}


def _product(variant: Variant, info: Info) -> Product:
    return context_of(info).store.products[variant.product_id]


def _selected(variant: Variant, info: Info) -> list[dict[str, Any]]:
    chosen = []
    for option, number in zip(_product(variant, info).options, variant.values, strict=True):
        value = next(one for one in option.values if one.id == number)
        chosen.append({"name": option.name, "value": value.name, "optionValue": value})
    return chosen


def _variant_title(variant: Variant, info: Info) -> str:
    return " / ".join(one["value"] for one in _selected(variant, info))


_VARIANT: Fields = {
    **identity("ProductVariant"),
    **_HAS_METAFIELDS,
    "availableForSale": lambda one, _info: not one.item.tracked or one.policy == "CONTINUE" or stock.on_sale(one) > 0,
    "compareAtPrice": attribute("compare_at_price"),
    "createdAt": at("created_at"),
    "displayName": lambda one, info: f"{_product(one, info).title} - {_variant_title(one, info)}",
    "inventoryItem": attribute("item"),
    "inventoryPolicy": attribute("policy"),
    "inventoryQuantity": lambda one, _info: stock.on_sale(one),
    "media": lambda one, info, **arguments: _media_page(
        info, [one.media_id] if one.media_id is not None else [], arguments
    ),
    "product": _product,
    "selectedOptions": _selected,
    "title": _variant_title,
    "updatedAt": at("updated_at"),
}


def _position(option: Option, info: Info) -> int:
    """The path ends in `options, <index>, position`."""
    index = info.path.prev.key if info.path.prev is not None else 0
    return int(index) + 1


_OPTION: Fields = {
    "id": lambda one, _info: gid("ProductOption", one.id),
    "optionValues": attribute("values"),
    "position": _position,
    "values": lambda one, _info: [value.name for value in one.values],
}


def _image(one: Media, info: Info) -> dict[str, Any] | None:
    if media.status(one, context_of(info).now) != "READY":
        return None
    name = one.filename or f"{one.id}.jpg"
    url = f"https://cdn.shopify.com/s/files/1/0001/0001/files/{name}?v={one.created_at}"
    return {"id": gid("ImageSource", one.id), "url": url, "altText": one.alt, "width": 800, "height": 800}


def _media_errors(one: Media, info: Info) -> list[dict[str, Any]]:
    if media.status(one, context_of(info).now) != "FAILED":
        return []
    message = "The image could not be downloaded."
    return [{"code": "IMAGE_DOWNLOAD_FAILURE", "details": one.source, "message": message}]


_MEDIA: Fields = {
    "id": lambda one, _info: gid("MediaImage", one.id),
    "createdAt": at("created_at"),
    "updatedAt": at("created_at"),
    "fileStatus": lambda one, info: media.status(one, context_of(info).now),
    "status": lambda one, info: media.status(one, context_of(info).now),
    "image": _image,
    "mediaContentType": attribute("content_type"),
    "mediaErrors": _media_errors,
    "mimeType": lambda _one, _info: "image/jpeg",
}


_COLLECTION: Fields = {
    **identity("Collection"),
    "descriptionHtml": attribute("description_html"),
    "hasProduct": lambda one, info, id: any(  # noqa: A006
        gid("Product", product.id) == id for product in _members(one, info)
    ),
    "products": lambda one, info, **arguments: page(
        sort(_members(one, info), lambda product: (product.id, product.id)), arguments
    ),
    "productsCount": lambda one, info: counted(len(_members(one, info))),
    "updatedAt": at("updated_at"),
}


def _json_value(one: Metafield, _info: Info) -> Any:
    plain = one.type in {"single_line_text_field", "multi_line_text_field", "id", "url", "color", "date"}
    return one.value if plain or one.type.endswith("_reference") else json.loads(one.value)


_METAFIELD: Fields = {
    **identity("Metafield"),
    "createdAt": at("created_at"),
    "updatedAt": at("updated_at"),
    "definition": lambda one, info: context_of(info).store.definition(one.owner_type, one.namespace, one.key),
    "jsonValue": _json_value,
    "ownerType": attribute("owner_type"),
}

_DEFINITION: Fields = {
    "id": lambda one, _info: gid("MetafieldDefinition", one.id),
    "ownerType": attribute("owner_type"),
    "type": lambda one, _info: {"name": one.type},
}

_LOCATION: Fields = {
    **identity("Location"),
    "createdAt": at("created_at"),
    "updatedAt": at("created_at"),
    "fulfillsOnlineOrders": attribute("online"),
    "isActive": attribute("active"),
    "shipsInventory": attribute("online"),
}


def _levels(item: Item, include: bool) -> list[Level]:
    return [level for level in item.levels.values() if level.active or include]


def _level(
    item: Item,
    _info: Info,
    locationId: str,  # noqa: N803 - the argument's name
    includeInactive: bool = False,  # noqa: N803
) -> Level | None:
    level = item.levels.get(number_of(locationId, "Location") or 0)
    return level if level is not None and (level.active or includeInactive) else None


def _item_variant(item: Item, info: Info) -> Variant:
    return context_of(info).store.variants[item.variant_id]


def _cost(item: Item, info: Info) -> dict[str, str] | None:
    currency = context_of(info).settings.get("currency", "EUR")
    return None if item.cost is None else {"amount": item.cost, "currencyCode": currency}


def _weight(item: Item, _info: Info) -> dict[str, Any]:
    weight = {"value": item.weight or 0.0, "unit": item.weight_unit}
    return {"id": gid("InventoryItemMeasurement", item.id), "weight": weight}


_ITEM: Fields = {
    **identity("InventoryItem"),
    "createdAt": at("created_at"),
    "updatedAt": at("updated_at"),
    "duplicateSkuCount": lambda one, info: max(
        0, len(context_of(info).store.by_sku.get((_item_variant(one, info).sku or "").lower(), ())) - 1
    ),
    "inventoryLevel": _level,
    "inventoryLevels": lambda one, _info, **arguments: page(
        sort(_levels(one, bool(arguments.get("includeInactive"))), lambda level: (level.id, level.id)), arguments
    ),
    "measurement": _weight,
    "requiresShipping": attribute("requires_shipping"),
    "sku": lambda one, info: _item_variant(one, info).sku,
    "unitCost": _cost,
    "variants": lambda one, info, **arguments: page(
        sort([_item_variant(one, info)], lambda variant: (variant.id, variant.id)), arguments
    ),
}


def _quantities(level: Level, _info: Info, names: list[str]) -> list[dict[str, Any]]:
    present = {"available": level.available, "on_hand": level.on_hand}
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{level.id}?inventory_item_id={level.item_id}&name={name}",
            "name": name,
            "quantity": present.get(name, 0),
            "updatedAt": moment(level.updated_at),
        }
        for name in names
    ]


_LEVEL: Fields = {
    "id": lambda one, _info: f"{gid('InventoryLevel', one.id)}?inventory_item_id={one.item_id}",
    "createdAt": at("created_at"),
    "updatedAt": at("updated_at"),
    "isActive": attribute("active"),
    "item": lambda one, info: context_of(info).store.items[one.item_id],
    "location": lambda one, info: context_of(info).store.locations[one.location_id],
    "quantities": _quantities,
}


def _changes(
    group: Group,
    _info: Info,
    inventoryItemIds: list[str] | None = None,  # noqa: N803 - the arguments' names
    locationIds: list[str] | None = None,  # noqa: N803
    quantityNames: list[str] | None = None,  # noqa: N803
) -> list[Change]:
    return [
        one
        for one in group.changes
        if (inventoryItemIds is None or gid("InventoryItem", one.item_id) in inventoryItemIds)
        and (locationIds is None or gid("Location", one.location_id) in locationIds)
        and (quantityNames is None or one.name in quantityNames)
    ]


_GROUP: Fields = {
    "id": lambda one, _info: gid("InventoryAdjustmentGroup", one.id),
    "createdAt": at("created_at"),
    "changes": _changes,
    "referenceDocumentUri": attribute("document"),
}


def operation_status(operation: Operation, now: float) -> str:
    if operation.done:
        return "COMPLETE"
    return "ACTIVE" if now >= operation.active_at else "CREATED"


_OPERATION: Fields = {
    "id": lambda one, _info: gid("ProductSetOperation", one.id),
    "product": lambda one, info: context_of(info).store.products.get(one.product_id),
    "status": lambda one, info: operation_status(one, context_of(info).now),
    "userErrors": attribute("errors"),
}

_CONNECTION: Fields = {
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

OBJECTS: dict[str, Fields] = {
    "Collection": _COLLECTION,
    "InventoryAdjustmentGroup": _GROUP,
    "InventoryChange": {
        "quantityAfterChange": attribute("after"),
        "item": lambda one, info: context_of(info).store.items.get(one.item_id),
        "location": lambda one, info: context_of(info).store.locations.get(one.location_id),
    },
    "InventoryItem": _ITEM,
    "InventoryLevel": _LEVEL,
    "Location": _LOCATION,
    "MediaImage": _MEDIA,
    "Metafield": _METAFIELD,
    "MetafieldDefinition": _DEFINITION,
    "Product": _PRODUCT,
    "ProductOption": _OPTION,
    "ProductOptionValue": {
        "id": lambda one, _info: gid("ProductOptionValue", one.id),
        "hasVariants": lambda one, info: any(
            one.id in variant.values for variant in context_of(info).store.variants.values()
        ),
    },
    "ProductSetOperation": _OPERATION,
    "ProductVariant": _VARIANT,
}
CONNECTION = _CONNECTION
USER_ERROR: Fields = {
    "code": attribute("code"),
    "field": attribute("path"),
    "message": attribute("message"),
}
TYPE_NAMES: dict[type, str] = {
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
    UserError: "UserError",
    Variant: "ProductVariant",
}
