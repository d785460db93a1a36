"""Stock and price writes: compare-and-swap, idempotency, all or nothing, levels, partial updates."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import STOCK, Shop, colours, simple

LEVEL = """query Level($id: ID!, $at: ID!) { inventoryItem(id: $id) { tracked
  inventoryLevel(locationId: $at) { isActive quantities(names: ["available", "on_hand"]) { name quantity } }
  inventoryLevels(first: 5) { nodes { location { id } quantities(names: ["available"]) { quantity } } } } }"""
PRICES = """mutation Prices($id: ID!, $variants: [ProductVariantsBulkInput!]!, $partial: Boolean) {
  productVariantsBulkUpdate(productId: $id, variants: $variants, allowPartialUpdates: $partial) {
    productVariants { id price compareAtPrice } userErrors { code field } } }"""
MAIN, OTHER = "gid://shopify/Location/1", "gid://shopify/Location/2"


@pytest.fixture
async def stocked(shop: Shop) -> tuple[Shop, Any]:
    """A shop with two locations, new items stocked at the first, and one product."""
    shop.simulator.shops.clear()
    await shop.settings(access_token="shpat_static", locations=[{"id": 1, "name": "Main"}, {"id": 2, "name": "Other"}])
    return shop, await shop.made(simple())


def pair(product: Any, quantity: int, *, at: str = MAIN, expected: int | None = None) -> dict[str, Any]:
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
    return {"inventoryItemId": item, "locationId": at, "quantity": quantity, "changeFromQuantity": expected}


async def available(shop: Shop, product: Any, at: str = MAIN) -> int | None:
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
    level = (await shop.data(LEVEL, id=item, at=at))["inventoryItem"]["inventoryLevel"]
    return None if level is None else level["quantities"][0]["quantity"]


def errors(answer: Any) -> list[tuple[str, Any]]:
    payload = answer["data"]["inventorySetQuantities"]
    return [(one["code"], one["field"]) for one in payload["userErrors"]]


async def test_null_overwrites_and_the_group_tells_the_difference(stocked):
    shop, product = stocked
    await shop.stock([pair(product, 5)], "k1")
    answer = await shop.stock([pair(product, 42)], "k2")
    group = answer["data"]["inventorySetQuantities"]["inventoryAdjustmentGroup"]
    assert group["changes"] == [{"name": "available", "delta": 37, "quantityAfterChange": 42}]
    assert await available(shop, product) == 42
    assert (await shop.counts())["commits"]["quantity_updated"] == 2
    assert [entry["skus"] for entry in await shop.requests() if entry["operation"] == "inventorySetQuantities"] == [
        ["SKU-1"]
    ] * 2


async def test_an_omitted_expectation_fails_at_the_top(stocked):
    shop, product = stocked
    without = pair(product, 5)
    del without["changeFromQuantity"]
    answer = await shop.stock([without], "k1")
    assert answer["data"] == {"inventorySetQuantities": None}
    assert "changeFromQuantity" in answer["errors"][0]["message"]
    assert await shop.violations() == []


async def test_a_stale_expectation_is_refused(stocked):
    shop, product = stocked
    await shop.stock([pair(product, 5)], "k1")
    assert errors(await shop.stock([pair(product, 6, expected=4)], "k2")) == [
        ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "0", "changeFromQuantity"])
    ]
    assert errors(await shop.stock([pair(product, 6, expected=5)], "k3")) == []


async def test_the_idempotency_key_is_mandatory(stocked):
    shop, product = stocked
    query = STOCK.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    given = {"name": "available", "reason": "correction", "quantities": [pair(product, 5)]}
    answer = await shop.ask(query, input=given)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert await available(shop, product) == 0


async def test_the_same_key_and_input_answer_again_and_do_nothing(stocked):
    shop, product = stocked
    first = await shop.stock([pair(product, 5)], "k1")
    await shop.stock([pair(product, 9)], "k2")
    assert (await shop.stock([pair(product, 5)], "k1"))["data"] == first["data"]
    assert await available(shop, product) == 9


async def test_the_same_key_with_another_input_is_refused(stocked):
    shop, product = stocked
    await shop.stock([pair(product, 5)], "k1")
    assert errors(await shop.stock([pair(product, 6)], "k1")) == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)]


async def test_a_key_is_forgotten_after_a_day(stocked):
    shop, product = stocked
    await shop.stock([pair(product, 5)], "k1")
    shop.advance(24 * 3600 + 1)
    await shop.stock([pair(product, 9)], "k2")
    assert errors(await shop.stock([pair(product, 5)], "k1")) == []
    assert await available(shop, product) == 5


async def test_a_key_whose_attempt_broke_is_used_up(stocked):
    shop, product = stocked
    await shop.limits(null_payloads=1, null_payload_commits=False)
    broken = await shop.stock([pair(product, 5)], "k1")
    assert broken["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert errors(await shop.stock([pair(product, 5)], "k1")) == [("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None)]
    assert errors(await shop.stock([pair(product, 5)], "k2")) == []


async def test_a_concurrent_request_can_be_planted(stocked):
    shop, product = stocked
    planted = {"operation": "idempotency", "match": "k1", "code": "IDEMPOTENCY_CONCURRENT_REQUEST", "times": 1}
    await shop.settings(planted_errors=[planted])
    assert errors(await shop.stock([pair(product, 5)], "k1")) == [("IDEMPOTENCY_CONCURRENT_REQUEST", None)]
    assert errors(await shop.stock([pair(product, 5)], "k1")) == []


async def test_one_bad_pair_fails_the_whole_call(stocked):
    shop, product = stocked
    bad = pair(product, 7) | {"inventoryItemId": "gid://shopify/InventoryItem/1"}
    answer = await shop.stock([pair(product, 5), bad], "k1")
    assert errors(answer) == [("INVALID_INVENTORY_ITEM", ["input", "quantities", "1", "inventoryItemId"])]
    assert await available(shop, product) == 0


@pytest.mark.parametrize(
    ("change", "more", "code", "field"),
    [
        ({"locationId": "gid://shopify/Location/77"}, {}, "INVALID_LOCATION", ["quantities", "0", "locationId"]),
        ({"quantity": -1}, {}, "INVALID_QUANTITY_NEGATIVE", ["quantities", "0", "quantity"]),
        ({"quantity": 1_000_000_001}, {}, "INVALID_QUANTITY_TOO_HIGH", ["quantities", "0", "quantity"]),
        ({"quantity": -1_000_000_001}, {}, "INVALID_QUANTITY_TOO_LOW", ["quantities", "0", "quantity"]),
        ({}, {"reason": "because"}, "INVALID_REASON", ["reason"]),
        ({}, {"name": "committed"}, "INVALID_NAME", ["name"]),
        ({}, {"referenceDocumentUri": "gid://pixee"}, "INVALID_REFERENCE_DOCUMENT", ["referenceDocumentUri"]),
    ],
)
async def test_a_wrong_quantity_has_its_code(
    stocked, change: dict[str, Any], more: dict[str, Any], code: str, field: list[str]
):
    shop, product = stocked
    assert errors(await shop.stock([pair(product, 5) | change], "k1", **more)) == [(code, ["input", *field])]


async def test_a_pair_may_come_once_in_a_call(stocked):
    shop, product = stocked
    answer = await shop.stock([pair(product, 5), pair(product, 6)], "k1")
    assert errors(answer)[0][0] == "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"


async def test_more_than_250_pairs_are_too_many(stocked):
    shop, product = stocked
    answer = await shop.stock([pair(product, 5)] * 251, "k1")
    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


async def test_stock_where_the_item_is_not_stocked_stays_unseen_until_activated(stocked):
    shop, product = stocked
    assert errors(await shop.stock([pair(product, 8, at=OTHER)], "k1")) == []
    assert await available(shop, product, OTHER) is None
    activate = """mutation A($item: ID!, $at: ID!) { inventoryActivate(inventoryItemId: $item, locationId: $at)
      @idempotent(key: "a1") { inventoryLevel { isActive } userErrors { message } } }"""
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
    for _ in range(2):
        made = (await shop.data(activate, item=item, at=OTHER))["inventoryActivate"]
        assert made == {"inventoryLevel": {"isActive": True}, "userErrors": []}
    assert await available(shop, product, OTHER) == 8


async def test_tracking_is_switched_on_the_item(stocked):
    shop, product = stocked
    item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
    mutation = """mutation T($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) {
      inventoryItem { tracked unitCost { amount currencyCode } } userErrors { message } } }"""
    made = (await shop.data(mutation, id=item, input={"tracked": False, "cost": "3.5"}))["inventoryItemUpdate"]
    assert made["inventoryItem"] == {"tracked": False, "unitCost": {"amount": "3.50", "currencyCode": "EUR"}}


async def test_stock_moves_the_products_date(stocked):
    shop, product = stocked
    shop.advance(60)
    await shop.stock([pair(product, 5)], "k1")
    found = await shop.data("query One($id: ID!) { product(id: $id) { updatedAt } }", id=product["id"])
    assert found["product"]["updatedAt"] > product["updatedAt"]


async def test_prices_are_set_alone_and_null_clears_the_old_price(shop: Shop):
    product = await shop.made(colours("Red", "Blue"))
    red, blue = (node["id"] for node in product["variants"]["nodes"])
    shop.advance(60)
    for old, expected in (("25", "25.00"), (None, None)):
        given = [{"id": red, "price": "19.9", "compareAtPrice": old}]
        done = (await shop.data(PRICES, id=product["id"], variants=given, partial=True))["productVariantsBulkUpdate"]
        assert done["productVariants"] == [{"id": red, "price": "19.90", "compareAtPrice": expected}]
    found = await shop.data(
        "query V($ids: [ID!]!) { nodes(ids: $ids) { ... on ProductVariant { price sku product { updatedAt } } } }",
        ids=[blue],
    )
    assert found["nodes"][0]["price"] == "10.00"
    assert found["nodes"][0]["product"]["updatedAt"] > product["updatedAt"]


async def test_with_partial_updates_the_good_prices_are_written(shop: Shop):
    product = await shop.made(colours("Red", "Blue"))
    red, blue = (node["id"] for node in product["variants"]["nodes"])
    given = [
        {"id": red, "price": "-1"},
        {"id": blue, "price": "12"},
        {"price": "1"},
        {"id": "gid://shopify/ProductVariant/1"},
    ]
    expected = [
        {"code": "NEGATIVE_PRICE_VALUE", "field": ["variants", "0", "price"]},
        {"code": "PRODUCT_VARIANT_ID_MISSING", "field": ["variants", "2", "id"]},
        {"code": "PRODUCT_VARIANT_DOES_NOT_EXIST", "field": ["variants", "3", "id"]},
    ]
    for partial, written in ((False, None), (True, [{"id": blue, "price": "12.00", "compareAtPrice": None}])):
        done = (await shop.data(PRICES, id=product["id"], variants=given, partial=partial))["productVariantsBulkUpdate"]
        assert done == {"productVariants": written, "userErrors": expected}


async def test_prices_of_an_unknown_product_are_refused(shop: Shop):
    done = (await shop.data(PRICES, id="gid://shopify/Product/1", variants=[]))["productVariantsBulkUpdate"]
    assert done["userErrors"] == [{"code": "PRODUCT_DOES_NOT_EXIST", "field": ["productId"]}]
