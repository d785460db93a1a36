"""The body of a GraphQL request, read once for classifying, judging and answering."""

from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """`problem` is set when the body is no GraphQL request; then `text` is empty."""

    text: str
    variables: dict[str, Any]
    operation_name: str | None
    problem: str | None
    unknown: tuple[str, ...]


_ASKED: web.RequestKey[Asked] = web.RequestKey("asked", Asked)
_KNOWN = frozenset({"query", "variables", "operationName", "extensions"})


def asked(request: web.Request, body: bytes) -> Asked:
    """Parsed at the first call, remembered for the others."""
    known = request.get(_ASKED)
    if known is None:
        known = request[_ASKED] = _read(body)
    return known


def _read(body: bytes) -> Asked:
    try:
        plain = orjson.loads(body)
    except ValueError:
        return Asked("", {}, None, "the body is not JSON", ())
    if not isinstance(plain, dict) or not isinstance(plain.get("query"), str):
        return Asked("", {}, None, "query is missing", ())
    variables = plain.get("variables") or {}
    if not isinstance(variables, dict):
        return Asked("", {}, None, "variables is not an object", ())
    unknown = tuple(sorted(set(plain) - _KNOWN))
    return Asked(plain["query"], variables, plain.get("operationName"), None, unknown)
