"""The product as the Pixee PIM knows it: broad enough for every platform's sheet, tied to none.

A product has one or more variants; a simple product has one. Texts are kept by locale. Prices and stock live on the variant,
each with a version of its own, because they are pushed by operations of their own.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pixee_common.domain.gtin import gtin_is_valid
from pixee_common.domain.measures import Dimensions, Weight
from pixee_common.domain.money import Amount, Currency

UNDETERMINED_LOCALE = "und"
"""BCP 47's tag for a text whose language nobody stated."""

DEFAULT_LOCATION = "default"

LARGEST_QUANTITY = 1_000_000_000

MOST_VARIANTS = 2048

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Localized = Mapping[str, str]
"""Texts by BCP 47 locale."""


def _key(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    if value != value.strip():
        raise ValueError("must not begin or end with a space")
    if _CONTROL.search(value):
        raise ValueError("must hold no control characters")
    if "/" in value:
        raise ValueError("must hold no '/': several platforms put it into a path")
    return value


ProductKey = Annotated[str, Field(max_length=100), AfterValidator(_key)]
Sku = Annotated[str, Field(max_length=100), AfterValidator(_key)]
Quantity = Annotated[int, Field(strict=True, ge=-LARGEST_QUANTITY, le=LARGEST_QUANTITY)]
"""Whole pieces. Negative where a shop has oversold."""


def localized(texts: Localized, locale: str | None) -> str | None:
    """The text for a locale: exact, else of the same language, else of no stated language, else the first by tag."""
    if not texts:
        return None
    if locale:
        if locale in texts:
            return texts[locale]
        language = locale.split("-")[0]
        for tag in sorted(texts):
            if tag.split("-")[0] == language:
                return texts[tag]
    if UNDETERMINED_LOCALE in texts:
        return texts[UNDETERMINED_LOCALE]
    return texts[min(texts)]


class ProductStatus(StrEnum):
    ACTIVE = "active"
    DRAFT = "draft"
    ARCHIVED = "archived"


class Condition(StrEnum):
    NEW = "new"
    USED = "used"
    REFURBISHED = "refurbished"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Attribute(_Part):
    """A named property: `values` by locale (several values where the property is a list), with a unit where it measures something."""

    code: str = Field(min_length=1, max_length=200)
    values: Mapping[str, tuple[str, ...]]
    unit: str | None = None


class Option(_Part):
    """A choice that tells variants apart, for example Size."""

    name: str = Field(min_length=1, max_length=200)
    values: tuple[str, ...] = Field(min_length=1)


class Media(_Part):
    """A picture or file at a public URL."""

    url: str = Field(min_length=1, max_length=2048)
    alt: Localized = Field(default_factory=dict)
    kind: str = "image"


class StockLevel(_Part):
    """Pieces at one location."""

    location: str = DEFAULT_LOCATION
    quantity: Quantity


class Variant(_Part):
    """What a customer can buy: one SKU."""

    sku: Sku
    ean: str | None = Field(default=None, description="A valid GTIN, or null.")
    ean_given: str | None = Field(
        default=None, description="What the source gave where it is no valid GTIN: kept, never sent."
    )
    options: Mapping[str, str] = Field(default_factory=dict, description="Option name to value.")
    titles: Localized = Field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    media: tuple[Media, ...] = ()
    weight: Weight | None = None
    dimensions: Dimensions | None = None
    base_price: Amount | None = None
    compare_at_price: Amount | None = None
    cost: Amount | None = None
    currency: Currency | None = Field(default=None, description="Of the three prices.")
    stock: tuple[StockLevel, ...] = ()

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.ean is not None and not gtin_is_valid(self.ean):
            raise ValueError(f"'{self.ean}' is no valid EAN: put it into ean_given, or leave it out")
        if self.currency is None and any(p is not None for p in (self.base_price, self.compare_at_price, self.cost)):
            raise ValueError("a price needs its currency")
        locations = [level.location for level in self.stock]
        if len(locations) != len(set(locations)):
            raise ValueError("two stock levels name the same location")
        return self


class Product(_Part):
    """One product of the catalog, complete."""

    key: ProductKey = Field(description="The account's own key of the product, stable over time.")
    names: Localized = Field(min_length=1)
    descriptions: Localized = Field(default_factory=dict)
    short_descriptions: Localized = Field(default_factory=dict)
    seo_titles: Localized = Field(default_factory=dict)
    seo_descriptions: Localized = Field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()
    brand: str | None = None
    categories: tuple[tuple[str, ...], ...] = Field(
        default=(), description="Paths from the root, each a tuple of names."
    )
    tags: tuple[str, ...] = ()
    status: ProductStatus = ProductStatus.ACTIVE
    product_type: str | None = None
    tax_class: str | None = None
    condition: Condition = Condition.NEW
    url: str | None = None
    options: tuple[Option, ...] = ()
    media: tuple[Media, ...] = ()
    weight: Weight | None = None
    dimensions: Dimensions | None = None
    variants: tuple[Variant, ...] = Field(min_length=1, max_length=MOST_VARIANTS)

    @model_validator(mode="after")
    def _checked(self) -> Self:
        skus = [variant.sku for variant in self.variants]
        doubled = sorted({sku for sku in skus if skus.count(sku) > 1}) if len(skus) != len(set(skus)) else []
        if doubled:
            raise ValueError(f"SKU used by two variants of one product: {', '.join(doubled)}")
        names = {option.name for option in self.options}
        if len(names) != len(self.options):
            raise ValueError("two options have the same name")
        allowed = {option.name: set(option.values) for option in self.options}
        for variant in self.variants:
            if set(variant.options) != names:
                raise ValueError(
                    f"variant {variant.sku} must give a value for each option: {', '.join(sorted(names)) or 'none'}"
                )
            for name, value in variant.options.items():
                if value not in allowed[name]:
                    raise ValueError(f"variant {variant.sku}: '{value}' is no value of the option {name}")
        if len(self.variants) > 1 and not self.options:
            raise ValueError("a product with several variants needs options that tell them apart")
        return self


def total_quantity(stock: tuple[StockLevel, ...], locations: tuple[str, ...] = ()) -> int:
    """Pieces over the named locations, or over all of them where none is named."""
    return sum(level.quantity for level in stock if not locations or level.location in locations)


def effective_weight(product: Product, variant: Variant) -> Weight | None:
    """The variant's own weight, else the product's."""
    return variant.weight or product.weight


def plain_decimal(value: Decimal) -> str:
    """A decimal as platforms read it: a dot, no exponent, at least two decimals, no needless zeros beyond them."""
    exact = value.normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return f"{value:.{places}f}"
