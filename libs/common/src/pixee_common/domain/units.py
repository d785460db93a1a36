"""The many names of units, and exact conversion between them.

The catalog says `kg`, a platform says `kilograms` or `KILOGRAMS`: a measure may only travel when both sides are known to mean the
same kind of thing. Unknown units are never guessed.
"""

from dataclasses import dataclass
from decimal import Decimal

from pixee_common.domain.measures import Dimensions, LengthUnit, Weight, WeightUnit

PLACES = 4
"""Decimals that a converted measure keeps; a smaller measure keeps as many significant digits."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit by what it measures and its size in that kind's base unit (g, mm, ml, W, V, Hz, s)."""

    kind: str
    size: Decimal


def _of(kind: str, size: Decimal | str | int, *names: str) -> dict[str, Unit]:
    return dict.fromkeys(names, Unit(kind, Decimal(size)))


def _grams(unit: WeightUnit) -> Decimal:
    return Weight(value=Decimal(1), unit=unit).to(WeightUnit.GRAM)


def _millimetres(unit: LengthUnit) -> Decimal:
    return Dimensions(length=Decimal(1), unit=unit).to(LengthUnit.MILLIMETRE)[0] or Decimal(1)


_NAMES: dict[str, Unit] = {
    **_of("weight", Decimal("0.001"), "mg", "milligram", "milligrams"),
    **_of("weight", _grams(WeightUnit.GRAM), "g", "gr", "gram", "grams", "gramme", "grammes"),
    **_of("weight", _grams(WeightUnit.KILOGRAM), "kg", "kgs", "kilo", "kilogram", "kilograms"),
    **_of("weight", _grams(WeightUnit.OUNCE), "oz", "ounce", "ounces"),
    **_of("weight", _grams(WeightUnit.POUND), "lb", "lbs", "pound", "pounds"),
    **_of(
        "length", _millimetres(LengthUnit.MILLIMETRE), "mm", "millimeter", "millimeters", "millimetre", "millimetres"
    ),
    **_of(
        "length", _millimetres(LengthUnit.CENTIMETRE), "cm", "centimeter", "centimeters", "centimetre", "centimetres"
    ),
    **_of("length", _millimetres(LengthUnit.METRE), "m", "meter", "meters", "metre", "metres"),
    **_of("length", _millimetres(LengthUnit.INCH), "in", "inch", "inches"),
    **_of("length", Decimal("304.8"), "ft", "foot", "feet"),
    **_of("volume", 1, "ml", "milliliter", "milliliters", "millilitre", "millilitres"),
    **_of("volume", 10, "cl", "centiliter", "centiliters", "centilitre", "centilitres"),
    **_of("volume", 1000, "l", "liter", "liters", "litre", "litres"),
    **_of("power", 1, "w", "watt", "watts"),
    **_of("power", 1000, "kw", "kilowatt", "kilowatts"),
    **_of("voltage", 1, "v", "volt", "volts"),
    **_of("frequency", 1, "hz", "hertz"),
    **_of("frequency", 1000, "khz", "kilohertz"),
    **_of("duration", 1, "s", "second", "seconds"),
    **_of("duration", 60, "min", "minute", "minutes"),
    **_of("duration", 3600, "h", "hour", "hours"),
}


def unit_named(name: str) -> Unit | None:
    """The unit of that name, whatever its case; null where nobody here knows it."""
    return _NAMES.get(name.strip().casefold())


def converted(value: Decimal, given: str, wanted: str) -> Decimal | None:
    """The value in the wanted unit. The same name needs no knowledge; null where the two do not fit together."""
    if given.strip().casefold() == wanted.strip().casefold():
        return value
    source, target = unit_named(given), unit_named(wanted)
    if source is None or target is None or source.kind != target.kind:
        return None
    return value if source.size == target.size else value * source.size / target.size


def measure_text(value: Decimal) -> str:
    """A measure as platforms read it: a dot, no exponent, no needless zeros, at most `PLACES` decimals."""
    rounded = round(value, PLACES)
    if rounded == 0 and value != 0:
        rounded = round(value, PLACES - 1 - value.adjusted())
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
