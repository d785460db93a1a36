"""Units by their many names."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixee_common.domain.units import converted, measure_text, unit_named


@pytest.mark.parametrize(
    ("value", "given_", "wanted", "expected"),
    [
        ("2", "kg", "Grams", "2000"),
        ("1", "inches", "CM", "2.54"),
        ("1", "lb", "g", "453.59237"),
        ("33", "cl", "milliliters", "330"),
        ("5", "furlong", "FURLONG", "5"),
    ],
)
def test_a_measure_is_converted_between_all_names_of_units(value, given_, wanted, expected):
    assert converted(Decimal(value), given_, wanted) == Decimal(expected)


@pytest.mark.parametrize(("given_", "wanted"), [("kg", "cm"), ("kg", "stone"), ("furlong", "m"), ("ml", "g")])
def test_units_that_do_not_fit_together_are_not_guessed(given_, wanted):
    assert converted(Decimal(1), given_, wanted) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [("1200", "1200"), ("1E+3", "1000"), ("0.50000", "0.5"), ("2.64554715", "2.6455"), ("0.0000123456", "0.00001235"),
     ("0", "0"), ("0.00", "0")],
)  # fmt: skip
def test_a_measure_is_written_plainly(value, text):
    assert measure_text(Decimal(value)) == text


@given(st.decimals(min_value="0.001", max_value="100000", places=3), st.sampled_from(["g", "kg", "oz", "lb"]))
def test_there_and_back_is_the_same_measure(value, unit):
    there = converted(value, "g", unit)
    assert there is not None
    back = converted(there, unit, "g")
    assert back is not None
    assert abs(back - value) < Decimal("1e-20")
    assert unit_named(unit.upper()) == unit_named(unit)
