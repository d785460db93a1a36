"""Our hand-written SDL says nothing that the published schema does not say, and asks for all that it demands."""

from __future__ import annotations

import os
from importlib.resources import files

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
    print_ast,
)

from pixee_simulators.kit.specs import find_specs


def _published_text() -> str:
    folder = find_specs("shopify")
    if folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs the published schemas: ../shared/specs/shopify is absent")
        pytest.skip("../shared/specs/shopify is absent: the published schema cannot be compared")
    return (folder / "admin_2026-10.graphql").read_text()


def differences(ours: GraphQLSchema, published: GraphQLSchema) -> list[str]:
    """Everything in `ours` that `published` does not have, or has otherwise; one sentence each."""
    found: list[str] = []
    for name, kind in ours.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        other = published.type_map.get(name)
        if type(other) is not type(kind):
            found.append(f"{name}: not a published {type(kind).__name__}")
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            found += _fields(kind, other)
            ours_too = {face.name for face in kind.interfaces} - {face.name for face in other.interfaces}
            found += [f"{name}: does not implement {face}" for face in ours_too]
        elif isinstance(kind, GraphQLInputObjectType):
            found += _inputs(name, kind.fields, other.fields, is_required_input_field)
            if kind.is_one_of != other.is_one_of:
                found.append(f"{name}: @oneOf differs")
        elif isinstance(kind, GraphQLEnumType):
            found += [f"{name}.{value}: no published value" for value in kind.values if value not in other.values]
    return found


def _fields(kind, other) -> list[str]:
    found = []
    for name, field in kind.fields.items():
        there = other.fields.get(name)
        if there is None:
            found.append(f"{kind.name}.{name}: no published field")
            continue
        if str(there.type) != str(field.type):
            found.append(f"{kind.name}.{name}: {field.type} is published as {there.type}")
        found += _inputs(f"{kind.name}.{name}", field.args, there.args, is_required_argument)
    return found


def _inputs(where: str, ours, published, required) -> list[str]:
    found = []
    for name, value in ours.items():
        there = published.get(name)
        if there is None:
            found.append(f"{where}({name}): not published")
        elif (str(value.type), _default(value)) != (str(there.type), _default(there)):
            found.append(
                f"{where}({name}): {value.type} = {_default(value)} is published as {there.type} = {_default(there)}"
            )
    return found + [
        f"{where}({name}): required, and missing"
        for name in published
        if required(published[name]) and name not in ours
    ]


def _default(value) -> str | None:
    node = value.ast_node
    return print_ast(node.default_value) if node is not None and node.default_value is not None else None


@pytest.fixture(scope="module")
def published() -> GraphQLSchema:
    return build_schema(_published_text(), assume_valid=True)


def _ours() -> str:
    return files("pixee_simulators.shopify").joinpath("schema.graphql").read_text()


def test_every_type_field_argument_and_value_of_ours_is_published_alike(published: GraphQLSchema):
    assert differences(build_schema(_ours()), published) == []


@pytest.mark.parametrize(
    ("ours", "planted"),
    [
        ("  vendor: String!\n}", "  vendor: String\n}"),
        ("  totalInventory: Int!", "  totalInventory: Int!\n  stock: Int"),
        ("product(id: ID!): Product", "product(gid: ID!): Product"),
        ("enum WeightUnit { GRAMS", "enum WeightUnit { STONES GRAMS"),
        ("  quantity: Int!\n}\n\ninput MetafieldsSetInput", "}\n\ninput MetafieldsSetInput"),
        ("synchronous: Boolean = true): ProductSetPayload", "synchronous: Boolean = false): ProductSetPayload"),
        ("input ProductSetIdentifiers @oneOf", "input ProductSetIdentifiers"),
        ("type Collection implements Node {", "type Collection implements Node & LegacyInteroperability {"),
    ],
)
def test_a_planted_difference_is_found(published: GraphQLSchema, ours: str, planted: str):
    text = _ours()
    assert ours in text
    assert differences(build_schema(text.replace(ours, planted, 1), assume_valid=True), published) != []
