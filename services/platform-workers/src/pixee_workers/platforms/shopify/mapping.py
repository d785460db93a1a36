"""Our items in Shopify's words: pure. Ids of the shop are put in later (`products`, `stock`, `prices`).

Choices that a merchant can see:
* Texts go in the connector's language; descriptions as the HTML they are. ACTIVE, DRAFT and ARCHIVED are Shopify's own states;
  being ACTIVE does not publish on a sales channel: the connector's setting does, or else the shop's own.
* A category becomes the collection that has the name of its last element, or the one that the connector's mapping names.
* Further languages: see `translations`.
* Sales channels: those that the connector names; a product leaves only channels on which we published it.
* Attributes become metafields of the namespace `pixee`; the mapping renames, translates and converts them. The product type is
  free text: ours, or what the mapping says.
* Quantities go to one location of the shop, so a mapping must not name two.
* A list that the product never had (tags, collections, files) is not sent, because Shopify deletes what a sent list lacks.
* An oversold variant (negative quantity) is written as 0: the platform refuses to set a quantity below zero.
* A variant without a price is not created: Shopify would sell it for 0.00.
* The cost goes along where the connector's currency is set and is the cost's.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_common.domain.measures import Weight, WeightUnit
from pixee_common.domain.product import (
    Media,
    Product,
    ProductStatus,
    Variant,
    effective_weight,
    localized,
    plain_decimal,
)
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import metafields, translations
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.free_attributes import in_their_words
from pixee_workers.sync_base.items import Action, PriceItem, ProductItem, PushItem, PushVariant, StockItem
from pixee_workers.sync_base.outcomes import Refusal

MOST_OPTIONS = 3
MOST_IN_LIST = 250
LONGEST_TEXT = 255

STATUSES = {
    ProductStatus.ACTIVE: "ACTIVE",
    ProductStatus.DRAFT: "DRAFT",
    ProductStatus.ARCHIVED: "ARCHIVED",
}

_WEIGHT_UNITS = {
    WeightUnit.GRAM: "GRAMS",
    WeightUnit.KILOGRAM: "KILOGRAMS",
    WeightUnit.OUNCE: "OUNCES",
    WeightUnit.POUND: "POUNDS",
}

NO_OPTIONS = [{"name": "Title", "values": [{"name": "Default Title"}]}]
_DEFAULT_VALUES = [{"optionName": "Title", "name": "Default Title"}]


def mapped(operation: Operation, item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    """The item's values in the platform's words; see `Adapter.mapped`.

    A product: `input` (ProductSetInput without ids), `metafields`, `collections` (names), and `publications` and `translations` where
    the connector names some. A withdrawal: `status` or
    `deleted`. Stock: `quantity`. A price: `price`, `compareAtPrice`.
    """
    if isinstance(item, StockItem):
        return locations_refusal(settings) or _stock(item, settings)
    if isinstance(item, PriceItem):
        if (priced := chosen_price_list(settings)) is not None:
            return cast("JsonValue", price(item) | {"currency": item.price.currency, "priceList": priced})
        return price_refusal(item.price.currency, settings.currency) or cast("JsonValue", price(item))
    if item.action is Action.UNPUBLISH:
        return {"status": STATUSES[ProductStatus.DRAFT]}
    if item.action is Action.DELETE:
        return {"deleted": True}
    product = in_their_words(item.product, settings.mapping, settings.locale)
    if isinstance(product, Refusal):
        return product
    return _product_refusal(replace(item, product=product), settings) or _product(product, settings)


def chosen_location(settings: ConnectorSettings) -> str | None:
    """The GID of the location that the merchant chose: by mapping, else by setting; null where we look for one."""
    mapped_ones = set(settings.mapping.locations.values())
    text = mapped_ones.pop() if len(mapped_ones) == 1 else settings.extra.get("location_id", "")
    text = text.strip()
    if not text:
        return None
    return text if text.startswith("gid:") else f"gid://shopify/Location/{text}"


def chosen_price_list(settings: ConnectorSettings) -> str | None:
    """The GID of the price list into which prices are written; null: they are the products' own."""
    text = settings.extra.get("price_list_id", "").strip()
    if not text:
        return None
    return text if text.startswith("gid:") else f"gid://shopify/PriceList/{text}"


def wanted_publications(settings: ConnectorSettings) -> tuple[str, ...]:
    """The sales channels that the connector names, by name or GID; none: they are left alone."""
    named = (one.strip() for one in settings.extra.get("publications", "").split(","))
    return tuple(dict.fromkeys(one for one in named if one))


def locations_refusal(settings: ConnectorSettings) -> Refusal | None:
    """Why quantities cannot be written: a total has one place."""
    theirs = set(settings.mapping.locations.values())
    if len(theirs) < 2:
        return None
    message = f"The mapping names {len(theirs)} locations of the shop; the total of ours is written to one: name the same for all."
    return Refusal(ReasonCode.UNSUPPORTED, message, "locations")


def _stock(item: StockItem, settings: ConnectorSettings) -> JsonValue:
    """The location stands with it where it was chosen, so that another one is written to at once."""
    location = chosen_location(settings)
    return {"quantity": max(item.quantity, 0)} | ({"location": location} if location else {})


def price(item: PriceItem) -> dict[str, str | None]:
    """The two prices of a variant; a null strikes nothing through."""
    return {
        "price": plain_decimal(item.price.amount),
        "compareAtPrice": None if item.price.compare_at is None else plain_decimal(item.price.compare_at),
    }


def price_refusal(currency: str, shop_currency: str | None) -> Refusal | None:
    """Why a price in `currency` is not sent to a shop that sells in `shop_currency` (null: not known)."""
    if shop_currency is None or currency == shop_currency:
        return None
    return Refusal(
        ReasonCode.CURRENCY_MISMATCH,
        f"The price is in {currency}, the shop sells in {shop_currency}: add a price list in {shop_currency}.",
        "price",
    )


def create_only(variant: PushVariant, location: str | None) -> dict[str, Any]:
    """Price and quantity of a variant that the shop does not have yet."""
    given: dict[str, Any] = {}
    if variant.price is not None:
        given["price"] = plain_decimal(variant.price.amount)
        if variant.price.compare_at is not None:
            given["compareAtPrice"] = plain_decimal(variant.price.compare_at)
    if variant.quantity is not None and location is not None:
        quantity = max(variant.quantity, 0)
        given["inventoryQuantities"] = [{"locationId": location, "name": "available", "quantity": quantity}]
    return given


def _product_refusal(item: ProductItem, settings: ConnectorSettings) -> Refusal | None:
    product = item.product
    if item.listing is None and (wrong := locations_refusal(settings)) is not None:
        return wrong
    title = localized(product.names, settings.locale) or ""
    if not title.strip():
        return Refusal(ReasonCode.MISSING_FIELD, "The product has no name: give it one.", "names")
    if len(title) > LONGEST_TEXT:
        return Refusal(
            ReasonCode.INVALID_VALUE, f"The name has {len(title)} characters; Shopify takes {LONGEST_TEXT}.", "names"
        )
    if len(product.options) > MOST_OPTIONS:
        return Refusal(
            ReasonCode.OPTION_LIMIT, f"Shopify takes {MOST_OPTIONS} options, not {len(product.options)}.", "options"
        )
    lists: tuple[tuple[str, Sequence[object]], ...] = (
        ("tags", product.tags),
        ("categories", product.categories),
        ("attributes", product.attributes),
        ("media", _all_images(product)),
    )
    for name, values in lists:
        if len(values) >= MOST_IN_LIST:
            return Refusal(
                ReasonCode.INVALID_VALUE, f"Shopify takes fewer than {MOST_IN_LIST} {name}, not {len(values)}.", name
            )
    if (wrong := translations.refusal(product, settings)) is not None:
        return wrong
    return next((found for one in item.variants if (found := _variant_refusal(one, settings)) is not None), None)


def _variant_refusal(variant: PushVariant, settings: ConnectorSettings) -> Refusal | None:
    if variant.listing is not None:
        return None
    sku = variant.variant.sku
    if variant.price is None:
        return Refusal(ReasonCode.NO_PRICE, f"{sku} has no price: Shopify would sell it for 0.00.", "base_price")
    return price_refusal(variant.price.currency, settings.currency)


def _product(product: Product, settings: ConnectorSettings) -> JsonValue:
    locale = settings.locale
    # Shopify has one description; a short one in its place would come back by a pull as the long one.
    description = localized(product.descriptions, locale)
    given: dict[str, Any] = {
        "title": localized(product.names, locale),
        "descriptionHtml": description or "",
        "productType": _product_type(product, settings),
        "status": STATUSES[product.status],
        "productOptions": _options(product),
        "variants": [_variant(product, variant, settings) for variant in product.variants],
    }
    if product.brand:
        given["vendor"] = product.brand
    if product.tags:
        given["tags"] = list(product.tags)
    seo = {
        "title": localized(product.seo_titles, locale),
        "description": localized(product.seo_descriptions, locale),
    }
    if any(seo.values()):
        given["seo"] = {name: value for name, value in seo.items() if value}
    if images := _all_images(product):
        given["files"] = [_file(one, locale) for one in images]
    words: dict[str, JsonValue] = {
        "input": given,
        "metafields": cast("JsonValue", metafields.of_product(product, locale)),
        "collections": cast("JsonValue", _collections(product, settings)),
    }
    if channels := wanted_publications(settings):
        words["publications"] = cast("JsonValue", list(channels))
    if texts := translations.of_product(product, settings):
        words[translations.TRANSLATIONS] = cast("JsonValue", texts)
    return words


def _product_type(product: Product, settings: ConnectorSettings) -> str:
    found = settings.mapping.product_type(product)
    return found if isinstance(found, str) else product.product_type or ""


def _collections(product: Product, settings: ConnectorSettings) -> list[str]:
    named = [(path, settings.mapping.category_of(path)) for path in product.categories if path]
    return list(dict.fromkeys(theirs if isinstance(theirs, str) else path[-1] for path, theirs in named))


def _options(product: Product) -> list[dict[str, Any]]:
    """Only values that a variant has: Shopify does not keep others."""
    if not product.options:
        return NO_OPTIONS
    used = {option.name: {variant.options[option.name] for variant in product.variants} for option in product.options}
    return [
        {
            "name": option.name,
            "position": position,
            "values": [{"name": value} for value in option.values if value in used[option.name]],
        }
        for position, option in enumerate(product.options, 1)
    ]


def _variant(product: Product, variant: Variant, settings: ConnectorSettings) -> dict[str, Any]:
    values = [{"optionName": option.name, "name": variant.options[option.name]} for option in product.options]
    given: dict[str, Any] = {
        "optionValues": values or _DEFAULT_VALUES,
        "sku": variant.sku,
        "barcode": variant.ean,
        "inventoryItem": _inventory_item(product, variant, settings),
    }
    if found := metafields.of_attributes(variant.attributes, settings.locale):
        given["metafields"] = found
    picture = next((one for one in variant.media if one.kind == "image"), None)
    if picture is not None:
        given["file"] = _file(picture, settings.locale)
    return given


def _inventory_item(product: Product, variant: Variant, settings: ConnectorSettings) -> dict[str, Any]:
    given: dict[str, Any] = {"tracked": True}
    weight = effective_weight(product, variant)
    if weight is not None:
        given["measurement"] = {"weight": _weight(weight)}
    if variant.cost is not None and variant.currency == settings.currency:
        given["cost"] = plain_decimal(variant.cost)
    return given


def _weight(weight: Weight) -> dict[str, Any]:
    return {"value": float(weight.value), "unit": _WEIGHT_UNITS[weight.unit]}


def _all_images(product: Product) -> list[Media]:
    """The product's pictures, then those that only a variant has; each URL once."""
    every = [*product.media, *(one for variant in product.variants for one in variant.media)]
    by_url = {one.url: one for one in reversed(every) if one.kind == "image"}
    return [by_url[url] for url in dict.fromkeys(one.url for one in every if one.kind == "image")]


def _file(media: Media, locale: str | None) -> dict[str, Any]:
    given = {"originalSource": media.url, "contentType": "IMAGE"}
    alt = localized(media.alt, locale)
    return given | {"alt": alt} if alt else given
