"""Money is a Decimal with its currency, from the catalog to the wire: never a float, never a bare number."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_CURRENCY = re.compile(r"[A-Z]{3}")

LARGEST_AMOUNT = Decimal("999999999.9999")


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise ValueError(f"'{value}' is no ISO 4217 currency code: give three capital letters, for example EUR")
    return value


def _amount(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("a price must be a finite decimal number")
    if value <= 0:
        raise ValueError(f"a price must be above zero, not {value}: leave the price out where there is none")
    if value > LARGEST_AMOUNT:
        raise ValueError(f"a price may be at most {LARGEST_AMOUNT}, not {value}")
    if -int(value.as_tuple().exponent) > 4:
        raise ValueError(f"a price may have at most four decimals, not {value}")
    return value


Currency = Annotated[str, AfterValidator(_currency)]
Amount = Annotated[Decimal, AfterValidator(_amount)]


class Money(BaseModel):
    """An amount above zero in one currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Amount
    currency: Currency


class Price(BaseModel):
    """What a variant costs at one connector, and where the figure came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Amount
    currency: Currency
    compare_at: Amount | None = Field(default=None, description="The struck-through price, same currency.")
    price_list_id: str | None = Field(default=None, description="The price list it comes from; null: the base price.")
