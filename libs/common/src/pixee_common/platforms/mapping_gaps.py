"""What of the catalog a mapping lacks: demanded by the shop, or needed by the mapping's own tables, and not there. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from pixee_common.domain.mapping import ANYTHING, PATH_SEPARATOR, ConnectorMapping, Unmapped
from pixee_common.platforms.catalog_words import CatalogWords, Kind
from pixee_common.platforms.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Gap:
    """`field` points into the mapping, `ours` is what has no counterpart there, `products` how many products need it."""

    field: str
    ours: str
    products: int
    message: str


def gaps(words: CatalogWords, mapping: ConnectorMapping, requirements: Requirements | None) -> tuple[Gap, ...]:
    """Everything that is missing, what most products need first."""
    found: dict[Unmapped, int] = {}
    for missing, products in _all(words, mapping, requirements or Requirements()):
        found[missing] = found.get(missing, 0) + products
    ordered = sorted(found, key=lambda one: (-found[one], one.field, one.ours))
    return tuple(Gap(one.field, one.ours, found[one], one.message) for one in ordered)


def _all(words: CatalogWords, mapping: ConnectorMapping, requirements: Requirements) -> Iterator[tuple[Unmapped, int]]:
    for kind in words.kinds:
        if "categories" in requirements.demands and (missing := _category(kind, mapping)) is not None:
            yield missing, kind.products
        theirs = mapping.product_type_of(kind.product_type, kind.categories)
        if isinstance(theirs, Unmapped):
            if "product_types" in requirements.demands:
                yield theirs, kind.products
            if requirements.product_types or "product_types" in requirements.demands:
                continue
            theirs = ""
        yield from ((missing, kind.products) for missing in _attributes(theirs, mapping, requirements))
    if "tax_classes" in requirements.demands or mapping.tax_classes:
        for ours, products in words.tax_classes.items():
            found = mapping.tax_class(ours)
            if isinstance(found, Unmapped):
                yield found, products
    if "locations" in requirements.demands:
        for ours, products in words.locations.items():
            if ours not in mapping.locations and ANYTHING not in mapping.locations:
                yield Unmapped("locations", ours), products
    for rule in mapping.attributes:
        for value, products in words.values.get(rule.source, {}).items() if rule.values else ():
            translated = rule.translated(value)
            if isinstance(translated, Unmapped):
                yield translated, products


def _category(kind: Kind, mapping: ConnectorMapping) -> Unmapped | None:
    answers = [mapping.category_of(path) for path in kind.categories] or [mapping.category_of((ANYTHING,))]
    if any(isinstance(one, str) for one in answers):
        return None
    named = PATH_SEPARATOR.join(kind.categories[0]) if kind.categories else ANYTHING
    return Unmapped("categories", named)


def _attributes(product_type: str, mapping: ConnectorMapping, requirements: Requirements) -> Iterator[Unmapped]:
    """Required attributes of their product type that no rule fills."""
    filled = {rule.target for rule in mapping.rules(product_type)}
    for wanted in requirements.attributes:
        concerns = not wanted.product_types or product_type in wanted.product_types
        if wanted.required and concerns and wanted.code not in filled:
            yield Unmapped(f"attributes.{wanted.code}", product_type or ANYTHING)
