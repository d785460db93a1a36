"""push_prices: base price and compare-at price of the variants of one product, in one call that may succeed in part.

The engine hands over items of one product at a time (`group_by_product`); should there be several, each has its own call.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pixee_common.domain.job import OutcomeKind
from pixee_workers.platforms.shopify import cost, mapping, price_lists, shop, wire
from pixee_workers.platforms.shopify.requests import ask, payload_of
from pixee_workers.platforms.shopify.user_errors import SET_PRICES, Step
from pixee_workers.platforms.shopify.verdicts import UserError, again, gone, rejected, user_errors
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Mapped, PriceItem
from pixee_workers.sync_base.outcomes import Outcome, Submission

_LIST = "variants"


async def submit(items: Sequence[Mapped[PriceItem]], context: CallContext) -> Submission:
    """See module. A price in another currency than the shop's is refused here, whatever the connector says."""
    chosen = mapping.chosen_price_list(context.settings)
    if chosen is not None:
        return await price_lists.submit(chosen, [one.item for one in items], context)
    facts = await shop.facts(context)
    outcomes: list[Outcome] = []
    by_product: dict[str, list[PriceItem]] = defaultdict(list)
    for one in items:
        item = one.item
        refusal = mapping.price_refusal(item.price.currency, facts.currency)
        if refusal is not None:
            outcomes.append(
                Outcome(item.id, OutcomeKind.REJECTED, refusal.reason, refusal.message, refusal.field),
            )
        else:
            by_product[item.listing.parent_external_id or ""].append(item)
    for product, priced in by_product.items():
        outcomes += await _one_product(product, priced, context)
    return Submission(tuple(outcomes))


async def _one_product(product: str, items: Sequence[PriceItem], context: CallContext) -> list[Outcome]:
    variants: list[dict[str, Any]] = [{"id": item.listing.external_id} | mapping.price(item) for item in items]
    variables = {"productId": product, _LIST: variants}
    data, _ = await ask(context, "productVariantsBulkUpdate", wire.SET_PRICES, variables, cost=cost.MUTATION)
    errors = user_errors(payload_of(data, "productVariantsBulkUpdate"), SET_PRICES)
    whole = next((error for error in errors if error.index(_LIST) is None), None)
    named = {at: error for error in errors if (at := error.index(_LIST)) is not None}
    return [_outcome(product, item, named.get(at) or whole) for at, item in enumerate(items)]


def _outcome(product: str, item: PriceItem, error: UserError | None) -> Outcome:
    if error is None:
        return Outcome(item.id, OutcomeKind.APPLIED)
    match error.verdict.step:
        case Step.AGAIN:
            return again(item.id, error.verdict.reason, f"Shopify says: {error.said}")
        case Step.FORGET_PRODUCT:
            return gone(item.id, error, (product, item.listing.external_id))
        case Step.FORGET_VARIANT:
            return gone(item.id, error, (item.listing.external_id,))
        case _:
            return rejected(item.id, error)
