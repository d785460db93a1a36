"""Our words and Larkshop's (sheet, sections 3 to 5). Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.domain.product import Attribute, ProductStatus, localized, plain_decimal
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.free_attributes import in_their_words
from pixee_workers.sync_base.items import (
    Action,
    Listing,
    Mapped,
    ProductItem,
    PulledProduct,
    PulledVariant,
    PushItem,
    StockItem,
)
from pixee_workers.sync_base.outcomes import Linked, Refusal


def values_of(item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    """Null where a shop has no value, so that what was taken away is taken away there too."""
    if isinstance(item, StockItem):
        return {"quantity": item.quantity}
    if not isinstance(item, ProductItem):
        return {"price": plain_decimal(item.price.amount)}
    product, locale = in_their_words(item.product, settings.mapping, settings.locale), settings.locale
    if isinstance(product, Refusal):
        return product
    seen = item.action is Action.UPSERT and product.status is ProductStatus.ACTIVE
    return {
        "title": localized(product.names, locale),
        "description": localized(product.descriptions, locale),
        "brand": product.brand,
        "status": "live" if seen else "hidden",
        "attributes": _attributes(product.attributes, locale),
        "variants": [
            {
                "sku": one.sku,
                "ean": one.ean,
                "options": dict(one.options),
                "attributes": _attributes(one.attributes, locale),
            }
            for one in product.variants
        ],
    }


def _attributes(attributes: Sequence[Attribute], locale: str | None) -> dict[str, JsonValue]:
    return {
        one.code: localized({tag: ", ".join(texts) for tag, texts in one.values.items()}, locale) for one in attributes
    }


def document(mapped: Mapped[ProductItem]) -> dict[str, Any]:
    """What is put: the values with the shop's ids, and price and quantity where a variant is new there."""
    item, values = mapped.item, cast("dict[str, Any]", mapped.values)
    rows = [dict(row) for row in values["variants"]]
    for row, variant in zip(rows, item.variants, strict=True):
        if variant.listing is not None:
            row["id"] = variant.listing.external_id
            continue
        row["price"] = None if variant.price is None else plain_decimal(variant.price.amount)
        row["quantity"] = variant.quantity
    own = {} if item.listing is None else {"id": item.listing.external_id}
    return {**values, **own, "variants": rows}


def linked(item: ProductItem, told: dict[str, Any]) -> Linked:
    """The shop's ids of the product and of those of its variants that it has, by SKU."""
    ids = {row["sku"]: Listing(row["id"], told["id"]) for row in told["variants"]}
    variants = {one.id: ids[one.variant.sku] for one in item.variants if one.variant.sku in ids}
    return Linked(Listing(told["id"]), variants, gone=tuple(one.external_id for one in item.gone))


def pulled(told: dict[str, Any]) -> PulledProduct:
    """An item as the shop has it."""
    return PulledProduct(
        external_id=told["id"],
        our_key=told["key"],
        title=told["title"],
        description=told["description"],
        brand=told["brand"],
        status="active" if told["status"] == "live" else "draft",
        updated_at=datetime.fromisoformat(told["updated_at"]),
        variants=tuple(
            PulledVariant(one["id"], one["sku"], one["ean"], one["options"], one["price"], None, one["quantity"])
            for one in told["variants"]
        ),
    )
