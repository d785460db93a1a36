"""Outcomes that every platform has and that are easy to say wrongly: what the shop lost, and which ids it gave."""

from collections.abc import Mapping

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import Action, Listing, ProductItem, PushItem
from pixee_workers.sync_base.outcomes import Linked, Outcome


def not_there(item: PushItem) -> Outcome:
    """The shop answered "not found" for what the item is listed as.

    An update comes again at once, as a create; a withdrawal is done; stock and prices wait for the product to be pushed again. In
    each case the listings are forgotten.
    """
    if not isinstance(item, ProductItem):
        message, lost = f"{item.sku} was removed at the shop.", Linked(gone=(item.listing.external_id,))
        return Outcome(item.id, OutcomeKind.NOT_LISTED_YET, ReasonCode.NOT_FOUND_AT_SHOP, message, linked=lost)
    message, lost = f"{item.sku} was removed at the shop.", Linked(gone=everything_listed(item))
    if item.action is Action.UPSERT:
        return Outcome(item.id, OutcomeKind.TRANSIENT, ReasonCode.NOT_FOUND_AT_SHOP, message, linked=lost)
    return Outcome(item.id, OutcomeKind.APPLIED, ReasonCode.ALREADY_GONE, message, linked=lost)


def everything_listed(item: ProductItem) -> tuple[str, ...]:
    """The external ids of the product and of its variants, for `Linked.gone` when the product was deleted."""
    listings = (item.listing, *(one.listing for one in item.variants), *item.gone)
    return tuple(dict.fromkeys(one.external_id for one in listings if one is not None))


def linked_by_sku(item: ProductItem, product: str, variants: Mapping[str, str]) -> Linked:
    """The shop's ids as it answered them: of the product, and by SKU of its variants; those that left the product are gone."""
    known = {
        one.id: Listing(variants[one.variant.sku], product) for one in item.variants if one.variant.sku in variants
    }
    return Linked(Listing(product), known, gone=tuple(one.external_id for one in item.gone))
