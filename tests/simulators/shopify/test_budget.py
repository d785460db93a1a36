"""Query costs and the bucket."""

from __future__ import annotations

from typing import Any

import pytest

from pixee_simulators.shopify import price

from .conftest import HOST, PUSH, Shop, simple

TEST = "{ shop { id name } currentAppInstallation { accessScopes { handle } } }"
PULL = """query Pull($first: Int = 10) { products(first: $first) { pageInfo { hasNextPage } nodes { id
  metafield(key: "a") { value } media(first: 5) { nodes { id ... on MediaImage { image { url } } } }
  variants(first: 20) { nodes { id selectedOptions { name } inventoryItem { id } } } } } }"""
MINIMAL = "mutation P($input: ProductSetInput!) { productSet(input: $input) { product { id } userErrors { code } } }"


@pytest.mark.parametrize(
    ("document", "variables", "cost"),
    [
        ("{ shop { id name } }", {}, 1),
        (TEST, {}, 3),
        ("{ products(first: 10) { nodes { id title } } }", {}, 10),
        ("{ products(first: 10) { edges { node { id } } } }", {}, 10),
        (PULL, {}, 10 * (1 + 1 + 5 * 2 + 20 * 3)),
        (PULL, {"first": 2}, 2 * 72),
        ("query N($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { id } } }", {"ids": ["a", "b"]}, 2),
        (MINIMAL, {"input": {}}, 11),
        (MINIMAL, {"input": {"variants": [{}], "metafields": [{}, {}]}}, 12),
        (MINIMAL, {"input": {"variants": [{}] * 100, "files": [{}] * 10}}, 50),
        (MINIMAL, {"input": {"variants": [{"metafields": [{}] * 5, "file": {}}]}}, 14),
        (PUSH, {"input": {}, "identifier": None}, 10 + 1 + 1 + 50 * 3 + 1),
    ],
)
def test_a_document_costs_what_the_platform_asks_for(document: str, variables: dict[str, Any], cost: int):
    assert price(document, variables) == cost


def test_the_sheets_pull_fits_under_the_cap():
    document = """query Pull($after: String, $q: String) { products(first: 10, after: $after, query: $q, sortKey: UPDATED_AT) {
      pageInfo { hasNextPage endCursor }
      nodes { id handle title descriptionHtml status updatedAt
        extId: metafield(namespace: "$app:pim", key: "external_id") { value }
        media(first: 5) { nodes { id alt ... on MediaImage { image { url } } } }
        variants(first: 20) { pageInfo { hasNextPage endCursor } nodes { id sku barcode price compareAtPrice
          inventoryQuantity selectedOptions { name value } inventoryItem { id } } } } } }"""
    assert price(document) == 720


def test_a_refused_document_has_no_price():
    with pytest.raises(ValueError, match="nonsense"):
        price("{ nonsense }")


async def test_every_answer_tells_the_cost_and_the_bucket(shop: Shop):
    answer = await shop.ask("{ products(first: 100) { nodes { id } } }")
    assert answer["extensions"]["cost"] == {
        "requestedQueryCost": 100,
        "actualQueryCost": 0,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 2000, "restoreRate": 100.0},
    }


async def test_an_empty_bucket_throttles_and_refills_with_time(shop: Shop):
    await shop.limits(maximumAvailable=25, restoreRate=10)
    variables = {"input": simple(1)}
    assert price(MINIMAL, variables) == 12
    assert [("errors" in await shop.ask(MINIMAL, **variables)) for _ in range(3)] == [False, False, True]
    answer = await shop.ask(MINIMAL, **variables)
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in answer
    cost = answer["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (12, None)
    assert cost["throttleStatus"]["currentlyAvailable"] == 1
    shop.advance(1.1)
    assert "errors" not in await shop.ask(MINIMAL, **variables)
    assert (await shop.counts())["created"] == 3


async def test_what_does_not_come_back_is_refunded(shop: Shop):
    await shop.limits(maximumAvailable=300, restoreRate=1)
    await shop.made(simple(1))
    for _ in range(5):
        answer = await shop.ask("{ products(first: 250) { nodes { id } } }")
        assert answer["extensions"]["cost"]["actualQueryCost"] == 1


async def test_a_document_over_the_cap_is_refused_before_it_runs(shop: Shop):
    answer = await shop.ask("{ products(first: 100) { nodes { variants(first: 100) { nodes { id } } } } }")
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 2000


async def test_the_throttle_fault_empties_the_bucket(shop: Shop):
    await shop.control("POST", "faults", [{"kind": "throttle", "times": 1}])
    answer = await shop.ask(MINIMAL, input=simple())
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 12
    assert answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
    assert (await shop.counts())["created"] == 0


async def test_the_throttle_fault_with_a_hint_is_429(shop: Shop):
    await shop.control("POST", "faults", [{"kind": "throttle", "times": 1, "retry_after": 2}])
    status, _, headers = await shop.raw({"query": TEST})
    assert (status, headers["Retry-After"]) == (429, "2")


async def test_each_shop_has_its_own_bucket(shop: Shop):
    await shop.control("PUT", "shops/other.myshopify.com", {"access_token": shop.token})
    await shop.limits(maximumAvailable=1, restoreRate=1)
    _, answer, _ = await shop.raw({"query": TEST})
    assert answer["errors"][0]["extensions"]["code"] == "THROTTLED"
    _, answer, _ = await shop.raw({"query": TEST}, host="other.myshopify.com")
    assert "errors" not in answer
    assert HOST in shop.simulator.shops
