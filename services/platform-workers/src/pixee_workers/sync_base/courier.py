"""The courier: carries one claimed chunk to its platform and says what became of every item.

Between the claim and the rows everything is here: due remote jobs are asked first, then the open items are read, prepared, looked
up and submitted, or a page is pulled. What a platform does never raises; a wait is written down, never slept (beyond ten seconds).
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from pixee_common.clock import Clock
from pixee_common.crypto import CryptoError, KeyRing, UnknownKeyId
from pixee_common.db import Database
from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.ids import RouteKey
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.behind_files import OpenFiles
from pixee_workers.sync_base.breaker import PlatformBreaker
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk, ConnectorNote, Life
from pixee_workers.sync_base.connector_budgets import SharedBudgets
from pixee_workers.sync_base.connectors_read import ConnectorReader, with_currency
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.intents import Intents
from pixee_workers.sync_base.polling import Polls
from pixee_workers.sync_base.pulling import pull_page
from pixee_workers.sync_base.pushing import PagePush
from pixee_workers.sync_base.reading_ahead import Ahead
from pixee_workers.sync_base.recent_writes import RecentWrites
from pixee_workers.sync_base.results import Tally
from pixee_workers.sync_base.route_state import RouteState, ShopCurrency
from pixee_workers.sync_base.values import MOST_UNITS, ValueReader, Values

_log = logging.getLogger(__name__)

_PAUSED_SECONDS = 60.0
_KEY_SECONDS = 300.0
_CURRENCY_SECONDS = 600.0


class PlatformCourier:
    """`chunks.Courier` over the adapters of this process."""

    def __init__(
        self,
        adapters: Mapping[str, Adapter],
        database: Database,
        keys: KeyRing,
        wiring: Wiring,
        *,
        values: Callable[[Database, Clock], Values] = ValueReader,
    ) -> None:
        self._adapters = adapters
        self.wiring = wiring
        self.clock = wiring.clock
        self._values = values(database, wiring.clock)
        self._intents = Intents(database)
        self._files = OpenFiles(database)
        self._polls = Polls(database)
        self._shared = SharedBudgets(database, wiring.clock)
        manifests = {slug: adapter.manifest for slug, adapter in adapters.items()}
        self.connectors = ConnectorReader(database, keys, manifests, wiring.clock)
        self._routes: dict[RouteKey, RouteState] = {}
        self._platforms: dict[str, PlatformBreaker] = {}

    async def carry(self, chunk: ClaimedChunk, life: Life) -> ChunkResult:
        adapter = self._adapters.get(chunk.platform)
        if adapter is None:
            return self._held(chunk, ReasonCode.NO_WORKER, _PAUSED_SECONDS)
        with self.route(chunk.route_key, adapter).pace.carrying():
            life.check()
            found = await self.board(chunk, life)
            return found if isinstance(found, ChunkResult) else await self.finish(found)

    def expect(self, chunk: ClaimedChunk, may_begin: Callable[[], None]) -> None:
        adapter = self._adapters.get(chunk.platform)
        if adapter is not None:
            self.route(chunk.route_key, adapter).ahead.expect(chunk, may_begin)

    def budget_state(self, route_key: RouteKey) -> Mapping[str, JsonValue]:
        state = self._routes.get(route_key)
        return {} if state is None else state.budgets.saved()

    def adopt(self, route_key: RouteKey, platform: str, state: Mapping[str, JsonValue]) -> None:
        adapter = self._adapters.get(platform)
        if adapter is None:
            return
        begun = RouteState.begun(adapter.manifest, self.clock, self._shared)
        begun.budgets.restore(state)
        self._routes[route_key] = begun

    def forget(self, route_key: RouteKey) -> None:
        state = self._routes.pop(route_key, None)
        if state is not None:
            state.ahead.drop()

    async def close(self) -> None:
        """No call is made any more: what is leased of shared budgets goes back."""
        await self._shared.close()

    def chunks_per_second(self, route_key: RouteKey) -> float:
        state = self._routes.get(route_key)
        return 1.0 if state is None else state.pace.per_second()

    def route(self, route_key: RouteKey, adapter: Adapter) -> RouteState:
        """The route's state in this worker, begun at first use."""
        state = self._routes.get(route_key)
        if state is None:
            state = self._routes[route_key] = RouteState.begun(adapter.manifest, self.clock, self._shared)
        return state

    def route_for_probe(self, route_key: RouteKey, adapter: Adapter) -> RouteState:
        """The route's state where this worker has it; else one that is thrown away, since the route is another's."""
        return self._routes.get(route_key) or RouteState.begun(adapter.manifest, self.clock, self._shared)

    def reopen(self, route_key: RouteKey) -> None:
        """The shop was just seen to answer: its breaker need not wait any longer."""
        if route_key in self._routes:
            self._routes[route_key].breaker.succeeded()
            self._routes[route_key].gates.clear()

    def found(self, platform: str) -> Adapter | None:
        """The platform's adapter, where this worker has one."""
        return self._adapters.get(platform)

    def adapter(self, platform: str) -> Adapter:
        """The platform's adapter. Raises KeyError where this worker has none."""
        return self._adapters[platform]

    def platform_breaker(self, platform: str) -> PlatformBreaker:
        """The breaker of a whole platform in this worker."""
        return self._platforms.setdefault(platform, PlatformBreaker(platform, self.clock))

    async def board(self, chunk: ClaimedChunk, life: Life, *, aside: bool = False) -> Carriage | ChunkResult:
        """The chunk with everything that it needs, or what becomes of it where nothing may be called for it now.

        `aside`: the route may be another worker's, and is not begun here. Raises KeyError where this worker does not have the platform.
        """
        adapter = self._adapters[chunk.platform]
        # A job begun after a change of mapping or settings is a promise to use it.
        connector = await self.connectors.read(chunk.connector_id, anew=chunk.no == 0)
        if connector is None or connector.deleted:
            return _ended(self.tally(chunk, adapter))
        if connector.status == "paused":
            return self._held(chunk, ReasonCode.CONNECTOR_PAUSED, _PAUSED_SECONDS)
        if connector.status == "error" or connector.sealed is None:
            return self._held(chunk, ReasonCode.CREDENTIALS_REFUSED, _PAUSED_SECONDS)
        try:
            credentials = self.connectors.open(connector)
        except CryptoError as error:
            _log.critical("credentials of connector %s cannot be opened: %s", connector.id, error.message)
            reason = ReasonCode.KEY_UNKNOWN if isinstance(error, UnknownKeyId) else ReasonCode.INTERNAL
            return self._held(chunk, reason, _KEY_SECONDS)
        capability = adapter.manifest.capabilities.get(chunk.operation)
        if capability is None:
            tally = self.tally(chunk, adapter)
            why = adapter.manifest.unsupported.get(chunk.operation, "The platform does not offer this operation.")
            for item_id in tally.open_ids():
                tally.close(item_id, OutcomeKind.REJECTED, ReasonCode.UNSUPPORTED, why)
            return tally.result()
        return Carriage(
            chunk=chunk,
            connector=connector,
            credentials=credentials,
            adapter=adapter,
            capability=capability,
            route=(self.route_for_probe if aside else self.route)(chunk.route_key, adapter),
            platform_breaker=self.platform_breaker(chunk.platform),
            wiring=self.wiring,
            life=life,
            tally=self.tally(chunk, adapter),
        )

    @property
    def values(self) -> Values:
        """Where pushes get their items from."""
        return self._values

    async def ask_remote_jobs(self, carriage: Carriage) -> list[datetime]:
        """Ask for the chunk's remote jobs that are due; returns when the others are."""
        return await self._polls.ask(carriage)

    def page_push(self, carriage: Carriage) -> PagePush:
        """What pushes a page of the carriage's items."""
        return PagePush(carriage, self._values, self._intents, self._files)

    async def finish(self, carriage: Carriage) -> ChunkResult:
        """Ask what is due, send what is open, pull: by calls."""
        tally = carriage.tally
        polls_due: list[datetime] = []
        if carriage.operation is Operation.PULL_PRODUCTS:
            await pull_page(carriage)
        else:
            polls_due = await self.ask_remote_jobs(carriage) if carriage.polled is None else carriage.polled
            await self._push(carriage)
        if carriage.refused is not None:
            fault = carriage.refused
            for item_id in tally.open_ids():
                if tally.kind(item_id) is not OutcomeKind.ACCEPTED:
                    tally.close(item_id, OutcomeKind.REJECTED, fault.reason, fault.message)
        carriage.note_calls()
        return tally.result(polls_due=polls_due)

    async def _push(self, carriage: Carriage) -> None:
        open_ids = [i for i in carriage.tally.open_ids() if i not in carriage.held]
        to_send = [i for i in open_ids if carriage.tally.kind(i) is not OutcomeKind.ACCEPTED]
        if not to_send or carriage.stopped:
            return
        if carriage.chunk.look_up:
            carriage.tally.doubt()
        await self.learn_currency(carriage)
        carriage.read_ahead = lambda: carriage.route.ahead.begin(
            carriage.chunk, lambda chunk: self._read_ahead(chunk, carriage), overlaps=carriage.overlaps
        )
        ahead = await self._ahead_of(carriage, to_send)
        pages = [to_send] if ahead is not None else await self._values.pages(carriage.operation, to_send)
        for page in pages:
            if carriage.stopped:
                return
            await self.page_push(carriage).run(page, ahead)

    async def _ahead_of(self, carriage: Carriage, to_send: list[UUID]) -> Ahead | None:
        """What was read ahead, when it is still what a reading now would find."""
        found = await carriage.route.ahead.take(carriage.chunk)
        if found is None or list(found.item_ids) != to_send or found.connector != carriage.connector:
            return None
        touched = carriage.route.locks.touched_since({read.product_id for read in found.reads}, found.at)
        return None if touched else found

    async def _read_ahead(self, chunk: ClaimedChunk, present: Carriage) -> Ahead | None:
        """The chunk's values, where nothing has to be asked first and both chunks together are small enough for memory."""
        connector = await self.connectors.read(chunk.connector_id)
        if connector is None or (connector.shop_currency is None and chunk.operation is not Operation.PUSH_STOCK):
            return None
        ids = chunk.open_ids
        if present.units + sum(await self._values.units(chunk.operation, ids)) > MOST_UNITS:
            return None
        at = self.clock.monotonic()
        reads = await self._values.read(chunk.operation, ids, connector, present.route.recent)
        return Ahead(connector, ids, reads, at)

    async def learn_currency(self, carriage: Carriage) -> None:
        """Ask the shop for its currency where nobody knows it, once for all chunks of the connector."""
        connector = carriage.connector
        if carriage.operation is Operation.PUSH_STOCK or connector.shop_currency is not None:
            return
        known = carriage.route.currencies.setdefault(connector.id, ShopCurrency())
        async with known.lock:
            now = self.clock.monotonic()
            if known.currency is None and now >= known.ask_again_at:
                report = await carriage.ask(carriage.adapter.test, carriage.key("currency"))
                if isinstance(report, PlatformFault):
                    carriage.stop_for(report)
                    return
                known.currency = report.currency
                known.ask_again_at = now + _CURRENCY_SECONDS
                carriage.tally.note(ConnectorNote(currency=report.currency))
                self.connectors.forget(connector.id)
        if known.currency is not None:
            carriage.connector = with_currency(connector, known.currency)

    def tally(self, chunk: ClaimedChunk, adapter: Adapter) -> Tally:
        """What gathers the chunk's outcomes."""
        return Tally(chunk, self.route_for_probe(chunk.route_key, adapter).recent, self.clock)

    def _held(self, chunk: ClaimedChunk, reason: ReasonCode, seconds: float) -> ChunkResult:
        tally = Tally(chunk, RecentWrites(self.clock), self.clock)
        tally.wait(reason, seconds)
        return tally.result()


def _ended(tally: Tally) -> ChunkResult:
    """The connector is gone: what was not sent is cancelled, what waits for a verdict has failed."""
    for item_id in tally.open_ids():
        if tally.kind(item_id) is OutcomeKind.ACCEPTED:
            message = "The connector was deleted before the verdict came."
            tally.close(item_id, OutcomeKind.REJECTED, ReasonCode.CONNECTOR_DELETED, message)
        else:
            tally.close(item_id, OutcomeKind.CANCELLED, ReasonCode.CANCELLED, "The connector was deleted.")
    return tally.result()
