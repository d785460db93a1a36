"""Adapters with one bug each. A law that a planted bug does not break, or breaks for another reason, proves nothing."""

import logging
import random
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from conformance.planting import Plant, Planted, both, classifying, finding, mapping, requesting, rewriting, submitting

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action
from pixee_workers.sync_base.outcomes import Linked, Outcome, Submission

_log = logging.getLogger("pixee_workers.planted")


@dataclass(frozen=True)
class Bug:
    """`because`: a regular expression for what the law says when it finds the bug."""

    law: str
    slug: str
    plant: Plant
    because: str


# --- outcomes ---------------------------------------------------------------------------------------------------------


def _without_last(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    return replace(answer, outcomes=answer.outcomes[:-1])


def _restless(_operation: Operation, _item: Any, values: Any) -> Any:
    return {**values, "at": random.random()} if isinstance(values, dict) else values


def _silent_about_figures(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    return replace(
        answer, outcomes=tuple(replace(one, carried_price=False, carried_stock=False) for one in answer.outcomes)
    )


def _boasting(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    return replace(
        answer, outcomes=tuple(replace(one, carried_price=True, carried_stock=True) for one in answer.outcomes)
    )


def _all_or_nothing(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    if any(outcome.kind is not OutcomeKind.APPLIED for outcome in answer.outcomes):
        raise PlatformFault(
            FaultKind.REFUSED, FaultScope.OPERATION, ReasonCode.REFUSED_BY_PLATFORM, "one of them was bad"
        )
    return answer


def believing(real: Adapter) -> Adapter:
    """Takes a lost answer for a success."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        try:
            return await real.submit(operation, items, _Once(context))
        except PlatformFault:
            return Submission(tuple(Outcome(one.item.id, OutcomeKind.APPLIED) for one in items))

    return Planted(real, submit=submit)


def undeleting(real: Adapter) -> Adapter:
    """Withdraws nothing and says that it did."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        gone = [one for one in items if getattr(one.item, "action", Action.UPSERT) is not Action.UPSERT]
        rest = [one for one in items if one not in gone]
        answer = await real.submit(operation, rest, context) if rest else Submission(())
        done = tuple(Outcome(one.item.id, OutcomeKind.APPLIED, linked=Linked()) for one in gone)
        return Submission((*answer.outcomes, *done), answer.remote_jobs)

    return Planted(real, submit=submit)


# --- identity ---------------------------------------------------------------------------------------------------------


def _another_key(body: dict[str, Any]) -> None:
    """Shopify: a key of its own for every create, so that nothing is ever found by it."""
    variables = body.get("variables") or {}
    custom = (variables.get("identifier") or {}).get("customId")
    if custom is not None:
        custom["value"] = str(uuid4())
        for one in variables["input"].get("metafields") or ():
            if one["key"] == "external_id":
                one["value"] = custom["value"]


class _Once:
    """A context that tries each request once, as if none were safe."""

    def __init__(self, real: CallContext) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def call(self, request: Any) -> Any:
        return await self._real.call(replace(request, safe=False))


class _Stubborn(_Once):
    """A context under an adapter that tries again by itself, under another key."""

    async def call(self, request: Any) -> Any:
        change = rewriting(_another_key)
        try:
            return await super().call(change(request))
        except PlatformFault:
            return await super().call(change(request))


def stubborn(real: Adapter) -> Adapter:
    """Repeats creates by itself, without the key that would make it harmless."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        return await real.submit(operation, items, _Stubborn(context))

    return Planted(real, submit=submit)


rekeyed = requesting(rewriting(_another_key), Operation.PUSH_PRODUCTS)
blind = finding(lambda _found: None)
greedy = finding(lambda found: None if found is None else replace(found, ours=True, candidates=()))


# --- faults -----------------------------------------------------------------------------------------------------------


def _hard(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(FaultKind.REFUSED, FaultScope.SUBMISSION, ReasonCode.REFUSED_BY_PLATFORM, fault.message)


def _soft(fault: PlatformFault) -> PlatformFault:
    if fault.kind is not FaultKind.CREDENTIALS:
        return fault
    return PlatformFault(
        FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.UNAVAILABLE, fault.message, retry_after=0.1
    )


def _timeless(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(fault.kind, fault.scope, fault.reason, fault.message, budget=fault.budget)


def _hushed(fault: PlatformFault) -> PlatformFault:
    return _hard(fault) if fault.kind is FaultKind.CONTRACT_BROKEN else fault


# --- values -----------------------------------------------------------------------------------------------------------


def _without_figures(body: dict[str, Any]) -> None:
    for one in ((body.get("variables") or {}).get("input") or {}).get("variants", []):
        one.pop("inventoryQuantities", None)


def _price_beside(body: dict[str, Any]) -> None:
    for one in body.get("update", []):
        one["regular_price"] = "0.99"


def _rounded(body: dict[str, Any]) -> None:
    for one in body.get("update", []):
        if "regular_price" in one:
            one["regular_price"] = f"{float(one['regular_price']):.1f}"


def _unheard_of(body: dict[str, Any]) -> None:
    for one in body.get("create", []):
        one["stock_quantity"] = "many"


def remembering(real: Adapter) -> Adapter:
    """Keeps the values that it saw first."""
    kept: dict[Any, Any] = {}

    def mapped(operation: Operation, item: Any, settings: Any) -> Any:
        return kept.setdefault((operation, item.id), real.mapped(operation, item, settings))

    return Planted(real, mapped=mapped)


def _given_eans(operation: Operation, item: Any, values: Any) -> Any:
    if operation is Operation.PUSH_PRODUCTS and isinstance(values, dict):
        variants = (values.get("input") or {}).get("variants", [])
        for one, variant in zip(variants, item.product.variants, strict=False):
            one["barcode"] = variant.ean or variant.ean_given
    return values


# --- safety -----------------------------------------------------------------------------------------------------------


def quoting(real: Adapter) -> Adapter:
    """Quotes the credentials in its faults."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        try:
            return await real.submit(operation, items, context)
        except PlatformFault as fault:
            message = f"{fault.message} ({dict(context.credentials)})"
            raise PlatformFault(fault.kind, fault.scope, fault.reason, message) from None

    return Planted(real, submit=submit)


def babbling(real: Adapter) -> Adapter:
    """Logs the address that it calls, with the key in it."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        _log.debug("calling with %s", "&".join(f"{name}={value}" for name, value in dict(context.credentials).items()))
        return await real.submit(operation, items, context)

    return Planted(real, submit=submit)


def asking_everywhere(real: Adapter) -> Adapter:
    """Declares every host its own."""
    host = real.manifest.host.model_copy(update={"pattern": r"[a-z.]+"})
    return Planted(real, manifest=real.manifest.model_copy(update={"host": host}))


def crowding(real: Adapter) -> Adapter:
    """Lets more submissions out at once than the platform declares."""
    capabilities = dict(real.manifest.capabilities)
    products = capabilities[Operation.PUSH_PRODUCTS]
    capabilities[Operation.PUSH_PRODUCTS] = products.model_copy(update={"concurrency": products.concurrency + 4})
    return Planted(real, manifest=real.manifest.model_copy(update={"capabilities": capabilities}))


# --- pulls ------------------------------------------------------------------------------------------------------------


def forgetting_since(real: Adapter) -> Adapter:
    """Pulls everything, whatever the moment asked for."""

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        return await real.pull(cursor, None, context)

    return Planted(real, pull=pull)


def losing_the_first(real: Adapter) -> Adapter:
    """Leaves out the first product of every page but the first page's."""

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        page = await real.pull(cursor, since, context)
        return page if cursor is None else replace(page, products=page.products[1:])

    return Planted(real, pull=pull)


def paging_in_memory(real: Adapter) -> Adapter:
    """Knows by itself where it stands, and takes the cursor for a mere sign to go on."""
    at: dict[str, Any] = {}

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        page = await real.pull(None if cursor is None else at.get("cursor"), since, context)
        at["cursor"] = page.next_cursor
        return page

    return Planted(real, pull=pull)


BUGS = (
    Bug(
        "every_item_gets_exactly_one_outcome", "woocommerce", submitting(_without_last), "not every item was told of: u"
    ),
    Bug("pushing_twice_changes_nothing", "shopify", mapping(_restless), "push_products sent again: aaaa"),
    Bug("pushing_twice_changes_nothing", "woocommerce", submitting(_silent_about_figures), "push_stock sent again"),
    Bug("a_change_that_the_shop_has_no_field_for_costs_no_call", "woocommerce", mapping(_restless), "and yet aa"),
    Bug("one_bad_item_fails_alone", "woocommerce", submitting(_all_or_nothing), "neighbours suffer"),
    Bug("what_stands_in_the_shop_already_is_linked_not_doubled", "shopify", both(rekeyed, blind), r"'L0 \(2\)'"),
    Bug("what_belongs_to_another_is_left_for_a_person", "shopify", greedy, "^aaaa"),
    Bug("a_short_throttle_is_obeyed_to_the_second", "woocommerce", classifying(_timeless), "called again after [0-6]"),
    Bug("a_long_throttle_is_a_wait_with_its_time", "shopify", classifying(_timeless), "waits [0-9.]+ s|not parked"),
    Bug("a_throttle_without_a_time_amid_a_chunk_fails_nobody", "shopify", classifying(_hard), "r.*refused_by_platform"),
    Bug("refused_credentials_pause_the_connector", "woocommerce", classifying(_soft), "connector is active"),
    Bug("credentials_that_run_out_amid_a_job_lose_nothing", "shopify", classifying(_hard), "for the merchant's key"),
    Bug("never_more_calls_at_once_than_declared", "shopify", crowding, "calls at once, 6 declared"),
    Bug("an_answer_lost_after_the_commit_doubles_nothing", "shopify", stubborn, r"the shop has .* \(2\)'"),
    Bug("a_truncated_answer_doubles_nothing", "shopify", stubborn, r"the shop has .* \(2\)'"),
    Bug("a_connection_cut_before_anything_was_done_loses_nothing", "shopify", believing, "the shop has"),
    Bug(
        "a_lost_answer_to_stock_or_prices_ends_with_the_newest_value",
        "woocommerce",
        believing,
        "reset_before: the shop",
    ),
    Bug("a_worker_that_dies_between_call_and_record_doubles_nothing", "shopify", both(rekeyed, blind), r"'L0 \(2\)'"),
    Bug("an_answer_that_nobody_understands_is_not_believed", "shopify", classifying(_hushed), "believed: s?r"),
    Bug("a_shop_that_fails_and_recovers_gets_everything", "shopify", classifying(_hard), "503 json: r"),
    Bug(
        "a_created_product_has_its_stock_and_price",
        "shopify",
        both(requesting(rewriting(_without_figures), Operation.PUSH_PRODUCTS), submitting(_boasting)),
        "the shop has",
    ),
    Bug(
        "prices_survive_to_the_cent",
        "woocommerce",
        requesting(rewriting(_rounded), Operation.PUSH_PRICES),
        "the shop has",
    ),
    Bug(
        "each_operation_writes_its_own_fields_only",
        "woocommerce",
        requesting(rewriting(_price_beside), Operation.PUSH_STOCK),
        r"sent \['regular_price'\]",
    ),
    Bug("values_are_those_of_the_moment_of_sending", "shopify", remembering, "the shop has"),
    Bug("a_deleted_product_is_withdrawn_as_the_connector_says", "woocommerce", undeleting, "the shop has"),
    Bug("an_invalid_ean_never_leaves", "shopify", mapping(_given_eans), "the invalid EAN was sent"),
    Bug("no_secret_is_shown", "shopify", quoting, "stands in: .*results"),
    Bug("no_secret_is_shown", "woocommerce", babbling, "stands in: logs$"),
    Bug("a_host_outside_the_manifest_gets_no_byte", "shopify", asking_everywhere, "not refused"),
    Bug("a_pull_over_several_pages_misses_nothing", "woocommerce", losing_the_first, "missed"),
    Bug("a_page_asked_again_is_the_same_page", "woocommerce", paging_in_memory, "another page|no page"),
    Bug("an_incremental_pull_misses_nothing_and_returns_nothing_too_old", "woocommerce", forgetting_since, "too old"),
)

OUTSIDE_THE_SCHEMA = requesting(rewriting(_unheard_of), Operation.PUSH_PRODUCTS)
"""WooCommerce: a quantity that is no number."""
