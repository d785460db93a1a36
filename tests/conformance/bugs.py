"""Mistakes that somebody who writes an adapter could make, one each."""

import logging
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from conformance.planting import Plant, Planted, finding, requesting, rewriting

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.telemetry import span
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext, Token
from pixee_workers.sync_base.items import Action
from pixee_workers.sync_base.outcomes import Found, Linked, Outcome, Submission

_log = logging.getLogger("pixee_workers.planted")


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


def believing(real: Adapter) -> Adapter:
    """Takes a lost answer for a success."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        try:
            return await real.submit(operation, items, _Once(context))
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


class _Wandering(_Once):
    """A context under an adapter that goes wherever it is sent, with a client of its own."""

    def __init__(self, real: CallContext, ways: list[str]) -> None:
        super().__init__(real)
        self._ways = ways

    async def call(self, request: Any) -> Any:
        try:
            return await self._real.call(request)
        except PlatformFault:
            async with httpx.AsyncClient() as client:
                for way in self._ways:
                    await client.get(way, headers=request.headers)
            raise


def wandering(real: Adapter) -> Adapter:
    """Follows redirects by itself."""
    ways: list[str] = []

    def classify(answer: Any) -> PlatformFault | None:
        ways.extend(value for name, value in answer.headers.items() if name.lower() == "location")
        return real.classify(answer)

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        return await real.submit(operation, items, _Wandering(context, ways))

    async def find(operation: Operation, items: Any, context: CallContext) -> Any:
        return await real.find(operation, items, _Wandering(context, ways))

    return Planted(real, classify=classify, submit=submit, find=find)


def annotating(real: Adapter) -> Adapter:
    """Writes into its trace with what it called."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        with span("planted", attributes=dict(context.credentials)):
            return await real.submit(operation, items, context)

    return Planted(real, submit=submit)


# --- tokens -----------------------------------------------------------------------------------------------------------


class _WithTokens(_Once):
    """A context whose tokens come another way."""

    def __init__(self, real: CallContext, token: Any) -> None:
        super().__init__(real)
        self.token = lambda fetch: token(real, fetch)

    async def call(self, request: Any) -> Any:
        return await self._real.call(request)


def _tokens(token: Any) -> Plant:
    def plant(real: Adapter) -> Adapter:
        async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
            return await real.submit(operation, items, _WithTokens(context, token))

        async def find(operation: Operation, items: Any, context: CallContext) -> Any:
            return await real.find(operation, items, _WithTokens(context, token))

        return Planted(real, submit=submit, find=find)

    return plant


def hoarding(real: Adapter) -> Adapter:
    """Keeps the first token for itself, and asks the engine for no other."""
    kept: list[str] = []

    async def token(_context: CallContext, fetch: Any) -> str:
        if not kept:
            kept.append((await fetch()).value)
        return kept[0]

    return _tokens(token)(real)


async def _for_ever(context: CallContext, fetch: Any) -> str:
    async def fetched() -> Token:
        return replace(await fetch(), expires_in_seconds=1e9)

    return await context.token(fetched)


async def _each_time(_context: CallContext, fetch: Any) -> str:
    return str((await fetch()).value)


immortal = _tokens(_for_ever)
forgetful = _tokens(_each_time)


# --- pulls ------------------------------------------------------------------------------------------------------------


def forgetting_since(real: Adapter) -> Adapter:
    """Pulls everything, whatever the moment asked for."""

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        return await real.pull(cursor, None, context)

    return Planted(real, pull=pull)


def forgetting_the_overlap(real: Adapter) -> Adapter:
    """Begins exactly at the moment asked for."""

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        overlap = timedelta(seconds=real.manifest.capabilities[Operation.PULL_PRODUCTS].overlap_seconds)
        return await real.pull(cursor, None if since is None else since + overlap, context)

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
