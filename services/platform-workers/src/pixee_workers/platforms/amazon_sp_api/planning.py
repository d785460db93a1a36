"""A product's listings as the calls that bring them to Amazon: the parent before its children, creates before removals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import documents, wire
from pixee_workers.platforms.amazon_sp_api.asins import Offer
from pixee_workers.platforms.amazon_sp_api.following import refs_of
from pixee_workers.platforms.amazon_sp_api.judging import Schema
from pixee_workers.platforms.amazon_sp_api.listings import ASIN, PARENT, STRUCK, is_off, standing
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, OFFER, STOCK
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.offering import back_on_sale, offer_of, offered
from pixee_workers.platforms.amazon_sp_api.plans import Plan
from pixee_workers.platforms.amazon_sp_api.schemas import schema_of
from pixee_workers.platforms.amazon_sp_api.wire import Attributes
from pixee_workers.platforms.amazon_sp_api.withdrawing import returning
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Listing, Mapped, ProductItem, PushVariant
from pixee_workers.sync_base.outcomes import Refusal


@dataclass(frozen=True, slots=True)
class _Family:
    sku: str
    theme: str


@dataclass(frozen=True, slots=True)
class _Around:
    """What every whole listing of the product is made with. `back`: SKUs that come back on sale with their quantity."""

    schema: Schema
    settings: ConnectorSettings
    family: _Family | None
    back: frozenset[str]

    @property
    def place(self) -> str:
        return marketplace_of(self.settings).id


async def plan(one: Mapped[ProductItem], found: Mapping[str, Offer], context: CallContext) -> Plan | Refusal:
    """What to call. A refusal is about the product: a listing that cannot be is no reason to send its siblings.

    `found`: new SKUs that shall be offers on items of the catalog. Such a SKU is a child of nobody's, since the item has its own family.
    """
    words = cast("dict[str, Any]", one.values)
    item, made = one.item, Plan(kept={"variants": {}, "sent": {}, "more": {}})
    listed = zip(item.variants, words["listings"], strict=True)
    pairs = [(variant, said, offer_of(variant, found)) for variant, said in listed]
    back = await returning(item, context)
    around: _Around | None = None
    if any(offer is None for _, _, offer in pairs):
        told = await _around(words, back, context)
        if isinstance(told, Refusal):
            return told
        around = told
        refusal = _parent(made, item, words["family"], told.family, told) if told.family else None
        if refusal is not None:
            return refusal
    for variant, said, offer in pairs:
        if offer is not None:
            refusal = await offered(made, variant, said, offer, back, context)
        else:
            refusal = _variant(made, variant, said, cast("_Around", around))
        if refusal is not None:
            return refusal
    _keep(made, item, around)
    _removals(made, item)
    return made


async def _around(words: Mapping[str, Any], back: frozenset[str], context: CallContext) -> _Around | Refusal:
    if "missing" in words:
        reason, message, field = words["missing"]
        return Refusal(ReasonCode(reason), message, field)
    schema = await schema_of(context, words["product_type"])
    if isinstance(schema, Refusal):
        return schema
    family = _family(words.get("family"), schema)
    return family if isinstance(family, Refusal) else _Around(schema, context.settings, family, back)


def _keep(made: Plan, item: ProductItem, around: _Around | None) -> None:
    family = around.family if around is not None else None
    creates = item.listing is None
    made.kept["created"] = creates
    made.kept["carried"] = creates and all(call["method"] == "PUT" for call in made.calls)
    made.kept["product"] = family.sku if family else item.variants[0].variant.sku
    made.kept["product_type"] = around.schema.product_type if around is not None else made.calls[0]["product_type"]
    if family is not None:
        made.kept["theme"] = family.theme
    made.kept["same"] = _same(made, item)


def _family(words: Mapping[str, Any] | None, schema: Schema) -> _Family | Refusal | None:
    if words is None:
        return None
    name = documents.theme(words["options"], words["ruled"], schema)
    return name if isinstance(name, Refusal) else _Family(words["sku"], name)


def _parent(
    made: Plan, item: ProductItem, words: Mapping[str, Any], family: _Family, around: _Around
) -> Refusal | None:
    """The parent sells nothing, so writing it whole again takes nothing away that somebody else wrote to it."""
    schema, settings = around.schema, around.settings
    attributes = documents.content(words, schema, settings)
    attributes = {name: value for name, value in attributes.items() if name not in wire.NOT_OF_PARENTS}
    whole = {**attributes, **documents.of_parent(family.theme, around.place)}
    listing = item.listing if item.listing is not None and item.listing.external_id == family.sku else None
    refusal = schema.refusal(family.sku, whole, partly=False, without=tuple(wire.NOT_OF_PARENTS))
    if refusal is not None:
        return refusal
    if listing is not None and documents.in_family(listing, family.sku, family.theme):
        made.calls.append(documents.changed(family.sku, schema.product_type, attributes, listing, schema, settings))
    else:
        made.calls.append(documents.created(family.sku, schema.product_type, whole, sells=False))
    made.kept["sent"][family.sku] = sorted(attributes)
    return None


def _variant(made: Plan, variant: PushVariant, words: Mapping[str, Any], around: _Around) -> Refusal | None:
    sku, schema, settings, family = variant.variant.sku, around.schema, around.settings, around.family
    attributes = documents.content(words, schema, settings)
    listing = standing(variant.listing, sku)
    related: Attributes = {}
    if family is not None and not documents.in_family(listing, family.sku, family.theme):
        related = documents.of_child(family.sku, family.theme, around.place)
    made.kept["variants"][str(variant.id)] = sku
    made.kept["sent"][sku] = sorted(attributes)
    if listing is not None:
        whole = {**attributes, **related}
        refusal = schema.refusal(sku, whole, partly=True)
        if refusal is None:
            call = documents.changed(sku, schema.product_type, whole, listing, schema, settings)
            if family is None and listing.refs.get(PARENT) is not None:
                call["patches"] += [wire.patch("delete", name, None) for name in sorted(wire.RELATIONSHIPS)]
            back_on_sale(made, call, variant, listing, around.back)
            made.calls.append(call)
        return refusal
    selling = documents.offer(variant.price, variant.quantity, schema, settings)
    sells = OFFER in selling and STOCK in selling
    whole = {**attributes, **related, **selling}
    refusal = schema.refusal(sku, whole, partly=False, without=() if sells else tuple(wire.SALES))
    if refusal is None:
        made.calls.append(documents.created(sku, schema.product_type, whole, sells=sells))
        if LIST_PRICE in selling:
            made.note(sku, {STRUCK: True})
    return refusal


def _same(made: Plan, item: ProductItem) -> list[str]:
    """SKUs of which an update changes nothing that is noted of them: a verdict that comes late must not bring back old notes."""
    known = [(variant.variant.sku, variant.listing) for variant in item.variants]
    known += [(item.listing.external_id, item.listing)] if item.listing is not None else []
    changed = {sku for sku, listing in known if _is_news(made, sku, standing(listing, sku))}
    return sorted({sku for sku, _ in known} - changed)


def _is_news(made: Plan, sku: str, listing: Listing | None) -> bool:
    if listing is None or is_off(listing) or ASIN not in listing.refs:
        return True
    return any(listing.refs.get(name) != value for name, value in refs_of(made.kept, sku).items())


def _removals(made: Plan, item: ProductItem) -> None:
    """What stood there before and is no part of the product any more: variants that left it, and SKUs that have changed."""
    before = [variant.listing for variant in item.variants]
    for listing in (*before, item.listing, *item.gone):
        if listing is not None:
            made.remove(listing.external_id)
