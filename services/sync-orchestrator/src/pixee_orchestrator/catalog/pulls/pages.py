"""A staged page as the workers write it: the contract between the two services, read here by field name."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pixee_common.domain.money import LARGEST_AMOUNT

__all__ = ["PulledProduct", "PulledVariant", "amount", "decimal_text"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PulledVariant(_Part):
    """A variant as the shop has it. Null means that the shop did not say."""

    external_id: str
    sku: str | None = None
    ean: str | None = None
    options: Mapping[str, str] = Field(default_factory=dict)
    price: str | None = None
    compare_at_price: str | None = None
    quantity: int | None = None
    refs: Mapping[str, JsonValue] = Field(default_factory=dict)


class PulledProduct(_Part):
    """A product as the shop has it, in our words, before anybody matched it."""

    external_id: str
    our_key: str | None = None
    title: str
    description: str | None = None
    brand: str | None = None
    status: str = "active"
    variants: tuple[PulledVariant, ...] = Field(min_length=1)
    options: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    refs: Mapping[str, JsonValue] = Field(default_factory=dict)
    borrowed_title: bool = False


def amount(text: str | None) -> Decimal | None:
    """A price that the catalog can hold, else null: a shop may show zero for what it does not sell."""
    try:
        value = Decimal(text) if text else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or not 0 < value <= LARGEST_AMOUNT:
        return None
    return value.quantize(Decimal("0.0001")).normalize() or None  # less than the catalog can hold is nothing


def decimal_text(value: Decimal) -> str:
    """One text for one amount: no exponent, no needless zeros."""
    return format(value.normalize(), "f")
