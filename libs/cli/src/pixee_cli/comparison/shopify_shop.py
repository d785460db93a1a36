"""A Shopify shop, read through the GraphQL Admin API (https://shopify.dev/docs/api/admin-graphql/2026-10)."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant
from pixee_cli.comparison.shop_access import ShopAccess, ShopUnreadable

VERSION = "2026-10"
_PAGE = 100
_PATIENCE = 60.0  # seconds that an empty bucket is waited for

_SHOP = "{ shop { currencyCode } }"
_VARIANTS = """
query Variants($after: String, $first: Int!) {
  productVariants(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      sku barcode price compareAtPrice inventoryQuantity
      inventoryItem { tracked }
      selectedOptions { name value }
      product { id title descriptionHtml status hasOnlyDefaultVariant }
    }
  }
}
"""


async def read(client: httpx.AsyncClient, shop: ShopAccess) -> Contents:
    """Everything that the shop has.

    Raises:
        ShopUnreadable: it refuses, or its bucket stays empty.
    """
    currency = str((await _ask(client, shop, _SHOP, {}))["shop"]["currencyCode"])
    products: dict[str, dict[str, Any]] = {}
    variants: dict[str, list[SeenVariant]] = {}
    after: str | None = None
    while True:
        page = (await _ask(client, shop, _VARIANTS, {"after": after, "first": _PAGE}))["productVariants"]
        for node in page["nodes"]:
            product = node["product"]
            products[product["id"]] = product
            variants.setdefault(product["id"], []).append(_variant(node))
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    return Contents(currency, tuple(_product(one, variants[number]) for number, one in products.items()))


def _product(product: Mapping[str, Any], variants: list[SeenVariant]) -> SeenProduct:
    return SeenProduct(
        name=str(product["id"]).rpartition("/")[2],
        title=str(product["title"]).strip(),
        description=str(product["descriptionHtml"]).strip(),
        status=str(product["status"]).lower(),
        variants=tuple(variants),
    )


def _variant(node: Mapping[str, Any]) -> SeenVariant:
    """A product without options has one that the platform made itself, `Title: Default Title`."""
    plain = bool(node["product"]["hasOnlyDefaultVariant"])
    before = node["compareAtPrice"]
    return SeenVariant(
        sku=node["sku"] or "",
        ean=node["barcode"] or None,
        options={} if plain else {one["name"]: one["value"] for one in node["selectedOptions"]},
        price=Decimal(node["price"]).normalize(),
        compare_at_price=None if before is None else Decimal(before).normalize(),
        quantity=node["inventoryQuantity"] if node["inventoryItem"]["tracked"] else None,
    )


async def _ask(client: httpx.AsyncClient, shop: ShopAccess, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE
    while True:
        response = await client.post(
            f"{shop.url}/admin/api/{VERSION}/graphql.json",
            headers={**shop.headers, "X-Shopify-Access-Token": shop.credentials["access_token"]},
            json={"query": query, "variables": dict(variables)},
        )
        if response.status_code != httpx.codes.OK:
            raise ShopUnreadable(f"{shop.host} answers {response.status_code}: {response.text[:200]}")
        body = response.json()
        codes = {error.get("extensions", {}).get("code") for error in body.get("errors", ())}
        if not codes:
            data: dict[str, Any] = body["data"]
            return data
        if codes != {"THROTTLED"} or loop.time() > until:
            raise ShopUnreadable(f"{shop.host}: {body['errors'][0].get('message')}")
        await asyncio.sleep(_pause(body["extensions"]["cost"]))


def _pause(cost: Mapping[str, Any]) -> float:
    """Seconds until the bucket holds what the query asks for."""
    status = cost["throttleStatus"]
    lacking = float(cost["requestedQueryCost"]) - float(status["currentlyAvailable"])
    return max(0.05, lacking / float(status["restoreRate"]))
