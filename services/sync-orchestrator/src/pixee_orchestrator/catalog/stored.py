"""The catalog as it stands, read for a run of changes, and the exact form in which contents are stored and compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.product import Product, Variant

__all__ = [
    "Prices",
    "StoredProduct",
    "StoredVariant",
    "read_owners",
    "read_products",
    "read_stock",
    "stored_content",
    "stored_variant_content",
]

JsonObject = dict[str, Any]
Prices = tuple[Decimal | None, Decimal | None, Decimal | None, str | None]
"""Base price, compare-at price, cost, currency."""

_VARIANT_COLUMNS = {"sku", "ean", "base_price", "compare_at_price", "cost", "currency", "stock"}

PRODUCTS = "SELECT id, key, content, deleted_at FROM products WHERE account_id = $1 AND key = ANY($2::text[])"
VARIANTS = """
SELECT id, product_id, position, sku, ean, content, base_price, compare_at_price, cost, currency, deleted_at
FROM variants WHERE product_id = ANY($1::uuid[]) ORDER BY deleted_at DESC NULLS FIRST
"""
OWNERS = """
SELECT v.* FROM unnest($2::text[]) AS a(sku)
CROSS JOIN LATERAL (
    SELECT sku, product_id FROM variants WHERE account_id = $1 AND sku = a.sku AND deleted_at IS NULL LIMIT 1
) v
"""
STOCK = "SELECT variant_id, location, quantity FROM stock WHERE variant_id = ANY($1::uuid[])"


@dataclass(slots=True)
class StoredVariant:
    """A variant's row; `live` is false for one that left its product and may come back."""

    id: UUID
    product_id: UUID
    position: int
    sku: str
    ean: str | None
    content: JsonObject
    prices: Prices
    live: bool


@dataclass(slots=True)
class StoredProduct:
    """A product's row with its variants by SKU."""

    id: UUID
    key: str
    content: JsonObject | None
    live: bool
    variants: dict[str, StoredVariant] = field(default_factory=dict)


def stored_content(product: Product) -> JsonObject:
    """A product's content column: without key and variants."""
    return product.model_dump(mode="json", exclude={"key", "variants"})


def stored_variant_content(variant: Variant) -> JsonObject:
    """A variant's content column: without what has columns or tables of its own."""
    return variant.model_dump(mode="json", exclude=_VARIANT_COLUMNS)


async def read_products(connection: Connection, account: UUID, keys: Sequence[str]) -> dict[str, StoredProduct]:
    """Products by key, tombstones included, with their variants, former ones included."""
    rows = await connection.fetch(PRODUCTS, account, list(keys))
    by_id = {row["id"]: StoredProduct(row["id"], row["key"], row["content"], row["deleted_at"] is None) for row in rows}
    for row in await connection.fetch(VARIANTS, list(by_id)):
        by_id[row["product_id"]].variants.setdefault(row["sku"], _variant(row))
    return {product.key: product for product in by_id.values()}


async def read_owners(connection: Connection, account: UUID, skus: Sequence[str]) -> dict[str, UUID]:
    """Which live product has a SKU."""
    return {row["sku"]: row["product_id"] for row in await connection.fetch(OWNERS, account, list(skus))}


async def read_stock(connection: Connection, variants: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Quantities by location, by variant."""
    levels: dict[UUID, dict[str, int]] = {}
    for row in await connection.fetch(STOCK, list(variants)):
        levels.setdefault(row["variant_id"], {})[row["location"]] = row["quantity"]
    return levels


def _variant(row: Any) -> StoredVariant:
    return StoredVariant(
        id=row["id"],
        product_id=row["product_id"],
        position=row["position"],
        sku=row["sku"],
        ean=row["ean"],
        content=row["content"],
        prices=(row["base_price"], row["compare_at_price"], row["cost"], row["currency"]),
        live=row["deleted_at"] is None,
    )
