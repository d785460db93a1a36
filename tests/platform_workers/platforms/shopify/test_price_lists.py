"""Prices in a market's price list, against the simulated shop."""

from __future__ import annotations

from typing import Any

import pytest
from platform_workers.platforms.shopify.catalog import item, price, priced, shirt, simple, values
from platform_workers.platforms.shopify.conftest import Shop

LIST = "gid://shopify/PriceList/7"


@pytest.fixture
def market(shop: Shop) -> Shop:
    """The shop sells in EUR, the market in USD."""
    shop.set(price_lists=[{"id": 7, "name": "America", "currency": "USD"}])
    return shop


def into(shop: Shop, price_list: str = "7") -> None:
    shop.configure(extra={"price_list_id": price_list})


def fixed(shop: Shop) -> dict[str, Any]:
    held = shop.store.fixed_prices.get(LIST, {})
    return {shop.store.variants[number].sku: amounts for number, amounts in held.items()}


@pytest.mark.parametrize("named", ["7", LIST])
async def test_prices_go_into_the_list_and_the_products_own_stay(market: Shop, named: str):
    one = await market.pushed(item(shirt("A", sizes=("S", "M"))))
    into(market, named)
    outcomes = await market.push(
        priced(one, price("21.00", "25.00", "USD")), priced(one, price("22.00", None, "USD"), place=1)
    )
    assert [outcome.kind for outcome in outcomes] == ["applied"] * 2
    assert fixed(market) == {"A-S": ("21.00", "25.00"), "A-M": ("22.00", None)}
    assert market.variant("A-S").price == "19.90"


async def test_a_price_in_another_currency_than_the_lists_is_never_sent(market: Shop):
    one = await market.pushed(item(simple("A")))
    into(market)
    market.context.calls.clear()
    (outcome,) = await market.push(priced(one, price("21.00", None, "EUR")))
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", "currency_mismatch", "price")
    assert [call.label for call in market.context.calls] == ["priceList"]
    assert fixed(market) == {}


async def test_a_list_that_changed_its_currency_is_noticed(market: Shop):
    one = await market.pushed(item(simple("A")))
    into(market)
    await market.push(priced(one, price("21.00", None, "USD")))
    market.set(price_lists=[{"id": 7, "currency": "CAD"}])
    (outcome,) = await market.push(priced(one, price("22.00", None, "USD")))
    assert (outcome.kind, outcome.reason) == ("rejected", "currency_mismatch")
    (outcome,) = await market.push(priced(one, price("23.00", None, "CAD")))
    assert outcome.kind == "applied"


async def test_a_list_that_is_not_there_is_told(market: Shop):
    one = await market.pushed(item(simple("A")))
    into(market, "8")
    (outcome,) = await market.push(priced(one, price("21.00", None, "USD")))
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", "missing_mapping", "price_list_id")


async def test_a_variant_that_vanished_does_not_keep_the_others_back(market: Shop):
    one = await market.pushed(item(shirt("A", sizes=("S", "M"))))
    into(market)
    gone = priced(one, price("21.00", None, "USD"))
    del market.store.variants[market.variant("A-S").id]
    stays = priced(one, price("22.00", None, "USD"), place=1)
    outcomes = await market.push(gone, stays)
    assert (outcomes[0].kind, outcomes[0].reason) == ("rejected", "not_found_at_shop")
    assert outcomes[0].linked.gone == (gone.listing.external_id,)
    assert outcomes[1].kind == "transient"
    (outcome,) = await market.push(stays)
    assert outcome.kind == "applied"


async def test_a_create_does_not_carry_the_prices_of_the_list(market: Shop):
    into(market)
    (outcome,) = await market.push(item(simple("A")))
    assert (outcome.kind, outcome.carried_price, outcome.carried_stock) == ("applied", False, True)


async def test_a_create_in_the_markets_currency_is_refused(market: Shop):
    into(market)
    market.configure(currency=None, extra={"price_list_id": "7"})
    (outcome,) = await market.push(item(simple("A"), cost=price("21.00", None, "USD")))
    assert (outcome.kind, outcome.reason) == ("rejected", "currency_mismatch")


async def test_another_list_is_another_value(market: Shop):
    one = await market.pushed(item(simple("A")))
    words = []
    for named in ("", "7", "8"):
        into(market, named)
        words.append(values(priced(one, price()), market.context.settings))
    assert words[0] == {"price": "19.90", "compareAtPrice": None}
    assert len({str(one) for one in words}) == 3
