"""What is wrong with a mapping: against itself, and against what the shop said that it has. Pure.

Only what is known to be closed is refused: a part that the requirements leave empty or call open takes any text. The channel is
ours (it names price lists), so it is not judged.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pixee_common.domain.mapping import AttributeRule, ConnectorMapping
from pixee_common.domain.product import Product, Variant
from pixee_common.platforms.requirements import AttributeRequirement, Choice, Requirements

_NEAR = 3
_NEAR_ENOUGH = 0.5
_MOST_COMPARED = 5_000


@dataclass(frozen=True, slots=True)
class MappingError:
    """`pointer` is a JSON pointer into the mapping, `detail` says what to write instead."""

    pointer: str
    detail: str


def errors_of(mapping: ConnectorMapping, requirements: Requirements | None) -> tuple[MappingError, ...]:
    """Everything that is wrong. `requirements` is null while nobody has asked the shop."""
    found = list(_of_fields(mapping.attributes))
    if requirements is not None:
        found += _of_choices(mapping, requirements)
        found += _of_rules(mapping.attributes, requirements)
    return tuple(found)


def near(name: str, choices: Sequence[Choice]) -> tuple[str, ...]:
    """Codes that look like the name, by code or by label; the nearest first."""
    asked = name.casefold()
    scored: dict[str, float] = {}
    for choice in choices[:_MOST_COMPARED]:
        for text in {choice.code.casefold(), choice.label.casefold(), choice.label.casefold().split(" > ")[-1]}:
            matcher = difflib.SequenceMatcher(None, asked, text)
            if matcher.quick_ratio() >= _NEAR_ENOUGH and (ratio := matcher.ratio()) >= _NEAR_ENOUGH:
                scored[choice.code] = max(ratio, scored.get(choice.code, 0.0))
    return tuple(sorted(scored, key=lambda code: (-scored[code], code))[:_NEAR])


def unknown(what: str, name: str, choices: Sequence[Choice]) -> str:
    """The sentence that says so, with near names."""
    similar = near(name, choices)
    hint = f"; did you mean {', '.join(similar)}?" if similar else ""
    return f"the shop has no {what} '{name}'{hint}"


def pointer(*parts: str | int) -> str:
    """A JSON pointer into the body."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _of_fields(rules: Sequence[AttributeRule]) -> Iterator[MappingError]:
    names = sorted(
        {*Product.model_fields, *Variant.model_fields} - {"variants", "attributes", "options", "media", "stock"}
    )
    for at, rule in enumerate(rules):
        kind, _, name = rule.source.partition(":")
        first = name.partition(".")[0]
        if kind == "field" and first not in names:
            similar = difflib.get_close_matches(first, names, _NEAR, _NEAR_ENOUGH)
            hint = f"; did you mean {', '.join(similar)}?" if similar else f"; there are {', '.join(names)}"
            yield MappingError(pointer("attributes", at, "source"), f"no field '{name}'{hint}")


def _of_choices(mapping: ConnectorMapping, requirements: Requirements) -> Iterator[MappingError]:
    for part, what in (
        ("categories", "category"),
        ("product_types", "product type"),
        ("locations", "location"),
        ("tax_classes", "tax class"),
    ):
        choices = _closed(part, requirements)
        codes = {choice.code for choice in choices}
        for ours, theirs in getattr(mapping, part).items():
            if codes and theirs not in codes:
                yield MappingError(pointer(part, ours), unknown(what, theirs, choices))
    locales = _closed("locales", requirements)
    if mapping.locale and locales and all(_language(mapping.locale) != _language(one.code) for one in locales):
        yield MappingError(pointer("locale"), unknown("locale", mapping.locale, locales))


def _of_rules(rules: Sequence[AttributeRule], requirements: Requirements) -> Iterator[MappingError]:
    types = _closed("product_types", requirements)
    known = {choice.code for choice in types}
    by_code: dict[str, list[AttributeRequirement]] = {}
    for one in requirements.attributes:
        by_code.setdefault(one.code, []).append(one)
    targets = [Choice(code=one.code, label=one.label) for one in requirements.attributes]
    for at, rule in enumerate(rules):
        for place, product_type in enumerate(rule.product_types):
            if known and product_type not in known:
                where = pointer("attributes", at, "product_types", place)
                yield MappingError(where, unknown("product type", product_type, types))
        wanted = by_code.get(rule.target)
        if wanted is None:
            if targets and "attributes" not in requirements.open and _all_listed(rule, requirements):
                yield MappingError(pointer("attributes", at, "target"), unknown("attribute", rule.target, targets))
            continue
        yield from _of_values(at, rule, wanted)


def _of_values(at: int, rule: AttributeRule, wanted: Sequence[AttributeRequirement]) -> Iterator[MappingError]:
    units = _union(one.units for one in wanted)
    if rule.unit is not None and units and rule.unit not in units:
        yield MappingError(
            pointer("attributes", at, "unit"), unknown("unit", rule.unit, [Choice(code=u, label=u) for u in units])
        )
    if any(not one.choices for one in wanted):
        return
    choices = [choice for one in wanted for choice in one.choices]
    codes = {choice.code for choice in choices}
    for ours, theirs in rule.values.items():
        if theirs not in codes:
            where = pointer("attributes", at, "values", ours)
            yield MappingError(where, unknown(f"value of {rule.target}", theirs, choices))


def _closed(part: str, requirements: Requirements) -> tuple[Choice, ...]:
    """The choices of a part that takes nothing else; empty where it takes any text."""
    return () if part in requirements.open else tuple(getattr(requirements, part))


def _language(tag: str) -> str:
    """Of `de-DE`, `de_DE` or `de`: the texts of a language are sent for all its regions."""
    return tag.replace("_", "-").partition("-")[0].casefold()


def _all_listed(rule: AttributeRule, requirements: Requirements) -> bool:
    """Whether the attributes of every type that the rule is for are known."""
    listed = requirements.complete_for
    return listed is None or (bool(rule.product_types) and set(rule.product_types) <= set(listed))


def _union(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))
