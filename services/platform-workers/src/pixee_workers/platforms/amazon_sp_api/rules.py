"""Attributes by the merchant's rules, as texts with their units: the schema decides later what form they take."""

from typing import TypedDict

from pixee_common.domain.mapping import AttributeRule, ConnectorMapping, Unmapped
from pixee_common.domain.product import Product, Variant
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.attribute_mapping import mapped_attributes
from pixee_workers.sync_base.outcomes import Refusal

_OPTION = "option:"


class Texts(TypedDict):
    """What a rule found. `unit` is Amazon's word for it."""

    texts: list[str]
    unit: str | None


Ruled = dict[str, Texts]
"""By target: an attribute, or a part of one (`item_dimensions.length`)."""


def ruled(
    product: Product,
    variant: Variant,
    kind: str,
    mapping: ConnectorMapping,
    locale: str | None,
    *,
    of_parent: bool = False,
) -> Ruled | Refusal:
    """Every attribute that the rules fill for this variant, or for the parent, of which no option can be said.

    A rule without a source in this variant gives nothing: whether the attribute is demanded is the schema's to say.
    """
    if of_parent:
        own = tuple(rule for rule in mapping.attributes if not rule.source.startswith(_OPTION))
        mapping = mapping.model_copy(update={"attributes": own})
    found = mapped_attributes(product, variant, kind, mapping, locale)
    if isinstance(found, Refusal):
        return found
    units = {rule.target: rule.unit for rule in mapping.rules(kind)}
    return {target: {"texts": list(texts), "unit": units[target]} for target, texts in found.items()}


def option_targets(product: Product, kind: str, mapping: ConnectorMapping) -> tuple[str, ...] | Refusal:
    """The attributes that tell the variants apart, in the order of the product's options."""
    by_option: dict[str, AttributeRule] = {}
    for rule in mapping.rules(kind):
        if rule.source.startswith(_OPTION):
            by_option.setdefault(rule.source.removeprefix(_OPTION), rule)
    for option in product.options:
        if option.name not in by_option:
            missing = Unmapped("attributes", f"{_OPTION}{option.name}")
            message = f"Amazon has to know which attribute the option {option.name} is. {missing.message}"
            return Refusal(ReasonCode.MISSING_MAPPING, message, missing.field)
    return tuple(by_option[option.name].target.partition(".")[0] for option in product.options)
