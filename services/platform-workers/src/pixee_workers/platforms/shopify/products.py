"""push_products: one product per call with productSet, up to 100 variants while we wait, more in the background; withdrawals."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, languages, mapping, publishing, shop, translating, translations, wire
from pixee_workers.platforms.shopify.documents import ProductDocument, product_document, variables_of
from pixee_workers.platforms.shopify.manifest import SYNCHRONOUS_VARIANTS
from pixee_workers.platforms.shopify.remote import remote_job
from pixee_workers.platforms.shopify.requests import ask, contract_broken, payload_of
from pixee_workers.platforms.shopify.user_errors import METAFIELDS_SET, OTHER_METAFIELD, PRODUCT_SET
from pixee_workers.platforms.shopify.verdicts import rejected, user_errors
from pixee_workers.platforms.shopify.written import Trouble, Written, applied, refused, written_of
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action, Mapped, ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome, Refusal, Submission


async def submit(one: Mapped[ProductItem], context: CallContext) -> Submission:
    """Write one product."""
    if one.item.action is not Action.UPSERT:
        return Submission((await withdrawn(one.item, context),))
    ready = await prepared(one, context)
    if isinstance(ready, Outcome):
        return Submission((ready,))
    return await _pushed(*ready, context)


async def prepared(one: Mapped[ProductItem], context: CallContext) -> tuple[ProductDocument, Written] | Outcome:
    """What is sent of an upsert, and what is remembered of it; or why it is not sent."""
    item = one.item
    values = cast("dict[str, Any]", one.values)
    location = None
    if item.listing is None or any(variant.listing is None for variant in item.variants):
        facts = await shop.facts(context)
        location = facts.location
        if (refusal := _currency_refusal(item, facts.currency)) is not None:
            return refusal
    if item.listing is None or not item.listing.refs.get("keyed"):
        await shop.ensure_definition(context)
    titles: list[str] = values["collections"]
    collections = await shop.collection_ids(context, titles)
    channels = await publishing.ids_of(values.get("publications") or (), context)
    if isinstance(channels, Refusal):
        return Outcome(item.id, OutcomeKind.REJECTED, channels.reason, channels.message, channels.field)
    left = translations.left_to_do({} if item.listing is None else item.listing.refs, values, context.settings)
    if left is not None:
        # A permission that is missing stops the push before anything is written.
        await languages.there(context)
    document = product_document(item, values, collections, location)
    own_prices = mapping.chosen_price_list(context.settings) is None
    return document, written_of(item, document, titles, location, channels, left, carries_price=own_prices)


async def _pushed(document: ProductDocument, written: Written, context: CallContext) -> Submission:
    count = len(document.input["variants"])
    later = count > SYNCHRONOUS_VARIANTS
    media = document.new_media and not later
    points = cost.product_set(
        document.input,
        variants_read=0 if later else count,
        media_read=len(document.urls) if media else 0,
        metafield_sets=len(document.sets),
    )
    text = wire.push(later=later, media=media, metafield_sets=len(document.sets))
    data, _ = await ask(context, "productSet", text, variables_of(document, later=later), cost=points)
    payload = payload_of(data, "productSet")
    errors = user_errors(payload, PRODUCT_SET)
    if errors:
        return Submission((refused(written, errors, context),))
    written = written.model_copy(update={"trouble": trouble_in(data, range(len(document.sets)))})
    if later:
        operation = payload.get("productSetOperation") or {}
        if not operation.get("id"):
            raise contract_broken("productSet in the background without an operation")
        accepted = Outcome(written.item_id, OutcomeKind.ACCEPTED, ReasonCode.REMOTE_PENDING)
        return Submission((accepted,), (remote_job(str(operation["id"]), written),))
    product = payload.get("product")
    if product is None:
        raise contract_broken("productSet with neither product nor error")
    ids = [node["id"] for node in (product.get("media") or {"nodes": ()})["nodes"]]
    outcome = applied(written, product["id"], product["variants"]["nodes"], ids)
    outcome = await publishing.published(written, outcome, context)
    return Submission((await translating.translated(written, outcome, context),))


def trouble_in(data: Mapping[str, Any], sets: Iterable[int]) -> Trouble | None:
    """The first error of these metafieldsSet, by their numbers in the document."""
    for index in sets:
        errors = user_errors(payload_of(data, f"set{index}"), METAFIELDS_SET, OTHER_METAFIELD)
        if errors:
            first = errors[0]
            return Trouble(reason=first.verdict.reason, message=f"Shopify says: {first.said}", field=first.field)
    return None


def _currency_refusal(item: ProductItem, currency: str) -> Outcome | None:
    for variant in item.variants:
        if variant.listing is None and variant.price is not None:
            refusal = mapping.price_refusal(variant.price.currency, currency)
            if refusal is not None:
                return Outcome(item.id, OutcomeKind.REJECTED, refusal.reason, refusal.message, refusal.field)
    return None


async def withdrawn(item: ProductItem, context: CallContext) -> Outcome:
    """Unpublish or delete; once more makes no difference. User errors of these two mutations have no codes: one that names the id says that the product is not there."""
    if item.listing is None:
        return Outcome(item.id, OutcomeKind.APPLIED, ReasonCode.ALREADY_GONE, "The shop never had it.")
    product = item.listing.external_id
    if item.action is Action.DELETE:
        data, _ = await ask(context, "productDelete", wire.DELETE, {"input": {"id": product}}, cost=cost.MUTATION)
        errors = user_errors(payload_of(data, "productDelete"), {})
    else:
        variables = {"product": {"id": product, "status": "DRAFT"}}
        data, _ = await ask(context, "productUpdate", wire.UNPUBLISH, variables, cost=cost.MUTATION)
        errors = user_errors(payload_of(data, "productUpdate"), {})
    everything = Linked(gone=(product, *(one.listing.external_id for one in item.variants if one.listing is not None)))
    if not errors:
        return Outcome(item.id, OutcomeKind.APPLIED, linked=everything if item.action is Action.DELETE else Linked())
    if errors[0].path[-1:] == ("id",):
        return Outcome(
            item.id,
            OutcomeKind.APPLIED,
            ReasonCode.ALREADY_GONE,
            "The shop does not have it any more.",
            linked=everything,
        )
    return rejected(item.id, errors[0])
