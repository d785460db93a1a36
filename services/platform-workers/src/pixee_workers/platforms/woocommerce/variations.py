"""The variations of one product: matched, written in batches of a hundred, told by one verdict.

A variation is addressed by its listing. One that has none is first looked for among the product's own (by SKU, else by its options
where the shop's has no SKU), because an earlier answer may have been lost. Variations that are not ours are never touched; those
that left the catalog are removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pixee_common.domain.faults import FaultKind
from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.woocommerce.batches import Entry, delete, send
from pixee_workers.platforms.woocommerce.documents import (
    for_create,
    media_in,
    media_of,
    refs_with,
    variation_document,
)
from pixee_workers.platforms.woocommerce.faults import Step
from pixee_workers.platforms.woocommerce.lookups import variations_of
from pixee_workers.platforms.woocommerce.terms import TermIds
from pixee_workers.platforms.woocommerce.wire import ProductRow, ProductWords, VariationWords, text, variations_batch
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, ProductItem, PushVariant
from pixee_workers.sync_base.outcomes import Notice


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the product is not whole: the first failure that a person or the engine must act on."""

    kind: OutcomeKind
    reason: ReasonCode
    message: str
    field: str | None = None


@dataclass(slots=True)
class VariationPush:
    """What became of one product's variations."""

    listings: dict[VariantId, Listing] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    trouble: Trouble | None = None


_LABEL = "variations/batch"


async def push_variations(
    item: ProductItem,
    words: ProductWords,
    context: CallContext,
    *,
    product_id: str,
    ids: TermIds,
    media: Mapping[str, int],
    new: bool,
) -> VariationPush:
    """Write them. `media`: the product's pictures by URL, which its variations may share; `new`: the product was made just now.

    Raises:
        PlatformFault: nothing is known to be written.
    """
    push = VariationPush()
    path = variations_batch(product_id)
    leaving = [one.external_id for one in item.gone if one.parent_external_id == product_id]
    if leaving:
        errors = await delete(path, leaving, context, label=_LABEL)
        push.gone += [one for one in leaving if one not in errors or errors[one].step is Step.GONE]
    known = await _known(item, product_id, context, new=new)
    entries = [
        _entry(entry, one, known.get(entry.id), ids, media)
        for entry, one in zip(item.variants, words["variations"], strict=True)
    ]
    await send(path, entries, context, label=_LABEL)
    for entry, one, sent in zip(item.variants, words["variations"], entries, strict=True):
        _take(push, entry, one, sent, product_id)
    return push


async def _known(item: ProductItem, product_id: str, context: CallContext, *, new: bool) -> dict[VariantId, Listing]:
    known = {
        entry.id: entry.listing
        for entry in item.variants
        if entry.listing is not None and entry.listing.parent_external_id == product_id
    }
    unlisted = [entry for entry in item.variants if entry.id not in known]
    if new or not unlisted:
        return known
    taken = {listing.external_id for listing in known.values()}
    rows = [row for row in await variations_of(product_id, context) if str(row["id"]) not in taken]
    for entry in unlisted:
        row = _match(entry, rows)
        if row is not None:
            rows.remove(row)
            known[entry.id] = Listing(str(row["id"]), parent_external_id=product_id)
    return known


def _match(entry: PushVariant, rows: Sequence[ProductRow]) -> ProductRow | None:
    for row in rows:
        if row.get("sku", "").casefold() == entry.variant.sku.casefold():
            return row
    wanted = {name.casefold(): value.casefold() for name, value in entry.variant.options.items()}
    for row in rows:
        has = {text(one["name"]).casefold(): text(one["option"]).casefold() for one in row.get("attributes", ())}
        if not row.get("sku") and has == wanted:
            return row
    return None


def _entry(
    entry: PushVariant, words: VariationWords, listing: Listing | None, ids: TermIds, media: Mapping[str, int]
) -> Entry:
    pictures = {**media, **media_of(listing)}
    document = variation_document(words, ids, pictures)
    if listing is None:
        document = for_create(document, entry)
    addresses = {number: url for url, number in pictures.items()}
    return Entry(document, listing.external_id if listing else None, addresses)


def _take(
    push: VariationPush,
    entry: PushVariant,
    words: VariationWords,
    sent: Entry,
    product_id: str,
) -> None:
    push.notices += sent.notices
    if sent.row is not None:
        pictures = [words["image"]] if words["image"] and "image" in sent.document else []
        refs = refs_with(media_in(sent.row, pictures)) if pictures else refs_with(media_of(entry.listing))
        push.listings[entry.id] = Listing(str(sent.row["id"]), product_id, refs)
        return
    trouble = _trouble(entry, sent)
    if sent.error is not None and sent.error.step is Step.GONE and sent.external_id is not None:
        push.gone.append(sent.external_id)
    if push.trouble is None or trouble.kind is OutcomeKind.REJECTED:
        push.trouble = trouble


def _trouble(entry: PushVariant, sent: Entry) -> Trouble:
    sku = entry.variant.sku
    error, fault = sent.error, sent.fault
    if error is None:
        if fault is None or fault.kind is FaultKind.AMBIGUOUS:
            return Trouble(OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, f"Variant {sku}: the answer was lost.")
        kind = OutcomeKind.REJECTED if fault.kind is FaultKind.REFUSED else OutcomeKind.TRANSIENT
        return Trouble(kind, fault.reason, f"Variant {sku}: {fault.message}")
    again = error.step in {Step.AGAIN, Step.GONE}
    kind = OutcomeKind.TRANSIENT if again else OutcomeKind.REJECTED
    return Trouble(kind, error.reason, f"Variant {sku}: {error.message}", error.field)
