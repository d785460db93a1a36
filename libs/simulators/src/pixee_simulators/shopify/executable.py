"""Our SDL made executable: resolvers hung on it, documents parsed, validated and priced once per text."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from operator import attrgetter
from typing import Any, TypeGuard

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute,
    is_abstract_type,
    is_object_type,
    parse,
    validate,
)

from pixee_simulators.shopify import reads, roots
from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.cost import Plan, compile_plan
from pixee_simulators.shopify.money import amount

_DOCUMENTS_KEPT = 500
_BAD_VALUE = re.compile(r"Variable '\$\w+' has invalid value(?: at (?P<path>\S+))?: (?P<why>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to run, or the errors that keep it from running. `fields`: the root fields' names."""

    document: DocumentNode | None
    plan: Plan | None
    is_mutation: bool
    fields: tuple[str, ...]
    keys: tuple[str, ...]
    errors: tuple[dict[str, Any], ...]


class Executable:
    """Use the one of `executable()`: building it takes a tenth of a second."""

    def __init__(self) -> None:
        text = files("pixee_simulators.shopify").joinpath("schema.graphql").read_text("utf-8")
        self.schema = build_schema(text)
        _hang_resolvers(self.schema)
        self._documents: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()

    def prepare(self, text: str, operation_name: str | None = None) -> Prepared:
        """Parsed and validated once per text."""
        key = (text, operation_name)
        prepared = self._documents.get(key)
        if prepared is None:
            prepared = self._documents[key] = self._fresh(text, operation_name)
            while len(self._documents) > _DOCUMENTS_KEPT:
                self._documents.popitem(last=False)
        else:
            self._documents.move_to_end(key)
        return prepared

    def _fresh(self, text: str, operation_name: str | None) -> Prepared:
        try:
            document = parse(text)
        except GraphQLError as error:
            return _refused([formatted(error)])
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        operation = _chosen(operations, operation_name)
        if operation is None:
            return _refused([{"message": "No operation of this name", "extensions": {"code": "BAD_REQUEST"}}])
        roots_ = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
        fields = tuple(one.name.value for one in roots_)
        keys = tuple(one.alias.value if one.alias is not None else one.name.value for one in roots_)
        is_mutation = operation.operation is OperationType.MUTATION
        errors = validate(self.schema, document)
        if errors:
            return Prepared(None, None, is_mutation, fields, keys, tuple(_invalid(error) for error in errors))
        plan = compile_plan(self.schema, document, operation)
        return Prepared(document, plan, is_mutation, fields, keys, ())

    def run(
        self, prepared: Prepared, variables: dict[str, Any], context: Context, operation_name: str | None = None
    ) -> ExecutionResult:
        """Execute a prepared document. Every resolver is synchronous."""
        if prepared.document is None:
            raise ValueError("this document was refused")
        result = execute(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            is_awaitable=_never,
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("a resolver of the simulator was asynchronous")
        for error in result.errors or ():
            # A resolver that crashes is the simulator's bug; as an answer it would pass for the platform's.
            if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
                raise error.original_error
        return result


@lru_cache(maxsize=1)
def executable() -> Executable:
    """The process's one executable schema."""
    return Executable()


def price(document: str, variables: dict[str, Any] | None = None, operation_name: str | None = None) -> int:
    """The requested query cost of a document, in points: what the bucket must hold before it runs.

    Raises ValueError for a document that the schema refuses.
    """
    prepared = executable().prepare(document, operation_name)
    if prepared.plan is None:
        raise ValueError(str(prepared.errors))
    return prepared.plan.requested(variables or {})


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as the platform answers it; variable errors carry `problems`."""
    plain = dict(error.formatted)
    found = _BAD_VALUE.fullmatch(error.message)
    if error.path is None and found is not None and not error.extensions:
        steps = re.findall(r"[^.\[\]]+", found["path"] or "")
        problem = {"path": [int(step) if step.isdecimal() else step for step in steps], "explanation": found["why"]}
        plain["extensions"] = {"code": "INVALID_VARIABLE", "problems": [problem]}
    return plain


def _invalid(error: GraphQLError) -> dict[str, Any]:
    code = "undefinedField" if error.message.startswith("Cannot query field") else "INVALID_DOCUMENT"
    return dict(error.formatted) | {"extensions": {"code": code}}


def _refused(errors: list[dict[str, Any]]) -> Prepared:
    return Prepared(None, None, False, (), (), tuple(errors))


def _chosen(operations: list[OperationDefinitionNode], name: str | None) -> OperationDefinitionNode | None:
    if name is None:
        return operations[0] if len(operations) == 1 else None
    return next((one for one in operations if one.name is not None and one.name.value == name), None)


def _never(_value: Any) -> TypeGuard[Awaitable[Any]]:
    return False


def _hang_resolvers(schema: GraphQLSchema) -> None:
    queries, mutations = roots.resolvers()
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if is_object_type(kind):
            known = _resolvers_of(name, queries, mutations)
            for field_name, field in kind.fields.items():
                field.resolve = known.get(field_name) or _plain(field_name)
        elif is_abstract_type(kind):
            kind.resolve_type = _type_name
    for name, check in {"Money": _decimal_text, "Decimal": _decimal_text}.items():
        scalar = schema.type_map[name]
        if isinstance(scalar, GraphQLScalarType):
            scalar.coerce_input_value = check
    _check_whole(schema, queries | mutations)


def _check_whole(schema: GraphQLSchema, roots_: dict[str, Callable[..., Any]]) -> None:
    """Every root field has its resolver: a forgotten one would answer null and look like an empty shop."""
    for kind in (schema.query_type, schema.mutation_type):
        if kind is not None and (left := set(kind.fields) - set(roots_)):
            raise ValueError(f"no resolver for {sorted(left)}")


def _resolvers_of(
    name: str, queries: dict[str, Callable[..., Any]], mutations: dict[str, Callable[..., Any]]
) -> dict[str, Callable[..., Any]]:
    if name == "QueryRoot":
        return queries
    if name == "Mutation":
        return mutations
    if name.endswith("Connection"):
        return reads.CONNECTION
    if name.endswith("UserError"):
        return reads.USER_ERROR
    return reads.OBJECTS.get(name, {})


def _plain(name: str) -> Callable[..., Any]:
    """The record's attribute or the dictionary's entry of the same name."""
    get = attrgetter(name)

    def resolve(record: Any, _info: GraphQLResolveInfo[Any]) -> Any:
        return record.get(name) if isinstance(record, dict) else get(record)

    return resolve


def _type_name(record: Any, _info: GraphQLResolveInfo[Any], _kind: Any) -> str:
    return reads.TYPE_NAMES[type(record)]


def _decimal_text(value: Any) -> str:
    number = amount(value) if not isinstance(value, bool) else None
    if number is None:
        raise GraphQLError(f"{value!r} is not a decimal number")
    return str(value) if not isinstance(value, float) else str(Decimal(repr(value)))
