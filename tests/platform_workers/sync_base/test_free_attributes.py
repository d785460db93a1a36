"""Attributes of any name by the rules of a mapping: what is renamed, what is added, what stays."""

from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.domain.product import Attribute, Product
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.free_attributes import attribute_texts, in_their_words
from pixee_workers.sync_base.outcomes import Refusal

BOOT = Product.model_validate(
    {
        "key": "boot",
        "names": {"en": "Boot"},
        "brand": "Pixee",
        "attributes": [
            {"code": "colour", "values": {"en": ["blue"]}},
            {"code": "lining", "values": {"en": ["wool"]}},
            {"code": "shaft", "values": {"und": ["30"]}, "unit": "cm"},
        ],
        "options": [{"name": "Size", "values": ["41", "42"]}],
        "variants": [
            {"sku": "B41", "options": {"Size": "41"}, "attributes": [{"code": "grip", "values": {"en": ["hard"]}}]},
            {"sku": "B42", "options": {"Size": "42"}},
        ],
    }
)


def worded(*rules):
    return in_their_words(BOOT, ConnectorMapping.model_validate({"attributes": rules}), "en")


def held(attributes):
    return {one.code: (next(iter(one.values.values())), one.unit) for one in attributes}


def test_without_rules_the_product_is_the_same():
    assert worded() is BOOT
    assert worded({"target": "x", "source": "field:brand", "product_types": ["BOOT"]}) is BOOT


def test_a_rule_takes_the_place_of_the_attribute_that_it_reads():
    product = worded(
        {"target": "color", "source": "attribute:colour", "values": {"blue": "BLUE"}},
        {"target": "height", "source": "attribute:shaft", "unit": "mm"},
    )
    assert isinstance(product, Product)
    assert held(product.attributes) == {
        "lining": (("wool",), None),
        "color": (("BLUE",), None),
        "height": (("300",), "mm"),
    }
    assert product.variants == BOOT.variants


def test_what_differs_from_variant_to_variant_goes_to_the_variants():
    product = worded(
        {"target": "size", "source": "option:Size", "values": {"41": "EU 41", "*": "EU 42"}},
        {"target": "sole", "source": "attribute:grip"},
        {"target": "maker", "source": "field:brand"},
        {"target": "number", "source": "field:sku"},
    )
    assert isinstance(product, Product)
    assert held(product.attributes)["maker"] == (("Pixee",), None)
    assert [held(one.attributes) for one in product.variants] == [
        {"size": (("EU 41",), None), "sole": (("hard",), None), "number": (("B41",), None)},
        {"size": (("EU 42",), None), "number": (("B42",), None)},
    ]


def test_a_rule_stands_over_an_attribute_of_its_targets_name():
    product = worded({"target": "lining", "source": "constant:fleece"})
    assert isinstance(product, Product)
    assert held(product.attributes)["lining"] == (("fleece",), None)
    assert [one.code for one in product.attributes].count("lining") == 1


def test_a_value_without_a_translation_refuses_the_product():
    refusal = worded({"target": "color", "source": "attribute:colour", "values": {"red": "RED"}})
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (ReasonCode.MISSING_MAPPING, "attributes.color.values")


def test_attributes_are_texts_of_one_locale_with_their_unit() -> None:
    attributes = (
        Attribute(code="colour", values={"en": ("red", "blue"), "fr": ("rouge",)}),
        Attribute(code="length", values={"und": ("3.5",)}, unit="cm"),
        Attribute(code="empty", values={}),
    )
    assert attribute_texts(attributes, "en-GB") == {"colour": "red, blue", "length": "3.5 cm"}
    assert attribute_texts(attributes, "fr") == {"colour": "rouge", "length": "3.5 cm"}
