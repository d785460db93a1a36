"""An Amazon seller's listings in one marketplace, read through SP-API (https://developer-docs.amazon.com/sp-api/docs/listings-items-api).

A search shows 1,000 listings at most, so the shop is read by the moments at which listings were made, from one thousand to the next.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant
from pixee_cli.comparison.shop_access import ShopAccess, ShopUnreadable

SIGN_IN = "api.amazon.com"
TITLE_PARTS = " / "
"""Between a title and its rest, which Amazon shows apart (`item_name`, `title_differentiation`)."""

_AGENT = "PixeeDemo/1.0 (Language=Python)"
_LISTINGS = "/listings/2021-08-01/items"
_PAGE = "20"
_DATA = "summaries,attributes,offers,fulfillmentAvailability,relationships"
_PAUSE, _PATIENCE = 0.5, 60.0  # seconds between two tries of a call that is throttled, and in all

Plain = Mapping[str, Any]


async def read(client: httpx.AsyncClient, shop: ShopAccess) -> Contents:
    """Everything that the seller lists in the marketplace.

    Raises:
        ShopUnreadable: Amazon refuses, throttles for a minute, or made a thousand listings at one moment.
    """
    reading = _Reading(client, shop, await _token(client, shop))
    currency = await reading.currency()
    rows = await reading.listings()
    children: dict[str, list[Plain]] = {}
    for row in rows.values():
        for parent in _relations(row, "parentSkus")[:1]:
            children.setdefault(str(parent), []).append(row)
    products = [
        _product(row, children.get(sku, [row]), currency)
        for sku, row in rows.items()
        if not _relations(row, "parentSkus")
    ]
    orphans = [row for parent, own in children.items() if parent not in rows for row in own]
    return Contents(currency, (*products, *(_product(row, [row], currency) for row in orphans)))


class _Reading:
    def __init__(self, client: httpx.AsyncClient, shop: ShopAccess, token: str) -> None:
        self._client = client
        self._shop = shop
        self._token = token
        self._place = shop.settings["marketplace_id"]
        self._seller = shop.settings["seller_id"]

    async def currency(self) -> str:
        """The marketplace's."""
        rows = (await self._get("/sellers/v1/marketplaceParticipations", {}))["payload"]
        found = [one["marketplace"] for one in rows if one["marketplace"]["id"] == self._place]
        if not found:
            raise ShopUnreadable(f"the seller {self._seller} does not sell in {self._place}")
        return str(found[0]["defaultCurrencyCode"])

    async def listings(self) -> dict[str, Plain]:
        """SKU → listing, in the order in which they were made."""
        found: dict[str, Plain] = {}
        since: dict[str, str] = {}
        while True:
            rows, total = await self._thousand(since)
            fresh = {str(row["sku"]): row for row in rows if row["sku"] not in found}
            found.update(fresh)
            if total <= len(rows):
                return found
            if not fresh:
                raise ShopUnreadable(f"more listings were made at {since['createdAfter']} than a search shows")
            since = {"createdAfter": rows[-1]["summaries"][0]["createdDate"]}

    async def _thousand(self, since: Mapping[str, str]) -> tuple[list[Plain], int]:
        """The oldest listings since then, and how many there are."""
        query = {"pageSize": _PAGE, "sortBy": "createdDate", "sortOrder": "ASC", "includedData": _DATA, **since}
        rows: list[Plain] = []
        page: dict[str, str] = {}
        while True:
            answer = await self._get(f"{_LISTINGS}/{self._seller}", {"marketplaceIds": self._place, **query, **page})
            rows += answer["items"]
            token = answer.get("pagination", {}).get("nextToken")
            if token is None:
                return rows, int(answer["numberOfResults"])
            page = {"pageToken": str(token)}

    async def _get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        headers = {
            "Host": self._shop.host,
            "x-amz-access-token": self._token,
            "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
            "User-Agent": _AGENT,
        }
        while True:
            response = await self._client.get(f"{self._shop.url}{path}", params=query, headers=headers)
            if response.status_code == httpx.codes.OK:
                found: dict[str, Any] = response.json()
                return found
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS or loop.time() > until:
                raise ShopUnreadable(f"{self._shop.host} answers {response.status_code}: {response.text[:200]}")
            await asyncio.sleep(_PAUSE)


async def _token(client: httpx.AsyncClient, shop: ShopAccess) -> str:
    """Login with Amazon: the merchant's refresh token for an access token."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": shop.credentials["refresh_token"],
        "client_id": shop.credentials["lwa_client_id"],
        "client_secret": shop.credentials["lwa_client_secret"],
    }
    response = await client.post(f"{shop.url}/auth/o2/token", data=form, headers={"Host": SIGN_IN})
    if response.status_code != httpx.codes.OK:
        raise ShopUnreadable(f"{SIGN_IN} answers {response.status_code}: {response.text[:200]}")
    return str(response.json()["access_token"])


def _product(row: Plain, variants: Sequence[Plain], currency: str) -> SeenProduct:
    """A parent with its children, or a listing that stands for itself. Amazon sells what is there: it has no drafts."""
    parts = (_value(row, "item_name"), _value(row, "title_differentiation"))
    status = [one for summary in row["summaries"] for one in summary["status"]]
    return SeenProduct(
        name=str(row["sku"]),
        title=TITLE_PARTS.join(part for part in parts if part),
        description=(_value(row, "product_description") or "").strip(),
        status="active" if status else "draft",
        variants=tuple(_variant(one, currency) for one in variants),
    )


def _variant(row: Plain, currency: str) -> SeenVariant:
    own = [one for one in row["fulfillmentAvailability"] if one["fulfillmentChannelCode"] == "DEFAULT"]
    offers = [
        one["price"]["amount"]
        for one in row["offers"]
        if one["offerType"] == "B2C" and one["price"]["currencyCode"] == currency
    ]
    listed = [one["value_with_tax"] for one in row["attributes"].get("list_price", ()) if one["currency"] == currency]
    theme = [name for one in _relationships(row) for name in one.get("variationTheme", {}).get("attributes", ())]
    return SeenVariant(
        sku=str(row["sku"]),
        ean=_value(row, "externally_assigned_product_identifier"),
        options={name: _value(row, name) or "" for name in theme},
        price=_money(offers),
        compare_at_price=_money(listed),
        quantity=next((int(one["quantity"]) for one in own if "quantity" in one), None),
    )


def _relationships(row: Plain) -> list[Plain]:
    return [one for place in row["relationships"] for one in place["relationships"]]


def _relations(row: Plain, kind: str) -> list[str]:
    return [sku for one in _relationships(row) for sku in one.get(kind, ())]


def _value(row: Plain, name: str) -> str | None:
    return next((str(one["value"]) for one in row["attributes"].get(name, ())), None)


def _money(amounts: Iterable[object]) -> Decimal | None:
    return next((Decimal(str(one)).normalize() for one in amounts), None)
