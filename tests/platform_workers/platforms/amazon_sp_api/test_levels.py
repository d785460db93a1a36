"""push_stock and push_prices by single calls: what others own survives, Amazon's warehouse is left alone."""

from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import FR, SETTINGS, food, item, price, priced, refusal, stock
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode


def _has(shop: Shop, sku: str = "CHOC") -> dict[str, Any]:
    found: dict[str, Any] = shop.truth()[sku]["attributes"]
    return found


async def test_stock_is_merged_into_our_own_channel(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    channel = {"fulfillment_channel_code": "DEFAULT", "quantity": 5, "lead_time_to_ship_max_days": 3}
    before = _has(shop) | {"fulfillment_availability": [channel]}
    shop.plant("CHOC", before)
    (outcome,) = await shop.push(stock(one, 11))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    assert _has(shop) == before | {"fulfillment_availability": [channel | {"quantity": 11}]}


async def test_stock_that_shop_oversold_is_none(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    await shop.push(stock(one, -3))
    assert _has(shop)["fulfillment_availability"][0]["quantity"] == 0


async def test_what_amazon_stores_is_not_ours_to_count(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    shop.set(fba_skus=["CHOC"])
    shop.plant("CHOC", _has(shop) | {"fulfillment_availability": [{"fulfillment_channel_code": "AMAZON_EU"}]})
    mark = len(shop.context.calls)
    (outcome,) = await shop.push(stock(one, 11))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.SKIPPED, ReasonCode.NOT_OURS)
    assert {call.method for call in shop.context.calls[mark:]} == {"GET"}


async def test_twenty_items_cost_one_look_before_and_one_after(shop: Shop) -> None:
    listed = await shop.listed(*(item(food(f"N{n}")) for n in range(20)))
    mark = len(shop.asked())
    outcomes = await shop.push(*(stock(one, 7) for one in listed))
    assert {one.kind for one in outcomes} == {OutcomeKind.APPLIED}
    asked = shop.asked()[mark:]
    assert (asked.count("searchListingsItems"), asked.count("patchListingsItem")) == (2, 20)


async def test_a_price_keeps_discounts_and_what_businesses_pay(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    (offer,) = _has(shop)["purchasable_offer"]
    discount = [{"schedule": [{"value_with_tax": 9.99, "start_at": "2026-11-27", "end_at": "2026-11-30"}]}]
    plan = [{"schedule": [{"discount_type": "percent", "levels": [{"lower_bound": 10, "value": 5}]}]}]
    business = offer | {
        "audience": "B2B",
        "our_price": [{"schedule": [{"value_with_tax": 17.5}]}],
        "quantity_discount_plan": plan,
    }
    before = _has(shop)
    shop.plant("CHOC", before | {"purchasable_offer": [offer | {"discounted_price": discount}, business]})
    (outcome,) = await shop.push(priced(one, price("21.50")))
    assert outcome.kind is OutcomeKind.APPLIED, outcome
    offers = {entry["audience"]: entry for entry in _has(shop)["purchasable_offer"]}
    assert offers["B2B"] == business
    assert offers["ALL"]["discounted_price"] == discount
    assert offers["ALL"]["our_price"] == [{"schedule": [{"value_with_tax": 21.5}]}]
    assert {name: value for name, value in _has(shop).items() if name != "purchasable_offer"} == {
        name: value for name, value in before.items() if name != "purchasable_offer"
    }


@pytest.mark.parametrize("amount", ["0.01", "19.99", "1234567.89", "0.1", "999999999.9999"])
async def test_amounts_are_numbers_with_the_digits_they_had(shop: Shop, amount: str) -> None:
    (one,) = await shop.listed(item(food()))
    await shop.push(priced(one, price(amount)))
    body = next(call.content for call in reversed(shop.context.calls) if call.method == "PATCH")
    assert body is not None
    assert f'"value_with_tax":{amount}'.encode() in body


async def test_a_struck_through_price_rides_along(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    await shop.push(priced(one, price("15.00", "20.00")))
    assert _has(shop)["list_price"] == [{"value_with_tax": 20.0, "currency": "EUR", "marketplace_id": FR}]


def test_another_currency_is_refused_before_any_call() -> None:
    one = item(food())
    found = refusal(priced(one, price("1.00", currency="USD")), SETTINGS)
    assert found.reason is ReasonCode.CURRENCY_MISMATCH


@pytest.mark.parametrize("what", ["stock", "price"])
async def test_a_listing_that_is_not_there_any_more_is_told(shop: Shop, what: str) -> None:
    one = item(food())
    pushed = stock(one, 3) if what == "stock" else priced(one, price())
    (outcome,) = await shop.push(pushed)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.NOT_FOUND_AT_SHOP)
    assert outcome.linked.gone == ("CHOC",)


async def test_a_bad_picture_is_no_reason_why_a_quantity_does_not_arrive(shop: Shop) -> None:
    (one,) = await shop.listed(item(food()))
    shop.limits(late_issue_skus=["CHOC"], late_issue_after_s=0.0)
    await shop.push(one)
    (outcome,) = await shop.push(stock(one, 4))
    assert outcome.kind is OutcomeKind.APPLIED
