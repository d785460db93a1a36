"""Our items in WooCommerce's words, and back: pure. What needs an id of the shop is put in later (`documents`).

Choices that a merchant can see:
* status: active → published and visible; draft → draft; archived → private and hidden.
* Texts go in the connector's language (WooCommerce has none of its own), descriptions as the HTML they are.
* A variant's options become attributes of the shop (global ones, so that its filters find them); descriptive attributes are
  written on the product itself by name. The connector's mapping renames, translates and converts attributes, and names the
  category for one of ours (its path from the root, as requirements show it).
* A tax class is sent where the mapping, or the older setting `tax_classes`, says which. A mapping that has tax classes must
  have all: a product whose class it lacks would be sold with the wrong tax.
* A compare-at price above the price is WooCommerce's regular price, and the price its sale price; else there is no sale. The
  shop drops a sale price that is not below the regular one without a word, so it is never sent.
* A variable product has a SKU of its own, our product key, so that it can be found again; where a variant has that SKU, with
  `-parent` behind it.
* A batch coerces what a single request refuses ("abc" pieces become 0): nothing leaves here but integers and plain decimals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation
from pixee_common.domain.mapping import PATH_SEPARATOR, Unmapped
from pixee_common.domain.measures import Dimensions, LengthUnit, Weight, WeightUnit
from pixee_common.domain.money import Price
from pixee_common.domain.product import (
    Attribute,
    Media,
    Product,
    ProductStatus,
    effective_weight,
    localized,
    plain_decimal,
)
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.wire import (
    KEY_META,
    Document,
    ImageWords,
    OptionWords,
    ProductWords,
    VariationWords,
)
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.free_attributes import in_their_words
from pixee_workers.sync_base.items import Action, PriceItem, ProductItem, PushItem, PushVariant, StockItem
from pixee_workers.sync_base.missing_mapping import missing_mapping
from pixee_workers.sync_base.outcomes import Refusal

SIMPLE = "simple"
VARIABLE = "variable"

STATUSES: Mapping[ProductStatus, tuple[str, str]] = {
    ProductStatus.ACTIVE: ("publish", "visible"),
    ProductStatus.DRAFT: ("draft", "visible"),
    ProductStatus.ARCHIVED: ("private", "hidden"),
}

_WEIGHT_UNITS = {
    "kg": WeightUnit.KILOGRAM,
    "g": WeightUnit.GRAM,
    "lbs": WeightUnit.POUND,
    "oz": WeightUnit.OUNCE,
}
_LENGTH_UNITS = {
    "cm": LengthUnit.CENTIMETRE,
    "m": LengthUnit.METRE,
    "mm": LengthUnit.MILLIMETRE,
    "in": LengthUnit.INCH,
}
_FINEST = Decimal("0.000001")
_LONGEST_SKU = 100


def mapped(operation: Operation, item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    """The item's content in the platform's words; see `Adapter.mapped`."""
    if isinstance(item, StockItem):
        return _stock(item)
    if isinstance(item, PriceItem):
        return _price(item, settings)
    if item.action is Action.UNPUBLISH:
        return {"status": "draft"}
    if item.action is Action.DELETE:
        return {"deleted": True}
    product = in_their_words(item.product, settings.mapping, settings.locale)
    if isinstance(product, Refusal):
        return product
    return product_words(replace(item, product=product), settings)


def is_variable(product: Product) -> bool:
    """Whether the product has options; one variant without options is a simple product."""
    return bool(product.options)


def parent_sku(product: Product) -> str:
    """The SKU by which a variable product is found again."""
    if all(variant.sku != product.key for variant in product.variants):
        return product.key
    return f"{product.key[: _LONGEST_SKU - 7]}-parent"


def product_words(item: ProductItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    """A product's content: the form of an update, without price, quantity or any id of the shop."""
    product = item.product
    if not (localized(product.names, settings.locale) or "").strip():
        return Refusal(ReasonCode.MISSING_FIELD, "The name is empty: give the product a name.", "names")
    wrong = next((v for v in item.variants if v.price is not None and _foreign(v.price, settings)), None)
    if wrong is not None and item.listing is None:
        return _wrong_currency(wrong.variant.sku, cast("Price", wrong.price), settings)
    tax_class = tax_class_of(product.tax_class, settings)
    if isinstance(tax_class, Refusal):
        return tax_class
    return _words(item, tax_class, settings)


def _words(item: ProductItem, tax_class: str | None, settings: ConnectorSettings) -> JsonValue:
    product, locale = item.product, settings.locale
    variable = is_variable(product)
    only = product.variants[0]
    status, visibility = STATUSES[product.status]
    document: Document = {
        "name": (localized(product.names, locale) or "").strip(),
        "type": VARIABLE if variable else SIMPLE,
        "status": status,
        "catalog_visibility": visibility,
        "description": localized(product.descriptions, locale) or "",
        "short_description": localized(product.short_descriptions, locale) or "",
        "sku": parent_sku(product) if variable else only.sku,
        "weight": _weight(product.weight if variable else effective_weight(product, only), settings),
        "dimensions": _dimensions(product.dimensions if variable else only.dimensions or product.dimensions, settings),
        "meta_data": [{"key": KEY_META, "value": product.key}],
    }
    if not variable:
        document["global_unique_id"] = only.ean or ""
    if tax_class is not None:
        document["tax_class"] = tax_class
    media = product.media if variable else (*product.media, *only.media)
    attributes = product.attributes if variable else (*product.attributes, *only.attributes)
    words: ProductWords = {
        "document": document,
        "categories": _categories(product, settings),
        "brand": product.brand or None,
        "tags": list(dict.fromkeys(product.tags)),
        "images": _images(media, locale),
        "options": [{"name": option.name, "values": list(option.values)} for option in product.options],
        "attributes": _attributes(attributes, {option.name.casefold() for option in product.options}, locale),
        "variations": [
            _variation(product, entry, place, settings) for place, entry in enumerate(item.variants) if variable
        ],
    }
    return cast("JsonValue", words)


def _variation(product: Product, entry: PushVariant, place: int, settings: ConnectorSettings) -> VariationWords:
    variant = entry.variant
    document: Document = {
        "sku": variant.sku,
        "global_unique_id": variant.ean or "",
        "description": localized(variant.titles, settings.locale) or "",
        "weight": _weight(variant.weight, settings),
        "dimensions": _dimensions(variant.dimensions, settings),
        "menu_order": place,
        "meta_data": [{"key": KEY_META, "value": product.key}],
    }
    images = _images(variant.media, settings.locale)
    return {"document": document, "options": dict(variant.options), "image": images[0] if images else None}


def new_price(price: Price | None) -> Document:
    """Both price fields; none where there is no price to send."""
    if price is None:
        return {}
    if price.compare_at is not None and price.compare_at > price.amount:
        return {"regular_price": plain_decimal(price.compare_at), "sale_price": plain_decimal(price.amount)}
    return {"regular_price": plain_decimal(price.amount), "sale_price": ""}


def new_stock(quantity: int | None) -> Document:
    """Managed stock; where no stock record exists the shop does not manage it."""
    return {} if quantity is None else {"manage_stock": True, "stock_quantity": quantity}


def tax_class_of(ours: str | None, settings: ConnectorSettings) -> str | Refusal | None:
    """The shop's tax class for ours: by mapping, else by setting (`reduced=reduced-rate,…`); null: the shop's own choice stays."""
    if ours is not None and settings.mapping.tax_classes:
        found = settings.mapping.tax_class(ours)
        return missing_mapping(found) if isinstance(found, Unmapped) else found
    for pair in settings.extra.get("tax_classes", "").split(","):
        name, found, slug = pair.partition("=")
        if found and ours is not None and name.strip() == ours:
            return slug.strip()
    return None


def _categories(product: Product, settings: ConnectorSettings) -> list[list[str]]:
    """Paths from the root; a mapped one is the path that requirements show."""
    found: list[list[str]] = []
    for path in product.categories:
        theirs = settings.mapping.category_of(path) if path else None
        named = theirs.split(PATH_SEPARATOR) if isinstance(theirs, str) else list(path)
        if named and named not in found:
            found.append(named)
    return found


def _stock(item: StockItem) -> JsonValue | Refusal:
    if type(item.quantity) is not int:
        return Refusal(
            ReasonCode.INVALID_VALUE, f"The quantity of {item.sku} must be whole pieces, not {item.quantity}.", "stock"
        )
    return new_stock(item.quantity)


def _price(item: PriceItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    if _foreign(item.price, settings):
        return _wrong_currency(item.sku, item.price, settings)
    return new_price(item.price)


def _foreign(price: Price, settings: ConnectorSettings) -> bool:
    return settings.currency is not None and price.currency != settings.currency


def _wrong_currency(sku: str, price: Price, settings: ConnectorSettings) -> Refusal:
    return Refusal(
        ReasonCode.CURRENCY_MISMATCH,
        f"The price of {sku} is in {price.currency}, the shop sells in {settings.currency}: give a price in that currency.",
        "price",
    )


def _weight(weight: Weight | None, settings: ConnectorSettings) -> str:
    if weight is None:
        return ""
    return _measure(weight.to(_WEIGHT_UNITS.get(settings.extra.get("weight_unit", "kg"), WeightUnit.KILOGRAM)))


def _dimensions(dimensions: Dimensions | None, settings: ConnectorSettings) -> dict[str, str]:
    if dimensions is None:
        return {"length": "", "width": "", "height": ""}
    unit = _LENGTH_UNITS.get(settings.extra.get("dimension_unit", "cm"), LengthUnit.CENTIMETRE)
    length, width, height = dimensions.to(unit)
    return {"length": _measure(length), "width": _measure(width), "height": _measure(height)}


def _measure(value: Decimal | None) -> str:
    """A measure without exponent and needless zeros."""
    return "" if value is None else f"{value.quantize(_FINEST).normalize():f}"


def _images(media: Sequence[Media], locale: str | None) -> list[ImageWords]:
    by_url = {one.url: one for one in reversed(media) if one.kind == "image"}
    return [{"src": url, "alt": localized(by_url[url].alt, locale) or ""} for url in reversed(by_url)]


def _attributes(attributes: Sequence[Attribute], taken: set[str], locale: str | None) -> list[OptionWords]:
    """By name, each once; a name that is an option's is left to the option. WooCommerce parts values at `|`."""
    words: list[OptionWords] = []
    seen = set(taken)
    for attribute in attributes:
        tag = localized({tag: tag for tag in attribute.values}, locale)
        values = attribute.values[tag] if tag is not None else ()
        if not values or attribute.code.casefold() in seen:
            continue
        seen.add(attribute.code.casefold())
        unit = f" {attribute.unit}" if attribute.unit else ""
        words.append({"name": attribute.code, "values": [f"{value}{unit}".replace("|", "/") for value in values]})
    return words
