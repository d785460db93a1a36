"""Stock and price pushes."""

import orjson
import pytest
from platform_workers.platforms.woocommerce.catalog import item, listed, price, priced, shirt, simple, stock
from platform_workers.platforms.woocommerce.conftest import Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import ProductItem

VARIATIONS_BATCH = "POST /products/{product_id}/variations/batch"


async def _there(shop: Shop, *items: ProductItem) -> list[ProductItem]:
    outcomes = await shop.push(*items)
    shop.context.calls.clear()
    return [listed(one, outcome.linked) for one, outcome in zip(items, outcomes, strict=True)]


async def test_stock_of_simple_products_is_one_call_and_of_variations_one_for_each_parent(shop: Shop) -> None:
    a, b, many, more = await _there(
        shop, item(simple("A")), item(simple("B")), item(shirt("MANY")), item(shirt("MORE"))
    )
    outcomes = await shop.push(stock(a, 11), stock(many, 12), stock(more, 0, 2), stock(b, -3), stock(many, 14, 1))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.APPLIED}
    found = {row["sku"]: row["stock_quantity"] for row in shop.products}
    assert (found["A"], found["B"], found["MANY-S"], found["MANY-M"], found["MORE-L"]) == (11, -3, 12, 14, 0)
    assert found["MANY-L"] == 5
    assert len(shop.context.calls) == 3


async def test_a_stock_push_sends_the_quantity_and_its_companions_only(shop: Shop) -> None:
    [one] = await _there(shop, item(simple("A")))
    before = {**shop.by_sku("A"), "stock_quantity": 8, "date_modified_gmt": None}
    await shop.push(stock(one, 8))
    [call] = shop.context.calls
    assert orjson.loads(call.content or b"") == {
        "update": [{"id": shop.by_sku("A")["id"], "manage_stock": True, "stock_quantity": 8}]
    }
    assert call.safe
    assert {**shop.by_sku("A"), "date_modified_gmt": None} == before


async def test_a_price_push_sends_both_prices_and_nothing_else(shop: Shop) -> None:
    one, many = await _there(shop, item(simple("A")), item(shirt()))
    shop.by_sku("A")["stock_quantity"] = 77
    outcomes = await shop.push(
        priced(one, price("10", "12.5")), priced(many, price("9.99")), priced(many, price("8", "8"), 1)
    )
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.APPLIED}
    assert [(row["regular_price"], row["sale_price"]) for row in map(shop.by_sku, ("A", "SHIRT-S", "SHIRT-M"))] == [
        ("12.50", "10.00"),
        ("9.99", ""),
        ("8.00", ""),
    ]
    assert shop.by_sku("A")["stock_quantity"] == 77
    sent = [orjson.loads(call.content)["update"] for call in shop.context.calls if call.content]
    assert {name for update in sent for one in update for name in one} == {"id", "regular_price", "sale_price"}


async def test_a_sale_that_ended_is_cleared(shop: Shop) -> None:
    [one] = await _there(shop, item(simple("A"), cost=price("10", "12")))
    await shop.push(priced(one, price("20")))
    assert (shop.by_sku("A")["regular_price"], shop.by_sku("A")["sale_price"]) == ("20.00", "")


async def test_a_price_in_another_currency_than_the_shop_sells_in_is_never_sent(shop: Shop) -> None:
    [one] = await _there(shop, item(simple("A")))
    shop.set(currency="USD")
    shop.configure(currency=None)
    shop.context.memory.clear()
    [outcome] = await shop.push(priced(one, price("10", currency="EUR")))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REJECTED, ReasonCode.CURRENCY_MISMATCH)
    assert all(call.method == "GET" for call in shop.context.calls)


async def test_a_variant_removed_at_the_shop_is_forgotten_and_the_others_are_written(shop: Shop) -> None:
    one, other, many = await _there(shop, item(simple("A")), item(simple("B")), item(shirt()))
    shop.store.drop(shop.by_sku("A"))
    shop.store.drop(shop.by_sku("SHIRT"))
    outcomes = await shop.push(stock(one, 1), stock(many, 1), stock(other, 2))
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.NOT_LISTED_YET,
        OutcomeKind.NOT_LISTED_YET,
        OutcomeKind.APPLIED,
    ]
    assert all(outcome.linked.gone for outcome in outcomes[:2])
    assert shop.by_sku("B")["stock_quantity"] == 2


async def test_a_fault_after_the_first_call_leaves_what_was_written_applied(shop: Shop) -> None:
    one, many, more = await _there(shop, item(simple("A")), item(shirt("MANY")), item(shirt("MORE")))
    shop.fault(kind="throttle", match={"operation": VARIATIONS_BATCH})
    outcomes = await shop.push(stock(one, 1), stock(many, 1), stock(more, 1))
    assert [outcome.kind for outcome in outcomes] == [
        OutcomeKind.APPLIED,
        OutcomeKind.TRANSIENT,
        OutcomeKind.TRANSIENT,
    ]
    assert shop.writes()[-2:] == ["POST /products/batch", VARIATIONS_BATCH]


async def test_a_fault_of_the_first_call_is_raised(shop: Shop) -> None:
    [many] = await _there(shop, item(shirt()))
    shop.fault(kind="throttle", retry_after=3.0, match={"operation": VARIATIONS_BATCH})
    with pytest.raises(PlatformFault) as raised:
        await shop.push(stock(many, 1))
    assert (raised.value.kind, raised.value.retry_after) == (FaultKind.THROTTLED, 3.0)
    assert [(reading.budget, reading.available) for reading in shop.context.readings] == [("calls", 0.0)]
