"""A worker's loop without any SQL: the same items, already in memory, mapped, cut, looked up and submitted; outcomes are dropped.

The shop is asked exactly what the worker asks it, through the same call context, budgets and client, with as many submissions at
once and one chunk at a time. What is missing is everything that makes a worker safe: claims, marks, hashes, locks, outcomes.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from benchmarks.loop_rows import KEYS, Catalog, Connected
from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.domain.ids import ProductId, VariantId, WorkerId, new_id
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.assembling import ReadItem, Verdict
from pixee_workers.sync_base.breaker import PlatformBreaker
from pixee_workers.sync_base.connectors_read import Connector, ConnectorReader
from pixee_workers.sync_base.context import CourierContext, Wiring
from pixee_workers.sync_base.items import Listing, ProductItem, StockItem
from pixee_workers.sync_base.liveness import BEAT_EVERY, Incarnation
from pixee_workers.sync_base.outcomes import Refusal
from pixee_workers.sync_base.preparing import Ready
from pixee_workers.sync_base.recent_writes import RecentWrites
from pixee_workers.sync_base.route_state import RouteState
from pixee_workers.sync_base.splitting import Limits, split
from pixee_workers.sync_base.values import ValueReader

LOOKED_UP_AT_ONCE = 50


@dataclass
class Dropped:
    """What the loop does not look at: kept only so that stock can be pushed to what was created."""

    listings: dict[UUID, Listing]
    applied: int = 0


class LoopWithoutSql:
    """One shop's loop. Made with the database, which it then does not touch."""

    def __init__(self, adapter: Adapter, wiring: Wiring, connector: Connector) -> None:
        self._adapter, self._wiring, self._connector = adapter, wiring, connector
        self._credentials = KEYS.open(connector.id, connector.sealed) if connector.sealed else None
        self._route = RouteState.begun(adapter.manifest, wiring.clock)
        self._platform_breaker = PlatformBreaker(connector.platform, wiring.clock)
        self._life = Incarnation(WorkerId(new_id()), wiring.clock, wiring.clock.monotonic())
        self.dropped = Dropped({})

    @classmethod
    async def to(cls, shop: Connected, adapter: Adapter, wiring: Wiring, database: Database) -> "LoopWithoutSql":
        """The loop of this connector."""
        reader = ConnectorReader(database, KEYS, {shop.platform: adapter.manifest}, wiring.clock)
        connector = await reader.read(shop.id)
        if connector is None:
            raise RuntimeError("the connector is not there")
        return cls(adapter, wiring, connector)

    async def items(self, catalog: Catalog, operation: Operation, database: Database) -> list[list[ReadItem]]:
        """The chunks with their values, read before the loop begins."""
        if operation is Operation.PUSH_STOCK:
            return [[self._stock(variant) for variant in part] for part in catalog.parts(operation)]
        values, nothing = ValueReader(database, SystemClock()), RecentWrites(SystemClock())
        return [await values.read(operation, part, self._connector, nothing) for part in catalog.parts(operation)]

    def _stock(self, variant: UUID) -> ReadItem:
        listing = self.dropped.listings[variant]
        product = ProductId(variant)
        item = StockItem(VariantId(variant), product, "P", 6, listing, 1)
        return ReadItem(variant, product, "P", 1, item)

    async def run(self, operation: Operation, chunks: Sequence[Sequence[ReadItem]]) -> None:
        """Carries all chunks."""
        self.dropped.applied = 0
        beating = asyncio.create_task(self._beat())
        try:
            for chunk in chunks:
                await self._carry(operation, chunk)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            self._life.beaten(self._wiring.clock.monotonic())
            await asyncio.sleep(BEAT_EVERY)

    async def _carry(self, operation: Operation, chunk: Sequence[ReadItem]) -> None:
        capability = self._adapter.manifest.capabilities[operation]
        ready = [self._ready(operation, read) for read in chunk]
        if capability.look_up_new and operation is Operation.PUSH_PRODUCTS:
            products = [one.item for one in ready if isinstance(one.item, ProductItem)]
            for first in range(0, len(products), LOOKED_UP_AT_ONCE):
                await self._adapter.find(
                    operation, products[first : first + LOOKED_UP_AT_ONCE], self._context(operation)
                )
        queue = deque(split(ready, Limits.of(capability)))

        async def work_off() -> None:
            while queue:
                part = queue.popleft()
                answer = await self._adapter.submit(operation, [one.mapped for one in part], self._context(operation))
                for outcome in answer.outcomes:
                    self.dropped.applied += outcome.kind is OutcomeKind.APPLIED
                    self.dropped.listings |= dict(outcome.linked.variants.items())

        await asyncio.gather(*(work_off() for _ in range(min(len(queue), capability.concurrency))))

    def _ready(self, operation: Operation, read: ReadItem) -> Ready:
        if isinstance(read.body, Verdict):
            raise TypeError(f"nothing to send: {read.body}")
        values = self._adapter.mapped(operation, read.body, self._connector.settings)
        if isinstance(values, Refusal):
            raise TypeError(f"refused: {values}")
        return Ready(read, read.body, values, b"", self._adapter.weight(operation, read.body))

    def _context(self, operation: Operation) -> CourierContext:
        if self._credentials is None:
            raise RuntimeError("the connector has no credentials")
        return CourierContext(
            self._wiring,
            adapter=self._adapter,
            connector=self._connector,
            credentials=self._credentials,
            route_key=self._connector.route_key,
            budgets=self._route.budgets,
            breaker=self._route.breaker,
            platform_breaker=self._platform_breaker,
            memory=self._route.memory(self._connector.id),
            life=self._life,
            fast=operation is Operation.PUSH_STOCK,
            submission_key=uuid4(),
        )
