"""GTINs: length and check digit, and what two spellings share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixee_common.domain.gtin import gtin_is_valid, gtin_key


@pytest.mark.parametrize("given_text", ["4006381333931", "036000291452", "96385074", "10012345678902"])
def test_published_examples_are_valid(given_text) -> None:
    assert gtin_is_valid(given_text)


@pytest.mark.parametrize(
    "given_text",
    ["", "4006381333932", "400638133393", "40063813339311", "400638133393x", "٤٠٠٦٣٨١٣٣٣٩٣١", "00000000000000225"],
)
def test_wrong_lengths_digits_and_characters_are_not(given_text) -> None:
    assert not gtin_is_valid(given_text)


@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_exactly_one_of_ten_check_digits_is_right(body) -> None:
    assert sum(gtin_is_valid(body + str(digit)) for digit in range(10)) == 1


def test_leading_zeros_do_not_tell_two_apart() -> None:
    assert gtin_key("0036000291452") == gtin_key("036000291452")
