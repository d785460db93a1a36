"""A product's listings as the calls that bring them to Amazon: the parent before its children, creates before removals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pixee_workers.platforms.amazon_sp_api import documents, wire
from pixee_workers.platforms.amazon_sp_api.following import refs_of
from pixee_workers.platforms.amazon_sp_api.judging import Schema
from pixee_workers.platforms.amazon_sp_api.listings import ASIN, PARENT, RETURNS, STRUCK, is_off, returns_of
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, OFFER, STOCK
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.plans import Plan
from pixee_workers.platforms.amazon_sp_api.schemas import schema_of
from pixee_workers.platforms.amazon_sp_api.wire import Attributes, Call
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
    """What every listing of the product is made with. `back`: SKUs that come back on sale with their quantity."""

    schema: Schema
    settings: ConnectorSettings
    family: _Family | None
    back: frozenset[str]

    @property
    def place(self) -> str:
        return marketplace_of(self.settings).id


async def plan(one: Mapped[ProductItem], context: CallContext) -> Plan | Refusal:
    """What to call. A refusal is about the product: a listing that cannot be is no reason to send its siblings."""
    words = cast("dict[str, Any]", one.values)
    schema = await schema_of(context, words["product_type"])
    if isinstance(schema, Refusal):
        return schema
    item, made = one.item, Plan(kept={"variants": {}, "sent": {}, "more": {}})
    family = _family(words.get("family"), schema)
    if isinstance(family, Refusal):
        return family
    around = _Around(schema, context.settings, family, await returning(item, context))
    if family is not None:
        refusal = _parent(made, item, words["family"], family, around)
        if refusal is not None:
            return refusal
    for variant, said in zip(item.variants, words["listings"], strict=True):
        refusal = _variant(made, variant, said, around)
        if refusal is not None:
            return refusal
    creates = item.listing is None
    made.kept["created"] = creates
    made.kept["carried"] = creates and all(call["method"] == "PUT" for call in made.calls)
    made.kept["product"] = family.sku if family else item.variants[0].variant.sku
    made.kept["product_type"] = schema.product_type
    if family is not None:
        made.kept["theme"] = family.theme
    made.kept["same"] = _same(made, item)
    _removals(made, item)
    return made


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
    listing = _standing(variant.listing, sku)
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
            _back_on_sale(made, call, variant, listing, around)
            made.calls.append(call)
        return refusal
    selling = documents.offer(variant.price, variant.quantity, schema, settings)
    sells = OFFER in selling and STOCK in selling
    whole = {**attributes, **related, **selling}
    refusal = schema.refusal(sku, whole, partly=False, without=() if sells else tuple(wire.SALES))
    if refusal is None:
        made.calls.append(documents.created(sku, schema.product_type, whole, sells=sells))
        if LIST_PRICE in selling:
            made.kept["more"][sku] = {STRUCK: True}
    return refusal


def _back_on_sale(made: Plan, call: Call, variant: PushVariant, listing: Listing, around: _Around) -> None:
    """What was taken off sale gets its pieces with the content: nobody would push a quantity that has not changed."""
    if call["sku"] in around.back and variant.quantity is not None:
        call["patches"].append(wire.patch("merge", STOCK, wire.pieces(variant.quantity)))
    returns = returns_of(listing) + is_off(listing)
    more = ({RETURNS: returns} if returns else {}) | ({STRUCK: True} if listing.refs.get(STRUCK) else {})
    if more:
        made.kept["more"][call["sku"]] = more


def _same(made: Plan, item: ProductItem) -> list[str]:
    """SKUs of which an update changes nothing that is noted of them: a verdict that comes late must not bring back old notes."""
    known = [(variant.variant.sku, variant.listing) for variant in item.variants]
    known += [(item.listing.external_id, item.listing)] if item.listing is not None else []
    changed = {sku for sku, listing in known if _is_news(made, sku, _standing(listing, sku))}
    return sorted({sku for sku, _ in known} - changed)


def _is_news(made: Plan, sku: str, listing: Listing | None) -> bool:
    if listing is None or is_off(listing) or ASIN not in listing.refs:
        return True
    return any(listing.refs.get(name) != value for name, value in refs_of(made.kept, sku).items())


def _standing(listing: Listing | None, sku: str) -> Listing | None:
    """The listing under this very SKU: at Amazon another SKU is another listing."""
    return listing if listing is not None and listing.external_id == sku else None


def _removals(made: Plan, item: ProductItem) -> None:
    """What stood there before and is no part of the product any more: variants that left it, and SKUs that have changed."""
    before = [variant.listing for variant in item.variants]
    for listing in (*before, item.listing, *item.gone):
        if listing is not None:
            made.remove(listing.external_id)
