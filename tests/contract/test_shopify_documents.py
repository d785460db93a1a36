"""Every GraphQL document that the adapter can send is one that the published schema understands.

The schema is reference material beside the project. CI=true makes its absence a failure; a plain clone says so and goes on.
"""

from __future__ import annotations

import inspect
import os
from typing import Any

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution.values import get_variable_values
from platform_workers.platforms.shopify.catalog import item, rich, shirt, values

from pixee_simulators.kit.specs import find_specs
from pixee_workers.platforms.shopify import bulk, user_errors, wire
from pixee_workers.platforms.shopify.documents import product_document, variables_of

_IDEMPOTENT = "directive @idempotent(key: String!) on FIELD"
"""For a published text that lacks it, as its SOURCE.txt says (docs/proved-different.md)."""


@pytest.fixture(scope="module")
def published() -> GraphQLSchema:
    folder = find_specs("shopify")
    if folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs the published schemas: ../shared/specs/shopify is absent")
        pytest.skip("../shared/specs/shopify is absent: the documents cannot be held against the published schema")
    text = (folder / "admin_2026-10.graphql").read_text()
    return build_schema(text if "directive @idempotent" in text else f"{_IDEMPOTENT}\n{text}", assume_valid=True)


def documents() -> dict[str, str]:
    found = {
        name: text
        for name, text in inspect.getmembers(wire)
        if name.isupper() and not name.startswith("_") and isinstance(text, str) and "{" in text
    }
    for later in (False, True):
        for media in (False, True):
            for sets in (0, 1, 10):
                found[f"push later={later} media={media} sets={sets}"] = wire.push(
                    later=later, media=media, metafield_sets=sets
                )
    found["written_products"] = wire.written_products(("k", "i", "km", "im"))
    found["translate"] = wire.translate(("x", "r", "r"))
    found["set_metafields"] = wire.set_metafields(10)
    found["bulk_products"] = wire.bulk_products(None)
    found["bulk_products since"] = wire.bulk_products("updated_at:>='2026-11-22T00:00:00Z'")
    return found | {f"find_keys {count}": wire.find_keys(count) for count in (1, 100)}


def test_there_are_documents_to_check():
    assert len(documents()) > 25
    assert "SET_QUANTITIES" in documents()


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_document_is_valid(published: GraphQLSchema, name: str):
    assert validate(published, parse(documents()[name])) == []


def test_a_planted_mistake_is_found(published: GraphQLSchema):
    assert validate(published, parse(wire.TEST.replace("currencyCode", "currency"))) != []


@pytest.mark.parametrize("product", [rich(), shirt()], ids=["simple", "options"])
def test_the_variables_of_a_product_are_valid(published: GraphQLSchema, product: Any):
    one = item(product)
    document = product_document(one, values(one), ("gid://shopify/Collection/1",), "gid://shopify/Location/1")
    parsed = parse(wire.push(media=True))
    (operation,) = [node for node in parsed.definitions if isinstance(node, OperationDefinitionNode)]
    given = get_variable_values(published, operation.variable_definitions, variables_of(document, later=False))
    assert not isinstance(given, list), given


@pytest.mark.parametrize(
    ("enum", "table"),
    [
        ("BulkOperationUserErrorCode", bulk.START_CODES),
        ("BulkMutationErrorCode", bulk.MUTATION_START_CODES),
        ("BulkOperationErrorCode", bulk.ERROR_CODES),
        ("BulkOperationStatus", bulk.STATUSES),
    ],
)
def test_every_published_word_of_bulk_operations_has_its_row(published: GraphQLSchema, enum: str, table: Any):
    assert set(published.type_map[enum].values) == set(table)


@pytest.mark.parametrize(
    ("enum", "table"),
    [
        ("ProductSetUserErrorCode", user_errors.PRODUCT_SET),
        ("InventorySetQuantitiesUserErrorCode", user_errors.SET_QUANTITIES),
        ("PriceListPriceUserErrorCode", user_errors.ADD_PRICES),
        ("ProductVariantsBulkUpdateUserErrorCode", user_errors.SET_PRICES),
        ("TranslationErrorCode", user_errors.TRANSLATE),
    ],
)
def test_every_published_user_error_has_its_row(published: GraphQLSchema, enum: str, table: Any):
    codes = set(published.type_map[enum].values)
    assert codes - set(table) == set()
    kept_from_older_versions = {"GENERIC_ERROR", "ITEM_NOT_STOCKED_AT_LOCATION"}
    assert set(table) - codes <= kept_from_older_versions
