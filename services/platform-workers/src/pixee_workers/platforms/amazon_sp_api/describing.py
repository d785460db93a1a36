"""describe: the product types of the marketplace, and the attributes of those that the merchant has mapped.

There are thousands of types and each has hundreds of attributes: so all names, and the schemas of the mapped ones alone.
"""

from collections.abc import Mapping
from typing import Any

from pixee_common.platforms.requirements import AttributeRequirement, Choice, Requirements, ValueKind
from pixee_workers.platforms.amazon_sp_api import manifest, wire
from pixee_workers.platforms.amazon_sp_api.judging import Schema
from pixee_workers.platforms.amazon_sp_api.marketplaces import MARKETPLACES, language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import DEFINITIONS, ask, contract_broken
from pixee_workers.platforms.amazon_sp_api.schemas import schema_of
from pixee_workers.platforms.amazon_sp_api.shaping import choices_of, part_of
from pixee_workers.sync_base.calls import CallContext

_MOST_TYPES = 20
_MOST_CHOICES = 500
_OURS = frozenset({wire.TITLE, wire.EAN, wire.PARENT_LINK, wire.PARENTAGE, *wire.SALES, *wire.IMAGES})
"""What a product says by itself: nobody has to map it."""
_KINDS = {
    "boolean": ValueKind.BOOLEAN,
    "number": ValueKind.NUMBER,
    "integer": ValueKind.NUMBER,
    "string": ValueKind.TEXT,
}


async def describe(context: CallContext) -> Requirements:
    """See module."""
    place = marketplace_of(context.settings)
    query = {"marketplaceIds": place.id, "locale": language_of(context.settings)}
    told, _ = await ask(context, "GET", DEFINITIONS, label=manifest.DEFINITIONS, query=query)
    rows = told.get("productTypes") if isinstance(told, Mapping) else None
    if not isinstance(rows, list):
        raise contract_broken("the product types are no list")
    types = tuple(Choice(code=str(row["name"]), label=str(row.get("displayName") or row["name"])) for row in rows)
    mapped = list(dict.fromkeys(context.settings.mapping.product_types.values()))[:_MOST_TYPES]
    schemas = [found for kind in mapped if isinstance(found := await schema_of(context, kind), Schema)]
    return Requirements(
        product_types=types,
        attributes=tuple(one for schema in schemas for one in attributes_of(schema)),
        locales=(Choice(code=place.tag.replace("_", "-"), label=place.tag),) if place.id in MARKETPLACES else (),
        complete_for=tuple(schema.product_type for schema in schemas),
        demands=("product_types",),
    )


def attributes_of(schema: Schema) -> list[AttributeRequirement]:
    """What can be mapped for a type, in the order of its schema; a part of a nested attribute has a dotted code."""
    required = set(schema.document.get("required") or ())
    found: list[AttributeRequirement] = []
    for name, attribute in schema.attributes.items():
        if name in _OURS:
            continue
        item = part_of(attribute.get("items"), (), schema.document)
        fields = item.get("properties") or {}
        parts = (
            ["value"] if "value" in fields else [one for one in fields if one not in {"marketplace_id", "language_tag"}]
        )
        for part in parts:
            code = name if part == "value" or len(parts) == 1 else f"{name}.{part}"
            found.append(_attribute(code, attribute, part_of(item, (part,), schema.document), fields, schema, required))
    return found


def _attribute(
    code: str,
    attribute: Mapping[str, Any],
    leaf: Mapping[str, Any],
    fields: Mapping[str, Any],
    schema: Schema,
    required: set[str],
) -> AttributeRequirement:
    name, _, part = code.partition(".")
    inner = leaf.get("properties") or {}
    value = part_of(inner["value"], (), schema.document) if "value" in inner else leaf
    unit = inner.get("unit") or (fields.get("unit") if not part else None)
    units = tuple(choice for choice, _ in choices_of(unit, schema.document)) if unit else ()
    choices = tuple(
        Choice(code=word, label=label) for word, label in choices_of(value, schema.document)[:_MOST_CHOICES]
    )
    label = str(attribute.get("title") or name)
    longest = value.get("maxLength")
    return AttributeRequirement(
        code=code,
        label=f"{label}: {leaf.get('title') or part}" if part else label,
        required=name in required,
        kind=_kind(value, units, choices),
        choices=choices,
        units=units,
        max_length=longest if isinstance(longest, int) else None,
        product_types=(schema.product_type,),
    )


def _kind(value: Mapping[str, Any], units: tuple[str, ...], choices: tuple[Choice, ...]) -> ValueKind:
    if units:
        return ValueKind.MEASURE
    if choices:
        return ValueKind.CHOICE
    kinds = [value.get("type"), *(one.get("type") for one in (*value.get("anyOf", ()), *value.get("oneOf", ())))]
    return next((_KINDS[kind] for kind in kinds if kind in _KINDS), ValueKind.OTHER)
