"""push_prices against the simulated shop."""

from platform_workers.platforms.shopify.catalog import item, price, priced, refusal, shirt, simple
from platform_workers.platforms.shopify.conftest import Shop


async def test_prices_of_one_product_go_in_one_call_and_nothing_else_moves(shop: Shop):
    one = await shop.pushed(item(shirt()))
    outcomes = await shop.push(priced(one, price("10.5", "12.00")), priced(one, price("11.00"), 1))
    assert [o.kind for o in outcomes] == ["applied", "applied"]
    assert (shop.variant("SHIRT-S").price, shop.variant("SHIRT-S").compare_at_price) == ("10.50", "12.00")
    assert shop.variant("SHIRT-L").price == "19.90"
    (sent,) = shop.inputs("productVariantsBulkUpdate")
    assert {name for variant in sent["variants"] for name in variant} == {"id", "price", "compareAtPrice"}


async def test_no_compare_at_price_clears_the_one_at_the_shop(shop: Shop):
    one = await shop.pushed(item(simple(), cost=price("10.00", "12.00")))
    await shop.push(priced(one, price("10.00")))
    assert shop.variant("TEE").compare_at_price is None


async def test_products_handed_over_together_have_a_call_each(shop: Shop):
    first, second = await shop.pushed(item(simple("A"))), await shop.pushed(item(simple("B")))
    outcomes = await shop.push(priced(first, price("1.00")), priced(second, price("2.00")))
    assert [o.kind for o in outcomes] == ["applied", "applied"]
    assert shop.variant("B").price == "2.00"


async def test_one_bad_variant_fails_alone(shop: Shop):
    one = await shop.pushed(item(shirt()))
    shop.set(planted_errors=[{"operation": "productVariantsBulkUpdate", "match": "SHIRT-M", "code": "INVALID_VALUE"}])
    outcomes = await shop.push(*(priced(one, price("1.00"), place) for place in range(3)))
    assert [(o.kind, o.reason) for o in outcomes] == [
        ("applied", None),
        ("rejected", "invalid_value"),
        ("applied", None),
    ]
    assert (shop.variant("SHIRT-S").price, shop.variant("SHIRT-M").price) == ("1.00", "19.90")


async def test_a_product_that_is_gone_drops_its_listings(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.store.unindex(shop.products[0])
    (outcome,) = await shop.push(priced(one, price("1.00")))
    assert (outcome.kind, outcome.reason) == ("rejected", "not_found_at_shop")
    assert set(outcome.linked.gone) == {one.listing.external_id, one.variants[0].listing.external_id}


async def test_a_variant_that_is_gone_drops_its_listing_alone(shop: Shop):
    one = await shop.pushed(item(shirt()))
    shop.products[0].variants.pop(0)
    lost, kept = await shop.push(priced(one, price("1.00")), priced(one, price("1.00"), 1))
    assert (lost.kind, lost.linked.gone) == ("rejected", (one.variants[0].listing.external_id,))
    assert kept.kind == "applied"


async def test_a_price_in_another_currency_is_refused_before_any_write(shop: Shop):
    one = await shop.pushed(item(simple()))
    assert refusal(priced(one, price("1.00", currency="USD"))).reason == "currency_mismatch"
    shop.configure(currency=None)
    (outcome,) = await shop.push(priced(one, price("1.00", currency="USD")))
    assert (outcome.kind, outcome.reason) == ("rejected", "currency_mismatch")
    assert shop.inputs("productVariantsBulkUpdate") == []


async def test_the_shops_currency_wins_over_a_wrong_setting(shop: Shop):
    one = await shop.pushed(item(simple()))
    shop.configure(currency="USD")
    (outcome,) = await shop.push(priced(one, price("1.00", currency="USD")))
    assert (outcome.kind, outcome.reason) == ("rejected", "currency_mismatch")
