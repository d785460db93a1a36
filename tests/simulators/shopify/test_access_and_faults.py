"""Who may ask, what a closed shop says, answers that hide the outcome, and state that survives a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pixee_simulators.kit.testing import running
from pixee_simulators.shopify.simulator import create

from .conftest import HOST, PUSH, TOKEN, Shop, colours, simple

NAME = "{ shop { name myshopifyDomain currencyCode taxesIncluded } }"
PRODUCTS = "{ products(first: 9) { nodes { title } } }"


async def token(shop: Shop, **form: Any) -> tuple[int, Any]:
    wanted = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"} | form
    url = f"{shop.url}/admin/oauth/access_token"
    async with shop.session.post(url, data=wanted, headers={"Host": HOST}) as answer:
        return answer.status, await answer.json()


async def test_the_shop_tells_its_currency_and_taxes(shop: Shop):
    await shop.settings(currency="PLN", taxes_included=False)
    assert (await shop.data(NAME))["shop"] == {
        "name": "Demo",
        "myshopifyDomain": HOST,
        "currencyCode": "PLN",
        "taxesIncluded": False,
    }


async def test_a_wrong_token_is_refused_with_a_string(shop: Shop):
    shop.token = "shpat_wrong"
    status, answer, _ = await shop.raw({"query": NAME})
    assert status == 401
    assert answer == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


async def test_client_credentials_give_a_token_that_lives_a_day(shop: Shop):
    status, granted = await token(shop)
    assert (status, granted["expires_in"]) == (200, 86399)
    assert "write_products" in granted["scope"].split(",")
    shop.token = granted["access_token"]
    assert (await shop.raw({"query": NAME}))[0] == 200
    shop.advance(86_400)
    assert (await shop.raw({"query": NAME}))[0] == 401
    assert (await shop.counts())["requests"] == {"read": 3, "write": 0}


async def test_wrong_credentials_give_no_token(shop: Shop):
    assert (await token(shop, client_secret="other"))[0] == 400
    assert (await token(shop, grant_type="password"))[0] == 400


async def test_the_expired_token_fault_ends_an_issued_token_for_good(shop: Shop):
    shop.token = (await token(shop))[1]["access_token"]
    await shop.control("POST", "faults", [{"kind": "expired_token", "times": 1}])
    assert [(await shop.raw({"query": NAME}))[0] for _ in range(2)] == [401, 401]
    shop.token = (await token(shop))[1]["access_token"]
    assert (await shop.raw({"query": NAME}))[0] == 200


async def test_a_missing_scope_is_access_denied_in_a_200(shop: Shop):
    await shop.settings(scopes=["read_products"])
    answer = await shop.ask(PUSH, input=simple())
    assert answer["data"] == {"productSet": None}
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert (await shop.data(PRODUCTS))["products"]["nodes"] == []
    handles = (await shop.data("{ currentAppInstallation { accessScopes { handle } } }"))["currentAppInstallation"]
    assert handles == {"accessScopes": [{"handle": "read_products"}]}


async def test_a_missing_scope_can_also_be_a_403(shop: Shop):
    await shop.settings(scopes=["read_products"], access_denied_status=403)
    status, answer, _ = await shop.raw({"query": PUSH, "variables": {"input": simple()}})
    assert status == 403
    assert isinstance(answer["errors"], str)


async def test_write_scopes_allow_reading(shop: Shop):
    await shop.settings(scopes=["write_products"])
    assert (await shop.data(PRODUCTS))["products"]["nodes"] == []


@pytest.mark.parametrize(("setting", "status"), [("frozen", 402), ("locked", 423)])
async def test_a_closed_shop_answers_nothing_else(shop: Shop, setting: str, status: int):
    await shop.settings(**{setting: True})
    found, answer, _ = await shop.raw({"query": NAME})
    assert found == status
    assert isinstance(answer["errors"], str)


async def test_an_unknown_shop_is_not_found(shop: Shop):
    assert (await shop.raw({"query": NAME}, host="nobody.myshopify.com"))[0] == 404


async def test_the_answer_names_the_version_that_ran(shop: Shop):
    for asked, ran in (("2026-10", "2026-10"), ("2026-07", "2026-07"), ("2024-01", "2026-01")):
        _, _, headers = await shop.raw({"query": NAME}, version=asked)
        assert headers["X-Shopify-API-Version"] == ran
    assert (await shop.raw({"query": NAME}, version="v1"))[0] == 404


async def test_a_null_payload_hides_a_mutation_that_was_done(shop: Shop):
    await shop.limits(null_payloads=1, null_payload_operation="productSet")
    assert (await shop.data(PRODUCTS))["products"]["nodes"] == []
    answer = await shop.ask(PUSH, input=simple())
    assert answer["data"] == {"productSet": None}
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert answer["errors"][0]["extensions"]["requestId"]
    assert (await shop.data(PRODUCTS))["products"]["nodes"] == [{"title": "Mug 1"}]
    assert (await shop.push(simple(2)))["userErrors"] == []


async def test_a_reset_after_commit_leaves_the_product_there(shop: Shop):
    await shop.control(
        "POST", "faults", [{"kind": "reset_after_commit", "times": 1, "match": {"operation": "productSet"}}]
    )
    with pytest.raises(aiohttp.ClientError):
        await shop.ask(PUSH, input=simple())
    assert (await shop.data(PRODUCTS))["products"]["nodes"] == [{"title": "Mug 1"}]


async def test_a_wrong_variable_is_told_with_its_place(shop: Shop):
    answer = await shop.ask(PUSH, input=simple() | {"status": "SOLD"})
    problem = answer["errors"][0]["extensions"]
    assert "data" not in answer
    assert (problem["code"], problem["problems"][0]["path"]) == ("INVALID_VARIABLE", ["status"])


async def test_the_log_tells_reads_from_writes_and_names_operations(shop: Shop):
    await shop.made(simple())
    await shop.data(PRODUCTS)
    assert [(entry["kind"], entry["operation"]) for entry in await shop.requests()] == [
        ("write", "productSet"),
        ("read", "products"),
    ]
    assert (await shop.requests())[0]["extra"] == {"requested": 164, "actual": 16}


async def test_a_shop_survives_a_restart(tmp_path: Path):
    async def visit(work: Any) -> Any:
        simulator = create(data=tmp_path)
        async with running(simulator) as url, aiohttp.ClientSession() as session:
            return await work(Shop(session, url, simulator))

    async def fill(shop: Shop) -> Any:
        await shop.settings(access_token=TOKEN)
        product = await shop.made(
            colours(
                "Red",
                "Blue",
                handle="shirt",
                metafields=[{"namespace": "x", "key": "size", "type": "number_integer", "value": "7"}],
            ),
            {"handle": "shirt"},
        )
        item = product["variants"]["nodes"][0]["inventoryItem"]["id"]
        location = (await shop.data("{ locations(first: 1) { nodes { id } } }"))["locations"]["nodes"][0]["id"]
        pair = {"inventoryItemId": item, "locationId": location, "quantity": 7, "changeFromQuantity": None}
        stocked = await shop.stock([pair], "k1")
        operation = (await shop.push(simple(5), synchronous=False))["productSetOperation"]
        shop.advance(10)
        return product, pair, stocked["data"], operation

    async def look(shop: Shop) -> Any:
        product = await shop.made({"title": "Shirt", "handle": "shirt"}, {"handle": "shirt"})
        poll = "query P($id: ID!) { productOperation(id: $id) { status product { title } } }"
        return (
            product,
            (await shop.stock([kept[1]], "k1"))["data"],
            (await shop.data(poll, id=kept[3]["id"]))["productOperation"],
            (await shop.counts())["commits"],
        )

    kept = await visit(fill)
    product, replayed, operation, commits = await visit(look)
    assert [node["id"] for node in product["variants"]["nodes"]] == [
        node["id"] for node in kept[0]["variants"]["nodes"]
    ]
    assert product["variants"]["nodes"][0]["inventoryQuantity"] == 7
    assert replayed == kept[2]
    assert operation == {"status": "COMPLETE", "product": {"title": "Mug 5"}}
    assert commits["product_created"] == 2
