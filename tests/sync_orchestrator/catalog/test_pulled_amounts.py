"""Prices as a shop writes them, and what of them the catalog holds."""

from decimal import Decimal

import pytest

from pixee_orchestrator.catalog.pulls.pages import amount


@pytest.mark.parametrize("text", [None, "", "0", "0.00", "-1", "0.00004", "1e-9", "NaN", "Infinity", "1e12", "12,50"])
def test_what_the_catalog_cannot_hold_as_a_price_is_none(text: str | None) -> None:
    assert amount(text) is None


@pytest.mark.parametrize(("text", "held"), [("12.50", "12.5"), ("0.00005001", "0.0001"), ("1e3", "1000")])
def test_a_price_is_held_to_four_decimals(text: str, held: str) -> None:
    assert amount(text) == Decimal(held)
