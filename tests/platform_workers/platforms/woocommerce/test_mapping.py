"""Items in the platform's words: pure."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

import pytest
from platform_workers.platforms.woocommerce.catalog import (
    EAN,
    SETTINGS,
    item,
    price,
    priced,
    rich,
    shirt,
    simple,
    stock,
    values,
)

from pixee_common.domain.job import Operation
from pixee_common.domain.measures import Weight, WeightUnit
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce import MANIFEST, create
from pixee_workers.platforms.woocommerce.mapping import new_price, new_stock, parent_sku
from pixee_workers.platforms.woocommerce.terms import attribute_slug
from pixee_workers.sync_base.items import Action, Listing, StockItem
from pixee_workers.sync_base.outcomes import Refusal


def _settings(**extra: str) -> Any:
    return SETTINGS.model_copy(update={"extra": extra})


def test_the_words_of_a_product_hold_content_only() -> None:
    words = values(item(shirt(), quantity=3, cost=price("7")))
    assert words == values(item(shirt(), quantity=99, cost=price("8")))
    assert words == values(replace(item(shirt()), listing=Listing("77", refs={"images": {"x": 1}})))


def test_texts_go_in_the_connectors_language() -> None:
    assert values(item(rich()))["document"]["name"] == "Chemise & col"
    english = SETTINGS.model_copy(update={"locale": "en-GB"})
    assert values(item(rich()), english)["document"]["name"] == "Shirt"


def test_descriptions_pass_as_the_html_they_are() -> None:
    assert values(item(rich()))["document"]["description"] == "<p>Belle &amp; bonne</p>"


def test_only_a_valid_ean_is_sent() -> None:
    assert values(item(simple(variant={"ean": EAN})))["document"]["global_unique_id"] == EAN
    assert values(item(simple(variant={"ean_given": "123"})))["document"]["global_unique_id"] == ""


@pytest.mark.parametrize(("unit", "sent"), [("kg", "0.2"), ("g", "200"), ("lbs", "0.440925"), ("oz", "7.054792")])
def test_weights_are_in_the_shops_unit(unit: str, sent: str) -> None:
    assert values(item(simple()), _settings(weight_unit=unit))["document"]["weight"] == sent


def test_a_heavy_weight_has_no_exponent() -> None:
    heavy = simple(variant={"weight": Weight(value=Decimal("1E+3"), unit=WeightUnit.KILOGRAM)})
    assert values(item(heavy))["document"]["weight"] == "1000"


def test_dimensions_are_in_the_shops_unit_and_unknown_ones_are_empty() -> None:
    assert values(item(rich()))["document"]["dimensions"] == {"length": "10", "width": "2.55", "height": ""}


def test_values_of_an_attribute_never_hold_the_shops_own_separator() -> None:
    assert values(item(rich()))["attributes"] == [
        {"name": "Matière", "values": ["Lin", "Coton/bio"]},
        {"name": "Largeur", "values": ["12 cm"]},
    ]


def test_only_pictures_are_images() -> None:
    assert values(item(rich()))["images"] == [
        {"src": "https://img.example/front.jpg", "alt": "devant"},
        {"src": "https://img.example/back.jpg", "alt": ""},
    ]


def test_a_tax_class_is_sent_only_where_it_is_mapped() -> None:
    assert "tax_class" not in values(item(rich()))["document"]
    mapped = _settings(tax_classes="other=x,reduced=reduced-rate")
    assert values(item(rich()), mapped)["document"]["tax_class"] == "reduced-rate"


def test_a_variable_product_has_a_sku_that_no_variant_has() -> None:
    assert parent_sku(shirt("SHIRT")) == "SHIRT"
    product = shirt("SHIRT").model_copy(update={"key": "SHIRT-S"})
    assert parent_sku(product) == "SHIRT-S-parent"
    assert len(parent_sku(simple("k" * 100))) == 100


@pytest.mark.parametrize(
    ("amount", "compare_at", "regular", "sale"),
    [
        ("19.9", None, "19.90", ""),
        ("19.9", "25", "25.00", "19.90"),
        ("19.9", "19.9", "19.90", ""),
        ("19.9", "10", "19.90", ""),
        ("0.125", None, "0.125", ""),
        ("1E+3", None, "1000.00", ""),
    ],
)
def test_a_sale_price_is_sent_only_below_the_regular_one(
    amount: str, compare_at: str | None, regular: str, sale: str
) -> None:
    assert new_price(price(amount, compare_at)) == {"regular_price": regular, "sale_price": sale}


def test_without_a_stock_record_the_shop_does_not_manage_stock() -> None:
    assert (new_stock(None), new_stock(0)) == ({}, {"manage_stock": True, "stock_quantity": 0})


@pytest.mark.parametrize("quantity", [True, 1.5, "7", None])
def test_a_quantity_that_is_no_whole_number_is_refused(quantity: object) -> None:
    listing = Listing("5")
    one = item(simple())
    wrong = StockItem(one.variants[0].id, one.id, "TEE", cast("int", quantity), listing, version=1)
    refusal = create().mapped(Operation.PUSH_STOCK, wrong, SETTINGS)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (ReasonCode.INVALID_VALUE, "stock")


def test_a_price_in_another_currency_is_refused() -> None:
    one = item(simple(), cost=price("5", currency="USD"))
    there = replace(one, variants=(replace(one.variants[0], listing=Listing("5")),))
    for operation, refused in (
        (Operation.PUSH_PRODUCTS, one),
        (Operation.PUSH_PRICES, priced(there, price("5", currency="USD"))),
    ):
        refusal = create().mapped(operation, refused, SETTINGS)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is ReasonCode.CURRENCY_MISMATCH


def test_an_empty_name_is_refused_and_named() -> None:
    refusal = create().mapped(Operation.PUSH_PRODUCTS, item(simple(names={"fr": "  "})), SETTINGS)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (ReasonCode.MISSING_FIELD, "names")


def test_a_withdrawal_says_only_what_is_to_become_of_the_product() -> None:
    assert values(item(simple(), action=Action.UNPUBLISH)) == {"status": "draft"}
    assert values(item(simple(), action=Action.DELETE)) == {"deleted": True}


def test_weight_counts_what_is_written() -> None:
    adapter = create()
    assert adapter.weight(Operation.PUSH_PRODUCTS, item(simple())) == 1
    assert adapter.weight(Operation.PUSH_PRODUCTS, item(shirt())) == 4
    assert adapter.weight(Operation.PUSH_PRODUCTS, item(shirt(), action=Action.DELETE)) == 1


def test_stock_and_price_words_keep_to_the_field_policy() -> None:
    one = item(simple())
    there = replace(one, variants=(replace(one.variants[0], listing=Listing("5")),))
    for sent, operation in (
        (stock(there, 1), Operation.PUSH_STOCK),
        (priced(there, price()), Operation.PUSH_PRICES),
    ):
        policy = MANIFEST.capabilities[operation].fields
        assert set(values(sent)) <= {*policy.sent, *policy.companions}


def test_an_attribute_slug_fits_and_differs_for_every_name() -> None:
    names = ("Size", "Größe", "サイズ", "A very long name of an attribute indeed", "A very long name of an attribute")
    slugs = [attribute_slug(name) for name in names]
    assert slugs[0] == "size"
    assert len(set(slugs)) == len(names)
    assert all(slug.isascii() and 0 < len(slug) <= 28 for slug in slugs)


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("https://shop.example/store/", "https://shop.example/store"),
        (" https://shop.example/store/wp-json/wc/v3 ", "https://shop.example/store"),
        ("https://shop.example/wp-admin/admin.php", "https://shop.example"),
        ("shop.example/store/", "https://shop.example/store"),
        ("https://shop.example", "https://shop.example"),
        ("http://shop.example", "http://shop.example"),
    ],
)
def test_a_pasted_address_becomes_the_shops(pasted: str, kept: str) -> None:
    assert MANIFEST.rewritten("store_url", pasted) == kept
