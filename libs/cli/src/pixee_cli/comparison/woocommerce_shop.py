"""A WooCommerce shop, read through its REST API (https://developer.woocommerce.com/docs/apis/rest-api)."""

import html
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import httpx

from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant
from pixee_cli.comparison.shop_access import ShopAccess, ShopUnreadable

_API = "/wp-json/wc/v3"
_PAGE = 100
_STATUSES = {"publish": "active", "private": "archived", "draft": "draft", "pending": "draft", "future": "draft"}
_FIELDS = "id,type,name,description,status,sku,global_unique_id,regular_price,sale_price,manage_stock,stock_quantity,attributes"


async def read(client: httpx.AsyncClient, shop: ShopAccess) -> Contents:
    """Everything that the shop has, but what lies in its trash.

    Raises:
        ShopUnreadable: it refuses.
    """
    currency = await _get(client, shop, "/data/currencies/current", {})
    products = []
    for row in await _pages(client, shop, "/products", {"status": "any"}):
        variations: Sequence[Mapping[str, Any]] = [row]
        if row["type"] == "variable":
            variations = await _pages(client, shop, f"/products/{row['id']}/variations", {})
        products.append(_product(row, [_variant(one, variable=one is not row) for one in variations]))
    return Contents(str(currency.json()["code"]), tuple(products))


def _product(row: Mapping[str, Any], variants: Sequence[SeenVariant]) -> SeenProduct:
    return SeenProduct(
        name=str(row["id"]),
        title=html.unescape(row["name"]).strip(),
        description=str(row["description"]).strip(),
        status=_STATUSES.get(row["status"], str(row["status"])),
        variants=tuple(variants),
    )


def _variant(row: Mapping[str, Any], *, variable: bool) -> SeenVariant:
    regular, sale = _money(row["regular_price"]), _money(row["sale_price"])
    options = {html.unescape(one["name"]): html.unescape(one["option"]) for one in row["attributes"] if "option" in one}
    return SeenVariant(
        sku=row["sku"],
        ean=row["global_unique_id"] or None,
        options=options if variable else {},
        price=regular if sale is None else sale,
        compare_at_price=None if sale is None else regular,
        quantity=row["stock_quantity"] if row["manage_stock"] is True else None,
    )


def _money(text: str) -> Decimal | None:
    return Decimal(text).normalize() if text else None


async def _pages(
    client: httpx.AsyncClient, shop: ShopAccess, path: str, query: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    number = 1
    while True:
        page = {"per_page": str(_PAGE), "page": str(number), "orderby": "id", "order": "asc", "_fields": _FIELDS}
        response = await _get(client, shop, path, {**page, **query})
        found += response.json()
        if number >= int(response.headers["X-WP-TotalPages"]):
            return found
        number += 1


async def _get(client: httpx.AsyncClient, shop: ShopAccess, path: str, query: Mapping[str, str]) -> httpx.Response:
    keys = (shop.credentials["consumer_key"], shop.credentials["consumer_secret"])
    response = await client.get(f"{shop.url}{_API}{path}", params=query, headers=shop.headers, auth=keys)
    if response.status_code != httpx.codes.OK:
        raise ShopUnreadable(f"{shop.host} answers {response.status_code}: {response.text[:200]}")
    return response
