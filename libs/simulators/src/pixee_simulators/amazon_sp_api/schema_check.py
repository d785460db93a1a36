"""A product type's schema as one compiled function: thousands of listings of a feed must be judged in seconds.

`jsonschema` takes about a millisecond per listing. This knows only the keywords that our schemas use; a keyword that
it does not know is an error at compile time, and a test holds its verdicts against `jsonschema`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Check = Callable[[Any, str, "list[Problem]"], None]

_NOTES = frozenset(
    {
        "$schema",
        "$id",
        "$defs",
        "title",
        "description",
        "default",
        "enumNames",
        "selectors",
        "minUniqueItems",
        "maxUniqueItems",
        "editable",
    },
)


@dataclass(frozen=True, slots=True)
class Problem:
    """`rule` is the keyword that was broken, `path` dotted from the attribute (`purchasable_offer.our_price`)."""

    rule: str
    path: str
    message: str


def compiled(schema: Schema) -> Callable[[Any], list[Problem]]:
    """Raises ValueError for a keyword that is not known."""
    check = _compile(schema, schema.get("$defs", {}))

    def judge(value: Any) -> list[Problem]:
        problems: list[Problem] = []
        check(value, "", problems)
        return problems

    return judge


def _compile(schema: Schema, defs: Schema) -> Check:
    if "$ref" in schema:
        return _compile(defs[schema["$ref"].removeprefix("#/$defs/")], defs)
    checks: list[Check] = []
    kind = schema.get("type")
    for keyword in schema:
        if keyword in _NOTES or keyword in {"type", "then", "else"}:
            continue
        checks.append(_keyword(keyword, schema, defs))
    return _typed(kind, checks)


def _typed(kind: str | None, checks: list[Check]) -> Check:
    """Nothing else is said about a value of the wrong type."""
    fits = _TYPES[kind] if kind is not None else None

    def check(value: Any, path: str, out: list[Problem]) -> None:
        if fits is not None and not fits(value):
            out.append(Problem("type", path, f"'{value!r}' is not of type {kind}"))
            return
        for one in checks:
            one(value, path, out)

    return check


def _keyword(keyword: str, schema: Schema, defs: Schema) -> Check:
    wanted = schema[keyword]
    if keyword in _BOUNDS:
        return _bound(keyword, wanted)
    if keyword == "properties":
        return _properties({name: _compile(one, defs) for name, one in wanted.items()})
    if keyword == "additionalProperties" and wanted is False:
        return _closed(frozenset(schema.get("properties", {})))
    if keyword == "required":
        return _required(wanted)
    if keyword == "items":
        return _items(_compile(wanted, defs))
    if keyword == "allOf":
        return _all([_compile(one, defs) for one in wanted])
    if keyword == "anyOf":
        return _any([_compile(one, defs) for one in wanted], wanted)
    if keyword == "if":
        return _conditional(*(_compile(schema.get(name, {}), defs) for name in ("if", "then", "else")))
    raise ValueError(f"the checker does not know {keyword}: {wanted!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == int(value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minLength": lambda value, bound: not isinstance(value, str) or len(value) >= bound,
    "maxLength": lambda value, bound: not isinstance(value, str) or len(value) <= bound,
    "minItems": lambda value, bound: not isinstance(value, list) or len(value) >= bound,
    "maxItems": lambda value, bound: not isinstance(value, list) or len(value) <= bound,
    "minimum": lambda value, bound: not _is_number(value) or value >= bound,
    "maximum": lambda value, bound: not _is_number(value) or value <= bound,
    "pattern": lambda value, bound: not isinstance(value, str) or re.search(bound, value) is not None,
    "enum": lambda value, bound: value in bound,
    "const": lambda value, bound: value == bound,
}


def _bound(keyword: str, bound: Any) -> Check:
    holds = _BOUNDS[keyword]

    def check(value: Any, path: str, out: list[Problem]) -> None:
        if not holds(value, bound):
            out.append(Problem(keyword, path, f"{value!r} breaks {keyword} {bound!r}"))

    return check


def _properties(checks: dict[str, Check]) -> Check:
    def check(value: Any, path: str, out: list[Problem]) -> None:
        if isinstance(value, dict):
            for name, one in value.items():
                if name in checks:
                    checks[name](one, f"{path}.{name}" if path else name, out)

    return check


def _closed(known: frozenset[str]) -> Check:
    def check(value: Any, path: str, out: list[Problem]) -> None:
        if isinstance(value, dict):
            out.extend(
                Problem("additionalProperties", f"{path}.{name}" if path else name, f"there is no {name}")
                for name in value
                if name not in known
            )

    return check


def _required(names: list[str]) -> Check:
    def check(value: Any, path: str, out: list[Problem]) -> None:
        if isinstance(value, dict):
            out.extend(
                Problem("required", f"{path}.{name}" if path else name, f"{name} is required")
                for name in names
                if name not in value
            )

    return check


def _items(each: Check) -> Check:
    def check(value: Any, path: str, out: list[Problem]) -> None:
        if isinstance(value, list):
            for one in value:
                each(one, path, out)

    return check


def _all(checks: list[Check]) -> Check:
    def check(value: Any, path: str, out: list[Problem]) -> None:
        for one in checks:
            one(value, path, out)

    return check


def _any(checks: list[Check], wanted: list[Schema]) -> Check:
    """A missing choice is told as its first alternative, as Amazon names the usual attribute."""
    first = wanted[0].get("required", [""])[0]

    def check(value: Any, path: str, out: list[Problem]) -> None:
        for one in checks:
            problems: list[Problem] = []
            one(value, path, problems)
            if not problems:
                return
        out.append(Problem("required", f"{path}.{first}" if path else first, f"{first} is required"))

    return check


def _conditional(condition: Check, then: Check, otherwise: Check) -> Check:
    def check(value: Any, path: str, out: list[Problem]) -> None:
        problems: list[Problem] = []
        condition(value, path, problems)
        (otherwise if problems else then)(value, path, out)

    return check
