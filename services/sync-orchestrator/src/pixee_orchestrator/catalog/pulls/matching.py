"""Which product of the catalog a shop's product is: by listing, by our own key, by EAN. Several hits are never decided by us. Pure."""

from dataclasses import dataclass
from uuid import UUID

from pixee_common.domain.gtin import gtin_is_valid, gtin_key
from pixee_common.domain.reasons import ReasonCode
from pixee_orchestrator.catalog.pulls.facts import Facts, KnownProduct, KnownVariant, ean_keys
from pixee_orchestrator.catalog.pulls.pages import PulledProduct, PulledVariant

__all__ = ["Matched", "Review", "Unknown", "match", "pair_variants"]


@dataclass(frozen=True, slots=True)
class Matched:
    """It is this product."""

    product_id: UUID


@dataclass(frozen=True, slots=True)
class Review:
    """A person has to decide between the candidates."""

    reason: ReasonCode
    message: str
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """The catalog does not have it."""


def match(pulled: PulledProduct, facts: Facts) -> Matched | Review | Unknown:
    """The first way that finds anything decides. A product that is listed as another object of the shop is not linked twice."""
    listed = facts.listed.get(("product", pulled.external_id))
    if listed is not None:
        return Matched(listed[1])
    keyed = facts.by_key.get(pulled.our_key) if pulled.our_key else None
    if keyed is not None and facts.products[keyed].row["live"]:
        return _unless_listed(keyed, facts)
    found = _by_ean(pulled, facts)
    if found is not None:
        return found
    owners = {facts.by_sku[variant.sku] for variant in pulled.variants if variant.sku and variant.sku in facts.by_sku}
    if owners:
        text = "Another product of the catalog has this SKU, and nothing else says that they are the same"
        return Review(ReasonCode.SKU_DUPLICATE, text, tuple(sorted(map(str, owners))))
    return Unknown()


def _by_ean(pulled: PulledProduct, facts: Facts) -> Matched | Review | None:
    """One product of ours and one of the shop with the EAN belong together. Twins on either side are for a person to tell apart."""
    eans = ean_keys(pulled)
    hits = {product for ean in eans for product in facts.by_ean.get(ean, ())}
    if len(hits) > 1:
        text = "Several products of the catalog have an EAN of this product"
        return Review(ReasonCode.EAN_AMBIGUOUS, text, tuple(sorted(map(str, hits))))
    for product in hits:
        shared = [ean for ean in eans if product in facts.by_ean.get(ean, ())]
        twins = {one for ean in shared for one in facts.claimed_by.get(ean, ())} - {pulled.external_id}
        if twins and facts.products[product].row["external_id"] is None:
            text = (
                f"More products of the shop have the EAN of one product of the catalog: {', '.join(sorted(twins)[:5])}"
            )
            return Review(ReasonCode.EAN_AMBIGUOUS, text, (str(product),))
        return _unless_listed(product, facts)
    return None


def _unless_listed(product: UUID, facts: Facts) -> Matched | Review:
    linked = facts.products[product].row["external_id"]
    if linked is None:
        return Matched(product)
    text = f"The catalog's product is already linked to another product of this shop, {linked}"
    return Review(ReasonCode.BELONGS_TO_ANOTHER, text, (str(product),))


def pair_variants(
    pulled: PulledProduct, known: KnownProduct, facts: Facts
) -> list[tuple[PulledVariant, KnownVariant | None]]:
    """Each of the shop's variants with ours: by listing, SKU, EAN; and one with one where both sides have a single one."""
    left = {variant.row["id"]: variant for variant in known.variants}
    pairs: list[tuple[PulledVariant, KnownVariant | None]] = []
    for one in pulled.variants:
        found = _same(one, left, facts)
        if found is None and len(pulled.variants) == 1 and len(known.variants) == 1:
            found = next(iter(left), None)
        pairs.append((one, left.pop(found) if found is not None else None))
    return pairs


def _same(one: PulledVariant, left: dict[UUID, KnownVariant], facts: Facts) -> UUID | None:
    listed = facts.listed.get(("variant", one.external_id))
    if listed is not None and listed[0] in left:
        return listed[0]
    ean = gtin_key(one.ean) if one.ean and gtin_is_valid(one.ean) else None
    for attribute, value in (("sku", one.sku), ("ean_key", ean)):
        hits = [item for item, variant in left.items() if value and variant.row[attribute] == value]
        if len(hits) == 1:
            return hits[0]
    return None
