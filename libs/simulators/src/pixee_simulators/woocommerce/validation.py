"""Judges one request by the published arguments. A breach is recorded by the kit; the answer does not change.

Stricter than the shop on purpose: a batch coerces what it should refuse and ignores fields that do not exist, and
that is how wrong prices and empty stock come about.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pixee_simulators.kit import Violation
from pixee_simulators.woocommerce.published import Endpoint, Published

_UNDECLARED_QUERY = frozenset(
    {
        "consumer_key",
        "consumer_secret",
        *(f"oauth_{name}" for name in ("consumer_key", "nonce", "signature", "signature_method", "timestamp")),
    }
)
_UNDECLARED_LISTING = frozenset({"global_unique_id"})
"""Works on GET /products though it is not declared [live]."""
_UNDECLARED_BODY = frozenset({"inventory_delta"})
"""Works on products and variations though it is not declared [live]."""
_BATCH = ("create", "update", "delete")


def judge(published: Published, method: str, path: str, query: Mapping[str, str], body: bytes) -> list[Violation]:
    """`path` is below `/wp-json/wc/v3`. Query names that begin with `_` (WordPress' own, cache busters) are free."""
    endpoint = published.endpoint(method, path)
    if isinstance(endpoint, str):
        return [Violation("unknown_route", path, endpoint)]
    found = list(_query(endpoint, method, path, query))
    if method in {"POST", "PUT", "PATCH"}:
        found += _body(endpoint, path, body)
    return found


def _query(endpoint: Endpoint, method: str, path: str, query: Mapping[str, str]) -> Iterator[Violation]:
    undeclared = _UNDECLARED_QUERY | (_UNDECLARED_LISTING if path == "/products" else frozenset())
    for name, text in query.items():
        if name.startswith("_") or name in undeclared:
            continue
        if name not in endpoint.arguments:
            yield Violation("unknown_parameter", f"?{name}", f"{method} {path} declares no parameter {name}")
            continue
        value = _typed(endpoint.arguments[name].get("type"), text)
        for error in endpoint.validators[name].iter_errors(value):
            yield Violation(str(error.validator), f"?{name}", error.message)


def _body(endpoint: Endpoint, path: str, raw: bytes) -> Iterator[Violation]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        yield Violation("invalid_json", "", str(error))
        return
    if not isinstance(body, dict):
        yield Violation("type", "", "the body is not an object")
    elif path.endswith("/batch"):
        yield from _batch(endpoint, body)
    else:
        yield from _object(endpoint, body, "", creating=True)


def _batch(endpoint: Endpoint, body: dict[str, Any]) -> Iterator[Violation]:
    lists = {name: body[name] for name in _BATCH if name in body}
    yield from (
        Violation("unknown_property", f"/{name}", f"a batch has create, update and delete, not {name}")
        for name in set(body) - set(_BATCH)
    )
    for name, items in lists.items():
        if not isinstance(items, list):
            yield Violation("type", f"/{name}", f"{name} is not a list")
            continue
        for index, item in enumerate(items):
            yield from _batch_item(endpoint, name, item, f"/{name}/{index}")
    if sum(len(items) for items in lists.values() if isinstance(items, list)) > 100:
        yield Violation("batch_limit", "", "create, update and delete hold more than 100 items together")


def _batch_item(endpoint: Endpoint, name: str, item: Any, pointer: str) -> Iterator[Violation]:
    if name == "delete":
        if not isinstance(item, int) or isinstance(item, bool):
            yield Violation("type", pointer, f"{item!r} is not an id")
        return
    if not isinstance(item, dict):
        yield Violation("type", pointer, f"{item!r} is not an object")
        return
    if name == "update":
        number = item.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            yield Violation("missing_id", pointer, "an update names its id as a number")
        item = {key: value for key, value in item.items() if key != "id"}
    yield from _object(endpoint, item, pointer, creating=name == "create")


def _object(endpoint: Endpoint, body: dict[str, Any], pointer: str, *, creating: bool) -> Iterator[Violation]:
    validators = endpoint.validators
    for name, value in body.items():
        validator = validators.get(name)
        if validator is None:
            if name in endpoint.readonly:
                yield Violation("readonly", f"{pointer}/{name}", f"{name} is read-only")
            elif name not in _UNDECLARED_BODY:
                yield Violation("unknown_property", f"{pointer}/{name}", f"there is no {name}")
            continue
        for error in validator.iter_errors(value):
            where = "".join(f"/{part}" for part in error.absolute_path)
            yield Violation(_rule(error.validator), f"{pointer}/{name}{where}", error.message)
    if creating:
        for name in endpoint.required:
            if name not in body:
                yield Violation("required", f"{pointer}/{name}", f"{name} is required")


def _rule(keyword: Any) -> str:
    return "unknown_property" if keyword == "additionalProperties" else str(keyword)


def _typed(kind: Any, text: str) -> Any:
    """A query value as the type its argument declares; left as text when it cannot be."""
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds and "string" not in kinds:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [int(part) if part.lstrip("-").isdigit() else part for part in parts]
    if "integer" in kinds and text.lstrip("-").isdigit():
        return int(text)
    if "boolean" in kinds and text.lower() in {"true", "false", "0", "1"}:
        return text.lower() in {"true", "1"}
    return text
