"""From what `mapped` said to the calls that will be made: the schema is asked, and what Amazon has now where that matters.

The same for single calls and for files; nothing is written here. An item that Amazon would refuse, or that is not ours to write,
ends here with its outcome and costs no write.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.product import ProductStatus
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.asins import Offer, offers
from pixee_workers.platforms.amazon_sp_api.documents import list_price
from pixee_workers.platforms.amazon_sp_api.listings import STRUCK, is_fba, shown, type_of
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, OFFER, STOCK
from pixee_workers.platforms.amazon_sp_api.mapping import listed_skus
from pixee_workers.platforms.amazon_sp_api.marketplaces import WITH_LIST_PRICE, marketplace_of
from pixee_workers.platforms.amazon_sp_api.planning import plan
from pixee_workers.platforms.amazon_sp_api.plans import Plan
from pixee_workers.platforms.amazon_sp_api.wire import ANY_TYPE, Call, Element
from pixee_workers.platforms.amazon_sp_api.withdrawing import taken_off, withdrawal
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action, Mapped, PriceItem, ProductItem, PushItem, StockItem
from pixee_workers.sync_base.outcomes import Outcome, Refusal
from pixee_workers.sync_base.upload_contract import Completed

CALLS = "calls"
KEPT = "kept"


async def completed(operation: Operation, items: Sequence[Mapped[PushItem]], context: CallContext) -> Completed:
    """The items with `values` of `calls` and what a later look has to know of them (`kept`)."""
    if operation is Operation.PUSH_STOCK:
        return await _stock(cast("Sequence[Mapped[StockItem]]", items), context)
    if operation is Operation.PUSH_PRICES:
        return await _prices(cast("Sequence[Mapped[PriceItem]]", items), context)
    return await _products(cast("Sequence[Mapped[ProductItem]]", items), context)


def calls_of(one: Mapped[PushItem]) -> list[Call]:
    """The calls of a completed item. Raises KeyError for one that is not."""
    return cast("list[Call]", cast("Mapping[str, Any]", one.values)[CALLS])


def kept_of(one: Mapped[PushItem]) -> dict[str, JsonValue]:
    """What a later look has to know of a completed item."""
    return cast("dict[str, JsonValue]", cast("Mapping[str, Any]", one.values)[KEPT])


def _with(one: Mapped[Any], calls: Sequence[Call], kept: Mapping[str, Any]) -> Mapped[PushItem]:
    return Mapped(one.item, cast("JsonValue", {CALLS: list(calls), KEPT: dict(kept)}))


async def _products(items: Sequence[Mapped[ProductItem]], context: CallContext) -> Completed:
    ready: list[Mapped[PushItem]] = []
    offered, reviews = await offers([one for one in items if _is_for_sale(one.item)], context)
    outcomes: list[Outcome] = list(reviews.values())
    for one in (one for one in items if one.item.id not in reviews):
        # A check by the schema takes a millisecond, and a page has hundreds: whoever else works here gets a turn.
        await asyncio.sleep(0)
        found = await _planned(one, offered, context)
        if isinstance(found, Plan):
            ready.append(_with(one, found.calls, found.kept))
        elif isinstance(found, Outcome):
            outcomes.append(found)
        else:
            outcomes.append(Outcome(one.item.id, OutcomeKind.REJECTED, found.reason, found.message, found.field))
    return Completed(tuple(ready), tuple(outcomes))


def _is_for_sale(item: ProductItem) -> bool:
    return item.action is Action.UPSERT and item.product.status is ProductStatus.ACTIVE


async def _planned(
    one: Mapped[ProductItem], offered: Mapping[str, Offer], context: CallContext
) -> Plan | Outcome | Refusal:
    """Amazon has no drafts: what is put there is for sale, or would be with its first piece (sheet, "Visibility")."""
    item = one.item
    if item.action is not Action.UPSERT:
        return await withdrawal(item, context)
    if _is_for_sale(item):
        return await plan(one, offered, context)
    return await taken_off(item, context) if listed_skus(item) else _kept_back(item)


def _kept_back(item: ProductItem) -> Outcome:
    message = f"The product is {item.product.status}, and Amazon has no drafts: it is listed when it becomes active."
    return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, message, "status")


async def _stock(items: Sequence[Mapped[StockItem]], context: CallContext) -> Completed:
    """Amazon's warehouse owns its quantities: writing ours would add a second channel (sheet, "Pitfalls")."""
    skus = [one.item.listing.external_id for one in items]
    now = await shown(context, skus, ("fulfillmentAvailability", "productTypes"))
    ready: list[Mapped[PushItem]] = []
    outcomes: list[Outcome] = []
    for one, sku in zip(items, skus, strict=True):
        there = now.get(sku, {})
        if is_fba(there):
            outcomes.append(_not_ours(one.item, sku))
            continue
        quantity = cast("Mapping[str, int]", one.values)["quantity"]
        call = _patched(sku, there, [wire.patch("merge", STOCK, wire.pieces(quantity))], context)
        ready.append(_with(one, [call], {"quantity": quantity}))
    return Completed(tuple(ready), tuple(outcomes))


async def _prices(items: Sequence[Mapped[PriceItem]], context: CallContext) -> Completed:
    """The offer to everybody is read, its price changed, and sent back whole: what it has else (discounts) would be lost.

    The offer to businesses is another element, which is not named and therefore stays.
    """
    skus = [one.item.listing.external_id for one in items]
    now = await shown(context, skus, ("attributes", "productTypes"))
    ready: list[Mapped[PushItem]] = []
    for one, sku in zip(items, skus, strict=True):
        there = now.get(sku, {})
        words = cast("Mapping[str, str]", one.values)
        place = marketplace_of(context.settings).id
        patches = [wire.patch("replace", OFFER, [_offer(there, words, place)])]
        struck, kept = _struck(one.item, there, words, context)
        calls = [_patched(sku, there, [*patches, *struck], context)]
        ready.append(_with(one, calls, {"price": words["price"], **kept}))
    return Completed(tuple(ready))


def _struck(
    item: PriceItem, there: Mapping[str, Any], words: Mapping[str, str], context: CallContext
) -> tuple[list[Element], dict[str, Any]]:
    """The patches of the struck-through price, and what to keep: it is put, or taken away where we have put it and it is no more.

    What somebody else has put there stays. Some marketplaces demand one and take zero for none (sheet, "Push prices").
    """
    place, ours = marketplace_of(context.settings), bool(item.listing.refs.get(STRUCK))
    if "list_price" not in words and not ours:
        return [], {}
    demanded = place.country in WITH_LIST_PRICE
    patches: list[Element] = []
    if "list_price" in words or demanded:
        element = list_price(words.get("list_price", "0"), words["currency"], place.id, None)
        patches = [wire.patch("replace", LIST_PRICE, [_like_before(element, there)])]
    elif (there.get("attributes") or {}).get(LIST_PRICE):
        element = {"currency": words["currency"], "marketplace_id": place.id}
        patches = [wire.patch("delete", LIST_PRICE, [element])]
    kept: dict[str, Any] = {"list_price": words.get("list_price")}
    if ours != ("list_price" in words) and not (ours and demanded):
        refs = {name: value for name, value in item.listing.refs.items() if name != STRUCK}
        refs |= {} if ours else {STRUCK: True}
        kept["listing"] = [item.listing.external_id, item.listing.parent_external_id, refs]
    return patches, kept


def _patched(sku: str, there: Mapping[str, Any], patches: list[Element], context: CallContext) -> Call:
    kind = type_of(there, marketplace_of(context.settings).id) or ANY_TYPE
    return {"sku": sku, "method": "PATCH", "product_type": kind, "patches": patches}


def _offer(there: Mapping[str, Any], words: Mapping[str, str], place: str) -> Element:
    selectors = {"marketplace_id": place, "currency": words["currency"], "audience": "ALL"}
    offers = (there.get("attributes") or {}).get(OFFER) or ()
    old: Mapping[str, Any] = next((one for one in offers if _is_for_all(one, words["currency"], place)), {})
    # Selectors as they stand there: where they differ Amazon adds a second offer and says nothing (sheet, "Pitfalls").
    return selectors | dict(old) | {"our_price": wire.schedule(words["price"])}


def _is_for_all(offer: Mapping[str, Any], currency: str, place: str) -> bool:
    told = {"audience": "ALL", "currency": currency, "marketplace_id": place}
    return all(offer.get(name, value) == value for name, value in told.items())


def _like_before(element: Element, there: Mapping[str, Any]) -> Element:
    """In the form that the listing's struck-through price has already, where it has one."""
    old: Mapping[str, Any] = next(iter((there.get("attributes") or {}).get(LIST_PRICE) or ()), {})
    if "value" in old and "value_with_tax" not in old:
        return {"value": element["value_with_tax"], **{k: v for k, v in element.items() if k != "value_with_tax"}}
    return element


def _not_ours(item: StockItem, sku: str) -> Outcome:
    message = f"{sku} is sold from Amazon's own warehouse, which alone knows how many there are."
    return Outcome(item.id, OutcomeKind.SKIPPED, ReasonCode.NOT_OURS, message, "quantity")
