"""What a document costs, as the platform counts it before and after it runs.

Scalars and enums 0, objects 1, connections the size asked for times one node, a mutation 10 for itself and its user
errors, productSet more by its input (variant 0.2, file 1.9, metafield 0.4, variant metafield 0.4, variant file 0.6).
The whole requested cost must fit into the bucket first; what did not come back is refunded. Sheet: "Rate limits".
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
    value_from_ast_untyped,
)

MUTATION = 10
DOCUMENT_MAX = 1_000
_HINTS = {"files": 1.9, "metafields": 0.4, "variants": 0.2}
_VARIANT_HINTS = {"metafields": 0.4}
_VARIANT_FILE = 0.6
Variables = dict[str, Any]


@dataclass(slots=True)
class Branch:
    """One selected field that costs something. `size`: the argument that multiplies a connection's nodes."""

    key: str
    weight: float
    size: ValueNode | None
    is_connection: bool
    each: bool
    children: list["Branch"] = field(default_factory=list)
    choices: list[list["Branch"]] = field(default_factory=list)
    input: ValueNode | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The costs of one operation, independent of its variables."""

    branches: list[Branch]
    defaults: Variables

    def requested(self, variables: Variables) -> int:
        """Whole points, rounded up."""
        return math.ceil(sum(_requested(one, self.defaults | variables) for one in self.branches))

    def actual(self, variables: Variables, data: dict[str, Any] | None) -> int:
        """The cost of what came back."""
        known = self.defaults | variables
        return math.ceil(sum(_actual(one, known, (data or {}).get(one.key)) for one in self.branches))


def compile_plan(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Plan:
    """For a document that is valid against `schema`."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    root = schema.get_root_type(operation.operation)
    if root is None:
        return Plan([], {})
    compiler = _Compiler(schema, fragments)
    branches, _ = compiler.selected(root, operation.selection_set)
    if operation.operation is OperationType.MUTATION:
        for branch in branches:
            branch.weight = MUTATION
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }
    return Plan(branches, defaults)


class _Compiler:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def selected(
        self, parent: GraphQLNamedType, selection: SelectionSetNode
    ) -> tuple[list[Branch], list[list[Branch]]]:
        """(branches of the type itself, one list for each narrower type that a fragment asks about)."""
        branches: list[Branch] = []
        choices: list[list[Branch]] = []
        for one in selection.selections:
            if isinstance(one, FieldNode):
                branches += self._field(parent, one)
                continue
            if isinstance(one, InlineFragmentNode):
                fragment: InlineFragmentNode | FragmentDefinitionNode = one
            elif isinstance(one, FragmentSpreadNode):
                fragment = self._fragments[one.name.value]
            else:
                continue
            named = fragment.type_condition
            narrower = self._schema.get_type(named.name.value) if named is not None else parent
            inner, deeper = self.selected(narrower or parent, fragment.selection_set)
            if narrower is parent:
                branches += inner
                choices += deeper
            else:
                choices.append(inner + [branch for branches_ in deeper for branch in branches_])
        return branches, choices

    def _field(self, parent: GraphQLNamedType, node: FieldNode) -> Iterable[Branch]:
        if not (is_object_type(parent) or is_interface_type(parent)) or node.name.value.startswith("__"):
            return []
        kind = get_named_type(parent.fields[node.name.value].type)
        if not is_composite_type(kind) or node.selection_set is None or kind.name == "PageInfo":
            return []
        arguments = {one.name.value: one.value for one in node.arguments or ()}
        is_connection = kind.name.endswith("Connection")
        part_of_another = is_connection or kind.name.endswith(("UserError", "Edge"))
        branch = Branch(
            key=node.alias.value if node.alias is not None else node.name.value,
            weight=0 if part_of_another else 1,
            size=arguments.get("first", arguments.get("last", arguments.get("ids"))),
            is_connection=is_connection,
            each=node.name.value in {"nodes", "edges"},
            input=arguments.get("input") if node.name.value == "productSet" else None,
        )
        branch.children, branch.choices = self.selected(kind, node.selection_set)
        return [branch]


def _requested(branch: Branch, variables: Variables) -> float:
    inner = sum(_requested(one, variables) for one in branch.children)
    inner += max((sum(_requested(one, variables) for one in choice) for choice in branch.choices), default=0)
    if branch.is_connection:
        return inner * _number(branch.size, variables)
    many = _number(branch.size, variables) if branch.size is not None else 1
    return (branch.weight + inner) * many + _hints(branch, variables)


def _actual(branch: Branch, variables: Variables, data: Any) -> float:
    if data is None:
        return 0
    if isinstance(data, list):
        if branch.size is not None or branch.each:
            return sum(_actual(branch, variables, one) for one in data)
        return _actual(branch, variables, data[0]) if data else 0
    inner = sum(_actual(one, variables, data.get(one.key)) for one in branch.children)
    inner += max(
        (sum(_actual(one, variables, data.get(one.key)) for one in choice) for choice in branch.choices), default=0
    )
    return branch.weight + inner + _hints(branch, variables)


def _hints(branch: Branch, variables: Variables) -> float:
    if branch.input is None:
        return 0
    given = value_from_ast_untyped(branch.input, variables)
    if not isinstance(given, dict):
        return 0
    total = sum(weight * len(given.get(name) or ()) for name, weight in _HINTS.items())
    for variant in given.get("variants") or ():
        if isinstance(variant, dict):
            total += sum(weight * len(variant.get(name) or ()) for name, weight in _VARIANT_HINTS.items())
            total += _VARIANT_FILE if variant.get("file") is not None else 0
    return total


def _number(size: ValueNode | None, variables: Variables) -> int:
    value = value_from_ast_untyped(size, variables) if size is not None else 0
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int) else 0
