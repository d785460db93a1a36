"""Every kind of difference between catalog and shop is found where it was planted, and nothing else."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pixee_cli.comparison.catalog_side import View
from pixee_cli.comparison.differences import FIELDS, compare
from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant

VARIANT = SeenVariant("A-1", "4006381333931", {"Size": "S"}, Decimal(5), Decimal(6), 7)
SECOND = SeenVariant("A-2", None, {"Size": "M"}, Decimal(5), None, 0)
PRODUCT = SeenProduct("A", "Shirt", "<p>Soft.</p>", "active", (VARIANT, SECOND))
OTHER = SeenProduct("B", "Mug", "", "draft", (SeenVariant("B-1", None, {}, Decimal("1.5"), None, None),))
CATALOG = Contents("EUR", (PRODUCT, OTHER))


def shop(*products: SeenProduct, currency: str = "EUR") -> Contents:
    """The same as the shop shows it: under its own numbers."""
    return Contents(currency, tuple(replace(one, name=f"9{place}") for place, one in enumerate(products)))


def found(contents: Contents, catalog: Contents = CATALOG) -> list[tuple[str, str]]:
    return [(one.item, one.field) for one in compare(catalog, contents).differences]


def test_what_is_equal_is_equal_and_every_field_was_looked_at():
    comparison = compare(CATALOG, shop(OTHER, PRODUCT))
    assert comparison.differences == []
    assert all(comparison.compared[field] > 0 for field in FIELDS)
    assert (comparison.products, comparison.variants, comparison.shop_products, comparison.shop_variants) == (
        2,
        3,
        2,
        3,
    )


@pytest.mark.parametrize(
    ("field", "value"), [("title", "Shirts"), ("description", "<p>Soft</p>"), ("status", "draft"), ("title", "")]
)
def test_a_differing_field_of_a_product_is_found(field, value):
    assert found(shop(replace(PRODUCT, **{field: value}), OTHER)) == [("A", field)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ean", None),
        ("ean", "4006381333948"),
        ("options", {"Size": "L"}),
        ("options", {"Grösse": "S"}),
        ("price", Decimal("5.01")),
        ("price", None),
        ("compare_at_price", None),
        ("quantity", 8),
        ("quantity", None),
    ],
)
def test_a_differing_field_of_a_variant_is_found(field, value):
    changed = replace(PRODUCT, variants=(replace(VARIANT, **{field: value}), SECOND))
    assert found(shop(changed, OTHER)) == [("A-1", field)]


def test_another_currency_is_found_for_every_price():
    assert found(shop(PRODUCT, OTHER, currency="USD")) == [
        ("A-1", "currency"),
        ("A-2", "currency"),
        ("B-1", "currency"),
    ]


def test_a_product_that_is_missing_or_there_twice_is_found():
    assert found(shop(OTHER)) == [("A", "product")]
    assert found(shop(PRODUCT, OTHER, OTHER)) == [("B", "product")]


def test_a_product_cut_in_two_is_found():
    halves = (replace(PRODUCT, variants=(VARIANT,)), replace(PRODUCT, variants=(SECOND,)), OTHER)
    assert found(shop(*halves)) == [("A", "product")]


def test_a_missing_and_a_needless_variant_are_found():
    assert found(shop(replace(PRODUCT, variants=(VARIANT,)), OTHER)) == [("A", "sku")]
    more = replace(SECOND, sku="A-3")
    both = found(shop(replace(PRODUCT, variants=(VARIANT, SECOND, more)), OTHER))
    assert ("A", "sku") in both
    assert ("90", "product") in both


def test_what_the_catalog_does_not_have_is_found_unless_it_was_withdrawn():
    stranger = replace(OTHER, variants=(replace(OTHER.variants[0], sku="X-1"),))
    assert found(shop(PRODUCT, OTHER, stranger)) == [("92", "product")]
    withdrawn = replace(CATALOG, others=frozenset({"X-1"}))
    assert found(shop(PRODUCT, OTHER, stranger), withdrawn) == []


def test_a_shared_ean_may_be_left_out_but_not_be_another_one():
    catalog = Contents("EUR", (replace(PRODUCT, variants=(replace(VARIANT, ean_shared=True), SECOND)), OTHER))
    without = shop(replace(PRODUCT, variants=(replace(VARIANT, ean=None), SECOND)), OTHER)
    wrong = shop(replace(PRODUCT, variants=(replace(VARIANT, ean="73513537"), SECOND)), OTHER)
    assert (found(without, catalog), compare(catalog, without).eans_left_out) == ([], 1)
    assert found(wrong, catalog) == [("A-1", "ean")]


def test_a_view_follows_the_connectors_settings():
    view = View.of({"locations": "north, south", "locale": "fr-FR", "channel": "web"}, "CHF")
    assert view == View("CHF", "fr-FR", "web", ("north", "south"))
    assert View.of({"currency": "EUR"}, "CHF").currency == "EUR"
