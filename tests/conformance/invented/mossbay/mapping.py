"""Our words and Mossbay's (sheet, sections 3 to 5). Pure."""

from datetime import UTC, datetime
from typing import Any

from pixee_common.domain.product import Product, localized
from pixee_workers.sync_base.free_attributes import attribute_texts
from pixee_workers.sync_base.items import PulledProduct, PulledVariant
from pixee_workers.sync_base.plain_levels import Levels

LEVELS = Levels(quantity="stock", price="cents", hundredths=True)


def content(product: Product, locale: str | None, *, shown: bool) -> dict[str, Any]:
    """Null where we have no value, so that what was taken away is taken away at the shop too."""
    return {
        "title": localized(product.names, locale),
        "text": localized(product.descriptions, locale),
        "maker": product.brand,
        "visible": shown,
        "facts": attribute_texts(product.attributes, locale),
        "variants": [
            {"sku": v.sku, "gtin": v.ean, "choices": v.options, "facts": attribute_texts(v.attributes, locale)}
            for v in product.variants
        ],
    }


def pulled(told: dict[str, Any]) -> PulledProduct:
    """An item as the shop tells it."""
    return PulledProduct(
        external_id=told["id"],
        our_key=told["key"],
        title=told["title"],
        description=told["text"],
        brand=told["maker"],
        status="active" if told["visible"] else "draft",
        updated_at=datetime.fromtimestamp(told["changed_at"], UTC),
        variants=tuple(
            PulledVariant(v["id"], v["sku"], v["gtin"], v["choices"], LEVELS.price_of(v["cents"]), None, v["stock"])
            for v in told["variants"]
        ),
    )
