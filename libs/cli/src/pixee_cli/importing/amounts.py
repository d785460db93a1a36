"""Prices and quantities as people write them, read strictly: what could mean two things is refused, never guessed."""

import hashlib
import re
from decimal import Decimal

from pydantic import TypeAdapter, ValidationError

from pixee_cli.importing.problems import RowRefused
from pixee_common.domain.money import Amount, Currency
from pixee_common.domain.product import LARGEST_QUANTITY

_DECIMAL = re.compile(r"-?\d+(?:[.,]\d{1,4})?")
_WHOLE = re.compile(r"[+-]?\d+")
_AMOUNT: TypeAdapter[Decimal] = TypeAdapter(Amount)
_CURRENCY: TypeAdapter[str] = TypeAdapter(Currency)


def said(error: ValidationError) -> str:
    """The first complaint of a model, without pydantic's wrapping."""
    return error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")


def price(text: str, field: str) -> Decimal:
    """A price above zero: `12`, `12.50` or `12,50`.

    Raises:
        RowRefused: anything else; thousands separators and currency signs too, which would have to be guessed.
    """
    if not _DECIMAL.fullmatch(text) or re.fullmatch(r"-?\d{1,3},\d{3}", text):
        raise RowRefused(
            "price_unreadable",
            f"{field} '{text}' cannot be read: write digits with a dot or comma for cents, as 12.50, and nothing else",
            field,
        )
    try:
        return _AMOUNT.validate_python(Decimal(text.replace(",", ".")))
    except ValidationError as error:
        raise RowRefused("price_out_of_range", f"{field}: {said(error)}", field) from None


def currency(text: str, expected: str, *, strict: bool) -> str:
    """The currency of a row; `expected` where it names none. `strict`: another one than expected is a mistake.

    Raises:
        RowRefused: no ISO 4217 code, or another currency than the one asked for.
    """
    if not text:
        return expected
    try:
        given = _CURRENCY.validate_python(text)
    except ValidationError as error:
        raise RowRefused("currency_unknown", said(error), "currency") from None
    if strict and given != expected:
        raise RowRefused(
            "currency_mismatch",
            f"the price is in {given}, but --currency {expected} was asked for: correct the row, or leave --currency out",
            "currency",
        )
    return given


def quantity(text: str) -> int:
    """Whole pieces.

    Raises:
        RowRefused: a fraction, more than the largest quantity, or no number.
    """
    if not _WHOLE.fullmatch(text):
        raise RowRefused("quantity_not_whole", f"stock '{text}' is no whole number of pieces", "stock")
    pieces = int(text) if len(text) <= 20 else LARGEST_QUANTITY + 1
    if abs(pieces) > LARGEST_QUANTITY:
        raise RowRefused(
            "quantity_out_of_range", f"stock '{text[:24]}' is more than {LARGEST_QUANTITY:,} pieces", "stock"
        )
    return pieces


def derived_price(code: str) -> Decimal:
    """A price from 0.50 to 99.99: 50 + n mod 9950 cents, n = the first 8 bytes of SHA-256(code) as a big-endian number."""
    return Decimal(50 + _number(code) % 9950) / 100


def derived_stock(code: str) -> int:
    """Pieces from 0 to 500: (n div 9950) mod 501, n as for the price."""
    return _number(code) // 9950 % 501


def _number(code: str) -> int:
    return int.from_bytes(hashlib.sha256(code.encode()).digest()[:8], "big")
