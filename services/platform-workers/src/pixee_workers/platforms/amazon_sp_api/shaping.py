"""Mapped texts in the form that the product type's schema gives an attribute: numbers, units, languages, parts. Pure.

An attribute is an array of elements, `[{"value": …, "unit": …, "language_tag": …, "marketplace_id": …}]`; a part of one is named by
a dotted target (`item_dimensions.length`). What does not fit is sent as it is: the schema's own check then says what is wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pixee_workers.platforms.amazon_sp_api.rules import Ruled, Texts
from pixee_workers.platforms.amazon_sp_api.wire import Attributes, Element

_TRUE = frozenset({"true", "yes", "1", "oui", "ja"})
_FALSE = frozenset({"false", "no", "0", "non", "nein"})
_SELECTORS = ("marketplace_id", "language_tag", "currency", "audience", "unit")


@dataclass(frozen=True, slots=True)
class Place:
    """What selectors are filled with."""

    marketplace: str
    language: str
    currency: str | None


def shaped(attributes: Ruled, document: Mapping[str, Any], place: Place) -> Attributes:
    """The attributes as Amazon wants them."""
    known = document.get("properties") or {}
    made: Attributes = {}
    parts: dict[str, list[tuple[list[str], Texts]]] = {}
    for target, texts in attributes.items():
        name, *path = target.split(".")
        parts.setdefault(name, []).append((path, texts))
    for name, found in parts.items():
        item = _resolved((known.get(name) or {}).get("items"), document)
        whole = [texts for path, texts in found if not path]
        if whole:
            made[name] = [_element(text, whole[0], item, document, place) for text in whole[0]["texts"]]
        else:
            element: Element = {}
            for path, texts in found:
                _put(element, path, texts, item, document)
            made[name] = [element | _selectors(item, place)]
    return made


def selectors_of(name: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """By what the elements of an attribute are told apart."""
    stated = ((document.get("properties") or {}).get(name) or {}).get("selectors")
    return tuple(str(one) for one in stated) if isinstance(stated, list) else ()


def choices_of(schema: Any, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The values that a schema allows with what people read, wherever it states them; empty where any will do."""
    found = _resolved(schema, document)
    values: list[Any] = next(
        (one["enum"] for one in (found, *_branches(found, document)) if isinstance(one.get("enum"), list)), []
    )
    names = next((one["enumNames"] for one in (found, *_branches(found, document)) if one.get("enumNames")), values)
    return [(str(value), str(name)) for value, name in zip(values, names, strict=False)]


def part_of(schema: Any, path: Iterable[str], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a part, through arrays and references; empty where there is none."""
    found = _resolved(schema, document)
    for name in path:
        found = _resolved(found.get("items", found), document)
        found = _resolved((found.get("properties") or {}).get(name), document)
    return found


def _element(text: str, texts: Texts, item: Mapping[str, Any], document: Mapping[str, Any], place: Place) -> Element:
    known = item.get("properties") or {}
    leaf = "value" if "value" in known or not known else _leaf(item, known)
    element: Element = {leaf: _typed(text, _resolved(known.get(leaf), document), document)}
    if texts["unit"] is not None:
        element["unit"] = texts["unit"]
    return element | _selectors(item, place)


def _leaf(item: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """The one field that says something, of an element that has no `value`."""
    named = [name for name in item.get("required") or known if name not in _SELECTORS]
    return next(iter(named), "value")


def _put(element: Element, path: list[str], texts: Texts, item: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    schema = part_of(item, path, document)
    inner = _resolved(schema.get("items"), document) if schema.get("type") == "array" else schema
    text, known = texts["texts"][0], inner.get("properties") or {}
    made: Any = _typed(text, inner, document)
    if "value" in known:
        made = {"value": _typed(text, _resolved(known["value"], document), document)}
        if texts["unit"] is not None:
            made["unit"] = texts["unit"]
    at: Any = element
    for name in path[:-1]:
        at = at.setdefault(name, {})
    at[path[-1]] = [made] if schema.get("type") == "array" else made


def _selectors(item: Mapping[str, Any], place: Place) -> Element:
    known = item.get("properties") or {"marketplace_id": {}}
    filled = {"marketplace_id": place.marketplace, "language_tag": place.language, "currency": place.currency}
    return {name: value for name, value in filled.items() if name in known and value is not None}


def _typed(text: str, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    kinds = {str(one.get("type")) for one in (schema, *_branches(schema, document))}
    try:
        if "boolean" in kinds and text.strip().lower() in _TRUE | _FALSE:
            return text.strip().lower() in _TRUE
        if "integer" in kinds and "string" not in kinds:
            return int(text)
        if "number" in kinds and "string" not in kinds:
            number = float(text)
            return int(number) if number.is_integer() else number
    except ValueError:
        return text
    return text


def _branches(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [_resolved(one, document) for name in ("anyOf", "oneOf", "allOf") for one in schema.get(name) or ()]


def _resolved(schema: Any, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema behind its reference into the same document."""
    for _ in range(10):
        if not isinstance(schema, Mapping):
            return {}
        reference = schema.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return schema
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        schema = found
    return {}
