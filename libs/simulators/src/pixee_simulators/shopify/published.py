"""The judge: the platform's published schema, against which every request is held.

It says what the real platform's schema forbids; the answer stays our executable schema's. Loading takes seconds and is
done once per process, in a thread, from the folder beside the project (never a part of it).
"""

import threading
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from pixee_simulators.kit import Violation
from pixee_simulators.shopify.money import amount

VERSION = "2026-10"
_DOCUMENTS_KEPT = 500
_IDEMPOTENT = "directive @idempotent(key: String!) on FIELD"


class Judge:
    """Loads at once in the background; the first `check` waits for it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._schema: GraphQLSchema | None = None
        self._failure: Exception | None = None
        self._documents: OrderedDict[str, tuple[DocumentNode | None, tuple[Violation, ...]]] = OrderedDict()
        self._loader = threading.Thread(target=self._load, name="published-schema", daemon=True)
        self._loader.start()

    def check(self, text: str, variables: dict[str, Any], operation_name: str | None) -> list[Violation]:
        """Breaches by the document, else by the variables it is given."""
        schema = self._ready()
        document, found = self._document(schema, text)
        if document is None or found:
            return list(found)
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        named = [one for one in operations if operation_name in {None, one.name.value if one.name else None}]
        if len(named) != 1:
            return [Violation("operation_name", "operationName", f"{operation_name!r} names no operation")]
        values = get_variable_values(schema, named[0].variable_definitions or (), variables)
        if not isinstance(values, list):
            return []
        return [Violation("variable", _pointer(error), error.message) for error in values]

    def _document(self, schema: GraphQLSchema, text: str) -> tuple[DocumentNode | None, tuple[Violation, ...]]:
        known = self._documents.get(text)
        if known is None:
            known = self._documents[text] = _judged(schema, text)
            while len(self._documents) > _DOCUMENTS_KEPT:
                self._documents.popitem(last=False)
        return known

    def _ready(self) -> GraphQLSchema:
        self._loader.join()
        if self._schema is None:
            raise RuntimeError(f"{self._file} could not be loaded") from self._failure
        return self._schema

    def _load(self) -> None:
        try:
            text = self._file.read_text("utf-8")
            if "directive @idempotent" not in text:
                text = f"{_IDEMPOTENT}\n{text}"
            schema = build_schema(text, assume_valid=True)
            for name in ("Money", "Decimal"):
                scalar = schema.type_map[name]
                if isinstance(scalar, GraphQLScalarType):
                    scalar.coerce_input_value = _decimal_text
            self._schema = schema
        except Exception as error:  # carried to the request that needs the schema
            self._failure = error


@lru_cache(maxsize=1)
def judge(file: Path) -> Judge:
    """The process's one judge."""
    return Judge(file)


def _judged(schema: GraphQLSchema, text: str) -> tuple[DocumentNode | None, tuple[Violation, ...]]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (Violation("syntax", "query", error.message),)
    errors = validate(schema, document)
    return document, tuple(Violation("document", _pointer(error), error.message) for error in errors)


def _pointer(error: GraphQLError) -> str:
    place = error.locations[0] if error.locations else None
    return "query" if place is None else f"query:{place.line}:{place.column}"


def _decimal_text(value: Any) -> Any:
    """Money and Decimal are texts on this API ("19.90"); a JSON number loses cents."""
    if not isinstance(value, str) or amount(value) is None:
        raise GraphQLError(f"{value!r} is no decimal text")
    return value
