"""The product types of this Amazon: GROCERY (food), SHIRT (variations), PRODUCT (offers on what is there), MERCHANDISE (asks little).

Invented, small, and of the published kinds: required attributes, enumerations, units, lengths, conditions. The same
schema is served to programs and judges what they send.
"""

import functools
from dataclasses import dataclass
from typing import Any

from pixee_simulators.amazon_sp_api import attribute_schemas as make
from pixee_simulators.amazon_sp_api.regions import MARKETPLACES

Schema = dict[str, Any]
VERSION = "sim-2026-11"
META_SCHEMA = "https://schemas.amazon.com/selling-partners/definitions/product-types/meta-schema/v1"
SETS = ("LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY")
OFFER_ATTRIBUTES = frozenset(
    {"condition_type", "purchasable_offer", "fulfillment_availability", "list_price", "merchant_shipping_group"},
)
RELATIONSHIP_ATTRIBUTES = frozenset({"child_parent_sku_relationship", "package_contains_sku"})
_IDENTITY = (
    "externally_assigned_product_identifier",
    "supplier_declared_has_product_identifier_exemption",
    "merchant_suggested_asin",
)
_NOT_FOR_PARENTS = frozenset({*_IDENTITY, "purchasable_offer", "fulfillment_availability", "color", "size"})

_CONDITIONS = {"new_new": "New", "used_like_new": "Used - Like New", "used_good": "Used - Good"}
_DANGER = {
    "not_applicable": "Not applicable",
    "ghs": "GHS",
    "storage": "Storage",
    "waste": "Waste",
    "transportation": "Transportation",
    "other": "Other",
    "unknown": "Unknown",
}
_COUNTRIES = (
    "FR DE IT ES GB BE NL SE PL IE TR PT CH AT DK FI GR RO CZ HU US CA MX BR CN JP IN VN TH TN MA BD PE CL AR ZA AU NZ"
)
_WEIGHTS = ("grams", "kilograms", "ounces", "pounds", "milligrams")

_COMMON: dict[str, Schema] = {
    "item_name": make.text("Item Name", 200),
    "title_differentiation": make.text("Item Highlights", 125),
    "brand": make.text("Brand Name", 100),
    "manufacturer": make.text("Manufacturer", 100),
    "product_description": make.text("Product Description", 2000),
    "bullet_point": make.text("Bullet Point", 500, most=5),
    "externally_assigned_product_identifier": make.identifier(),
    "supplier_declared_has_product_identifier_exemption": make.flag("Product Identifier Exemption"),
    "merchant_suggested_asin": make.code("Merchant Suggested ASIN", 10),
    "model_number": make.code("Model Number", 40),
    "recommended_browse_nodes": make.code("Recommended Browse Nodes", 20),
    "country_of_origin": make.choice("Country of Origin", {one: one for one in _COUNTRIES.split()}),
    "supplier_declared_dg_hz_regulation": make.choice("Dangerous Goods Regulations", _DANGER),
    "gpsr_safety_attestation": make.flag("GPSR Safety Attestation"),
    "gpsr_manufacturer_reference": make.code("GPSR Manufacturer Reference", 250),
    "item_weight": make.measure("Item Weight", _WEIGHTS),
    "main_product_image_locator": make.picture("Main Image"),
    **{f"other_product_image_locator_{n}": make.picture(f"Other Image {n}") for n in range(1, 9)},
    "condition_type": make.choice("Item Condition", _CONDITIONS),
    "list_price": make.list_price(),
    "purchasable_offer": make.offer(),
    "fulfillment_availability": make.availability(),
    "merchant_shipping_group": make.code("Merchant Shipping Group", 100),
}
_FACTS = (
    "item_name",
    "brand",
    "product_description",
    "bullet_point",
    "country_of_origin",
    "supplier_declared_dg_hz_regulation",
)
_FOOD: dict[str, Schema] = {
    "ingredients": make.text("Ingredients", 3000),
    "allergen_information": make.choice(
        "Allergen Information",
        {
            "allergen_free": "Allergen-Free",
            "gluten": "Gluten",
            "milk": "Milk",
            "eggs": "Eggs",
            "nuts": "Nuts",
            "soybeans": "Soybeans",
            "fish": "Fish",
        },
    ),
    "unit_count": make.measure("Unit Count", ("gram", "kilogram", "milliliter", "liter", "count")),
    "diet_type": make.choice(
        "Diet Type", {"vegan": "Vegan", "vegetarian": "Vegetarian", "halal": "Halal", "kosher": "Kosher"}
    ),
    "flavor": make.text("Flavor", 100),
    "energy_content": make.measure("Energy", ("kilojoules", "kilocalories")),
    "is_expiration_dated_product": make.flag("Is Product Expirable"),
}
_CLOTHES: dict[str, Schema] = {
    "color": make.text("Colour", 50),
    "size": make.text("Size", 50),
    "material": make.text("Material", 100),
    "target_gender": make.choice("Target Gender", {"female": "Female", "male": "Male", "unisex": "Unisex"}),
    "department": make.text("Department Name", 50),
    "parentage_level": make.choice("Parentage Level", {"parent": "Parent", "child": "Child"}),
    "variation_theme": make.variation_theme(("SIZE", "COLOR", "SIZE/COLOR")),
    "child_parent_sku_relationship": make.parent_link(),
}
_MERCHANDISE: dict[str, Schema] = {
    **{
        name: _CLOTHES[name]
        for name in ("color", "size", "material", "parentage_level", "child_parent_sku_relationship")
    },
    "product_description": make.text("Product Description", 4000),
    "ink_color": make.text("Ink Colour", 50),
    "variation_theme": make.variation_theme(("SIZE", "COLOR", "SIZE/COLOR", "INK_COLOR")),
}


@dataclass(frozen=True, slots=True)
class ProductType:
    """`facts`, `sales`: what the requirement sets ask for. A parent of variations is asked for less."""

    name: str
    title: str
    keywords: tuple[str, ...]
    attributes: dict[str, Schema]
    facts: tuple[str, ...]
    sales: tuple[str, ...] = ("condition_type", "purchasable_offer")
    varies: bool = False

    def of_set(self, requirements: str) -> dict[str, Schema]:
        """The attributes of a requirements set: an offer has sales terms only (published model, `requirements`)."""
        if requirements != "LISTING_OFFER_ONLY":
            return self.attributes
        kept = {*OFFER_ATTRIBUTES, *_IDENTITY}
        return {name: schema for name, schema in self.attributes.items() if name in kept}

    def required(self, requirements: str) -> tuple[str, ...]:
        if requirements == "LISTING_OFFER_ONLY":
            return self.sales
        return self.facts if requirements == "LISTING_PRODUCT_ONLY" else (*self.facts, *self.sales)


TYPES = {
    one.name: one
    for one in (
        ProductType(
            "GROCERY",
            "Grocery",
            ("food", "drink", "grocery", "chocolate", "pasta", "coffee", "tea", "biscuit", "sauce"),
            _COMMON | _FOOD,
            (*_FACTS, "unit_count", "is_expiration_dated_product"),
        ),
        ProductType(
            "SHIRT",
            "Shirt",
            ("shirt", "t-shirt", "clothes", "top", "blouse"),
            _COMMON | _CLOTHES,
            (*_FACTS, "color", "size", "material", "target_gender", "department"),
            varies=True,
        ),
        ProductType("PRODUCT", "Product", ("product", "other"), _COMMON, _FACTS),
        ProductType(
            "MERCHANDISE",
            "Merchandise",
            ("merchandise",),
            _COMMON | _MERCHANDISE,
            ("item_name", "country_of_origin", "supplier_declared_dg_hz_regulation"),
            varies=True,
        ),
    )
}


@functools.cache
def schema_of(name: str, marketplace: str, requirements: str, enforced: bool, parentage: str | None = None) -> Schema:
    """JSON Schema of a type in a marketplace. `parentage`: NONE, CHILD or PARENT drop the conditions of the others."""
    kind, market = TYPES[name], MARKETPLACES[marketplace]
    languages = sorted({market.language, "en_GB" if market.region == "EU" else "en_US"})
    schema: Schema = {
        "$schema": META_SCHEMA,
        "$id": f"{META_SCHEMA.rsplit('/', 2)[0]}/schema/v1/{name}",
        "$defs": {
            "marketplace_id": {"type": "string", "enum": [marketplace], "default": marketplace},
            "language_tag": {"type": "string", "enum": languages, "default": market.language},
            "currency": {"type": "string", "enum": [market.currency], "default": market.currency},
        },
        "title": kind.title,
        "type": "object",
        "properties": kind.of_set(requirements),
        "additionalProperties": False,
    }
    return schema | (_enforced(kind, requirements, parentage) if enforced else {})


def _enforced(kind: ProductType, requirements: str, parentage: str | None) -> Schema:
    needed = list(kind.required(requirements))
    single: Schema = {"required": needed, "anyOf": [{"required": [one]} for one in _IDENTITY]}
    child: Schema = {
        "required": [*needed, "child_parent_sku_relationship", "variation_theme"],
        "anyOf": single["anyOf"],
    }
    parent: Schema = {"required": [*(one for one in needed if one not in _NOT_FOR_PARENTS), "variation_theme"]}
    if parentage is not None:
        return {"NONE": single, "CHILD": child, "PARENT": parent}[parentage]
    if not kind.varies:
        return single
    return {"allOf": [_when("parent", parent, {}), _when("child", child, {}), _unless_varied(single)]}


def _is(level: str) -> Schema:
    item = {"required": ["value"], "properties": {"value": {"const": level}}}
    return {"required": ["parentage_level"], "properties": {"parentage_level": {"items": item}}}


def _when(level: str, then: Schema, otherwise: Schema) -> Schema:
    return {"if": _is(level), "then": then, "else": otherwise}


def _unless_varied(single: Schema) -> Schema:
    return {"if": {"required": ["parentage_level"]}, "then": {}, "else": single}
