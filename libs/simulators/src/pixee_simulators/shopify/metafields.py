"""Metafields: light type checks, definitions, unique ids, and the two ways of writing (replace all, set some)."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.records import Definition, Metafield, Product, UserError, Variant
from pixee_simulators.shopify.store import namespace_of

Given = dict[str, Any]
Owner = Product | Variant


def _json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _decimal(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


_CHECKS: dict[str, Callable[[str], bool]] = {
    "boolean": lambda value: value in {"true", "false"},
    "color": lambda value: re.fullmatch(r"#[0-9a-fA-F]{6}", value) is not None,
    "date": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None,
    "date_time": lambda value: re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value) is not None,
    "dimension": _json,
    "id": lambda value: len(value) <= 255,
    "json": _json,
    "money": _json,
    "multi_line_text_field": lambda _value: True,
    "number_decimal": _decimal,
    "number_integer": lambda value: re.fullmatch(r"-?\d{1,16}", value) is not None,
    "rating": _json,
    "rich_text_field": _json,
    "single_line_text_field": lambda value: "\n" not in value,
    "url": lambda value: re.match(r"(https?|mailto|sms|tel):", value) is not None,
    "volume": _json,
    "weight": _json,
}


def known_type(name: str) -> bool:
    return name in _CHECKS or name.endswith("_reference") or (name.startswith("list.") and known_type(name[5:]))


def _fits(kind: str, value: str) -> bool:
    if kind.startswith("list."):
        return _json(value) and isinstance(json.loads(value), list)
    check = _CHECKS.get(kind)
    return value.startswith("gid://") if check is None else check(value)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one metafield: the field of the input, a stable word, a sentence."""

    field: str
    code: str
    message: str


def kind_of(context: Context, owner_type: str, owner: Owner | None, given: Given) -> str | None:
    """The type this metafield has: its definition's, the given one or that of the existing value."""
    namespace, key = namespace_of(given.get("namespace")), given.get("key") or ""
    definition = context.store.definition(owner_type, namespace, key)
    if definition is not None:
        return definition.type
    if given.get("type"):
        return str(given["type"])
    existing = find(owner, namespace, key) if owner is not None else None
    return existing.type if existing is not None else None


def fault_of(context: Context, owner_type: str, owner: Owner | None, given: Given) -> Fault | None:
    """The first thing wrong with one entry, or None."""
    key, value = given.get("key"), given.get("value")
    if not key:
        return Fault("key", "BLANK", "Key can't be blank")
    if not 2 <= len(key) <= 64:
        return Fault("key", "TOO_SHORT" if len(key) < 2 else "TOO_LONG", "Key must have 2 to 64 characters")
    if value is None or value == "":
        return Fault("value", "BLANK", "Value can't be blank")
    kind = kind_of(context, owner_type, owner, given)
    if kind is None:
        return Fault("type", "BLANK", "Type can't be blank")
    if given.get("type") and given["type"] != kind:
        return Fault("type", "INVALID_TYPE", f"Type must be consistent with the definition's type: '{kind}'.")
    if not known_type(kind):
        return Fault("type", "INCLUSION", f"Type '{kind}' is not a valid type")
    if not _fits(kind, value):
        return Fault("value", "INVALID_VALUE", f"Value is not a valid {kind}")
    taken = context.store.by_unique.get((namespace_of(given.get("namespace")), key, value)) if kind == "id" else None
    if taken is not None and (owner is None or taken != owner.id):
        return Fault("value", "CAPABILITY_VIOLATION", "Value must be unique among products: it is taken.")
    return None


def find(owner: Owner, namespace: str, key: str) -> Metafield | None:
    return next((one for one in owner.metafields if one.namespace == namespace and one.key == key), None)


def written(
    context: Context, owner_type: str, owner: Owner, given: Iterable[Given], *, replace: bool
) -> list[Metafield]:
    """The owner's metafields after this input: with `replace` those not given are gone."""
    kept = {(one.namespace, one.key): one for one in owner.metafields}
    named: dict[tuple[str, str], Metafield] = {}
    for one in given:
        place = (namespace_of(one.get("namespace")), str(one["key"]))
        kind = kind_of(context, owner_type, owner, one) or ""
        existing = kept.get(place)
        if existing is None:
            fresh = context.store.new_id()
            named[place] = Metafield(fresh, *place, kind, one["value"], owner_type, context.second, context.second)
        else:
            moved = (existing.type, existing.value) != (kind, one["value"])
            existing.type, existing.value = kind, one["value"]
            existing.updated_at = context.second if moved else existing.updated_at
            named[place] = existing
    return list(named.values()) if replace else list((kept | named).values())


def create_definition(context: Context, given: Given) -> tuple[Definition | None, list[UserError]]:
    """`metafieldDefinitionCreate`. A second definition of the same place is TAKEN."""
    namespace, key = namespace_of(given.get("namespace")), given["key"]
    errors: list[UserError] = []
    if not given["name"]:
        errors.append(UserError("BLANK", ["definition", "name"], "Name can't be blank"))
    if not re.fullmatch(r"[\w-]{2,64}", key):
        errors.append(UserError("INVALID_CHARACTER", ["definition", "key"], "Key has invalid characters or length"))
    if not known_type(given["type"]):
        errors.append(UserError("INCLUSION", ["definition", "type"], f"Type name {given['type']} is not a valid type"))
    if context.store.definition(given["ownerType"], namespace, key) is not None:
        message = f"Key is in use for {given['ownerType'].title()} metafields on the '{namespace}' namespace."
        errors.append(UserError("TAKEN", ["definition", "key"], message))
    if errors:
        return None, errors
    definition = Definition(
        context.store.new_id(),
        namespace,
        key,
        given["name"],
        given["type"],
        given["ownerType"],
        given.get("description"),
    )
    context.store.definitions.append(definition)
    return definition, []
