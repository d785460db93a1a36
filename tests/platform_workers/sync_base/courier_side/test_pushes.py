"""Pushes from a claimed chunk to its rows, on real PostgreSQL, against a scripted shop."""

import pytest
from platform_workers.sync_base.courier_side.fake_platform import FakeAdapter, answer, manifest, outcome_for

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode

pytestmark = pytest.mark.stack

PRODUCTS, STOCK, PRICES = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK, Operation.PUSH_PRICES


async def test_a_product_is_created_once_and_its_stock_and_price_went_with_it(bench):
    b = await bench()
    product, variants = await b.rows.add_product("A", sizes=("S", "M"))
    first = await b.push(PRODUCTS, [product])
    assert first.letters == "a"
    assert first.called
    assert first.wait is None
    assert {row.item_id for row in first.listings} == {product, *variants}

    for operation, items in ((PRODUCTS, [product]), (STOCK, variants), (PRICES, variants)):
        again = await b.push(operation, items)
        assert set(again.letters) == {"s"}
        assert not again.called
        assert not again.issues
    assert len(b.shop.seen) == 1

    b.restart()
    assert (await b.push(PRODUCTS, [product])).letters == "s"


async def test_only_what_changed_is_sent(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    await b.rows.set_stock(variant, 7)
    result = await b.push(STOCK, [variant])
    assert result.letters == "a"
    assert b.adapter.submitted[-1][0].quantity == 7
    assert (await b.push(PRICES, [variant])).letters == "s"
    await b.rows.set_title(product, "Blouse")
    assert (await b.push(PRODUCTS, [product])).letters == "a"
    assert b.adapter.submitted[-1][0].listing.external_id == "p-A"


async def test_what_a_worker_just_wrote_is_known_before_the_database_shows_it(bench):
    b = await bench()
    product, variants = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product], write=False)
    assert (await b.push(PRODUCTS, [product], write=False)).letters == "s"
    assert (await b.push(STOCK, variants, write=False)).letters == "s"


async def test_items_that_need_no_call_are_decided_without_one(bench):
    b = await bench()
    _unlisted, (unlisted_variant,) = await b.rows.add_product("A")
    stockless, (no_stock,) = await b.rows.add_product("B", quantity=None)
    priceless, (no_price,) = await b.rows.add_product("C", price=None, currency=None)
    foreign, (in_dollars,) = await b.rows.add_product("D", currency="USD")
    for product, variant in ((stockless, no_stock), (priceless, no_price), (foreign, in_dollars)):
        await b.rows.list_item(product, product, "product", f"p{product}")
        await b.rows.list_item(variant, product, "variant", f"v{variant}")
    stock = await b.push(STOCK, [unlisted_variant, no_stock])
    prices = await b.push(PRICES, [unlisted_variant, no_price, in_dollars])
    assert stock.letters == "nr"
    assert prices.letters == "nrr"
    assert [issue.reason for issue in stock.issues] == [ReasonCode.NOT_LISTED_YET, ReasonCode.NO_STOCK_RECORD]
    assert [issue.reason for issue in prices.issues[1:]] == [ReasonCode.NO_PRICE, ReasonCode.CURRENCY_MISMATCH]
    assert "USD" in prices.issues[2].message
    assert "EUR" in prices.issues[2].message
    assert b.shop.seen == []


async def test_one_bad_item_fails_alone(bench):
    b = await bench()
    good, _ = await b.rows.add_product("A")
    refused, _ = await b.rows.add_product("B", title="refuse")
    broken, _ = await b.rows.add_product("C", title="explode")
    rejected, _ = await b.rows.add_product("D", title="Bad")
    b.adapter.judge = lambda item: (
        outcome_for(item, OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, field="title")
        if item.product.key == "D"
        else None
    )
    result = await b.push(PRODUCTS, [good, refused, broken, rejected])
    assert result.letters == "arrr"
    assert [issue.reason for issue in sorted(result.issues, key=lambda i: i.sku)] == [
        ReasonCode.MISSING_FIELD,
        ReasonCode.INTERNAL,
        ReasonCode.INVALID_VALUE,
    ]
    failed = {row.item_id: row.failure for row in result.operations if row.failure}
    assert failed[rejected] is ReasonCode.INVALID_VALUE


async def test_stock_counts_at_the_connectors_locations_only(bench):
    b = await bench(locations="north, south")
    product, (variant,) = await b.rows.add_product("A", quantity=50)
    await b.rows.set_stock(variant, 3, "north")
    await b.rows.set_stock(variant, 4, "south")
    await b.push(PRODUCTS, [product])
    assert b.adapter.submitted[-1][0].variants[0].quantity == 7


async def test_a_deleted_product_is_withdrawn_as_the_connector_says(bench):
    for on_delete, letter, action in (("keep", "s", None), ("unpublish", "a", "unpublish"), ("delete", "a", "delete")):
        b = await bench(on_delete=on_delete)
        product, (variant,) = await b.rows.add_product("A")
        await b.push(PRODUCTS, [product])
        await b.rows.delete_product(product)
        result = await b.push(PRODUCTS, [product])
        assert result.letters == letter
        if action:
            assert b.adapter.submitted[-1][0].action == action
        assert (product in await b.rows.listings()) is (on_delete != "delete")
        calls = len(b.shop.seen)
        again = await b.push(PRODUCTS, [product])
        assert again.letters == "s"
        assert len(b.shop.seen) == calls
        assert (await b.push(STOCK, [variant])).letters == "s"


async def test_a_product_that_was_never_listed_and_is_deleted_needs_no_call(bench):
    b = await bench()
    product, _ = await b.rows.add_product("A")
    await b.rows.delete_product(product)
    result = await b.push(PRODUCTS, [product])
    assert result.letters == "s"
    assert result.issues[0].reason is ReasonCode.ALREADY_GONE
    assert not b.shop.seen


async def test_a_shared_ean_is_sent_with_a_warning(bench):
    b = await bench()
    first, _ = await b.rows.add_product("A", ean="0012345678905")
    second, _ = await b.rows.add_product("B", ean="012345678905")
    result = await b.push(PRODUCTS, [first, second])
    assert result.letters == "aa"
    assert [(issue.reason, issue.warning) for issue in result.issues] == [(ReasonCode.EAN_SHARED, True)] * 2


async def test_a_quarantined_listing_is_not_called_for_until_it_is_corrected(bench):
    b = await bench()
    product, (_variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    await b.rows.set_title(product, "Refused three times")
    await b.rows.run(
        "UPDATE listing_operations SET failures = 3, catalog_version = $2 WHERE item_id = $1", product, b.rows.versions
    )
    b.restart()
    calls = len(b.shop.seen)
    assert (await b.push(PRODUCTS, [product])).letters == "q"
    assert len(b.shop.seen) == calls
    await b.rows.set_title(product, "Corrected")
    assert (await b.push(PRODUCTS, [product])).letters == "a"


async def test_a_quarantined_price_holds_back_neither_the_stock_nor_the_corrected_price(bench):
    b = await bench()
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    await b.rows.run(
        "INSERT INTO listing_operations (connector_id, item_id, operation, account_id, catalog_version, failures, failure_reason)"
        " VALUES ($1, $2, 'push_prices', $3, $4, 3, 'invalid_value') ON CONFLICT (connector_id, item_id, operation)"
        " DO UPDATE SET failures = 3, catalog_version = $4, hash = NULL",
        b.rows.connector, variant, b.rows.account, b.rows.versions,
    )  # fmt: skip
    b.restart()
    assert (await b.push(PRICES, [variant])).letters == "q"
    await b.rows.set_stock(variant, 99)
    assert (await b.push(STOCK, [variant])).letters == "a"
    await b.rows.run(
        "UPDATE variants SET base_price = 12, price_version = $2 WHERE id = $1", variant, b.rows.next_version()
    )
    assert (await b.push(PRICES, [variant])).letters == "a"


async def test_a_variant_that_left_the_product_is_handed_over_as_gone(bench):
    b = await bench()
    product, (_small, medium) = await b.rows.add_product("A", sizes=("S", "M"))
    await b.push(PRODUCTS, [product])
    await b.rows.run("UPDATE variants SET deleted_at = now() WHERE id = $1", medium)
    await b.push(PRODUCTS, [product])
    assert [listing.external_id for listing in b.adapter.submitted[-1][0].gone] == ["v-A-M"]


async def test_the_currency_is_asked_for_where_nobody_knows_it(bench):
    b = await bench(shop_currency=None)
    product, _ = await b.rows.add_product("A")
    result = await b.push(PRODUCTS, [product])
    assert result.connector.currency == "EUR"
    assert b.adapter.submitted[-1][0].variants[0].price.currency == "EUR"


async def test_two_currencies_that_disagree_send_no_price(bench):
    b = await bench(shop_currency="USD", currency="EUR")
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    assert b.adapter.submitted[-1][0].variants[0].price is None
    result = await b.push(PRICES, [variant])
    assert result.letters == "r"
    assert result.issues[0].reason is ReasonCode.CURRENCY_MISMATCH


async def test_a_price_list_of_the_channel_comes_before_the_base_price(bench):
    b = await bench(channel="web")
    product, (variant,) = await b.rows.add_product("A", price="10.00")
    await b.rows.run(
        "INSERT INTO price_lists (id, account_id, key, channel, currency) VALUES ($1, $2, 'sale', 'web', 'EUR')",
        variant,
        b.rows.account,
    )
    await b.rows.run(
        "INSERT INTO price_list_items (price_list_id, variant_id, account_id, price) VALUES ($1, $1, $2, 8.50)",
        variant,
        b.rows.account,
    )
    await b.push(PRODUCTS, [product])
    price = b.adapter.submitted[-1][0].variants[0].price
    assert (str(price.amount), price.price_list_id) == ("8.5000", "sale")


async def test_a_row_that_is_no_sound_product_fails_alone_and_says_where(bench):
    b = await bench()
    sound, _ = await b.rows.add_product("A")
    torn, _ = await b.rows.add_product("B")
    await b.rows.run("UPDATE products SET content = content - 'names' WHERE id = $1", torn)
    result = await b.push(PRODUCTS, [sound, torn])
    assert result.letters == "ar"
    assert (result.issues[0].reason, result.issues[0].field) == (ReasonCode.INVALID_VALUE, "names")


async def test_items_of_another_account_do_not_exist(bench):
    b, other = await bench(), await bench()
    product, variants = await other.rows.add_product("A")
    assert (await b.push(PRODUCTS, [product])).issues[0].reason is ReasonCode.ALREADY_GONE
    assert (await b.push(STOCK, variants)).issues[0].reason is ReasonCode.ALREADY_GONE
    assert (await b.push(PRICES, variants)).issues[0].reason is ReasonCode.ALREADY_GONE
    assert not b.shop.seen


async def test_a_shop_that_does_not_tell_its_currency_gets_no_price(bench):
    b = await bench(shop_currency=None)
    b.adapter.currency = None
    product, (variant,) = await b.rows.add_product("A")
    await b.push(PRODUCTS, [product])
    result = await b.push(PRICES, [variant])
    assert result.issues[0].reason is ReasonCode.CURRENCY_MISMATCH
    assert [url for url, _ in b.shop.seen].count("https://a.fake.test/shop") == 1


async def test_a_shop_that_is_away_when_its_currency_is_asked_for_parks_the_chunk(bench):
    b = await bench(shop_currency=None)
    product, _ = await b.rows.add_product("A")
    b.shop.script.append(answer(503, retry_after="120"))
    result = await b.push(PRODUCTS, [product])
    assert (result.letters, result.wait.reason) == (".", ReasonCode.UNAVAILABLE)
    assert not b.adapter.submitted


async def test_values_are_read_again_where_a_submission_had_to_wait(bench):
    b = await bench(FakeAdapter(manifest(max_items=1)))
    products = [(await b.rows.add_product(key))[0] for key in "AB"]
    await b.push(PRODUCTS, products)
    for product in products:
        await b.rows.set_title(product, "Second")
    b.clock.offset = 0.0

    async def late():
        b.clock.offset = 3.0
        await b.rows.set_title(products[1], "Third")
        return answer()

    b.shop.script.append(late)
    assert (await b.push(PRODUCTS, products)).letters == "aa"
    assert b.adapter.submitted[-1][0].product.names["en"] == "Third"
