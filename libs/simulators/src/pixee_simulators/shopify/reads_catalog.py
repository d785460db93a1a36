"""Field resolvers of products, variants, options, images, collections and metafields."""

import json
from typing import Any

from pixee_simulators.shopify import media, stock, translations
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.metafields import Owner, find
from pixee_simulators.shopify.pages import Page, page, sort
from pixee_simulators.shopify.records import (
    Collection,
    Media,
    Metafield,
    Operation,
    Option,
    Product,
    Variant,
)
from pixee_simulators.shopify.store import namespace_of
from pixee_simulators.shopify.wire import Fields, Info, at, attribute, context_of, counted, identity


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
    "publishedOnPublication": lambda one, _info, publicationId: (  # noqa: N803 - the argument's name
        number_of(publicationId, "Publication") in one.publications
    ),
    "seo": lambda one, _info: {"title": one.seo_title, "description": one.seo_description},
    "templateSuffix": attribute("template_suffix"),
    "totalInventory": lambda one, _info: stock.total(one),
    "tracksInventory": lambda one, _info: any(variant.item.tracked for variant in one.variants),
    "translations": translations.shown,
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


CATALOG: dict[str, Fields] = {
    "Collection": _COLLECTION,
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
