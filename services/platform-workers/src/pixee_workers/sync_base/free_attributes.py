"""The rules of a mapping for platforms that take attributes of any name: renamed, translated and converted, the rest as it is. Pure.

There the catalog's own attributes are sent anyway; a rule replaces the attribute that it reads, or adds one. So the adapter goes on
with a product in which the platform's words already stand.
"""

from collections.abc import Iterable, Mapping, Sequence

from pixee_common.domain.mapping import AttributeRule, ConnectorMapping
from pixee_common.domain.product import UNDETERMINED_LOCALE, Attribute, Product, Variant, localized
from pixee_workers.sync_base.attribute_mapping import mapped_attributes
from pixee_workers.sync_base.outcomes import Refusal


def in_their_words(product: Product, mapping: ConnectorMapping, locale: str | None) -> Product | Refusal:
    """The product with its attributes as the rules say; the same product where there are none.

    A rule that reads a variant's own value (an option, an attribute of variants, a measure that a variant has) fills an attribute
    of the variants, any other one of the product.
    """
    rules = mapping.rules("")
    if not rules:
        return product
    found: list[dict[str, tuple[str, ...]]] = []
    for variant in product.variants:
        mapped = mapped_attributes(product, variant, None, mapping, locale)
        if isinstance(mapped, Refusal):
            return mapped
        found.append(mapped)
    own = [rule for rule in rules if _is_of_variants(rule, product)]
    shared = [rule for rule in rules if rule not in own]
    replaced = {rule.source.partition(":")[2] for rule in rules if rule.source.startswith("attribute:")}
    variants = tuple(
        variant.model_copy(update={"attributes": _attributes(variant.attributes, replaced, own, values)})
        for variant, values in zip(product.variants, found, strict=True)
    )
    attributes = _attributes(product.attributes, replaced, shared, found[0])
    return product.model_copy(update={"attributes": attributes, "variants": variants})


def attribute_texts(attributes: Sequence[Attribute], locale: str | None) -> dict[str, str]:
    """Each attribute as one text, by its code: the values for the locale joined by commas, with the unit behind them."""
    texts = {
        one.code: localized({tag: ", ".join(several) for tag, several in one.values.items()}, locale)
        for one in attributes
    }
    units = {one.code: f" {one.unit}" for one in attributes if one.unit}
    return {code: f"{text}{units.get(code, '')}" for code, text in texts.items() if text}


def _is_of_variants(rule: AttributeRule, product: Product) -> bool:
    kind, _, name = rule.source.partition(":")
    if kind == "attribute":
        return any(one.code == name for variant in product.variants for one in variant.attributes)
    if kind != "field":
        return kind == "option"
    first = name.partition(".")[0]
    held = [getattr(variant, first) for variant in product.variants] if first in Variant.model_fields else []
    return any(value not in (None, (), {}) for value in held)


def _attributes(
    given: Iterable[Attribute],
    replaced: set[str],
    rules: Sequence[AttributeRule],
    values: Mapping[str, tuple[str, ...]],
) -> tuple[Attribute, ...]:
    """What no rule reads, then what the rules make; a rule's target stands over an attribute of the same name."""
    made = {
        rule.target: Attribute(code=rule.target, values={UNDETERMINED_LOCALE: values[rule.target]}, unit=rule.unit)
        for rule in rules
        if values.get(rule.target)
    }
    return (*(one for one in given if one.code not in replaced and one.code not in made), *made.values())
