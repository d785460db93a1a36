"""What a product may be: each refusal says what is wrong and what to do."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pixee_common.domain.measures import Dimensions, LengthUnit, Weight, WeightUnit
from pixee_common.domain.product import Option, Product, StockLevel, Variant, localized, plain_decimal, total_quantity


def variant(sku: str = "A-1", **values) -> Variant:
    return Variant.model_validate({"sku": sku} | values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sku": ""}, "must not be empty"),
        ({"sku": "A/1"}, "must hold no '/'"),
        ({"sku": " A"}, "begin or end with a space"),
        ({"sku": "A\n1"}, "no control characters"),
        ({"sku": "x" * 101}, "at most 100"),
        ({"ean": "4006381333932"}, "no valid EAN"),
        ({"base_price": "0", "currency": "EUR"}, "above zero"),
        ({"base_price": "-1", "currency": "EUR"}, "above zero"),
        ({"base_price": "NaN", "currency": "EUR"}, "finite"),
        ({"base_price": "1.23456", "currency": "EUR"}, "four decimals"),
        ({"base_price": "1.00"}, "needs its currency"),
        ({"base_price": "1.00", "currency": "eur"}, "ISO 4217"),
        ({"stock": [{"quantity": 1.5}]}, "int"),
        ({"stock": [{"quantity": "3"}]}, "int"),
        ({"stock": [{"quantity": 1_000_000_001}]}, "less than or equal"),
        ({"stock": [{"quantity": 1}, {"quantity": 2}]}, "same location"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_bad_variant_is_refused_with_words_that_help(values, words) -> None:
    with pytest.raises(ValidationError, match=words):
        variant(**values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"variants": []}, "at least 1"),
        ({"names": {}}, "at least 1"),
        ({"variants": [{"sku": "A"}, {"sku": "A"}]}, "SKU used by two variants"),
        ({"variants": [{"sku": "A"}, {"sku": "B"}]}, "needs options"),
        ({"options": [{"name": "Size", "values": ["S"]}]}, "must give a value for each option"),
        (
            {"options": [{"name": "Size", "values": ["S"]}], "variants": [{"sku": "A", "options": {"Size": "XL"}}]},
            "no value of the option",
        ),
        ({"key": "a/b"}, "must hold no '/'"),
    ],
)
def test_a_bad_product_is_refused_with_words_that_help(values, words) -> None:
    with pytest.raises(ValidationError, match=words):
        Product.model_validate({"key": "A", "names": {"en": "A"}, "variants": [{"sku": "A"}]} | values)


def test_a_product_survives_its_json() -> None:
    product = Product(
        key="T",
        names={"en": "Tee", "de": "Shirt"},
        options=(Option(name="Size", values=("S", "M")),),
        weight=Weight(value=Decimal("0.2"), unit=WeightUnit.KILOGRAM),
        variants=(
            variant("T-S", options={"Size": "S"}, base_price="19.90", currency="EUR", ean="4006381333931"),
            variant("T-M", options={"Size": "M"}, stock=[{"location": "a", "quantity": -2}]),
        ),
    )
    assert Product.model_validate_json(product.model_dump_json()) == product


@pytest.mark.parametrize(
    ("locale", "text"), [("de", "Shirt"), ("de-AT", "Shirt"), ("en", "Tee"), ("fr", "?"), (None, "?")]
)
def test_a_text_is_found_by_locale_then_language_then_undetermined(locale, text) -> None:
    assert localized({"en-GB": "Tee", "de": "Shirt", "und": "?"}, locale) == text


def test_without_an_undetermined_text_the_first_by_tag_is_taken() -> None:
    assert localized({"nl": "b", "fr": "a"}, "de") == "a"
    assert localized({}, "de") is None


@given(st.decimals(min_value=Decimal("0.0001"), max_value=Decimal("999999999.9999"), places=4))
def test_a_plain_decimal_is_the_same_number_without_exponent(value: Decimal) -> None:
    text = plain_decimal(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert len(text.split(".")[1]) >= 2


def test_quantities_add_up_over_the_named_locations() -> None:
    stock = (StockLevel(location="a", quantity=3), StockLevel(location="b", quantity=-1))
    assert (total_quantity(stock), total_quantity(stock, ("a",)), total_quantity(stock, ("c",))) == (2, 3, 0)


def test_measures_convert_exactly() -> None:
    assert Weight(value=Decimal("1.5"), unit=WeightUnit.KILOGRAM).to(WeightUnit.GRAM) == 1500
    size = Dimensions(length=Decimal(2), height=Decimal(1), unit=LengthUnit.INCH)
    assert size.to(LengthUnit.CENTIMETRE) == (Decimal("5.08"), None, Decimal("2.54"))
