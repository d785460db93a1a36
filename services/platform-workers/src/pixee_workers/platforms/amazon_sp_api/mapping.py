"""Domain to Amazon, pure: what an item says, in Amazon's words as far as they are known without the product type's schema.

What the schema decides (the form of mapped attributes, where a long title goes, the variation theme) is left as text here and
finished by `completing`, which may ask. The mapping of product types and attributes is the merchant's.
"""

from collections.abc import Sequence
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_common.domain.mapping import Unmapped
from pixee_common.domain.product import Product, ProductStatus, Variant, localized, plain_decimal
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.asins import asked_for
from pixee_workers.platforms.amazon_sp_api.listings import is_off, returns_of
from pixee_workers.platforms.amazon_sp_api.marketplaces import language_of, locale_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.rules import Ruled, option_targets, ruled
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import Action, Listing, PriceItem, ProductItem, PushItem, StockItem
from pixee_workers.sync_base.outcomes import Refusal

_LONGEST_SKU = 40
_MOST_BULLETS = 5


def mapped(operation: Operation, item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    """See `Adapter.mapped`."""
    match item:
        case StockItem():
            return _pieces(item)
        case PriceItem():
            return _price(item, settings)
        case ProductItem():
            if item.action is not Action.UPSERT:
                return {"withdraw": list(skus_of(item))}
            if item.product.status is not ProductStatus.ACTIVE:
                return {"off_sale": "delete" if settings.on_delete == Action.DELETE else "empty"}
            return _product(item, settings)


def is_family(product: Product) -> bool:
    """Whether the product is a parent with children at Amazon."""
    return bool(product.options)


def parent_sku(product: Product) -> str:
    """The SKU of the parent, which nobody can buy: the product's key, kept apart from the variants' SKUs."""
    taken = {variant.sku for variant in product.variants}
    return product.key if product.key not in taken else f"{product.key}-parent"


def skus_of(item: ProductItem) -> tuple[str, ...]:
    """Every SKU that the product has or should have at Amazon, children first."""
    own = [variant.variant.sku for variant in item.variants]
    return (*own, parent_sku(item.product)) if is_family(item.product) else tuple(own)


def listed_skus(item: ProductItem) -> tuple[str, ...]:
    """Every SKU under which the product is known to stand at Amazon, children first."""
    listings: list[Listing | None] = [variant.listing for variant in item.variants]
    found = [one.external_id for one in (*listings, *item.gone, item.listing) if one is not None]
    return tuple(dict.fromkeys(found))


def _pieces(item: StockItem) -> JsonValue:
    """What is off sale has none. What came back is sent anew, though the number is the one from before."""
    words: dict[str, JsonValue] = {"quantity": 0 if is_off(item.listing) else max(0, item.quantity)}
    returns = returns_of(item.listing)
    return words | {"returns": returns} if returns else words


def _price(item: PriceItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    price = item.price
    if settings.currency is not None and price.currency != settings.currency:
        message = f"The price is in {price.currency}, the marketplace sells in {settings.currency}."
        return Refusal(ReasonCode.CURRENCY_MISMATCH, message, "currency")
    words: dict[str, JsonValue] = {"price": plain_decimal(price.amount), "currency": price.currency}
    if price.compare_at is not None:
        words["list_price"] = plain_decimal(price.compare_at)
    return words


def _product(item: ProductItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    if (refusal := _sku_refusal(item)) is not None:
        return refusal
    found = _whole(item, settings)
    if isinstance(found, Refusal) and asked_for(settings):
        return cast("JsonValue", _offers_alone(item, found, settings))
    return found


def _offers_alone(item: ProductItem, missing: Refusal, settings: ConnectorSettings) -> dict[str, Any]:
    """A product of which no whole listing can be made: `missing` says why. Offers need no more than the rules for all types."""
    listings = []
    for variant in item.product.variants:
        found = _listing(item.product, variant, "", settings)
        plain = {"title": "", "facts": _identity(variant, settings) | _condition(item.product, settings), "ruled": {}}
        listings.append({"sku": variant.sku, **(plain if isinstance(found, Refusal) else found)})
    return {"missing": [missing.reason.value, missing.message, missing.field], "listings": listings}


def _whole(item: ProductItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    product, mapping = item.product, settings.mapping
    kind = mapping.product_type(product)
    if isinstance(kind, Unmapped):
        message = f"Amazon sells nothing without a product type. {kind.message}"
        return Refusal(ReasonCode.MISSING_MAPPING, message, kind.field)
    words: dict[str, Any] = {"product_type": kind, "listings": []}
    for variant in product.variants:
        found = _listing(product, variant, kind, settings)
        if isinstance(found, Refusal):
            return found
        words["listings"].append({"sku": variant.sku, **found})
    if is_family(product):
        targets = option_targets(product, kind, mapping)
        if isinstance(targets, Refusal):
            return targets
        words["family"] = {"sku": parent_sku(product), "options": list(targets), **_parent(product, kind, settings)}
    return cast("JsonValue", words)


def _sku_refusal(item: ProductItem) -> Refusal | None:
    long = next((sku for sku in skus_of(item) if len(sku) > _LONGEST_SKU), None)
    if long is None:
        return None
    return Refusal(ReasonCode.INVALID_VALUE, f"Amazon takes SKUs of at most {_LONGEST_SKU} characters: {long}.", "sku")


def _listing(product: Product, variant: Variant, kind: str, settings: ConnectorSettings) -> dict[str, Any] | Refusal:
    attributes = ruled(product, variant, kind, settings.mapping, locale_of(settings))
    if isinstance(attributes, Refusal):
        return attributes
    facts = _texts(product, settings) | _identity(variant, settings) | _images(product, variant, settings)
    title = localized(variant.titles, locale_of(settings)) or localized(product.names, locale_of(settings)) or ""
    return {"title": title, "facts": _without(facts, attributes), "ruled": attributes}


def _parent(product: Product, kind: str, settings: ConnectorSettings) -> dict[str, Any]:
    """What the family says of itself: what is mapped from options belongs to the children, what cannot be said of nobody too."""
    attributes = ruled(product, product.variants[0], kind, settings.mapping, locale_of(settings), of_parent=True)
    own = {} if isinstance(attributes, Refusal) else attributes
    facts = _texts(product, settings) | _images(product, None, settings)
    return {
        "title": localized(product.names, locale_of(settings)) or "",
        "facts": _without(facts, own),
        "ruled": own,
    }


def _without(facts: wire.Attributes, attributes: Ruled) -> wire.Attributes:
    """What the merchant maps wins over what we would say by ourselves."""
    named = {target.partition(".")[0] for target in attributes}
    return {name: value for name, value in facts.items() if name not in named}


def _texts(product: Product, settings: ConnectorSettings) -> wire.Attributes:
    locale = locale_of(settings)
    short = localized(product.short_descriptions, locale) or ""
    bullets = [line.strip() for line in short.splitlines() if line.strip()][:_MOST_BULLETS]
    found = {
        "brand": [product.brand] if product.brand else [],
        "product_description": [localized(product.descriptions, locale) or ""],
        "bullet_point": bullets,
    }
    place = {"language_tag": language_of(settings), "marketplace_id": marketplace_of(settings).id}
    worded = {name: [{"value": text, **place} for text in texts if text] for name, texts in found.items()}
    return {name: value for name, value in worded.items() if value} | _condition(product, settings)


def _condition(product: Product, settings: ConnectorSettings) -> wire.Attributes:
    place = marketplace_of(settings).id
    return {"condition_type": [{"value": wire.CONDITIONS[product.condition], "marketplace_id": place}]}


def _identity(variant: Variant, settings: ConnectorSettings) -> wire.Attributes:
    place = marketplace_of(settings).id
    if variant.ean is not None:
        kind = wire.IDENTIFIER_KINDS.get(len(variant.ean), "gtin")
        return {wire.EAN: [{"type": kind, "value": variant.ean, "marketplace_id": place}]}
    if settings.extra.get("without_ean") == "exempt":
        return {wire.EXEMPTION: [{"value": True, "marketplace_id": place}]}
    return {}


def _images(product: Product, variant: Variant | None, settings: ConnectorSettings) -> wire.Attributes:
    place = marketplace_of(settings).id
    media: Sequence[Any] = (*(variant.media if variant else ()), *product.media)
    urls = dict.fromkeys(one.url for one in media if one.kind == "image")
    return {
        name: [{"media_location": url, "marketplace_id": place}] for name, url in zip(wire.IMAGES, urls, strict=False)
    }
