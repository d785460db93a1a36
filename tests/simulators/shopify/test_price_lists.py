"""Price lists of markets: their currency, fixed prices, all or nothing."""

from __future__ import annotations

from typing import Any

from simulators.shopify.conftest import HOST, Shop, colours

LIST = "gid://shopify/PriceList/7"
READ = "query Read($id: ID!) { priceList(id: $id) { id name currency fixedPricesCount } }"
ADD = """mutation Add($id: ID!, $prices: [PriceListPriceInput!]!) { priceListFixedPricesAdd(priceListId: $id, prices: $prices) {
  prices { price { amount currencyCode } compareAtPrice { amount } variant { sku } } userErrors { code field } } }"""


def fixed(variant: Any, amount: str = "21.00", currency: str = "USD", **more: Any) -> dict[str, Any]:
    return {"variantId": variant["id"], "price": {"amount": amount, "currencyCode": currency}} | more


async def added(shop: Shop, *prices: dict[str, Any], to: str = LIST) -> Any:
    return (await shop.data(ADD, id=to, prices=list(prices)))["priceListFixedPricesAdd"]


async def variants(shop: Shop) -> Any:
    await shop.settings(price_lists=[{"id": 7, "name": "America", "currency": "USD"}])
    return (await shop.made(colours("red", "blue")))["variants"]["nodes"]


async def test_prices_are_added_and_replaced(shop: Shop):
    red, blue = await variants(shop)
    struck = {"compareAtPrice": {"amount": "30.00", "currencyCode": "USD"}}
    payload = await added(shop, fixed(red, **struck), fixed(blue, "5.00"))
    assert payload["userErrors"] == []
    assert payload["prices"][0] == {
        "price": {"amount": "21.00", "currencyCode": "USD"},
        "compareAtPrice": {"amount": "30.00"},
        "variant": {"sku": red["sku"]},
    }
    await added(shop, fixed(blue, "6.00"))
    there = (await shop.data(READ, id=LIST))["priceList"]
    assert there == {"id": LIST, "name": "America", "currency": "USD", "fixedPricesCount": 2}
    held = shop.simulator.shops[HOST].state.store.fixed_prices[LIST]
    assert sorted(held.values()) == [("21.00", "30.00"), ("6.00", None)]


async def test_one_bad_price_refuses_all(shop: Shop):
    red, blue = await variants(shop)
    payload = await added(shop, fixed(red), fixed(blue, currency="EUR"))
    assert payload["userErrors"] == [
        {"code": "PRICE_LIST_CURRENCY_MISMATCH", "field": ["prices", "1", "price", "currencyCode"]}
    ]
    payload = await added(shop, fixed(red), fixed({"id": "gid://shopify/ProductVariant/1"}))
    assert payload["userErrors"] == [{"code": "VARIANT_NOT_FOUND", "field": ["prices", "1", "variantId"]}]
    assert (await shop.data(READ, id=LIST))["priceList"]["fixedPricesCount"] == 0


async def test_a_list_that_is_not_there(shop: Shop):
    red, _ = await variants(shop)
    payload = await added(shop, fixed(red), to="gid://shopify/PriceList/8")
    assert payload["userErrors"] == [{"code": "PRICE_LIST_NOT_FOUND", "field": ["priceListId"]}]
    assert (await shop.data(READ, id="gid://shopify/PriceList/8"))["priceList"] is None
