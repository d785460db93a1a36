"""What has to be remembered of a productSet to read its result, at once or in another process after a poll."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, JsonValue

from pixee_common.domain.ids import VariantId
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import shop
from pixee_workers.platforms.shopify.documents import KEYED, METAFIELDS, ProductDocument, with_media, without_media
from pixee_workers.platforms.shopify.mapping import chosen_location
from pixee_workers.platforms.shopify.stock import INVENTORY_ITEM
from pixee_workers.platforms.shopify.translations import Translations
from pixee_workers.platforms.shopify.user_errors import Step
from pixee_workers.platforms.shopify.verdicts import UserError, again, rejected
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Listing, ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome


class Trouble(BaseModel):
    """Attributes that the platform refused while the product itself was written."""

    model_config = ConfigDict(frozen=True)

    reason: ReasonCode
    message: str
    field: str | None


class Written(BaseModel):
    """Serialisable: it travels in a remote job's correlation."""

    model_config = ConfigDict(frozen=True)

    item_id: UUID
    variants: dict[str, UUID]
    """SKU to our variant id."""
    sent_ids: tuple[str | None, ...]
    """Of each variant in the order sent: the shop's id that went with it."""
    product: str | None
    known_refs: dict[str, JsonValue]
    refs: dict[str, JsonValue]
    urls: tuple[str, ...]
    """Pictures in order, where their ids are to be learnt."""
    gone: tuple[str, ...]
    collections: tuple[str, ...]
    stock: bool
    price: bool
    publications: tuple[str, ...] = ()
    """GIDs of the sales channels on which it shall be; none: they are left alone."""
    translations: Translations | None = None
    """What is left to translate; null: nothing."""
    trouble: Trouble | None = None


def written_of(
    item: ProductItem,
    document: ProductDocument,
    collections: Sequence[str],
    location: str | None,
    publications: Sequence[str] = (),
    translations: Translations | None = None,
    *,
    carries_price: bool = True,
) -> Written:
    """Before the call. `carries_price`: a create writes the prices that a push of prices would write."""
    listing = item.listing
    return Written(
        item_id=item.id,
        variants={one.variant.sku: one.id for one in item.variants},
        sent_ids=tuple(given.get("id") for given in document.input["variants"]),
        product=None if listing is None else listing.external_id,
        known_refs={} if listing is None else dict(listing.refs),
        refs=dict(document.refs),
        urls=document.urls if document.new_media else (),
        gone=tuple(one.external_id for one in item.gone),
        collections=tuple(collections),
        stock=listing is None and location is not None,
        price=listing is None and carries_price,
        publications=tuple(publications),
        translations=translations,
    )


def applied(written: Written, product: str, variants: Iterable[Mapping[str, Any]], media: Sequence[str]) -> Outcome:
    """The product is at the shop as sent. `variants`: id, sku and inventoryItem of each; `media`: ids in order."""
    refs = with_media(written.refs, written.urls, media)
    if written.trouble is not None:
        refs |= {METAFIELDS: None, KEYED: False}
    listings = {}
    for one in variants:
        our_id = written.variants.get(one["sku"] or "")
        if our_id is not None:
            listings[VariantId(our_id)] = Listing(one["id"], product, {INVENTORY_ITEM: one["inventoryItem"]["id"]})
    linked = Linked(Listing(product, None, refs), listings, written.gone)
    trouble = written.trouble
    return Outcome(
        written.item_id,
        OutcomeKind.APPLIED if trouble is None else OutcomeKind.REJECTED,
        None if trouble is None else trouble.reason,
        None if trouble is None else trouble.message,
        None if trouble is None else trouble.field,
        linked,
        carried_stock=written.stock,
        carried_price=written.price,
        created=written.product is None,
    )


def refused(written: Written, errors: Sequence[UserError], context: CallContext) -> Outcome:
    """Nothing was written. What was only a stale id of ours is forgotten, so that the next attempt goes another way."""
    error = errors[0]
    match error.verdict.step:
        case Step.AGAIN:
            return again(written.item_id, error.verdict.reason, f"Shopify says: {error.said}")
        case Step.FORGET_PRODUCT:
            return _product_gone(written, error)
        case Step.FORGET_VARIANT:
            lost = {at for one in errors if (at := one.index("variants")) is not None}
            ids = [sent for at, sent in enumerate(written.sent_ids) if sent is not None and at in lost]
            if not ids:
                return rejected(written.item_id, error)
            message = "Variants were removed at the shop; they are made anew."
            return again(written.item_id, error.verdict.reason, message, Linked(gone=tuple(ids)))
        case Step.FORGET_IDS:
            return _ids_gone(written, error, context)
        case _:
            return rejected(written.item_id, error)


def _product_gone(written: Written, error: UserError) -> Outcome:
    if written.product is None:
        return rejected(written.item_id, error)
    ids = (written.product, *(one for one in written.sent_ids if one is not None))
    message = "The product was removed at the shop; it is made anew."
    return again(written.item_id, error.verdict.reason, message, Linked(gone=ids))


def _ids_gone(written: Written, error: UserError, context: CallContext) -> Outcome:
    parts = set(error.path)
    if "customId" in parts:
        shop.forget_definition(context)
        return again(written.item_id, error.verdict.reason, "The definition of our product key is made anew.")
    if "collections" in parts:
        shop.forget_collections(context, written.collections)
        return again(written.item_id, error.verdict.reason, "A collection was removed at the shop; it is made anew.")
    if parts & {"locationId", "inventoryQuantities"}:
        if chosen_location(context.settings):
            return Outcome(
                written.item_id,
                OutcomeKind.REJECTED,
                ReasonCode.LOCATION_UNKNOWN,
                f"Shopify says: {error.said}",
                "location_id",
            )
        shop.forget_facts(context)
        return again(written.item_id, ReasonCode.LOCATION_UNKNOWN, "The shop's location is looked for again.")
    if parts & {"files", "file"} and written.product is not None and "media" in written.known_refs:
        listing = without_media(Listing(written.product, None, written.known_refs))
        message = "A picture was removed at the shop; all are sent again."
        return again(written.item_id, error.verdict.reason, message, Linked(product=listing))
    return _product_gone(written, error)
