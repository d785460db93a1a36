"""How quantities and prices are said and read."""

from decimal import Decimal
from uuid import uuid4

import pytest

from pixee_common.domain.ids import ProductId, VariantId
from pixee_common.domain.money import Price
from pixee_common.domain.product import Variant
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import Listing, PriceItem, PushVariant, StockItem
from pixee_workers.sync_base.outcomes import Refusal
from pixee_workers.sync_base.plain_levels import Levels

CENTS = Levels(quantity="stock", price="cents", hundredths=True)


def _price(amount: str) -> PriceItem:
    price = Price(amount=Decimal(amount), currency="EUR")
    return PriceItem(VariantId(uuid4()), ProductId(uuid4()), "A", price, Listing("v1", "p1"), 1)


def _new(amount: str | None) -> PushVariant:
    price = None if amount is None else Price(amount=Decimal(amount), currency="EUR")
    return PushVariant(VariantId(uuid4()), Variant(sku="A"), 3, price, None)


def test_each_level_is_said_under_its_own_name() -> None:
    stock = StockItem(VariantId(uuid4()), ProductId(uuid4()), "A", 3, Listing("v1", "p1"), 1)
    assert (CENTS.words(stock), CENTS.words(_price("9.5"))) == ({"stock": 3}, {"cents": 950})
    assert (Levels().words(stock), Levels().words(_price("9.5"))) == ({"quantity": 3}, {"price": "9.50"})


@pytest.mark.parametrize(
    ("amount", "cents"), [("0.01", 1), ("19.9000", 1990), ("100", 10000), ("999999999.99", 99999999999)]
)
def test_whole_cents_are_exact(amount: str, cents: int) -> None:
    assert CENTS.words(_price(amount)) == {"cents": cents}
    assert CENTS.new(_new(amount)) == {"cents": cents, "stock": 3}


@pytest.mark.parametrize("amount", ["0.001", "9.9999", "5.125"])
def test_what_is_between_two_cents_is_refused_and_never_rounded(amount: str) -> None:
    refusal = CENTS.words(_price(amount))
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.field) == (ReasonCode.INVALID_VALUE, "price")
    assert amount in refusal.message
    assert CENTS.new(_new(amount)) == {"cents": None, "stock": 3}
    assert Levels().words(_price(amount)) == {"price": amount}, "decimals say it"


def test_a_create_without_a_price_says_null() -> None:
    assert CENTS.new(_new(None)) == {"cents": None, "stock": 3}


@pytest.mark.parametrize(
    ("told", "price"), [(1, "0.01"), (950, "9.50"), (0, "0.00"), (123456789, "1234567.89"), (None, None)]
)
def test_cents_are_read_as_decimal_text(told: int | None, price: str | None) -> None:
    assert CENTS.price_of(told) == price


def test_decimals_are_read_as_they_are() -> None:
    assert [Levels().price_of(told) for told in ("9.5", "9.9999", None)] == ["9.50", "9.9999", None]
