"""Decimal texts as the platform prints them: two places, no currency."""

from decimal import Decimal, InvalidOperation

_LARGEST = Decimal("1e18")


def amount(value: object) -> Decimal | None:
    """The number of a Money or Decimal input, or None when it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LARGEST else None


def printed(number: Decimal) -> str:
    return f"{number:.2f}"
