"""push_stock: absolute quantities of up to 250 variants in one call that is all or nothing.

Progress is certain: of a refused call the items that an error names end (rejected) or lose what was wrong with them, and the
others come again without them; an error that names nobody refuses the whole call, which the engine then bisects. An attempt
whose key is spoilt is repeated under another one, and absolute values make nothing twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import orjson

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, shop, wire
from pixee_workers.platforms.shopify.mapping import chosen_location
from pixee_workers.platforms.shopify.requests import ask, payload_of
from pixee_workers.platforms.shopify.user_errors import SET_QUANTITIES, Step
from pixee_workers.platforms.shopify.verdicts import UserError, again, gone, rejected, user_errors
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Mapped, StockItem
from pixee_workers.sync_base.outcomes import Linked, Outcome, Submission

INVENTORY_ITEM = "inventory_item"
"""Name in a variant listing's `refs`."""

_ATTEMPT = "attempt:stock"
_COST = cost.MUTATION + 4
_LIST = "quantities"


async def submit(items: Sequence[Mapped[StockItem]], context: CallContext) -> Submission:
    """See module."""
    facts = await shop.facts(context)
    if facts.location is None:
        return Submission(tuple(_no_location(one.item.id) for one in items))
    known = [one for one in items if isinstance(one.item.listing.refs.get(INVENTORY_ITEM), str)]
    sent = {one.item.id for one in known}
    unknown = [_no_inventory_item(one.item) for one in items if one.item.id not in sent]
    if not known:
        return Submission(tuple(unknown))
    given = _input(known, facts.location)
    variables = {"input": given, "key": _key(context, given), "location": facts.location}
    data, _ = await ask(context, "inventorySetQuantities", wire.SET_QUANTITIES, variables, cost=_COST)
    payload = payload_of(data, "inventorySetQuantities")
    errors = user_errors(payload, SET_QUANTITIES)
    if errors:
        return Submission((*_refused([one.item for one in known], errors, context), *unknown))
    failed = await _activated(known, payload, facts.location, context)
    applied = (failed.get(one.item.id) or Outcome(one.item.id, OutcomeKind.APPLIED) for one in known)
    return Submission((*applied, *unknown))


def _input(items: Sequence[Mapped[StockItem]], location: str) -> dict[str, Any]:
    return {
        "name": "available",
        "reason": "correction",
        _LIST: [
            {
                "inventoryItemId": one.item.listing.refs[INVENTORY_ITEM],
                "locationId": location,
                "quantity": _quantity(one),
                "changeFromQuantity": None,
            }
            for one in items
        ],
    }


def _quantity(one: Mapped[StockItem]) -> int:
    values = one.values
    return int(str(values["quantity"])) if isinstance(values, dict) else max(one.item.quantity, 0)


def _key(context: CallContext, given: Mapping[str, Any]) -> str:
    """Same submission and inputs, same key; another one after an attempt that spoilt its key (sheet, "Push stock")."""
    attempt = context.memory.get(_ATTEMPT, 0)
    inputs = orjson.dumps([attempt, given], option=orjson.OPT_SORT_KEYS)
    return str(uuid5(context.submission_key, inputs.decode()))


def _refused(items: Sequence[StockItem], errors: Sequence[UserError], context: CallContext) -> list[Outcome]:
    # Whatever comes again is another attempt: under the old key the platform would repeat this very answer.
    context.memory[_ATTEMPT] = context.memory.get(_ATTEMPT, 0) + 1
    if any(error.verdict.step is Step.NEW_KEY for error in errors):
        return [again(item.id, ReasonCode.UNAVAILABLE, "Shopify could not finish the first attempt.") for item in items]
    if any(error.verdict.step is Step.FORGET_IDS for error in errors):
        return _location_gone(items, errors[0], context)
    named = {at: error for error in errors if (at := error.index(_LIST)) is not None and at < len(items)}
    if not named:
        raise PlatformFault(
            FaultKind.REFUSED, FaultScope.SUBMISSION, errors[0].verdict.reason, f"Shopify says: {errors[0].said}"
        )
    return [_one_refused(item, named.get(at)) for at, item in enumerate(items)]


def _one_refused(item: StockItem, error: UserError | None) -> Outcome:
    if error is None:
        return again(item.id, ReasonCode.UNAVAILABLE, "Another quantity of the same call was refused.")
    match error.verdict.step:
        case Step.AGAIN:
            return again(item.id, error.verdict.reason, f"Shopify says: {error.said}")
        case Step.FORGET_VARIANT:
            return gone(item.id, error, (item.listing.external_id,))
        case _:
            return rejected(item.id, error)


def _location_gone(items: Sequence[StockItem], error: UserError, context: CallContext) -> list[Outcome]:
    """A location that we found is looked for again, one that the merchant set is the merchant's to correct."""
    if chosen_location(context.settings):
        return [rejected(item.id, error) for item in items]
    shop.forget_facts(context)
    return [
        again(item.id, error.verdict.reason, "The shop's location changed; it is looked for again.") for item in items
    ]


async def _activated(
    items: Sequence[Mapped[StockItem]], payload: Mapping[str, Any], location: str, context: CallContext
) -> dict[UUID, Outcome]:
    """Items that were not stocked at the location have an inactive level now, which nobody sees (sheet, "Which API")."""
    group = payload.get("inventoryAdjustmentGroup") or {}
    inactive = {
        change["item"]["id"]
        for change in group.get("changes") or ()
        if change.get("item") and not (change["item"].get("inventoryLevel") or {"isActive": True})["isActive"]
    }
    failed: dict[UUID, Outcome] = {}
    for one in items:
        inventory_item = one.item.listing.refs[INVENTORY_ITEM]
        if inventory_item not in inactive:
            continue
        given = {"item": inventory_item, "location": location, "available": _quantity(one)}
        variables = given | {"key": _key(context, given)}
        data, _ = await ask(context, "inventoryActivate", wire.ACTIVATE, variables, cost=cost.MUTATION)
        errors = user_errors(payload_of(data, "inventoryActivate"), {})
        if errors:
            failed[one.item.id] = rejected(one.item.id, errors[0])
    return failed


def _no_location(item_id: UUID) -> Outcome:
    return Outcome(
        item_id,
        OutcomeKind.REJECTED,
        ReasonCode.LOCATION_UNKNOWN,
        "The shop has no active location: make one in Shopify, or set the connector's location_id.",
        "location_id",
    )


def _no_inventory_item(item: StockItem) -> Outcome:
    """A listing made elsewhere that lacks the id: dropped, so that the next product push finds it anew."""
    return Outcome(
        item.id,
        OutcomeKind.NOT_LISTED_YET,
        ReasonCode.NOT_LISTED_YET,
        "Shopify's inventory item of this variant is not known: push the product once more.",
        linked=Linked(gone=(item.listing.external_id,)),
    )
