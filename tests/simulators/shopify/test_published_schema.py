"""Requests that break the published schema are recorded, whatever the shop answers."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pixee_simulators.kit.specs import find_specs

from .conftest import PUSH, STOCK, Shop, simple

SET = "mutation T($input: ProductSetInput!) { productSet(input: $input) { product { id } } }"


@pytest.fixture(autouse=True)
def _published() -> None:
    if find_specs("shopify") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs the published schemas: ../shared/specs/shopify is absent")
        pytest.skip("../shared/specs/shopify is absent: requests are not validated")


def _variant(**changes: Any) -> dict[str, Any]:
    given = simple()
    given["variants"][0] |= changes
    return given


def _without(name: str) -> dict[str, Any]:
    given = simple()
    del given["variants"][0][name]
    return given


async def test_good_requests_leave_nothing(shop: Shop):
    await shop.made(simple(handle="mug"), {"handle": "mug"})
    await shop.data("{ products(first: 1) { nodes { id variants(first: 1) { nodes { id } } } } }")
    assert await shop.violations() == []


@pytest.mark.parametrize(
    ("document", "variables", "rule"),
    [
        ("{ shop { nonsense } }", {}, "document"),
        ("{ shop }", {}, "document"),
        ("{ product { id } }", {}, "document"),
        ("{ products(count: 5) { nodes { id } } }", {}, "document"),
        ("query Q($id: String!) { product(id: $id) { id } }", {"id": "gid://shopify/Product/1"}, "document"),
        (
            STOCK.replace("(key: $key)", ""),
            {"key": "k", "input": {"name": "available", "reason": "correction", "quantities": []}},
            "document",
        ),
        ("{ shop { id }", {}, "syntax"),
        (SET, {"input": simple() | {"status": "SOLD"}}, "variable"),
        (SET, {"input": simple() | {"brand": "Acme"}}, "variable"),
        (SET, {"input": _without("optionValues")}, "variable"),
        (SET, {"input": _variant(price=19.9)}, "variable"),
        (SET, {"input": _variant(sku=5)}, "variable"),
        (SET, {"input": simple(tags=[None])}, "variable"),
        (SET, {}, "variable"),
        (PUSH, {"input": simple(), "identifier": {"handle": "a", "id": "gid://shopify/Product/1"}}, "variable"),
    ],
)
async def test_a_planted_violation_is_caught(shop: Shop, document: str, variables: dict[str, Any], rule: str):
    await shop.raw({"query": document, "variables": variables})
    found = await shop.violations()
    assert [one["rule"] for one in found][:1] == [rule]
    assert found[0]["message"]


async def test_the_envelope_is_judged_too(shop: Shop):
    query = "{ shop { id } }"
    await shop.raw({"query": query, "operation": "x"})
    await shop.raw({"query": query}, version="2024-01")
    await shop.raw({"nothing": True})
    assert [one["rule"] for one in await shop.violations()] == ["body", "version", "body"]


async def test_a_price_as_a_number_is_recorded_and_yet_taken(shop: Shop):
    assert (await shop.made(_variant(price=19.9)))["variants"]["nodes"][0]["price"] == "19.90"
    assert [one["operation"] for one in await shop.violations()] == ["productSet"]
