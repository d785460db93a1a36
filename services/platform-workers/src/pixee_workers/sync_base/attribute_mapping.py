"""A variant's attributes in the platform's words, by the rules of the connector's mapping. Pure: the same for every platform.

A rule without a source in this variant gives nothing: whether the platform demands the attribute is for the adapter to say. What
is there and cannot be translated is a refusal, never a guess.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from pixee_common.domain.mapping import AttributeRule, ConnectorMapping, Unmapped, source_unit, source_values
from pixee_common.domain.product import Product, Variant
from pixee_common.domain.reasons import ReasonCode
from pixee_common.domain.units import converted, measure_text
from pixee_workers.sync_base.missing_mapping import missing_mapping
from pixee_workers.sync_base.outcomes import Refusal


def mapped_attributes(
    product: Product, variant: Variant, product_type: str | None, mapping: ConnectorMapping, locale: str | None
) -> dict[str, tuple[str, ...]] | Refusal:
    """The platform's attribute codes with their values, in the order of the rules.

    Args:
        product: The product, for what the variant does not say itself.
        variant: The variant whose attributes are wanted.
        product_type: THEIR product type (`mapping.product_type(product)`), or null where the platform has none: then only rules
            for all types count.
        mapping: The connector's mapping.
        locale: Whose texts are wanted; falls back as everywhere (same language, no stated language, first).

    Returns:
        Texts, never empty tuples. A measure is a plain decimal in the rule's `unit` (`rule.unit` is then the platform's word for
        it). A refusal (`missing_mapping`, or `invalid_value` for a measure that is no number) names everything that is missing.
    """
    found: dict[str, tuple[str, ...]] = {}
    missing: list[Unmapped] = []
    for rule in mapping.rules(product_type or ""):
        texts = source_values(rule, product, variant, locale)
        if not texts:
            continue
        unit = source_unit(rule, product, variant)
        measured = _measured(rule, texts, unit)
        if isinstance(measured, Refusal):
            return measured
        if isinstance(measured, Unmapped):
            missing.append(measured)
            continue
        translated = [rule.translated(text) for text in measured]
        missing += [one for one in translated if isinstance(one, Unmapped)]
        found[rule.target] = tuple(dict.fromkeys(one for one in translated if isinstance(one, str)))
    return missing_mapping(missing[0], *missing[1:]) if missing else found


def _measured(rule: AttributeRule, texts: Sequence[str], unit: str | None) -> Sequence[str] | Unmapped | Refusal:
    """The texts in the rule's unit, where there is one on either side."""
    if unit is None or rule.source.startswith("constant:"):
        return texts
    if rule.unit is None:
        return Unmapped(f"attributes.{rule.target}.unit", unit)
    results: list[str] = []
    for text in texts:
        number = _number(text)
        if number is None:
            message = f"'{text}' is no number, so it cannot be sent as {rule.target} in {rule.unit}."
            return Refusal(ReasonCode.INVALID_VALUE, message, rule.source.partition(":")[2])
        value = converted(number, unit, rule.unit)
        if value is None:
            return Unmapped(f"attributes.{rule.target}.unit", unit)
        results.append(measure_text(value))
    return results


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
