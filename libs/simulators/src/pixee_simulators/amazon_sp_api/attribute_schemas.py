"""Schemas of single attributes, in the dialect of Product Type Definitions. Ours: Amazon's own are not public.

Every attribute is an array of objects; an element is told from its siblings by its selectors (sheet, "Push products").
"""

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]
_MARKETPLACE: Schema = {"$ref": "#/$defs/marketplace_id"}
_LANGUAGE: Schema = {"$ref": "#/$defs/language_tag"}
_PRICE: Schema = {"type": "number", "minimum": 0}


def _attribute(title: str, fields: Schema, required: Iterable[str], selectors: Iterable[str], most: int = 1) -> Schema:
    return {
        "title": title,
        "type": "array",
        "minItems": 1,
        "minUniqueItems": 1,
        "maxItems": most,
        "maxUniqueItems": most,
        "selectors": list(selectors),
        "items": {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False},
    }


def text(title: str, longest: int, *, most: int = 1) -> Schema:
    """Localised text: one element per language tag, or `most` of them."""
    fields = {
        "value": {"title": title, "type": "string", "minLength": 1, "maxLength": longest},
        "language_tag": _LANGUAGE,
        "marketplace_id": _MARKETPLACE,
    }
    return _attribute(
        title, fields, ("value", "language_tag", "marketplace_id"), ("marketplace_id", "language_tag"), most
    )


def _plain(title: str, value: Schema, **more: Schema) -> Schema:
    fields = {"value": {"title": title} | value, **more, "marketplace_id": _MARKETPLACE}
    return _attribute(title, fields, ("value", *more, "marketplace_id"), ("marketplace_id",))


def choice(title: str, values: dict[str, str]) -> Schema:
    """One of `values` (wire value -> what merchants read)."""
    return _plain(title, {"type": "string", "enum": list(values), "enumNames": list(values.values())})


def flag(title: str) -> Schema:
    return _plain(title, {"type": "boolean"})


def code(title: str, longest: int) -> Schema:
    """Text without a language."""
    return _plain(title, {"type": "string", "minLength": 1, "maxLength": longest})


def measure(title: str, units: Iterable[str]) -> Schema:
    """A number above or at zero with its unit."""
    return _plain(title, {"type": "number", "minimum": 0}, unit={"type": "string", "enum": list(units)})


def picture(title: str) -> Schema:
    fields = {"media_location": {"type": "string", "pattern": "^(https?|s3)://"}, "marketplace_id": _MARKETPLACE}
    return _attribute(title, fields, ("media_location", "marketplace_id"), ("marketplace_id",))


def _schedule(*required: str, **fields: Schema) -> Schema:
    """Two nested arrays, `[{"schedule": [{...}]}]`, as all prices of an offer have them."""
    entry = {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}
    schedule = {"type": "array", "minItems": 1, "items": entry}
    item = {
        "type": "object",
        "required": ["schedule"],
        "properties": {"schedule": schedule},
        "additionalProperties": False,
    }
    return {"type": "array", "minItems": 1, "maxItems": 1, "items": item}


def offer() -> Schema:
    level = {
        "type": "object",
        "required": ["lower_bound", "value"],
        "properties": {"lower_bound": {"type": "integer", "minimum": 1}, "value": _PRICE},
        "additionalProperties": False,
    }
    moment: Schema = {"type": "string", "minLength": 10}
    price = _schedule("value_with_tax", value_with_tax=_PRICE)
    fields = {
        "marketplace_id": _MARKETPLACE,
        "currency": {"$ref": "#/$defs/currency"},
        "audience": {"type": "string", "enum": ["ALL", "B2B"], "default": "ALL"},
        "our_price": price,
        "minimum_seller_allowed_price": price,
        "maximum_seller_allowed_price": price,
        "discounted_price": _schedule("value_with_tax", value_with_tax=_PRICE, start_at=moment, end_at=moment),
        "quantity_discount_plan": _schedule(
            "discount_type",
            "levels",
            discount_type={"type": "string", "enum": ["fixed", "percent"]},
            levels={"type": "array", "minItems": 1, "maxItems": 5, "items": level},
        ),
    }
    selectors = ("marketplace_id", "currency", "audience")
    return _attribute("Purchasable Offer", fields, ("currency", "our_price", "marketplace_id"), selectors, 5)


def availability() -> Schema:
    fields: Schema = {
        "fulfillment_channel_code": {"type": "string", "minLength": 1},
        "quantity": {"type": "integer", "minimum": 0},
        "lead_time_to_ship_max_days": {"type": "integer", "minimum": 0, "maximum": 30},
        "restock_date": {"type": "string", "minLength": 10},
        "inventory_always_available": {"type": "boolean"},
    }
    name = "fulfillment_channel_code"
    return _attribute("Fulfillment Availability", fields, (name,), (name,), 5)


def list_price() -> Schema:
    fields = {"value_with_tax": _PRICE, "currency": {"$ref": "#/$defs/currency"}, "marketplace_id": _MARKETPLACE}
    selectors = ("marketplace_id", "currency")
    return _attribute("List Price", fields, ("value_with_tax", "currency", "marketplace_id"), selectors)


def identifier() -> Schema:
    fields = {
        "type": {"type": "string", "enum": ["ean", "gtin", "upc"]},
        "value": {"type": "string", "pattern": "^[0-9]{8,14}$"},
        "marketplace_id": _MARKETPLACE,
    }
    required = ("type", "value", "marketplace_id")
    return _attribute("External Product Identifier", fields, required, ("marketplace_id", "type"))


def variation_theme(themes: Iterable[str]) -> Schema:
    fields = {"name": {"type": "string", "enum": list(themes)}, "marketplace_id": _MARKETPLACE}
    return _attribute("Variation Theme", fields, ("name",), ("marketplace_id",))


def parent_link() -> Schema:
    fields: Schema = {
        "child_relationship_type": {"type": "string", "enum": ["variation"]},
        "parent_sku": {"type": "string", "minLength": 1, "maxLength": 40},
        "marketplace_id": _MARKETPLACE,
    }
    required = ("child_relationship_type", "parent_sku")
    return _attribute("Parent SKU", fields, required, ("marketplace_id", "child_relationship_type"))
