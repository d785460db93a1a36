"""Outcomes that every platform has and that are easy to say wrongly: what was written, refused or lost, and which ids the shop gave."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PulledProduct, PushItem
from pixee_workers.sync_base.outcomes import Linked, Outcome, Submission
from pixee_workers.sync_base.plain_finding import linked_to


def applied(item: PushItem) -> Outcome:
    """Stock or a price stands at the shop."""
    return Outcome(item.id, OutcomeKind.APPLIED)


def written(item: ProductItem, told: PulledProduct, *, created: bool) -> Outcome:
    """A product stands at the shop as it told it. `created`: it was not there before, so its price and quantities came with it."""
    linked = linked_to(item, told)
    return Outcome(
        item.id,
        OutcomeKind.APPLIED,
        linked=linked,
        created=created,
        carried_stock=created,
        carried_price=created,
    )


def deleted(item: ProductItem) -> Outcome:
    """A product was deleted, and its variants with it."""
    return Outcome(item.id, OutcomeKind.APPLIED, linked=Linked(gone=everything_listed(item)))


def rejected(item: PushItem, message: str, field: str | None = None) -> Outcome:
    """The shop refuses what the item holds; the message is the shop's own."""
    return Outcome(item.id, OutcomeKind.REJECTED, ReasonCode.REFUSED_BY_PLATFORM, message, field)


def refused(item: PushItem, status: int, message: str, field: str | None = None) -> Outcome:
    """What a refusal by status says of the one item that was sent: 404 the shop lost it, 409 its SKU is taken, else its content."""
    if status == 404:
        return not_there(item)
    if status == 409:
        return Outcome(item.id, OutcomeKind.EXISTS, ReasonCode.SKU_DUPLICATE, message, field)
    return rejected(item, message, field)


def by_listing(
    items: Sequence[Mapped[Any]], rows: Mapping[str, Any], judge: Callable[[Any, Any], Outcome]
) -> Submission:
    """Each item judged by the row of its listing's external id; an item without a row is `unknown`, and the shop is asked.

    Args:
        items: Items that are listed (stock, prices).
        rows: The answer's rows by external id.
        judge: Item and row to outcome.
    """
    message = "The shop's answer does not speak of this item."
    said = ((one.item, rows.get(one.item.listing.external_id)) for one in items)
    unsaid = (OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, message)
    return Submission(tuple(Outcome(item.id, *unsaid) if row is None else judge(item, row) for item, row in said))


def by_number(
    items: Sequence[Mapped[Any]], rows: Mapping[int, Any], judge: Callable[[Any, Any], Outcome]
) -> Submission:
    """The same where the answer counts the rows that were sent, from 0, in the order of the items."""
    listed = {items[n].item.listing.external_id: row for n, row in rows.items() if n in range(len(items))}
    return by_listing(items, listed, judge)


def not_there(item: PushItem) -> Outcome:
    """The shop answered "not found" for what the item is listed as.

    An update comes again at once, as a create; a withdrawal is done; stock and prices wait for the product to be pushed again. In
    each case the listings are forgotten.
    """
    message, reason = f"{item.sku} was removed at the shop.", ReasonCode.NOT_FOUND_AT_SHOP
    if not isinstance(item, ProductItem):
        lost = Linked(gone=(item.listing.external_id,))
        return Outcome(item.id, OutcomeKind.NOT_LISTED_YET, reason, message, linked=lost)
    lost = Linked(gone=everything_listed(item))
    if item.action is Action.UPSERT:
        return Outcome(item.id, OutcomeKind.TRANSIENT, reason, message, linked=lost)
    return Outcome(item.id, OutcomeKind.APPLIED, ReasonCode.ALREADY_GONE, message, linked=lost)


def everything_listed(item: ProductItem) -> tuple[str, ...]:
    """The external ids of the product and of its variants, for `Linked.gone` when the product was deleted."""
    listings = (item.listing, *(one.listing for one in item.variants), *item.gone)
    return tuple(dict.fromkeys(one.external_id for one in listings if one is not None))
