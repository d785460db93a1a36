"""What the laws must know of Mossbay."""

from decimal import Decimal
from typing import Any

from conformance.profile import Profile, Seen, Shop, by_sku, translated_attribute


async def _ask(shop: Shop, method: str, path: str, **options: Any) -> Any:
    headers = shop.headers | {"X-Mossbay-Key": shop.credentials["api_key"]}
    answer = await shop.http.request(method, f"{shop.url}/v2/{path}", headers=headers, **options)
    answer.raise_for_status()
    return answer.json() if answer.content else None


async def read(shop: Shop) -> dict[str, Seen]:
    """Every variant, page by page."""
    rows: list[tuple[str, Seen]] = []
    query: dict[str, str] | None = {}
    while query is not None:
        told = await _ask(shop, "GET", "items", params=query)
        query = {"cursor": told["cursor"]} if told["cursor"] else None
        rows += [(one["sku"], _seen(item, one)) for item in told["items"] for one in item["variants"]]
    return by_sku(rows)


def _seen(item: dict[str, Any], one: dict[str, Any]) -> Seen:
    price = None if one["cents"] is None else Decimal(one["cents"]) / 100
    return Seen(item["title"], price, one["stock"], "active" if item["visible"] else "hidden", one["gtin"], item["id"])


async def occupy(shop: Shop, sku: str, key: str | None) -> str:
    """Under a key as another program would make it, without one as the shop's staff does."""
    body = {"title": "Stands here already", "variants": [{"sku": sku}]}
    path = ("POST", "staff/items") if key is None else ("PUT", f"items/{key}")
    told = await _ask(shop, *path, json=body)
    return str(told["id"])


async def remove(shop: Shop, sku: str) -> None:
    """For good."""
    seen = (await read(shop))[sku]
    await _ask(shop, "DELETE", f"staff/items/{seen.external_id}")


PROFILE = Profile(
    host="acme.mossbay.example",
    credentials={"api_key": "moss_0123456789abcdef0123"},
    settings={"shop": "acme.mossbay.example"},
    shop={"currency": "EUR"},
    wrong={"api_key": "moss_another0another0another"},
    elsewhere={"shop": "acme.mossbay.example.attacker.test"},
    refused={"names": {"en": "x" * 151}},
    fetching="Mossbay's keys do not run out (sheet, section 1)",
    read=read,
    occupy=occupy,
    remove=remove,
    demand=translated_attribute(),
)
