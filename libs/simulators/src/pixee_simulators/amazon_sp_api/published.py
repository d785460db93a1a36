"""The published Swagger models, compiled once: what requests are judged by (never what answers are made of)."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft4Validator, Draft7Validator

from pixee_simulators.kit import Violation

_MODELS = (
    "listingsItems_2021-08-01.json",
    "listingsRestrictions_2021-08-01.json",
    "definitionsProductTypes_2020-09-01.json",
    "feeds_2021-06-30.json",
    "reports_2021-06-30.json",
    "catalogItems_2022-04-01.json",
    "sellers.json",
)
_KEYWORDS = ("type", "enum", "minimum", "maximum", "minItems", "maxItems", "pattern", "items")


class Operation:
    """One published operation: its query parameters and its body."""

    def __init__(self, model: dict[str, Any], published: dict[str, Any]) -> None:
        parameters = [one for one in published.get("parameters", ()) if one["in"] != "header"]
        self._query = {one["name"]: one for one in parameters if one["in"] == "query"}
        self._checks = {name: Draft4Validator(_schema(one)) for name, one in self._query.items()}
        bodies = [one["schema"] for one in parameters if one["in"] == "body"]
        self._body = Draft4Validator(bodies[0] | {"definitions": model["definitions"]}) if bodies else None

    def breaches(self, query: Mapping[str, str], body: bytes) -> Iterator[Violation]:
        for name, text in query.items():
            if name not in self._query:
                yield Violation("unknown_parameter", f"?{name}", f"there is no parameter {name}")
                continue
            for error in self._checks[name].iter_errors(_typed(self._query[name], text)):
                yield Violation(str(error.validator), f"?{name}", error.message)
        for name, published in self._query.items():
            if published.get("required") and name not in query:
                yield Violation("required", f"?{name}", f"{name} is required")
        if self._body is not None:
            yield from _body(self._body, body)


class Published:
    """Operations by their operationId, and the schema of a listings feed."""

    def __init__(self, folder: Path) -> None:
        self.feed = Draft7Validator(orjson.loads((folder / "listings-feed-schema-v2.json").read_bytes()))
        self.operations: dict[str, Operation] = {}
        for name in _MODELS:
            model = orjson.loads((folder / name).read_bytes())
            for path in model["paths"].values():
                for method, published in path.items():
                    if method != "parameters":
                        self.operations[published["operationId"]] = Operation(model, published)


@functools.cache
def read_published(folder: Path) -> Published:
    """Compiled once per process."""
    return Published(folder)


def _body(validator: Draft4Validator, raw: bytes) -> Iterator[Violation]:
    try:
        body = orjson.loads(raw)
    except ValueError as broken:
        yield Violation("invalid_json", "", str(broken))
        return
    for error in validator.iter_errors(body):
        yield Violation(str(error.validator), "".join(f"/{part}" for part in error.absolute_path), error.message)


def _schema(published: dict[str, Any]) -> dict[str, Any]:
    return {name: published[name] for name in _KEYWORDS if name in published}


def _typed(published: dict[str, Any], text: str) -> Any:
    """A query value as the type its parameter declares; left as text when it cannot be."""
    kind = published.get("type")
    if kind == "array":
        return [part for part in text.split(",") if part]
    if kind == "integer" and text.lstrip("-").isdigit():
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text
