"""Bulk queries: rules, the operation's life, the file of JSON lines and its signed address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from simulators.shopify.conftest import HOST, Shop, colours, simple

RUN = """mutation Run($query: String!, $grouped: Boolean! = false) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status type query objectCount url } userErrors { code field message } } }"""
LOOK = """query Look($id: ID!) { bulkOperation(id: $id) {
  id status errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt } }"""
PRODUCTS = "{ products { edges { node { id title variants { edges { node { id sku } } } } } } }"


async def started(shop: Shop, query: str = PRODUCTS, **more: Any) -> str:
    payload = (await shop.data(RUN, query=query, **more))["bulkOperationRunQuery"]
    assert payload["userErrors"] == []
    assert payload["bulkOperation"]["status"] == "CREATED"
    return payload["bulkOperation"]["id"]


async def looked(shop: Shop, operation: str) -> Any:
    return (await shop.data(LOOK, id=operation))["bulkOperation"]


async def read(shop: Shop, url: str, **headers: str) -> tuple[int, Any, bytes]:
    host, _, rest = url.removeprefix("https://").partition("/")
    async with shop.session.get(f"{shop.url}/{rest}", headers={"Host": host, **headers}) as answer:
        return answer.status, answer.headers, await answer.read()


async def lines(shop: Shop, operation: str) -> list[dict[str, Any]]:
    shop.advance(10)
    status, _, body = await read(shop, (await looked(shop, operation))["url"])
    assert status == 200
    return [json.loads(line) for line in body.splitlines()]


async def test_an_operation_is_created_runs_and_completes_on_the_clock(shop: Shop):
    await shop.made(simple())
    operation = await started(shop)
    shop.advance(2)
    assert (await looked(shop, operation))["status"] == "RUNNING"
    assert (await looked(shop, operation))["url"] is None
    shop.advance(3)
    done = await looked(shop, operation)
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "2", "1")
    assert done["completedAt"] is not None
    assert done["partialDataUrl"] is None
    assert int(done["fileSize"]) == len((await read(shop, done["url"]))[2])


@pytest.mark.parametrize("grouped", [True, False])
async def test_children_are_lines_of_their_own_behind_their_parent_only_where_groups_were_asked_for(
    shop: Shop, grouped: bool
):
    first, second = await shop.made(colours("red", "blue")), await shop.made(simple())
    found = await lines(shop, await started(shop, grouped=grouped))
    parents = [line.get("__parentId") for line in found]
    if grouped:
        assert parents == [None, first["id"], first["id"], None, second["id"]]
    else:
        assert parents == [None, None, first["id"], first["id"], second["id"]]
    assert "variants" not in found[0]
    assert found[0]["title"] == "Shirt"


async def test_it_reads_everything_though_no_page_size_is_given(shop: Shop):
    for number in range(260):
        await shop.limits(restoreRate=100_000)
        await shop.made(simple(number))
    assert len(await lines(shop, await started(shop))) == 520


async def test_a_filter_counts(shop: Shop):
    await shop.made(simple(1))
    await shop.made(simple(2))
    query = """{ products(query: "sku:'SKU-2'") { edges { node { id title } } } }"""
    assert [line["title"] for line in await lines(shop, await started(shop, query))] == ["Mug 2"]


async def test_what_changes_after_its_end_is_not_in_it(shop: Shop):
    operation = await started(shop)
    shop.advance(10)
    await looked(shop, operation)
    await shop.made(simple())
    done = await looked(shop, operation)
    assert (done["objectCount"], done["url"]) == ("0", None)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("{ products { edges {", "Syntax"),
        ("{ products { edges { node { colour } } } }", "Cannot query field"),
        ("{ shop { name } }", "at least one connection"),
        ("mutation { productDelete(input: {id: 1}) { deletedProductId } }", "exactly one query"),
        ("""{ nodes(ids: []) { ... on Product { id variants { edges { node { id } } } } } }""", "node or nodes"),
        (
            (
                "{ collections { edges { node { id products { edges { node { id variants { edges { node { id "
                "metafields { edges { node { id } } } } } } } } } } } } }"
            ),
            "levels",
        ),
        (
            (
                "{ a: products { edges { node { id } } } b: products { edges { node { id } } } "
                "c: products { edges { node { id } } } d: products { edges { node { id } } } "
                "e: products { edges { node { id } } } f: products { edges { node { id } } } }"
            ),
            "more than 5",
        ),
    ],
)
async def test_a_query_that_cannot_run_in_bulk_is_refused(shop: Shop, query: str, says: str):
    payload = (await shop.data(RUN, query=query))["bulkOperationRunQuery"]
    assert payload["bulkOperation"] is None
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["query"])
    assert says in error["message"]


async def test_no_more_than_five_run_at_once(shop: Shop):
    for _ in range(5):
        await started(shop)
    (error,) = (await shop.data(RUN, query=PRODUCTS))["bulkOperationRunQuery"]["userErrors"]
    assert error["code"] == "LIMIT_REACHED"
    shop.advance(10)
    await started(shop)


async def test_a_failed_one_says_why_and_shows_what_it_has(shop: Shop):
    for number in range(4):
        await shop.made(simple(number))
    await shop.limits(bulk_fails=1, bulk_error="TIMEOUT")
    operation = await started(shop)
    shop.advance(10)
    failed = await looked(shop, operation)
    assert (failed["status"], failed["errorCode"], failed["url"]) == ("FAILED", "TIMEOUT", None)
    assert len((await read(shop, failed["partialDataUrl"]))[2].splitlines()) == 4


async def test_a_missing_scope_fails_the_operation(shop: Shop):
    await shop.settings(scopes=["read_locations"])
    operation = await started(shop)
    shop.advance(10)
    failed = await looked(shop, operation)
    assert (failed["status"], failed["errorCode"]) == ("FAILED", "ACCESS_DENIED")


async def test_a_part_of_the_file_can_be_asked_for(shop: Shop):
    await shop.made(simple())
    operation = await started(shop)
    shop.advance(10)
    url = (await looked(shop, operation))["url"]
    whole = (await read(shop, url))[2]
    status, headers, part = await read(shop, url, Range="bytes=3-9")
    assert (status, headers["Content-Range"], part) == (206, f"bytes 3-9/{len(whole)}", whole[3:10])
    assert (await read(shop, url, Range=f"bytes={len(whole)}-"))[0] == 416


async def test_the_address_is_signed_and_ends_after_seven_days(shop: Shop):
    await shop.made(simple())
    operation = await started(shop)
    shop.advance(10)
    url = (await looked(shop, operation))["url"]
    assert (await read(shop, url.replace("Signature=", "Signature=0")))[0] == 403
    shop.advance(7 * 86_400)
    assert (await read(shop, url))[0] == 400
    expired = await looked(shop, operation)
    assert (expired["status"], expired["url"]) == ("EXPIRED", None)


async def test_a_token_that_is_sent_to_the_storage_is_a_violation(shop: Shop):
    await shop.made(simple())
    operation = await started(shop)
    shop.advance(10)
    await read(shop, (await looked(shop, operation))["url"], **{"X-Shopify-Access-Token": shop.token})
    assert [one["rule"] for one in await shop.violations()] == ["leaked_token"]


async def test_operations_and_their_files_survive_a_restart(shop: Shop):
    await shop.made(simple())
    operation = await started(shop)
    simulator = shop.simulator
    kept = json.loads(json.dumps(simulator.freeze_state(simulator.shops[HOST].state), default=_plain))
    simulator.shops[HOST].state.store = simulator.thaw_state(HOST, {}, kept).store
    assert len(await lines(shop, operation)) == 2


def _plain(record: Any) -> Any:
    return {name: getattr(record, name) for name in record.__slots__}


async def test_a_bulk_query_is_no_write_though_it_is_asked_for_by_a_mutation(shop: Shop):
    before = (await shop.counts())["requests"]["write"]
    await started(shop)
    assert (await shop.counts())["requests"]["write"] == before
