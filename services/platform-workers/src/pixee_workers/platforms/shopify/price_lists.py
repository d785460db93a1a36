"""Prices in a market's price list, where the connector names one: fixed prices in the list's own currency, never in another.

The products' own prices stay as they are. That a call is all or nothing is unverified; so of a refused one the items that an error
names end, and the others come again, which sets the same values.
"""

from collections.abc import Sequence
from typing import Any

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.shopify import cost, mapping, wire
from pixee_workers.platforms.shopify.requests import ask, payload_of
from pixee_workers.platforms.shopify.user_errors import ADD_PRICES, Step
from pixee_workers.platforms.shopify.verdicts import UserError, again, gone, rejected, user_errors
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import PriceItem
from pixee_workers.sync_base.outcomes import Outcome, Submission

_CURRENCY = "price_list:"
_LIST = "prices"


async def submit(price_list: str, items: Sequence[PriceItem], context: CallContext) -> Submission:
    """Write them into the list (a GID), at most 250 at a time."""
    currency = await _currency(price_list, context)
    if currency is None:
        message = "The shop has no such price list: name one that it has in the connector's settings."
        return Submission(tuple(_refused(one, ReasonCode.MISSING_MAPPING, message, "price_list_id") for one in items))
    fitting = [one for one in items if one.price.currency == currency]
    outcomes = [_wrong_currency(one, currency) for one in items if one.price.currency != currency]
    if fitting:
        outcomes += await _added(price_list, fitting, context)
    return Submission(tuple(outcomes))


async def _currency(price_list: str, context: CallContext) -> str | None:
    known = context.memory.get(f"{_CURRENCY}{price_list}")
    if known is None:
        data, _ = await ask(context, "priceList", wire.PRICE_LIST, {"id": price_list}, cost=1)
        known = (data.get("priceList") or {}).get("currency")
        if known is not None:
            context.memory[f"{_CURRENCY}{price_list}"] = known
    return None if known is None else str(known)


async def _added(price_list: str, items: Sequence[PriceItem], context: CallContext) -> list[Outcome]:
    variables = {"list": price_list, _LIST: [_price(one) for one in items]}
    data, _ = await ask(context, "priceListFixedPricesAdd", wire.ADD_PRICES, variables, cost=cost.MUTATION)
    errors = user_errors(payload_of(data, "priceListFixedPricesAdd"), ADD_PRICES)
    if not errors:
        return [Outcome(one.id, OutcomeKind.APPLIED) for one in items]
    context.memory.pop(f"{_CURRENCY}{price_list}", None)
    named = {at: error for error in errors if (at := error.index(_LIST)) is not None}
    whole = next((error for error in errors if error.index(_LIST) is None), None)
    return [_outcome(one, named.get(at) or whole) for at, one in enumerate(items)]


def _price(item: PriceItem) -> dict[str, Any]:
    """A price that is not sent is not struck through."""
    amounts = {name: value for name, value in mapping.price(item).items() if value is not None}
    given = {name: {"amount": value, "currencyCode": item.price.currency} for name, value in amounts.items()}
    return {"variantId": item.listing.external_id} | given


def _outcome(item: PriceItem, error: UserError | None) -> Outcome:
    if error is None:
        return again(item.id, ReasonCode.UNAVAILABLE, "Another price of the same call was refused; it is sent again.")
    if error.verdict.step is Step.FORGET_VARIANT:
        return gone(item.id, error, (item.listing.external_id,))
    return rejected(item.id, error)


def _wrong_currency(item: PriceItem, currency: str) -> Outcome:
    message = f"The price is in {item.price.currency}, the market's list in {currency}: add a price list in {currency}."
    return _refused(item, ReasonCode.CURRENCY_MISMATCH, message, "price")


def _refused(item: PriceItem, reason: ReasonCode, message: str, field: str) -> Outcome:
    return Outcome(item.id, OutcomeKind.REJECTED, reason, message, field)
