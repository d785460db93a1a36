"""Reads a simulated shop through the platform's own read API: no adapter, no simulator internals."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from system.harness import Shop

SHOPIFY = """
query Read($after: String) { products(first: 50, after: $after) { pageInfo { hasNextPage endCursor } nodes {
  id title descriptionHtml status variants(first: 10) { nodes { id sku barcode price inventoryQuantity } } } } }
"""


@dataclass(frozen=True)
class Seen:
    """A variant as a customer's shop has it."""

    title: str
    price: Decimal | None
    quantity: int | None
    status: str
    ean: str | None
    external_id: str


async def read_shop(shop: Shop) -> dict[str, Seen]:
    """Every variant by SKU; a SKU that stands twice fails the test."""
    rows = await (_shopify(shop) if shop.platform == "shopify" else _woocommerce(shop))
    skus = [sku for sku, _ in rows]
    assert len(skus) == len(set(skus)), "a SKU stands twice in the shop"
    return dict(rows)


async def _shop_settings(shop: Shop) -> dict[str, Any]:
    shops = await shop.system.control(shop.platform, "GET", "shops")
    return next(entry for entry in shops if entry["host"] == shop.host)["settings"]


async def _shopify(shop: Shop) -> list[tuple[str, Seen]]:
    await shop.limits(maximumAvailable=100_000, restoreRate=100_000)
    settings = await _shop_settings(shop)
    token = settings.get("access_token") or settings["access_tokens"][0]
    found: list[tuple[str, Seen]] = []
    after: str | None = None
    while True:
        answer = await shop.system.http.post(
            f"{shop.system.stack.simulator_urls['shopify']}/admin/api/2026-10/graphql.json",
            headers={"Host": shop.host, "X-Forwarded-Proto": "https", "X-Shopify-Access-Token": token},
            json={"query": SHOPIFY, "variables": {"after": after}},
        )
        body = answer.json()
        assert "errors" not in body, body
        page = body["data"]["products"]
        found += [
            _shopify_variant(product, variant) for product in page["nodes"] for variant in product["variants"]["nodes"]
        ]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _shopify_variant(product: dict[str, Any], variant: dict[str, Any]) -> tuple[str, Seen]:
    seen = Seen(
        product["title"], Decimal(variant["price"]), variant["inventoryQuantity"],
        product["status"].lower(), variant["barcode"], variant["id"],
    )  # fmt: skip
    return variant["sku"], seen


async def _woocommerce(shop: Shop) -> list[tuple[str, Seen]]:
    settings = await _shop_settings(shop)
    found: list[tuple[str, Seen]] = []
    page = 1
    states = {"publish": "active", "draft": "draft", "private": "archived"}
    while True:
        answer = await shop.system.http.get(
            f"{shop.system.stack.simulator_urls['woocommerce']}/wp-json/wc/v3/products",
            params={"per_page": 100, "page": page, "orderby": "id", "order": "asc", "status": "any"},
            headers={"Host": shop.host, "X-Forwarded-Proto": "https"},
            auth=(settings["consumer_key"], settings["consumer_secret"]),
        )
        answer.raise_for_status()
        rows = answer.json()
        for product in rows:
            price = Decimal(product["regular_price"]) if product["regular_price"] else None
            seen = Seen(
                product["name"], price, product["stock_quantity"], states[product["status"]],
                product.get("global_unique_id") or None, str(product["id"]),
            )  # fmt: skip
            found.append((product["sku"], seen))
        if len(rows) < 100:
            return found
        page += 1
