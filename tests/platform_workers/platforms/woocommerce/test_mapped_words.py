"""What the connector's mapping changes in WooCommerce's words."""

from platform_workers.platforms.woocommerce.catalog import SETTINGS, item, rich, simple, values

from pixee_common.domain.job import Operation
from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.adapter import create
from pixee_workers.sync_base.outcomes import Refusal


def settings(**parts):
    return SETTINGS.model_copy(update={"mapping": ConnectorMapping.model_validate(parts)})


def test_a_category_becomes_the_path_that_the_mapping_names_and_the_others_stay():
    given = values(item(rich()), settings(categories={"Vêtements": "Clothes > Men"}))
    assert given["categories"] == [["Clothes", "Men"], ["Soldes"]]
    every = values(item(rich()), settings(categories={"*": "All"}))
    assert every["categories"] == [["All"]]


def test_a_tax_class_is_the_mappings_before_the_settings():
    one = item(rich())
    older = {"tax_classes": "reduced=old-rate"}
    mapped = settings(tax_classes={"reduced": "reduced-rate"}).model_copy(update={"extra": older})
    assert values(one, mapped)["document"]["tax_class"] == "reduced-rate"
    assert values(one, SETTINGS.model_copy(update={"extra": older}))["document"]["tax_class"] == "old-rate"
    assert "tax_class" not in values(item(simple()), mapped)["document"]


def test_a_tax_class_that_the_mapping_lacks_refuses_the_product():
    found = create().mapped(Operation.PUSH_PRODUCTS, item(rich()), settings(tax_classes={"zero": "zero-rate"}))
    assert isinstance(found, Refusal)
    assert (found.reason, found.field) == (ReasonCode.MISSING_MAPPING, "tax_classes")
    assert "'reduced'" in found.message


def test_attributes_are_renamed_translated_and_converted():
    rules = [
        {"target": "Material", "source": "attribute:Matière", "values": {"Lin": "Linen", "*": "Other"}},
        {"target": "Width", "source": "attribute:Largeur", "unit": "mm"},
    ]
    assert values(item(rich()), settings(attributes=rules))["attributes"] == [
        {"name": "Material", "values": ["Linen", "Other"]},
        {"name": "Width", "values": ["120 mm"]},
    ]


def test_a_mapping_of_other_things_changes_no_word():
    plain = values(item(simple()))
    assert values(item(simple()), settings(categories={"Hats": "H"}, price_list="retail")) == plain
