"""Weights and dimensions with their units, converted exactly."""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class WeightUnit(StrEnum):
    GRAM = "g"
    KILOGRAM = "kg"
    OUNCE = "oz"
    POUND = "lb"


class LengthUnit(StrEnum):
    MILLIMETRE = "mm"
    CENTIMETRE = "cm"
    METRE = "m"
    INCH = "in"


_GRAMS = {
    WeightUnit.GRAM: Decimal(1),
    WeightUnit.KILOGRAM: Decimal(1000),
    WeightUnit.OUNCE: Decimal("28.349523125"),
    WeightUnit.POUND: Decimal("453.59237"),
}
_MILLIMETRES = {
    LengthUnit.MILLIMETRE: Decimal(1),
    LengthUnit.CENTIMETRE: Decimal(10),
    LengthUnit.METRE: Decimal(1000),
    LengthUnit.INCH: Decimal("25.4"),
}


class Weight(BaseModel):
    """A weight, zero or more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Decimal = Field(ge=0)
    unit: WeightUnit

    def to(self, unit: WeightUnit) -> Decimal:
        """The same weight in another unit."""
        return self.value * _GRAMS[self.unit] / _GRAMS[unit]


class Dimensions(BaseModel):
    """Length, width and height in one unit; each may be unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: Decimal | None = Field(default=None, ge=0)
    width: Decimal | None = Field(default=None, ge=0)
    height: Decimal | None = Field(default=None, ge=0)
    unit: LengthUnit

    def to(self, unit: LengthUnit) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """(length, width, height) in another unit."""
        factor = _MILLIMETRES[self.unit] / _MILLIMETRES[unit]
        return (
            None if self.length is None else self.length * factor,
            None if self.width is None else self.width * factor,
            None if self.height is None else self.height * factor,
        )
