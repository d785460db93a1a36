"""Bulk mutations: a place for the file, the form, the operation, its lines and what becomes of bad ones."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from simulators.shopify.conftest import HOST, Shop, simple
from simulators.shopify.test_bulk_queries import looked, read

STAGE = """mutation Stage($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
RUN = """mutation Run($mutation: String!, $path: String!) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path, clientIdentifier: "0123456789") {
    bulkOperation { id status type } userErrors { code field message } } }"""
PUSH = """mutation Push($input: ProductSetInput!) { productSet(input: $input, synchronous: true) {
  product { id title } userErrors { code field message } } }"""
WANTED = {
    "resource": "BULK_MUTATION_VARIABLES",
    "filename": "vars.jsonl",
    "mimeType": "text/jsonl",
    "httpMethod": "POST",
}


async def place(shop: Shop, **more: Any) -> Any:
    return (await shop.data(STAGE, input=[WANTED | more]))["stagedUploadsCreate"]


async def sent(shop: Shop, target: Any, content: str, *, file_first: bool = False, **changed: str) -> int:
    form = aiohttp.FormData(default_to_multipart=True)
    fields = {one["name"]: one["value"] for one in target["parameters"]} | changed
    if file_first:
        form.add_field("file", content, filename="vars.jsonl", content_type="text/jsonl")
    for name, value in fields.items():
        form.add_field(name, value)
    if not file_first:
        form.add_field("file", content, filename="vars.jsonl", content_type="text/jsonl")
    host = target["url"].removeprefix("https://").rstrip("/")
    async with shop.session.post(f"{shop.url}/", data=form, headers={"Host": host}) as answer:
        return answer.status


async def uploaded(shop: Shop, *lines: Any) -> str:
    """The path of a file with these lines."""
    (target,) = (await place(shop))["stagedTargets"]
    assert await sent(shop, target, "".join(f"{json.dumps(line)}\n" for line in lines)) == 201
    return next(one["value"] for one in target["parameters"] if one["name"] == "key")


async def run(shop: Shop, path: str, mutation: str = PUSH) -> Any:
    return (await shop.data(RUN, mutation=mutation, path=path))["bulkOperationRunMutation"]


async def results(shop: Shop, operation: str, field: str = "url") -> list[Any]:
    shop.advance(10)
    _, _, body = await read(shop, (await looked(shop, operation))[field])
    return [json.loads(line) for line in body.splitlines()]


async def test_every_line_is_done_on_its_own_and_known_by_its_number(shop: Shop):
    path = await uploaded(shop, {"input": simple(1)}, {"input": simple(2, title=" ")}, {"input": simple(3)})
    started = (await run(shop, path))["bulkOperation"]
    assert (started["status"], started["type"]) == ("CREATED", "MUTATION")
    found = await results(shop, started["id"])
    assert [line["__lineNumber"] for line in found] != [0, 1, 2], (
        "a result in order teaches nobody to look at the number"
    )
    by_number = {line["__lineNumber"]: line["data"]["productSet"] for line in found}
    assert [by_number[at]["product"] and by_number[at]["product"]["title"] for at in range(3)] == [
        "Mug 1",
        None,
        "Mug 3",
    ]
    assert by_number[1]["userErrors"][0]["code"] == "INVALID_PRODUCT"
    assert len(shop.simulator.shops[HOST].state.store.products) == 2


async def test_nothing_is_done_before_the_operation_ends(shop: Shop):
    await run(shop, await uploaded(shop, {"input": simple(1)}))
    assert not shop.simulator.shops[HOST].state.store.products


async def test_a_line_that_the_schema_refuses_has_errors(shop: Shop):
    path = await uploaded(shop, {"input": {"colour": "red"}}, {"input": simple(1)})
    found = {line["__lineNumber"]: line for line in await results(shop, (await run(shop, path))["bulkOperation"]["id"])}
    assert found[0]["errors"]
    assert found[0]["data"] is None
    assert found[1]["data"]["productSet"]["product"]


async def test_a_failed_one_has_done_a_part_and_shows_it(shop: Shop):
    await shop.limits(bulk_fails=1)
    path = await uploaded(shop, *({"input": simple(number)} for number in range(4)))
    operation = (await run(shop, path))["bulkOperation"]["id"]
    assert len(await results(shop, operation, "partialDataUrl")) == 2
    assert len(shop.simulator.shops[HOST].state.store.products) == 2


@pytest.mark.parametrize(
    ("mutation", "says"),
    [
        ("mutation {", "Syntax"),
        ("{ shop { name } }", "exactly one mutation"),
        ("mutation M($a: ProductDeleteInput!) { productDelete(input: $a) { colour } }", "Cannot query field"),
        (
            (
                "mutation M($a: ProductDeleteInput!) { a: productDelete(input: $a) { deletedProductId } "
                "b: productDelete(input: $a) { deletedProductId } }"
            ),
            "exactly one mutation",
        ),
        (
            (
                "mutation M($a: ProductSetInput!) { productSet(input: $a) { product { variants(first: 1) { nodes { id } } "
                "media(first: 1) { nodes { id } } } } }"
            ),
            "more than one connection",
        ),
    ],
)
async def test_a_mutation_that_cannot_run_in_bulk_is_refused(shop: Shop, mutation: str, says: str):
    (error,) = (await run(shop, await uploaded(shop, {"input": simple(1)}), mutation))["userErrors"]
    assert error["code"] == "INVALID_MUTATION"
    assert says in error["message"]


async def test_a_file_that_is_not_there_or_no_jsonl_is_refused(shop: Shop):
    (error,) = (await run(shop, "tmp/elsewhere"))["userErrors"]
    assert error["code"] == "NO_SUCH_FILE"
    (target,) = (await place(shop))["stagedTargets"]
    path = next(one["value"] for one in target["parameters"] if one["name"] == "key")
    (error,) = (await run(shop, path))["userErrors"]
    assert error["code"] == "NO_SUCH_FILE"
    assert await sent(shop, target, "{no json") == 201
    (error,) = (await run(shop, path))["userErrors"]
    assert error["code"] == "INVALID_STAGED_UPLOAD_FILE"


async def test_no_more_than_the_limit_run_at_once(shop: Shop):
    await shop.limits(bulk_mutations=1)
    path = await uploaded(shop, {"input": simple(1)})
    await run(shop, path)
    (error,) = (await run(shop, path))["userErrors"]
    assert error["code"] == "OPERATION_IN_PROGRESS"


async def test_the_type_of_the_file_is_jsonl(shop: Shop):
    (error,) = (await place(shop, mimeType="application/json"))["userErrors"]
    assert error["field"] == ["input", "0", "mimeType"]


async def test_the_form_must_hold_what_it_was_given_with_the_file_last(shop: Shop):
    (target,) = (await place(shop))["stagedTargets"]
    assert await sent(shop, target, "{}", policy="another") == 403
    assert await sent(shop, target, "{}", file_first=True) == 400
    assert await sent(shop, target, "{}") == 201
