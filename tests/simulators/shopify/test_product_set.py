"""productSet as the sheet tells it: identity, list semantics, variants, limits, user errors."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Shop, colours, simple

DEFINE = """mutation Define($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { createdDefinition { id } userErrors { code field } } }"""
PIM = {"name": "PIM id", "namespace": "$app:pim", "key": "external_id", "type": "id", "ownerType": "PRODUCT"}


def custom(value: str) -> dict[str, Any]:
    return {"customId": {"namespace": "$app:pim", "key": "external_id", "value": value}}


def own_id(value: str) -> list[dict[str, Any]]:
    return [{"namespace": "$app:pim", "key": "external_id", "type": "id", "value": value}]


def error(payload: Any) -> tuple[str, list[str] | None]:
    assert payload["product"] is None
    first = payload["userErrors"][0]
    return first["code"], first["field"]


async def test_a_product_is_created_and_found_by_its_handle_again(shop: Shop):
    first = await shop.made(simple(handle="mug"), {"handle": "mug"})
    again = await shop.made(simple(handle="mug", title="Better mug"), {"handle": "mug"})
    assert (again["id"], again["title"]) == (first["id"], "Better mug")
    assert again["variants"]["nodes"][0]["id"] == first["variants"]["nodes"][0]["id"]
    counts = await shop.counts()
    assert counts["commits"] == {"product_created": 1, "product_updated": 1}
    assert [entry["skus"] for entry in await shop.requests()] == [["SKU-1"], ["SKU-1"]]


async def test_a_custom_id_needs_a_definition_of_type_id(shop: Shop):
    given = simple(metafields=own_id("P-1"))
    assert error(await shop.push(given, custom("P-1"))) == ("NOT_FOUND", ["identifier", "customId"])
    assert (await shop.data(DEFINE, definition=PIM))["metafieldDefinitionCreate"]["userErrors"] == []
    first = await shop.made(given, custom("P-1"))
    again = await shop.made(given, custom("P-1"))
    assert first["id"] == again["id"]


async def test_a_definition_exists_once(shop: Shop):
    await shop.data(DEFINE, definition=PIM)
    again = (await shop.data(DEFINE, definition=PIM))["metafieldDefinitionCreate"]
    assert again["userErrors"] == [{"code": "TAKEN", "field": ["definition", "key"]}]


async def test_the_input_must_repeat_the_identifier(shop: Shop):
    await shop.data(DEFINE, definition=PIM)
    assert error(await shop.push(simple(), custom("P-1")))[0] == "MISSING_FIELD_REQUIRED"
    assert error(await shop.push(simple(metafields=own_id("P-2")), custom("P-1")))[0] == "METAFIELD_MISMATCH"
    assert error(await shop.push(simple(), {"handle": "mug"})) == ("MISSING_FIELD_REQUIRED", ["input", "handle"])
    assert error(await shop.push(simple(handle="cup"), {"handle": "mug"})) == ("INPUT_MISMATCH", ["input", "handle"])
    product = await shop.made(simple())
    with_both = simple(id=product["id"])
    assert error(await shop.push(with_both, {"id": product["id"]})) == ("ID_NOT_ALLOWED", ["input", "id"])


async def test_a_unique_id_belongs_to_one_product(shop: Shop):
    await shop.data(DEFINE, definition=PIM)
    await shop.made(simple(1, metafields=own_id("P-1")), custom("P-1"))
    code, field = error(await shop.push(simple(2, metafields=own_id("P-1"))))
    assert (code, field) == ("CAPABILITY_VIOLATION", ["input", "metafields", "0", "value"])


async def test_an_unknown_id_is_no_product(shop: Shop):
    wanted = {"id": "gid://shopify/Product/1"}
    assert error(await shop.push(simple(), wanted)) == ("PRODUCT_DOES_NOT_EXIST", ["identifier", "id"])


async def test_handles_are_made_of_titles_and_numbered_when_taken(shop: Shop):
    handles = [(await shop.made(simple(number, title="Blue  Mug!")))["handle"] for number in range(3)]
    assert handles == ["blue-mug", "blue-mug-1", "blue-mug-2"]


async def test_a_taken_handle_is_refused_when_asked_for(shop: Shop):
    await shop.made(simple(handle="mug"))
    assert error(await shop.push(simple(2, handle="mug"))) == ("HANDLE_NOT_UNIQUE", ["input", "handle"])


async def test_variants_that_are_not_listed_are_deleted(shop: Shop):
    first = await shop.made(colours("Red", "Blue", "Green"))
    ids = {node["sku"]: node["id"] for node in first["variants"]["nodes"]}
    again = await shop.made(colours("Blue", "Red"), {"id": first["id"]})
    assert [(node["sku"], node["id"]) for node in again["variants"]["nodes"]] == [
        ("S-Blue", ids["S-Blue"]),
        ("S-Red", ids["S-Red"]),
    ]


async def test_lists_that_are_absent_stay_untouched_and_lists_that_are_present_replace(shop: Shop):
    metafields = [
        {"namespace": "x", "key": key, "type": "single_line_text_field", "value": key} for key in ("aa", "bb")
    ]
    first = await shop.made(colours("Red", "Blue", tags=["new", "sale"], metafields=metafields))
    kept = await shop.made({"title": "Shirt 2"}, {"id": first["id"]})
    assert (kept["tags"], len(kept["variants"]["nodes"])) == (["new", "sale"], 2)
    query = "query One($id: ID!) { product(id: $id) { tags metafields(first: 9) { nodes { key } } } }"
    assert [one["key"] for one in (await shop.data(query, id=first["id"]))["product"]["metafields"]["nodes"]] == [
        "aa",
        "bb",
    ]
    await shop.made({"tags": [], "metafields": metafields[1:]}, {"id": first["id"]})
    left = (await shop.data(query, id=first["id"]))["product"]
    assert (left["tags"], [one["key"] for one in left["metafields"]["nodes"]]) == ([], ["bb"])


async def test_variants_and_options_come_together(shop: Shop):
    given = colours("Red")
    without = {name: value for name, value in given.items() if name != "productOptions"}
    assert error(await shop.push(without))[0] == "PRODUCT_OPTIONS_INPUT_MISSING"
    without = {name: value for name, value in given.items() if name != "variants"}
    assert error(await shop.push(without))[0] == "VARIANTS_INPUT_MISSING"


async def test_a_variant_keeps_its_id_when_its_option_value_is_renamed(shop: Shop):
    first = await shop.made(colours("Red"))
    given = colours("Crimson")
    given["variants"][0]["id"] = first["variants"]["nodes"][0]["id"]
    again = await shop.made(given, {"id": first["id"]})
    assert again["variants"]["nodes"][0]["id"] == first["variants"]["nodes"][0]["id"]
    assert again["variants"]["nodes"][0]["selectedOptions"] == [{"name": "Colour", "value": "Crimson"}]


async def test_one_failed_check_changes_nothing(shop: Shop):
    first = await shop.made(colours("Red", "Blue"))
    bad = colours("Red", "Blue", title="Other")
    bad["variants"][1]["price"] = "-1"
    assert error(await shop.push(bad, {"id": first["id"]})) == ("INVALID_VARIANT", ["input", "variants", "1", "price"])
    data = await shop.data("query One($id: ID!) { product(id: $id) { title } }", id=first["id"])
    assert data["product"]["title"] == "Shirt"


def _changed(**changes: Any) -> dict[str, Any]:
    return simple() | changes


def _variant(**changes: Any) -> dict[str, Any]:
    given = simple()
    given["variants"][0] |= changes
    return given


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (_changed(title=" "), "INVALID_PRODUCT", "title"),
        (_changed(title="x" * 256), "INVALID_PRODUCT", "title"),
        (_changed(category="shoes"), "INVALID_INPUT", "category"),
        (_changed(collections=["gid://shopify/Collection/1"]), "NOT_FOUND", "collections.0"),
        (_changed(files=[{"id": "gid://shopify/MediaImage/1"}]), "NOT_FOUND", "files.0.id"),
        (_changed(files=[{"originalSource": "no url"}]), "INVALID_INPUT", "files.0.originalSource"),
        (
            _changed(metafields=[{"namespace": "x", "key": "size", "type": "number_integer", "value": "big"}]),
            "INVALID_METAFIELD",
            "metafields.0.value",
        ),
        (
            _changed(metafields=[{"namespace": "x", "key": "size", "type": "nonsense", "value": "1"}]),
            "INVALID_METAFIELD",
            "metafields.0.type",
        ),
        (_variant(id="gid://shopify/ProductVariant/1"), "PRODUCT_VARIANT_DOES_NOT_EXIST", "variants.0.id"),
        (_variant(sku="x" * 256), "INVALID_VARIANT", "variants.0.sku"),
        (
            _variant(optionValues=[{"optionName": "Size", "name": "L"}]),
            "OPTION_DOES_NOT_EXIST",
            "variants.0.optionValues.0",
        ),
        (
            _variant(optionValues=[{"optionName": "Title", "name": "Other"}]),
            "OPTION_VALUE_DOES_NOT_EXIST",
            "variants.0.optionValues.0",
        ),
        (_variant(optionValues=[]), "INVALID_VARIANT", "variants.0.optionValues"),
        (
            _variant(
                inventoryQuantities=[{"locationId": "gid://shopify/Location/9", "name": "available", "quantity": 1}]
            ),
            "NOT_FOUND",
            "variants.0.inventoryQuantities.0.locationId",
        ),
        (_variant(file={"originalSource": "https://x.example/a.jpg"}), "INVALID_INPUT", "variants.0.file"),
        (
            _changed(productOptions=[{"name": name, "values": [{"name": "x"}]} for name in "abcd"]),
            "OPTIONS_OVER_LIMIT",
            "productOptions",
        ),
        (_changed(productOptions=[{"name": "Title"}]), "OPTION_VALUES_MISSING", "productOptions.0.values"),
        (
            _changed(productOptions=[{"name": "Title", "values": [{"name": "a"}, {"name": "a"}]}]),
            "DUPLICATED_OPTION_VALUE",
            "productOptions.0.values.1",
        ),
        (
            _changed(productOptions=[{"name": "Title", "values": [{"name": "a"}]}] * 2),
            "DUPLICATED_OPTION_NAME",
            "productOptions.1.name",
        ),
        (_changed(variants=simple()["variants"] * 2), "INVALID_VARIANT", "variants.1"),
        (_changed(variants=simple()["variants"] * 2049), "VARIANTS_OVER_LIMIT", "variants"),
        (
            _changed(productOptions=[{"name": "Title", "values": [{"name": str(n)} for n in range(2049)]}]),
            "OPTION_VALUES_OVER_LIMIT",
            "productOptions.0.values",
        ),
    ],
)
async def test_a_wrong_input_has_its_code_and_field(shop: Shop, given: dict[str, Any], code: str, field: str):
    assert error(await shop.push(given)) == (code, ["input", *field.split(".")])
    assert (await shop.counts())["created"] == 0


async def test_too_long_arrays_fail_before_anything_else(shop: Shop):
    answer = await shop.ask(
        "mutation T($input: ProductSetInput!) { productSet(input: $input) { product { id } } }",
        input=simple(tags=[str(number) for number in range(251)]),
    )
    assert answer["data"] == {"productSet": None}
    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


async def test_codes_that_no_input_provokes_can_be_planted(shop: Shop):
    await shop.settings(
        planted_errors=[{"operation": "productSet", "match": "SKU-1", "code": "GENERIC_ERROR", "times": 1}]
    )
    assert error(await shop.push(simple()))[0] == "GENERIC_ERROR"
    assert (await shop.made(simple()))["handle"] == "mug-1"


async def test_skus_and_barcodes_are_free(shop: Shop):
    first, second = _variant(barcode="not an ean"), _variant(barcode="not an ean")
    assert (await shop.made(first))["variants"]["nodes"][0]["barcode"] == "not an ean"
    assert (await shop.made(second))["variants"]["nodes"][0]["sku"] == "SKU-1"


async def test_a_push_in_the_background_goes_through_its_states(shop: Shop):
    poll = """query Poll($id: ID!) { productOperation(id: $id) { status product { title }
      ... on ProductSetOperation { id userErrors { code field } } } }"""
    operation = (await shop.push(simple(), synchronous=False))["productSetOperation"]
    assert operation["status"] == "CREATED"
    seen = []
    for _ in range(3):
        found = (await shop.data(poll, id=operation["id"]))["productOperation"]
        seen.append((found["status"], found["product"]))
        shop.advance(1.0)
    assert seen == [("CREATED", None), ("ACTIVE", None), ("COMPLETE", {"title": "Mug 1"})]


async def test_a_push_in_the_background_reports_its_errors_at_the_end(shop: Shop):
    operation = (await shop.push(simple(title=""), synchronous=False))["productSetOperation"]
    shop.advance(5)
    poll = """query Poll($id: ID!) { productOperation(id: $id) { status product { id }
      ... on ProductSetOperation { userErrors { code field } } } }"""
    found = (await shop.data(poll, id=operation["id"]))["productOperation"]
    assert found["userErrors"] == [{"code": "INVALID_PRODUCT", "field": ["input", "title"]}]
    assert found["product"] is None


async def test_a_slow_synchronous_push_is_cut_after_ten_seconds_though_it_was_done(shop: Shop):
    await shop.limits(synchronous_variants=1, gateway_timeout_s=0.0)
    status, _, _ = await shop.raw(
        {
            "query": "mutation T($input: ProductSetInput!) { productSet(input: $input) { product { id } } }",
            "variables": {"input": colours("Red", "Blue")},
        }
    )
    assert status == 504
    assert (await shop.counts())["commits"] == {"product_created": 1}


async def test_stock_and_collections_can_come_with_the_product(shop: Shop):
    create = "mutation C($input: CollectionInput!) { collectionCreate(input: $input) { collection { id title } userErrors { message } } }"
    collection = (await shop.data(create, input={"title": "Mugs"}))["collectionCreate"]["collection"]
    location = (await shop.data("{ locations(first: 5) { nodes { id } } }"))["locations"]["nodes"][0]["id"]
    given = _variant(inventoryQuantities=[{"locationId": location, "name": "available", "quantity": 12}])
    product = await shop.made(given | {"collections": [collection["id"]]})
    assert product["variants"]["nodes"][0]["inventoryQuantity"] == 12
    query = "query One($id: ID!) { product(id: $id) { collections(first: 5) { nodes { title } } } }"
    assert (await shop.data(query, id=product["id"]))["product"]["collections"]["nodes"] == [{"title": "Mugs"}]
