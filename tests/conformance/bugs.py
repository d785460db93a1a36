"""Mistakes that somebody who writes an adapter could make, one each."""

import itertools
import random
from dataclasses import replace
from typing import Any
from uuid import uuid4

from conformance.planting import Once, Planted, finding, requesting, rewriting

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.items import Action
from pixee_workers.sync_base.outcomes import Found, Linked, Outcome, Submission

# --- outcomes ---------------------------------------------------------------------------------------------------------


def without_last(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    return replace(answer, outcomes=answer.outcomes[:-1])


def restless(_operation: Operation, _item: Any, values: Any) -> Any:
    return {**values, "at": random.random()} if isinstance(values, dict) else values


def silent_about_figures(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    return replace(
        answer, outcomes=tuple(replace(one, carried_price=False, carried_stock=False) for one in answer.outcomes)
    )


def boasting(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    return replace(
        answer, outcomes=tuple(replace(one, carried_price=True, carried_stock=True) for one in answer.outcomes)
    )


def all_or_nothing(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    if any(outcome.kind is not OutcomeKind.APPLIED for outcome in answer.outcomes):
        raise PlatformFault(
            FaultKind.REFUSED, FaultScope.OPERATION, ReasonCode.REFUSED_BY_PLATFORM, "one of them was bad"
        )
    return answer


_MOODS = itertools.cycle((ReasonCode.INVALID_VALUE, ReasonCode.MISSING_FIELD))


def moody(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    """Finds another reason for the same refusal each time."""
    reason = next(_MOODS)
    return replace(
        answer,
        outcomes=tuple(
            replace(one, reason=reason) if one.kind is OutcomeKind.REJECTED else one for one in answer.outcomes
        ),
    )


def believing(real: Adapter) -> Adapter:
    """Takes a lost answer for a success."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        try:
            return await real.submit(operation, items, Once(context))
        except PlatformFault:
            return Submission(tuple(Outcome(one.item.id, OutcomeKind.APPLIED) for one in items))

    return Planted(real, submit=submit)


def giving_up(real: Adapter) -> Adapter:
    """Takes every fault for the end of its items."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        try:
            return await real.submit(operation, items, context)
        except PlatformFault as fault:
            kind = OutcomeKind.REJECTED
            return Submission(tuple(Outcome(one.item.id, kind, fault.reason, fault.message) for one in items))

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


class _Stubborn(Once):
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


def holding_on(_operation: Operation, _items: Any, answer: Submission) -> Submission:
    """What is gone from the shop is refused, and its listing kept."""
    return replace(
        answer,
        outcomes=tuple(
            Outcome(one.item_id, OutcomeKind.REJECTED, ReasonCode.NOT_FOUND_AT_SHOP, "It is gone.")
            if one.linked.gone
            else one
            for one in answer.outcomes
        ),
    )


def going_by_ean(real: Adapter) -> Adapter:
    """Takes the object that it made for an EAN for every product with that EAN."""
    made: dict[str, Linked] = {}

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        answer = await real.submit(operation, items, context)
        linked = {outcome.item_id: outcome.linked for outcome in answer.outcomes if outcome.linked.product}
        for one in items:
            if operation is Operation.PUSH_PRODUCTS and one.item.id in linked:
                eans = [entry.variant.ean for entry in one.item.variants if entry.variant.ean]
                made.update(dict.fromkeys(eans, linked[one.item.id]))
        return answer

    async def find(operation: Operation, items: Any, context: CallContext) -> dict[Any, Any]:
        found = dict(await real.find(operation, items, context))
        for item in items:
            known = next((made[one.variant.ean] for one in item.variants if one.variant.ean in made), None)
            if known is not None:
                found[item.id] = Found(Linked(known.product))
        return found

    return Planted(real, submit=submit, find=find)


# --- faults -----------------------------------------------------------------------------------------------------------


def hard(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(FaultKind.REFUSED, FaultScope.SUBMISSION, ReasonCode.REFUSED_BY_PLATFORM, fault.message)


def soft(fault: PlatformFault) -> PlatformFault:
    if fault.kind is not FaultKind.CREDENTIALS:
        return fault
    return PlatformFault(
        FaultKind.UNAVAILABLE, FaultScope.SUBMISSION, ReasonCode.UNAVAILABLE, fault.message, retry_after=0.1
    )


def timeless(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(fault.kind, fault.scope, fault.reason, fault.message, budget=fault.budget)


def elsewhere(fault: PlatformFault) -> PlatformFault:
    return PlatformFault(
        fault.kind, fault.scope, fault.reason, fault.message, retry_after=fault.retry_after, budget="another"
    )


def hushed(fault: PlatformFault) -> PlatformFault:
    return hard(fault) if fault.kind is FaultKind.CONTRACT_BROKEN else fault


# --- values -----------------------------------------------------------------------------------------------------------


def without_figures(body: dict[str, Any]) -> None:
    for one in ((body.get("variables") or {}).get("input") or {}).get("variants", []):
        one.pop("inventoryQuantities", None)


def cut_short(body: dict[str, Any]) -> None:
    given = (body.get("variables") or {}).get("input") or {}
    if "variants" in given:
        given["variants"] = given["variants"][:100]


def price_beside(body: dict[str, Any]) -> None:
    for one in body.get("update", []):
        one["regular_price"] = "0.99"


def rounded(body: dict[str, Any]) -> None:
    for one in body.get("update", []):
        if "regular_price" in one:
            one["regular_price"] = f"{float(one['regular_price']):.1f}"


def unheard_of(body: dict[str, Any]) -> None:
    for one in body.get("create", []):
        one["stock_quantity"] = "many"


class _Euros(Once):
    """A context in which every shop sells in euros."""

    async def call(self, request: Any) -> Any:
        answer = await self._real.call(request)
        return replace(answer, body=answer.body.replace(b'"USD"', b'"EUR"'))


def presuming(real: Adapter) -> Adapter:
    """Reads the shop's currency, and takes it for euros whatever it says."""

    async def test(context: CallContext) -> Any:
        return await real.test(_Euros(context))

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        return await real.submit(operation, items, _Euros(context))

    return Planted(real, test=test, submit=submit)


def remembering(real: Adapter) -> Adapter:
    """Keeps the values that it saw first."""
    kept: dict[Any, Any] = {}

    def mapped(operation: Operation, item: Any, settings: Any) -> Any:
        return kept.setdefault((operation, item.id), real.mapped(operation, item, settings))

    return Planted(real, mapped=mapped)


def given_eans(operation: Operation, item: Any, values: Any) -> Any:
    if operation is Operation.PUSH_PRODUCTS and isinstance(values, dict):
        variants = (values.get("input") or {}).get("variants", [])
        for one, variant in zip(variants, item.product.variants, strict=False):
            one["barcode"] = variant.ean or variant.ean_given
    return values
