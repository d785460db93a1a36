"""Mistakes in how an adapter calls: what it tells, where it goes, how many at once, with which token, from which page on."""

import contextlib
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from conformance.planting import Once, Plant, Planted

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation
from pixee_common.telemetry import span
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext, Token
from pixee_workers.sync_base.outcomes import Submission

_log = logging.getLogger("pixee_workers.planted")


# --- how many ---------------------------------------------------------------------------------------------------------


def one_by_one(real: Adapter) -> Adapter:
    """A call for each item, where one would do."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        answers = [await real.submit(operation, [item], context) for item in items]
        return Submission(tuple(outcome for answer in answers for outcome in answer.outcomes))

    return Planted(real, submit=submit)


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


class _Knocking(Once):
    """A context under an adapter that does not take a refusal for an answer."""

    async def call(self, request: Any) -> Any:
        for _ in range(3):
            with contextlib.suppress(PlatformFault):
                return await self._real.call(request)
        return await self._real.call(request)


def knocking(real: Adapter) -> Adapter:
    """Tries again by itself, whatever it was told."""

    async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
        return await real.submit(operation, items, _Knocking(context))

    async def find(operation: Operation, items: Any, context: CallContext) -> Any:
        return await real.find(operation, items, _Knocking(context))

    return Planted(real, submit=submit, find=find)


class _Wandering(Once):
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


class _WithTokens(Once):
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
        given: Token = await fetch()
        return replace(given, expires_in_seconds=1e9)

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


def counting_places(real: Adapter) -> Adapter:
    """WooCommerce: goes on at a mere number of products, and does not look whether they are still the same."""

    async def pull(cursor: Any, since: Any, context: CallContext) -> Any:
        page = await real.pull(cursor, since, context)
        if page.next_cursor is None or "offset" not in page.next_cursor:
            return page
        return replace(page, next_cursor={"offset": page.next_cursor["offset"] + 1, "last_id": 0})

    return Planted(real, pull=pull)


def printing_tokens(real: Adapter) -> Adapter:
    """Logs every token that it gets, without a name beside it."""

    async def token(context: CallContext, fetch: Any) -> str:
        value = await context.token(fetch)
        _log.debug("now with %s", value)
        return value

    return _tokens(token)(real)
