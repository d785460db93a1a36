"""A connector's mapping: which of our words stands for which of the platform's. Pure; a merchant's data, never a program.

Adapters ask it while they translate an item. What is not mapped is answered with `Unmapped`, so that the item is refused before
any call, with words that say what to map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pixee_common.domain.measures import Dimensions, Weight
from pixee_common.domain.product import Attribute, Product, Variant, localized

ANYTHING = "*"
"""The key that stands for everything that has no entry of its own."""

PATH_SEPARATOR = " > "


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Something of ours that has no counterpart. `field` points into the mapping, for example `attributes.color`."""

    field: str
    ours: str

    @property
    def message(self) -> str:
        """What to do about it."""
        return f"Map {self.field} for '{self.ours}' in the connector's mapping."


class AttributeRule(_Part):
    """Where one attribute of the platform comes from.

    `source` is `attribute:<code>` (of the variant, else of the product), `option:<name>`, `field:<name>` (a field of the product
    or variant, such as `brand`, `names`, `tags`, `weight`, `dimensions.length`) or `constant:<value>`.
    """

    target: str = Field(min_length=1, max_length=200)
    source: str = Field(pattern=r"(attribute|option|field|constant):.+", max_length=500)
    unit: str | None = Field(default=None, description="Convert measures into this unit of the platform.")
    values: Mapping[str, str] = Field(default_factory=dict, description="Our value to theirs; `*` for all others.")
    product_types: tuple[str, ...] = Field(default=(), description="Only for these of their product types; empty: all.")

    def translated(self, value: str) -> str | Unmapped:
        """The platform's word for a value; the value itself where nothing is mapped at all."""
        if not self.values:
            return value
        found = self.values.get(value, self.values.get(ANYTHING))
        return found if found is not None else Unmapped(f"attributes.{self.target}.values", value)


class ConnectorMapping(_Part):
    """Everything that a merchant maps for one connector. Keys are ours, values the platform's."""

    categories: Mapping[str, str] = Field(
        default_factory=dict, description="Category path (`Shoes > Boots`, its parents, or `*`) to their code."
    )
    product_types: Mapping[str, str] = Field(
        default_factory=dict, description="Our product type, else category path, else `*`, to their product type."
    )
    attributes: tuple[AttributeRule, ...] = ()
    locations: Mapping[str, str] = Field(default_factory=dict)
    tax_classes: Mapping[str, str] = Field(default_factory=dict)
    locale: str | None = None
    channel: str | None = None
    price_list: str | None = Field(default=None, description="Key of the price list whose prices are sent.")

    @field_validator("categories", "product_types", "locations", "tax_classes")
    @classmethod
    def _named(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if any(not ours.strip() or not theirs.strip() for ours, theirs in value.items()):
            raise ValueError("both sides of an entry must be named")
        return value

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        seen: set[tuple[str, str]] = set()
        for rule in self.attributes:
            for product_type in rule.product_types or (ANYTHING,):
                if (rule.target, product_type) in seen:
                    raise ValueError(f"two rules fill the attribute {rule.target} of {product_type}")
                seen.add((rule.target, product_type))
        return self

    def category(self, product: Product) -> str | Unmapped:
        """Their category of the product: of its first path that is mapped, the nearest parent counting."""
        for path in product.categories:
            found = _nearest(self.categories, path)
            if found is not None:
                return found
        named = PATH_SEPARATOR.join(product.categories[0]) if product.categories else ANYTHING
        found = self.categories.get(ANYTHING)
        return found if found is not None else Unmapped("categories", named)

    def category_of(self, path: tuple[str, ...]) -> str | Unmapped:
        """Their category for one path, its nearest mapped parent or `*` counting: for platforms that take several."""
        found = _nearest(self.categories, path) or self.categories.get(ANYTHING)
        return found if found is not None else Unmapped("categories", PATH_SEPARATOR.join(path))

    def product_type(self, product: Product) -> str | Unmapped:
        """Their product type: by our product type, else by category, else the one for everything."""
        return self.product_type_of(product.product_type, product.categories)

    def product_type_of(self, own: str | None, categories: Sequence[tuple[str, ...]]) -> str | Unmapped:
        """The same for a product of which no more is known."""
        if own is not None and own in self.product_types:
            return self.product_types[own]
        for path in categories:
            found = _nearest(self.product_types, path)
            if found is not None:
                return found
        found = self.product_types.get(ANYTHING)
        named = own or (PATH_SEPARATOR.join(categories[0]) if categories else ANYTHING)
        return found if found is not None else Unmapped("product_types", named)

    def tax_class(self, ours: str) -> str | Unmapped:
        """Their tax class."""
        found = self.tax_classes.get(ours, self.tax_classes.get(ANYTHING))
        return found if found is not None else Unmapped("tax_classes", ours)

    def rules(self, product_type: str) -> tuple[AttributeRule, ...]:
        """The rules for one of their product types; a rule that names the type wins over one for all."""
        special = [rule for rule in self.attributes if product_type in rule.product_types]
        taken = {rule.target for rule in special}
        return (*special, *(r for r in self.attributes if not r.product_types and r.target not in taken))


def source_values(rule: AttributeRule, product: Product, variant: Variant, locale: str | None) -> tuple[str, ...]:
    """What the rule's source holds for this variant, as text; empty where there is nothing. A measure is its number alone."""
    kind, _, name = rule.source.partition(":")
    match kind:
        case "constant":
            return (name,)
        case "option":
            return (variant.options[name],) if name in variant.options else ()
        case "attribute":
            held = _attribute(name, product, variant)
            return () if held is None else _in_locale(held.values, locale)
        case _:
            return _texts(_field(name, product, variant)[0], locale)


def source_unit(rule: AttributeRule, product: Product, variant: Variant) -> str | None:
    """The unit in which the source holds its value; null where it is no measure."""
    kind, _, name = rule.source.partition(":")
    if kind == "attribute":
        held = _attribute(name, product, variant)
        return None if held is None else held.unit
    return _field(name, product, variant)[1] if kind == "field" else None


def _attribute(code: str, product: Product, variant: Variant) -> Attribute | None:
    for owner in (variant.attributes, product.attributes):
        for attribute in owner:
            if attribute.code == code and any(attribute.values.values()):
                return attribute
    return None


def _field(name: str, product: Product, variant: Variant) -> tuple[object, str | None]:
    """The value of the variant, else of the product, with the unit of a measure."""
    for owner in (variant, product):
        found: object = owner
        unit: str | None = None
        for part in name.split("."):
            found = getattr(found, part, None) if part in getattr(type(found), "model_fields", ()) else None
            if isinstance(found, Dimensions):
                unit = found.unit.value
        if isinstance(found, Weight):
            return found.value, found.unit.value
        if found not in (None, (), {}):
            return found, unit
    return None, None


def _texts(value: object, locale: str | None) -> tuple[str, ...]:
    match value:
        case Mapping():
            text = localized({str(tag): str(one) for tag, one in value.items()}, locale)
            return () if not text else (text,)
        case tuple():
            return tuple(one for one in value if isinstance(one, str))
        case None | BaseModel():
            return ()
        case Decimal():
            return (f"{value:f}",)
        case _:
            return (str(value),)


def _in_locale(values: Mapping[str, tuple[str, ...]], locale: str | None) -> tuple[str, ...]:
    """The values of the locale that `localized` would choose."""
    tag = localized({tag: tag for tag, held in values.items() if held}, locale)
    return () if tag is None else values[tag]


def _nearest(entries: Mapping[str, str], path: tuple[str, ...]) -> str | None:
    for length in range(len(path), 0, -1):
        found = entries.get(PATH_SEPARATOR.join(path[:length]))
        if found is not None:
            return found
    return None
