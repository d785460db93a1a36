"""Our words and Larkshop's (sheet, sections 3 to 5). Pure."""

from datetime import datetime
from typing import Any

from pixee_common.domain.product import Product, localized
from pixee_workers.sync_base.free_attributes import attribute_texts
from pixee_workers.sync_base.items import PulledProduct, PulledVariant


def content(product: Product, locale: str | None, *, shown: bool) -> dict[str, Any]:
    """Null where we have no value, so that what was taken away is taken away at the shop too."""
    return {
        "title": localized(product.names, locale),
        "description": localized(product.descriptions, locale),
        "brand": product.brand,
        "status": "live" if shown else "hidden",
        "attributes": attribute_texts(product.attributes, locale),
        "variants": [
            {"sku": v.sku, "ean": v.ean, "options": v.options, "attributes": attribute_texts(v.attributes, locale)}
            for v in product.variants
        ],
    }


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
