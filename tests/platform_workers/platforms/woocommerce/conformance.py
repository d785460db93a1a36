"""What the laws must know of WooCommerce."""

from decimal import Decimal
from typing import Any

from conformance.profile import Profile, Seen, Shop, by_sku, translated_attribute

_STATES = {"publish": "active", "draft": "draft", "private": "archived"}


async def _rows(shop: Shop, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await shop.http.get(
        f"{shop.url}/wp-json/wc/v3/{path}", params=params, headers=shop.headers,
        auth=(shop.credentials["consumer_key"], shop.credentials["consumer_secret"]),
    )  # fmt: skip
    answer.raise_for_status()
    return answer.json()


def _seen(product: dict[str, Any], one: dict[str, Any]) -> Seen:
    price = Decimal(one["regular_price"]) if one["regular_price"] else None
    ean = one.get("global_unique_id") or None
    return Seen(product["name"], price, one["stock_quantity"], _STATES[product["status"]], ean, str(one["id"]))


async def _all(shop: Shop, path: str, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = {"per_page": 100, "page": len(rows) // 100 + 1, "orderby": "id", **params}
        got = await _rows(shop, path, page)
        rows += got
        if len(got) < 100:
            return rows


async def read(shop: Shop) -> dict[str, Seen]:
    rows: list[tuple[str, Seen]] = []
    for product in await _all(shop, "products", status="any"):
        if product["type"] == "variable":
            variations = await _all(shop, f"products/{product['id']}/variations")
            rows += [(one["sku"], _seen(product, one)) for one in variations]
        else:
            rows.append((product["sku"], _seen(product, product)))
    return by_sku(rows)


async def remove(shop: Shop, sku: str) -> None:
    (product,) = await _rows(shop, "products", {"sku": sku})
    answer = await shop.http.delete(
        f"{shop.url}/wp-json/wc/v3/products/{product['id']}", params={"force": "true"}, headers=shop.headers,
        auth=(shop.credentials["consumer_key"], shop.credentials["consumer_secret"]),
    )  # fmt: skip
    answer.raise_for_status()


async def occupy(shop: Shop, sku: str, key: str | None) -> str:
    body: dict[str, Any] = {"name": "Stands here already", "sku": sku, "regular_price": "1.00"}
    if key is not None:
        body["meta_data"] = [{"key": "_pixee_id", "value": key}]
    answer = await shop.http.post(
        f"{shop.url}/wp-json/wc/v3/products", json=body, headers=shop.headers,
        auth=(shop.credentials["consumer_key"], shop.credentials["consumer_secret"]),
    )  # fmt: skip
    answer.raise_for_status()
    return str(answer.json()["id"])


_SECRETS = {"consumer_key": "ck_" + "a" * 34 + "canary", "consumer_secret": "cs_" + "b" * 34 + "canary"}

PROFILE = Profile(
    host="laws.woo.example",
    credentials=_SECRETS,
    settings={"store_url": "https://laws.woo.example"},
    shop={"currency": "EUR"},
    wrong={"consumer_secret": "cs_" + "c" * 40},
    elsewhere={"store_url": "https://169.254.169.254"},
    refused={"names": {"en": ""}},
    fetching='keys are static and never expire (sheet, section "Credentials and auth")',
    read=read,
    occupy=occupy,
    remove=remove,
    demand=translated_attribute(),
)
