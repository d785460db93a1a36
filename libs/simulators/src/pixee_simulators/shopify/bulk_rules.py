"""What a document must be to run in bulk."""

from functools import lru_cache
from importlib.resources import files

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_named_type,
    is_interface_type,
    is_object_type,
    parse,
    validate,
)

CONNECTIONS_MAX = 5
LEVELS_MAX = 2


@lru_cache(maxsize=1)
def _schema() -> GraphQLSchema:
    return build_schema(files("pixee_simulators.shopify").joinpath("schema.graphql").read_text("utf-8"))


def problem(text: str) -> str | None:
    """Why the document cannot run in bulk; None: it can."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return f"Invalid bulk query: {error.message}"
    errors = validate(_schema(), document)
    if errors:
        return f"Invalid bulk query: {errors[0].message}"
    (first, *others) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if others or first.operation is not OperationType.QUERY:
        return "Bulk queries must contain exactly one query."
    roots = [one.name.value for one in first.selection_set.selections if isinstance(one, FieldNode)]
    if {"node", "nodes"} & set(roots):
        return "Bulk queries cannot use node or nodes at the top level."
    root = _schema().query_type
    depths = _depths(root, first.selection_set, 0) if root is not None else []
    if not depths:
        return "Bulk queries must contain at least one connection."
    if len(depths) > CONNECTIONS_MAX:
        return f"Bulk queries cannot contain more than {CONNECTIONS_MAX} connections."
    if max(depths) > LEVELS_MAX:
        return f"Bulk queries cannot be nested more than {LEVELS_MAX} levels deep."
    return None


def mutation_problem(text: str) -> str | None:
    """Why the document cannot run as a bulk mutation; None: it can."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return f"Invalid bulk mutation: {error.message}"
    errors = validate(_schema(), document)
    if errors:
        return f"Invalid bulk mutation: {errors[0].message}"
    (first, *others) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if others or first.operation is not OperationType.MUTATION or len(first.selection_set.selections) != 1:
        return "Bulk mutations must contain exactly one mutation."
    root = _schema().mutation_type
    if root is not None and len(_depths(root, first.selection_set, 0)) > 1:
        return "Bulk mutations cannot contain more than one connection."
    return None


def _depths(parent: GraphQLNamedType, selection: SelectionSetNode, level: int) -> list[int]:
    """How many connections stand above each connection."""
    found: list[int] = []
    for one in selection.selections:
        if isinstance(one, InlineFragmentNode):
            named = one.type_condition
            narrower = _schema().get_type(named.name.value) if named is not None else None
            found += _depths(narrower or parent, one.selection_set, level)
        if not isinstance(one, FieldNode) or one.selection_set is None:
            continue
        if not (is_object_type(parent) or is_interface_type(parent)):
            continue
        kind = get_named_type(parent.fields[one.name.value].type)
        connection = kind.name.endswith("Connection")
        found += [level] if connection else []
        found += _depths(kind, one.selection_set, level + connection)
    return found
