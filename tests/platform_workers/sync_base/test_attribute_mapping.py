"""Attributes by the rules of a mapping: sources, units, translations, and what is missing."""

import pytest

from pixee_common.domain.mapping import AttributeRule, ConnectorMapping
from pixee_common.domain.product import Product
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.attribute_mapping import mapped_attributes
from pixee_workers.sync_base.outcomes import Refusal

BOOT = Product.model_validate(
    {
        "key": "boot",
        "names": {"de": "Stiefel", "en": "Boot"},
        "brand": "Pixee",
        "tags": ["warm", "dry"],
        "weight": {"value": "1.2", "unit": "kg"},
        "attributes": [
            {"code": "material", "values": {"en": ["leather", "wool"], "de": ["Leder", "Wolle"]}},
            {"code": "color", "values": {"und": ["blau"]}},
            {"code": "shaft", "values": {"und": ["30"]}, "unit": "cm"},
            {"code": "sole", "values": {"und": ["thick"]}, "unit": "mm"},
            {"code": "battery", "values": {"und": ["7"]}, "unit": "Wh"},
            {"code": "empty", "values": {"en": []}},
        ],
        "options": [{"name": "Size", "values": ["41", "42"]}],
        "variants": [
            {"sku": "B41", "options": {"Size": "41"}, "dimensions": {"length": "254", "unit": "mm"}},
            {
                "sku": "B42",
                "options": {"Size": "42"},
                "weight": {"value": "500", "unit": "g"},
                "attributes": [{"code": "color", "values": {"und": ["rot"]}}],
            },
        ],
    }
)


def attributes_of(*rules, sku="B41", product_type="BOOT", locale="en-GB"):
    mapping = ConnectorMapping(attributes=[AttributeRule.model_validate(rule) for rule in rules])
    variant = next(one for one in BOOT.variants if one.sku == sku)
    return mapped_attributes(BOOT, variant, product_type, mapping, locale)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("constant:China", ("China",)),
        ("option:Size", ("41",)),
        ("attribute:material", ("leather", "wool")),
        ("field:brand", ("Pixee",)),
        ("field:names", ("Boot",)),
        ("field:tags", ("warm", "dry")),
        ("field:condition", ("new",)),
    ],
)
def test_a_value_comes_from_where_its_rule_says(source, expected):
    assert attributes_of({"target": "x", "source": source}) == {"x": expected}


@pytest.mark.parametrize(
    "source", ["option:Width", "attribute:none", "attribute:empty", "field:nothing", "field:model_fields"]
)
def test_what_the_variant_does_not_have_gives_nothing(source):
    assert attributes_of({"target": "x", "source": source}) == {}


def test_the_variants_own_attribute_stands_before_the_products():
    rule = {"target": "color", "source": "attribute:color", "values": {"rot": "red", "blau": "blue"}}
    assert attributes_of(rule, sku="B42") == {"color": ("red",)}
    assert attributes_of(rule, sku="B41") == {"color": ("blue",)}


@pytest.mark.parametrize(
    ("source", "unit", "sku", "expected"),
    [
        ("field:weight", "grams", "B41", "1200"),
        ("field:weight", "KILOGRAMS", "B42", "0.5"),
        ("field:weight", "pounds", "B41", "2.6455"),
        ("field:dimensions.length", "inches", "B41", "10"),
        ("attribute:shaft", "mm", "B41", "300"),
        ("attribute:battery", "wh", "B41", "7"),
    ],
)
def test_a_measure_is_sent_in_the_platforms_unit(source, unit, sku, expected):
    assert attributes_of({"target": "x", "source": source, "unit": unit}, sku=sku) == {"x": (expected,)}


@pytest.mark.parametrize(
    ("source", "unit", "named"),
    [("field:weight", None, "kg"), ("field:weight", "inches", "kg"), ("attribute:battery", "watt_hours", "Wh")],
)
def test_a_unit_that_is_not_known_to_fit_is_asked_for_and_not_guessed(source, unit, named):
    refusal = attributes_of({"target": "item_weight", "source": source, "unit": unit})
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (ReasonCode.MISSING_MAPPING, "attributes.item_weight.unit")
    assert named in refusal.message


def test_a_measure_that_is_no_number_is_named():
    refusal = attributes_of({"target": "sole", "source": "attribute:sole", "unit": "cm"})
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (ReasonCode.INVALID_VALUE, "sole")
    assert "'thick' is no number" in refusal.message


def test_everything_that_is_missing_is_said_at_once():
    refusal = attributes_of(
        {"target": "color", "source": "attribute:color", "values": {"rot": "red"}},
        {"target": "material", "source": "attribute:material", "values": {"leather": "LEATHER"}},
    )
    assert isinstance(refusal, Refusal)
    assert refusal.reason is ReasonCode.MISSING_MAPPING
    assert refusal.field == "attributes.color.values"
    assert "attributes.color.values for 'blau'" in refusal.message
    assert "attributes.material.values for 'wool'" in refusal.message
    assert "leather'" not in refusal.message


def test_the_star_stands_for_every_value_without_an_entry_and_doubles_collapse():
    rule = {"target": "m", "source": "attribute:material", "values": {"*": "OTHER"}}
    assert attributes_of(rule) == {"m": ("OTHER",)}


def test_rules_of_other_product_types_do_not_count_and_the_special_one_wins():
    rules = (
        {"target": "x", "source": "constant:general"},
        {"target": "x", "source": "constant:boots", "product_types": ["BOOT"]},
        {"target": "y", "source": "constant:hats", "product_types": ["HAT"]},
    )
    assert attributes_of(*rules) == {"x": ("boots",)}
    assert attributes_of(*rules, product_type=None) == {"x": ("general",)}


def test_a_long_quotient_is_cut_to_what_platforms_take():
    assert attributes_of({"target": "x", "source": "field:weight", "unit": "oz"}, sku="B42") == {"x": ("17.637",)}
