"""Adapters with one bug each. A law that a planted bug does not break proves nothing."""

import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext, HttpRequest
from pixee_workers.sync_base.items import Action
from pixee_workers.sync_base.outcomes import Linked, Outcome, Submission

Plant = Callable[[Adapter], Adapter]


class Planted:
    """The real adapter but for the methods that are given."""

    def __init__(self, real: Adapter, **methods: Any) -> None:
        self._real = real
        for name, method in methods.items():
            setattr(self, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Tampering:
    """A context that changes requests on their way."""

    def __init__(self, real: CallContext, change: Callable[[HttpRequest], HttpRequest]) -> None:
        self._real = real
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def call(self, request: HttpRequest) -> Any:
        return await self._real.call(self._change(request))


def submitting(after: Callable[[Any, Any, Submission], Submission | Awaitable[Submission]]) -> Plant:
    """What `submit` answers is changed; `after` gets operation, items and the real answer."""

    def plant(real: Adapter) -> Adapter:
        async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
            answer = after(operation, items, await real.submit(operation, items, context))
            return answer if isinstance(answer, Submission) else await answer

        return Planted(real, submit=submit)

    return plant


def requesting(change: Callable[[HttpRequest], HttpRequest], *operations: Operation) -> Plant:
    """Requests of these operations (none named: of all) are changed on their way."""

    def plant(real: Adapter) -> Adapter:
        async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
            tampered = Tampering(context, change) if not operations or operation in operations else context
            return await real.submit(operation, items, tampered)

        return Planted(real, submit=submit)

    return plant


def classifying(change: Callable[[PlatformFault], PlatformFault]) -> Plant:
    """Faults are changed."""

    def plant(real: Adapter) -> Adapter:
        def classify(answer: Any) -> PlatformFault | None:
            fault = real.classify(answer)
            return None if fault is None else change(fault)

        return Planted(real, classify=classify)

    return plant


def rewriting(change: Callable[[dict[str, Any]], None]) -> Callable[[HttpRequest], HttpRequest]:
    """Changes JSON bodies in place."""

    def changed(request: HttpRequest) -> HttpRequest:
        if not request.content or request.content[:1] != b"{":
            return request
        body = json.loads(request.content)
        change(body)
        return replace(request, content=json.dumps(body).encode())

    return changed


def restless(real: Adapter) -> Adapter:
    """Mapped values that differ from run to run."""

    def mapped(operation: Operation, item: Any, settings: Any) -> Any:
        values = real.mapped(operation, item, settings)
        return {**values, "at": random.random()} if isinstance(values, dict) else values

    return Planted(real, mapped=mapped)


def blind(real: Adapter) -> Adapter:
    """Looks for nothing before it creates, and forgets our key."""

    async def find(operation: Operation, items: Any, context: CallContext) -> dict[Any, None]:
        return {item.id: None for item in items}

    return Planted(_keyless(real), find=find)


def greedy(real: Adapter) -> Adapter:
    """Takes whatever stands in the shop for ours."""

    async def find(operation: Operation, items: Any, context: CallContext) -> Any:
        found = await real.find(operation, items, context)
        return {key: None if one is None else replace(one, ours=True, candidates=()) for key, one in found.items()}

    return Planted(real, find=find)


def _keyless(real: Adapter) -> Adapter:
    def drop(body: dict[str, Any]) -> None:
        variables = body.get("variables") or {}
        if "identifier" in variables and "customId" in (variables["identifier"] or {}):
            variables["identifier"] = None
            metafields = variables["input"].get("metafields") or []
            variables["input"]["metafields"] = [one for one in metafields if one["key"] != "external_id"]

    return requesting(rewriting(drop), Operation.PUSH_PRODUCTS)(real)


def _prices_with_stock(body: dict[str, Any]) -> None:
    for one in body.get("update", []):
        one["regular_price"] = "0.99"


def _hard(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(FaultKind.REFUSED, FaultScope.SUBMISSION, ReasonCode.REFUSED_BY_PLATFORM, fault.message)


def _soft(fault: PlatformFault) -> PlatformFault:
    if fault.kind is not FaultKind.CREDENTIALS:
        return fault
    return PlatformFault(
        FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.UNAVAILABLE, fault.message, retry_after=0.1
    )


def _timeless(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(fault.kind, fault.scope, fault.reason, fault.message)


def _all_or_nothing(_operation: Any, items: Any, answer: Submission) -> Submission:
    if any(outcome.kind is not OutcomeKind.APPLIED for outcome in answer.outcomes):
        raise PlatformFault(
            FaultKind.REFUSED, FaultScope.OPERATION, ReasonCode.REFUSED_BY_PLATFORM, "one of them was bad"
        )
    return answer


def _boasting(_operation: Any, _items: Any, answer: Submission) -> Submission:
    """Says that every create carried price and stock."""
    return replace(
        answer, outcomes=tuple(replace(one, carried_price=True, carried_stock=True) for one in answer.outcomes)
    )


def _without_figures(body: dict[str, Any]) -> None:
    for one in ((body.get("variables") or {}).get("input") or {}).get("variants", []):
        one.pop("inventoryQuantities", None)


def undeleting(real: Adapter) -> Adapter:
    """Withdraws nothing and says that it did."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        gone = [one for one in items if getattr(one.item, "action", Action.UPSERT) is not Action.UPSERT]
        rest = [one for one in items if one not in gone]
        answer = await real.submit(operation, rest, context) if rest else Submission(())
        done = tuple(Outcome(one.item.id, OutcomeKind.APPLIED, linked=Linked()) for one in gone)
        return Submission((*answer.outcomes, *done), answer.remote_jobs)

    return Planted(real, submit=submit)


def telling(real: Adapter) -> Adapter:
    """Quotes the credentials in its faults."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        try:
            return await real.submit(operation, items, context)
        except PlatformFault as fault:
            message = f"{fault.message} ({dict(context.credentials)})"
            raise PlatformFault(fault.kind, fault.scope, fault.reason, message) from None

    return Planted(real, submit=submit)


def asking_everywhere(real: Adapter) -> Adapter:
    """Calls a route of its own, whatever the manifest says of hosts."""
    manifest = real.manifest
    wide = manifest.model_copy(update={"host": manifest.host.model_copy(update={"pattern": r"[a-z.]+"})})
    return Planted(real, manifest=wide)


def crowding(real: Adapter) -> Adapter:
    """Lets more calls out at once than it declared to the law."""
    manifest = real.manifest
    capability = manifest.capabilities[Operation.PUSH_PRODUCTS]
    wide = capability.model_copy(update={"concurrency": capability.concurrency + 3})

    class Declared(Planted):
        """The engine sees the wide capability, the law the declared one."""

        @property
        def manifest(self) -> Any:
            import inspect  # noqa: PLC0415 only here

            asking = inspect.stack()[1].filename
            capabilities = {**manifest.capabilities, Operation.PUSH_PRODUCTS: wide}
            return manifest if "conformance" in asking else manifest.model_copy(update={"capabilities": capabilities})

    return Declared(real)


def forgetting_since(real: Adapter) -> Adapter:
    """Pulls everything, whatever the moment asked for."""

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        return await real.pull(cursor, None, context)

    return Planted(real, pull=pull)


def sending_given_eans(real: Adapter) -> Adapter:
    """Sends what was given in place of a valid EAN."""

    def mapped(operation: Operation, item: Any, settings: Any) -> Any:
        values = real.mapped(operation, item, settings)
        if operation is Operation.PUSH_PRODUCTS and isinstance(values, dict):
            for one, variant in zip(
                (values.get("input") or {}).get("variants", []), item.product.variants, strict=False
            ):
                one["barcode"] = variant.ean or variant.ean_given
        return values

    return Planted(real, mapped=mapped)


def forgetful(real: Adapter) -> Adapter:
    """Drops an item of a chunk from the answer."""
    return submitting(lambda _o, _i, answer: replace(answer, outcomes=answer.outcomes[:-1]))(real)


def unsafe(real: Adapter) -> Adapter:
    """Calls every create safe to repeat and gives it no key."""
    return requesting(lambda request: replace(request, safe=True))(_keyless(real))


PLANTS: dict[str, tuple[str, Plant]] = {
    "every_item_gets_exactly_one_outcome": ("woocommerce", forgetful),
    "pushing_twice_changes_nothing": ("shopify", restless),
    "one_bad_item_fails_alone": ("shopify", greedy),
    "what_stands_in_the_shop_already_is_linked_not_doubled": ("shopify", blind),
    "a_short_throttle_is_obeyed_to_the_second": ("woocommerce", classifying(_timeless)),
    "a_long_throttle_is_a_wait_with_its_time": ("shopify", classifying(_timeless)),
    "refused_credentials_pause_the_connector": ("woocommerce", classifying(_soft)),
    "an_answer_lost_after_the_commit_doubles_nothing": ("shopify", unsafe),
    "a_truncated_answer_doubles_nothing": ("shopify", unsafe),
    "a_shop_that_fails_and_recovers_gets_everything": ("shopify", classifying(_hard)),
    "a_created_product_has_its_stock_and_price": (
        "shopify",
        lambda real: requesting(rewriting(_without_figures), Operation.PUSH_PRODUCTS)(submitting(_boasting)(real)),
    ),
    "each_operation_writes_its_own_fields_only": (
        "woocommerce",
        requesting(rewriting(_prices_with_stock), Operation.PUSH_STOCK),
    ),
    "a_deleted_product_is_withdrawn_as_the_connector_says": ("woocommerce", undeleting),
    "an_invalid_ean_never_leaves": ("shopify", sending_given_eans),
    "no_secret_is_shown": ("shopify", telling),
    "a_host_outside_the_manifest_gets_no_byte": ("shopify", asking_everywhere),
    "never_more_calls_at_once_than_declared": ("shopify", crowding),
    "an_incremental_pull_misses_nothing_and_returns_nothing_too_old": ("woocommerce", forgetting_since),
}
"""Law → the platform that it is shown on, and the bug."""

ENGINE_LAWS = frozenset(
    {
        "a_price_in_another_currency_is_never_sent",
        "stock_of_what_is_not_listed_costs_no_call",
        "the_newest_value_at_the_moment_of_sending_is_sent_and_a_stale_one_never",
    }
)
"""Laws that the engine keeps before any adapter is asked; their bugs are planted in the engine (test_planted.py)."""
