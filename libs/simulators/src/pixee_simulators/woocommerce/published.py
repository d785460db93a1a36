"""The published route index and schemas, compiled once: what requests are judged by (never what answers are made of).

Routes give the accepted arguments; the OPTIONS documents tell read-only fields from unknown ones. The compiled
checkers are jsonschema draft-04 validators of WordPress' argument dialect (`required: true` inside an argument,
`mixed`, `date-time` as a type).
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft4Validator

_PREFIX = "/wc/v3"
_SCHEMAS = {
    "/products": "product",
    "/products/{}": "product",
    "/products/{}/variations": "variation",
    "/products/{}/variations/{}": "variation",
    "/products/attributes": "product_attribute",
    "/products/attributes/{}": "product_attribute",
    "/products/categories": "product_category",
    "/products/categories/{}": "product_category",
    "/webhooks": "webhook",
    "/webhooks/{}": "webhook",
}
_KEPT = frozenset({"enum", "minimum", "maximum", "pattern"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Arguments of one method of one route. `readonly`: fields its schema shows and does not take."""

    arguments: dict[str, Any]
    validators: dict[str, Draft4Validator]
    required: tuple[str, ...]
    readonly: frozenset[str]


class Published:
    """`index`: the route index as published; `options`: OPTIONS documents by route shape (`/products/{}`)."""

    def __init__(self, folder: Path) -> None:
        [index] = folder.glob("wc-v3-route-index-*.json")
        self.index: dict[str, Any] = orjson.loads(index.read_bytes())
        documents = {name: _document(folder, name) for name in set(_SCHEMAS.values())}
        self.options = {shape: documents[name] for shape, name in _SCHEMAS.items() if not shape.endswith("{}")}
        readonly = {shape: _readonly(documents[name]["schema"]) for shape, name in _SCHEMAS.items()}
        self._routes: list[tuple[re.Pattern[str], dict[str, Endpoint]]] = []
        for raw, route in self.index["routes"].items():
            shape = _shape(raw)
            methods = {
                method: _endpoint(endpoint, readonly.get(shape.removesuffix("/batch"), frozenset()))
                for endpoint in route["endpoints"]
                for method in endpoint["methods"]
            }
            self._routes.append((re.compile(raw.removeprefix(_PREFIX)), methods))
        self._found: dict[tuple[str, str], Endpoint | str] = {}

    def endpoint(self, method: str, path: str) -> Endpoint | str:
        """By a path below wc/v3; a sentence when there is no such route or method."""
        key = (method, re.sub(r"\d+", "0", path))
        if key not in self._found:
            self._found[key] = self._find(*key)
        return self._found[key]

    def _find(self, method: str, path: str) -> Endpoint | str:
        matching = [methods for pattern, methods in self._routes if pattern.fullmatch(path)]
        if not matching:
            return f"no route {path}"
        return next((methods[method] for methods in matching if method in methods), f"no method {method} at {path}")


@functools.cache
def read_published(folder: Path) -> Published:
    """Compiled once per process: it takes longer than a simulator's whole start otherwise."""
    return Published(folder)


def _document(folder: Path, name: str) -> dict[str, Any]:
    [file] = folder.glob(f"options-{name}-[0-9]*.json")
    document: dict[str, Any] = orjson.loads(file.read_bytes())
    return document


def _shape(raw: str) -> str:
    return re.sub(r"\(\?P<\w+>[^)]*\)", "{}", raw.removeprefix(_PREFIX))


def _readonly(schema: dict[str, Any]) -> frozenset[str]:
    return frozenset(name for name, field in schema["properties"].items() if field.get("readonly"))


def _endpoint(endpoint: dict[str, Any], readonly: frozenset[str]) -> Endpoint:
    arguments = endpoint["args"] or {}
    return Endpoint(
        arguments=arguments,
        validators={name: Draft4Validator(strict(argument)) for name, argument in arguments.items()},
        required=tuple(name for name, argument in arguments.items() if argument.get("required")),
        readonly=readonly - set(arguments),
    )


def strict(argument: dict[str, Any]) -> dict[str, Any]:
    """One argument as draft-04: unknown and read-only properties of nested objects are refused."""
    schema: dict[str, Any] = {name: argument[name] for name in _KEPT if name in argument}
    kind = argument.get("type")
    if kind == "date-time":
        schema["type"] = ["string", "null"]
    elif kind is not None and kind != "mixed":
        schema["type"] = kind
    if "items" in argument:
        schema["items"] = strict(argument["items"])
    if "properties" in argument:
        taken = {
            name: strict(field)
            for name, field in argument["properties"].items()
            if not field.get("readonly") or _is_meta_id(name, argument)
        }
        schema |= {"properties": taken, "additionalProperties": False}
    return schema


def _is_meta_id(name: str, argument: dict[str, Any]) -> bool:
    """Published as read-only, yet the documented way to change one row (sheet, "Push products")."""
    return name == "id" and set(argument["properties"]) == {"id", "key", "value"}
