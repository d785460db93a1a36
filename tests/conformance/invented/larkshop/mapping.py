"""Our words and Larkshop's (sheet, sections 3 to 5). Pure."""

from datetime import datetime
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.domain.product import ProductStatus, localized, plain_decimal
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.free_attributes import attribute_texts, in_their_words
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PulledProduct, PulledVariant, PushItem, StockItem
from pixee_workers.sync_base.outcomes import Linked, Refusal
from pixee_workers.sync_base.plain_outcomes import linked_by_sku


def values_of(item: PushItem, settings: ConnectorSettings) -> JsonValue | Refusal:
    """Null where we have no value, so that what was taken away is taken away at the shop too."""
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
        "attributes": dict(attribute_texts(product.attributes, locale)),
        "variants": [
            {
                "sku": v.sku,
                "ean": v.ean,
                "options": {**v.options},
                "attributes": {**attribute_texts(v.attributes, locale)},
            }
            for v in product.variants
        ],
    }


def document(mapped: Mapped[ProductItem]) -> dict[str, Any]:
    """What is put: the values with the shop's ids, and price and quantity where a variant is new there."""
    item, values = mapped.item, cast("dict[str, Any]", mapped.values)
    own = {} if item.listing is None else {"id": item.listing.external_id}
    rows = [dict(row) for row in values["variants"]]
    for row, variant in zip(rows, item.variants, strict=True):
        if variant.listing is None:
            price = None if variant.price is None else plain_decimal(variant.price.amount)
            row |= {"price": price, "quantity": variant.quantity}
        else:
            row["id"] = variant.listing.external_id
    return {**values, **own, "variants": rows}


def linked(item: ProductItem, told: dict[str, Any]) -> Linked:
    """The ids in an item as the shop tells it."""
    return linked_by_sku(item, told["id"], {row["sku"]: row["id"] for row in told["variants"]})


def pulled(told: dict[str, Any]) -> PulledProduct:
    """An item as the shop tells it."""
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
