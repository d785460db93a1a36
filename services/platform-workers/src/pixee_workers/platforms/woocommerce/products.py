"""Pushing products: one batch for all of them, then one batch of variations for each variable product.

The order of one submission:
1. What is to be deleted, and variations that must go before their product can change its nature.
2. Names to ids (`terms`).
3. `products/batch` with creates and updates, read by position. A create that meets an object answers `exists` when that object
   is ours or nobody's, and `needs_review` when it belongs to another product.
4. Variations (`variations`). A new variable product is a draft until its variations are there; then
5. one more batch publishes those.

Faults before the first write of step 3 are raised. Later ones are told by the outcomes of the items that they touched, with all ids
learnt so far: certain outcomes are never lost. Repeating any of it makes nothing twice: an object is addressed by id, and a SKU is
unique in the shop.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.batches import Entry, delete, send
from pixee_workers.platforms.woocommerce.documents import (
    for_create,
    media_in,
    media_of,
    product_document,
    refs_with,
)
from pixee_workers.platforms.woocommerce.faults import SKU_IN_TRASH, Step
from pixee_workers.platforms.woocommerce.lookups import find, look_in_trash
from pixee_workers.platforms.woocommerce.mapping import is_variable
from pixee_workers.platforms.woocommerce.terms import TermIds, resolve
from pixee_workers.platforms.woocommerce.variations import VariationPush, push_variations
from pixee_workers.platforms.woocommerce.wire import PRODUCTS_BATCH, Document, ProductWords, variations_batch
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action, Listing, Mapped, ProductItem
from pixee_workers.sync_base.outcomes import Found, Linked, Notice, Outcome, Submission


@dataclass(slots=True)
class _Work:
    """One upsert on its way."""

    item: ProductItem
    words: ProductWords
    entry: Entry
    publish_later: bool = False
    notices: list[Notice] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    variations: VariationPush | None = None
    fault: PlatformFault | None = None
    exists: Outcome | None = None

    @property
    def product_id(self) -> str:
        return str(self.entry.row["id"]) if self.entry.row else ""


async def push_products(items: Sequence[Mapped[ProductItem]], context: CallContext) -> Submission:
    """Write the products; see the module.

    Raises:
        PlatformFault: before anything was created.
    """
    outcomes = [_nothing_there(one.item) for one in items if _is_withdrawal(one) and one.item.listing is None]
    outcomes += await _deleted([one.item for one in items if one.item.action is Action.DELETE], context)
    unpublished = [
        (one.item, Entry(dict(cast("Document", one.values)), one.item.listing.external_id))
        for one in items
        if one.item.action is Action.UNPUBLISH and one.item.listing is not None
    ]
    upserts = [one for one in items if one.item.action is Action.UPSERT]
    ids = await resolve(context, [cast("ProductWords", one.values) for one in upserts])
    works = [_work(one, ids) for one in upserts]
    for work in works:
        await _clear_way(work, context)
    await send(
        PRODUCTS_BATCH, [*(work.entry for work in works), *(entry for _, entry in unpublished)], context,
        label=PRODUCTS_BATCH,
    )  # fmt: skip
    outcomes += [_unpublished(item, entry) for item, entry in unpublished]
    await _look_up(works, context)
    await _push_variations(works, ids, context)
    await _publish(works, context)
    outcomes += [_outcome(work) for work in works]
    return Submission(tuple(outcomes))


def _is_withdrawal(one: Mapped[ProductItem]) -> bool:
    return one.item.action is not Action.UPSERT


def _work(one: Mapped[ProductItem], ids: TermIds) -> _Work:
    item, words = one.item, cast("ProductWords", one.values)
    media = media_of(item.listing)
    document = product_document(words, ids, media)
    variable = is_variable(item.product)
    publish_later = False
    if item.listing is None:
        if variable:
            publish_later = document["status"] != "draft"
            document["status"] = "draft"
        else:
            document = for_create(document, item.variants[0])
    entry = Entry(
        document,
        item.listing.external_id if item.listing else None,
        addresses={number: url for url, number in media.items()},
    )
    return _Work(item, words, entry, publish_later, ids.notices(words))


async def _clear_way(work: _Work, context: CallContext) -> None:
    """A product that became simple: its variations go first, since one of them has the SKU that it is to get."""
    item = work.item
    if item.listing is None or is_variable(item.product):
        return
    parent = item.listing.external_id
    listed = [*(entry.listing for entry in item.variants if entry.listing), *item.gone]
    old = [one.external_id for one in listed if one.parent_external_id == parent]
    if old:
        await delete(variations_batch(parent), old, context, label="variations/batch")
        work.removed += old
        work.entry.document = for_create(work.entry.document, item.variants[0])


async def _deleted(items: Sequence[ProductItem], context: CallContext) -> list[Outcome]:
    by_id = {item.listing.external_id: item for item in items if item.listing is not None}
    if not by_id:
        return []
    errors = await delete(PRODUCTS_BATCH, list(by_id), context, label=PRODUCTS_BATCH)
    outcomes = []
    for external_id, item in by_id.items():
        error = errors.get(external_id)
        if error is None:
            outcomes.append(Outcome(item.id, OutcomeKind.APPLIED, linked=_all_gone(item)))
        elif error.step is Step.GONE:
            outcomes.append(_already_gone(item))
        else:
            kind = OutcomeKind.TRANSIENT if error.step is Step.AGAIN else OutcomeKind.REJECTED
            outcomes.append(Outcome(item.id, kind, error.reason, error.message, error.field))
    return outcomes


def _nothing_there(item: ProductItem) -> Outcome:
    return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.ALREADY_GONE, f"{item.sku} is not at the shop.")


def _already_gone(item: ProductItem) -> Outcome:
    message = f"{item.sku} was removed at the shop before."
    return Outcome(item.id, OutcomeKind.APPLIED, ReasonCode.ALREADY_GONE, message, linked=_all_gone(item))


def _all_gone(item: ProductItem) -> Linked:
    listings = [item.listing, *(entry.listing for entry in item.variants), *item.gone]
    return Linked(gone=tuple(dict.fromkeys(one.external_id for one in listings if one is not None)))


def _unpublished(item: ProductItem, entry: Entry) -> Outcome:
    if entry.row is not None:
        return Outcome(item.id, OutcomeKind.APPLIED)
    if entry.error is not None and entry.error.step is Step.GONE:
        return _already_gone(item)
    return _failed(item, entry, Linked())


async def _look_up(works: Sequence[_Work], context: CallContext) -> None:
    """What stands in the way of a create: ours, another product's, or in the trash."""
    met = [work for work in works if work.entry.error and work.entry.error.step is Step.LOOK_UP]
    met = [work for work in met if work.entry.external_id is None]
    if not met:
        return
    for work in met:
        if work.entry.error and work.entry.error.code == SKU_IN_TRASH:
            look_in_trash(work.item, context)
    try:
        found = await find([work.item for work in met], context)
    except PlatformFault as fault:
        for work in met:
            work.entry.error, work.entry.fault = None, fault
        return
    for work in met:
        work.exists = _exists(work, found.get(work.item.id))


def _exists(work: _Work, found: Found | None) -> Outcome | None:
    """Null where nothing was found: the shop's own message then stands."""
    if found is None:
        return None
    item = work.item
    if found.candidates or not found.ours or found.linked.product is None:
        reason = ReasonCode.EAN_AMBIGUOUS if found.candidates else ReasonCode.BELONGS_TO_ANOTHER
        who = ", ".join(found.candidates) or (found.linked.product.external_id if found.linked.product else "")
        message = f"The shop has {item.sku} already: product {who}."
        return Outcome(item.id, OutcomeKind.NEEDS_REVIEW, reason, message, "sku")
    message = f"The shop has {item.sku} already, as product {found.linked.product.external_id}."
    return Outcome(item.id, OutcomeKind.EXISTS, ReasonCode.SKU_DUPLICATE, message, "sku", linked=found.linked)


async def _push_variations(works: Sequence[_Work], ids: TermIds, context: CallContext) -> None:
    stopped: PlatformFault | None = None
    for work in works:
        if work.entry.row is None or not is_variable(work.item.product):
            continue
        if stopped is not None:
            work.fault = stopped
            continue
        try:
            media = {**media_of(work.item.listing), **media_in(work.entry.row, work.words["images"])}
            work.variations = await push_variations(
                work.item,
                work.words,
                context,
                product_id=work.product_id,
                ids=ids,
                media=media,
                new=work.entry.created,
            )
        except PlatformFault as fault:
            work.fault = fault
            if fault.kind is not FaultKind.REFUSED:
                stopped = fault


async def _publish(works: Sequence[_Work], context: CallContext) -> None:
    """Make new variable products visible, now that they have variations."""
    ready = [work for work in works if work.publish_later and work.variations and work.variations.listings]
    entries = [Entry({"status": work.words["document"]["status"]}, work.product_id) for work in ready]
    if not entries:
        return
    try:
        await send(PRODUCTS_BATCH, entries, context, label=PRODUCTS_BATCH)
    except PlatformFault as fault:
        for work in ready:
            work.fault = fault
        return
    for work, entry in zip(ready, entries, strict=True):
        if entry.error is not None:
            work.notices.append(Notice(entry.error.reason, f"It stays a draft: {entry.error.message}", "status"))
        work.fault = work.fault or entry.fault


def _outcome(work: _Work) -> Outcome:
    if work.exists is not None:
        return work.exists
    item, entry = work.item, work.entry
    if entry.row is None:
        return _failed(item, entry, Linked())
    pushed = work.variations
    product, variants = _listings(work)
    gone = (*work.removed, *(pushed.gone if pushed else ()))
    linked = Linked(product, variants, gone)
    warnings = (*work.notices, *entry.notices, *(pushed.notices if pushed else ()))
    trouble = pushed.trouble if pushed else None
    if work.fault is not None:
        kind = _kind_of(work.fault)
        return Outcome(item.id, kind, work.fault.reason, work.fault.message, linked=linked, created=entry.created)
    if trouble is not None:
        return Outcome(
            item.id, trouble.kind, trouble.reason, trouble.message, trouble.field, linked,
            created=entry.created, warnings=warnings,
        )  # fmt: skip
    return Outcome(
        item.id,
        OutcomeKind.APPLIED,
        linked=linked,
        carried_stock=entry.created,
        carried_price=entry.created,
        created=entry.created,
        warnings=warnings,
    )


def _listings(work: _Work) -> tuple[Listing, dict[VariantId, Listing]]:
    """Listings of the product and its variants, with the pictures they hold. Pictures that were not sent keep their ids."""
    row = work.entry.row or {}
    sent = "images" in work.entry.document
    media = media_in(row, work.words["images"]) if sent else media_of(work.item.listing)
    product = Listing(work.product_id, refs=refs_with(media))
    if is_variable(work.item.product):
        return product, dict(work.variations.listings) if work.variations else {}
    return product, {work.item.variants[0].id: product}


def _failed(item: ProductItem, entry: Entry, linked: Linked) -> Outcome:
    error = entry.error
    if error is None:
        fault = cast("PlatformFault", entry.fault)
        return Outcome(item.id, _kind_of(fault), fault.reason, fault.message, linked=linked)
    if error.step is Step.GONE and entry.external_id is not None:
        message = f"{item.sku} was removed at the shop; it is made anew."
        return Outcome(item.id, OutcomeKind.TRANSIENT, error.reason, message, linked=_all_gone(item))
    kind = OutcomeKind.TRANSIENT if error.step is Step.AGAIN else OutcomeKind.REJECTED
    return Outcome(item.id, kind, error.reason, error.message, error.field, linked)


def _kind_of(fault: PlatformFault) -> OutcomeKind:
    if fault.kind is FaultKind.AMBIGUOUS:
        return OutcomeKind.UNKNOWN
    return OutcomeKind.REJECTED if fault.kind is FaultKind.REFUSED else OutcomeKind.TRANSIENT
