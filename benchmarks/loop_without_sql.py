"""The worker's own loop with every statement taken out: what the database costs is the difference, and nothing else is.

Lane, courier, preparing, hashes, locks, look-ups, budgets, call context, client and adapter are the real ones. Rows were read before
the loop begins and are given from memory; intents, marks and outcomes are taken and dropped. What was written stays known through
`RecentWrites`, as in a worker whose outcomes are not committed yet.
"""

import asyncio
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any, cast
from uuid import UUID, uuid4

from benchmarks.loop_rows import KEYS, Catalog, Connected
from pixee_common.clock import Clock
from pixee_common.crypto import Credentials
from pixee_common.db import Database
from pixee_common.domain.ids import AccountId, JobId, WorkerId, new_id
from pixee_common.domain.job import OUTCOME_LETTERS, Operation, OutcomeKind
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.assembling import Rows
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk
from pixee_workers.sync_base.claims import Place
from pixee_workers.sync_base.connectors_read import Connector, ConnectorReader
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.lane import Lane, LaneTools
from pixee_workers.sync_base.liveness import BEAT_EVERY, Incarnation
from pixee_workers.sync_base.marks import Beginning, Marks
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.values import ValueReader

_OPEN, _APPLIED = OUTCOME_LETTERS[OutcomeKind.TRANSIENT], OUTCOME_LETTERS[OutcomeKind.APPLIED]


class _NoDatabase:
    """Takes every statement of the courier's and knows of nothing."""

    async def run(self, work: Any, *, alone: bool = False) -> Any:
        return await work(self)

    async def fetch(self, *_: object) -> list[Any]:
        return []

    async def execute(self, *_: object) -> str:
        return ""


class _ReadBefore(ValueReader):
    """Values from rows that were read before the loop."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self.kept: dict[UUID, Rows] = {}

    async def units(self, operation: Operation, item_ids: Sequence[UUID]) -> list[int]:
        return [1] * len(item_ids)

    async def rows(self, operation: Operation, item_ids: Sequence[UUID], connector: Connector) -> Rows:
        found = copy(self.kept[item_ids[0]])
        found.listings, found.sent = dict(found.listings), dict(found.sent)  # a reading lays what was written over them
        return found


class _Nothing:
    """Marks that are no marks, and outcomes that go nowhere."""

    def __init__(self) -> None:
        self.applied = 0

    async def begin(self, chunk: ClaimedChunk, *, mark: bool) -> Beginning:
        return Beginning.GO

    async def write(self, worker_id: WorkerId, result: ChunkResult) -> bool:
        self.applied += result.letters.count(_APPLIED)
        return True


class _Connectors:
    """The one connector, always fresh."""

    def __init__(self, connector: Connector, credentials: Credentials) -> None:
        self._connector, self._credentials = connector, credentials

    async def read(self, connector_id: UUID, *, anew: bool = False) -> Connector:
        return self._connector

    def open(self, connector: Connector) -> Credentials:
        return self._credentials

    def forget(self, connector_id: UUID) -> None:
        pass


class LoopWithoutSql:
    """One shop's loop. Made with the database, which it then does not touch."""

    def __init__(self, adapter: Adapter, wiring: Wiring, connector: Connector, account: UUID) -> None:
        if connector.sealed is None:
            raise RuntimeError("the connector has no credentials")
        nothing = cast("Database", _NoDatabase())
        self._values = _ReadBefore(nothing, wiring.clock)
        self._courier = PlatformCourier(
            {connector.platform: adapter}, nothing, KEYS, wiring, values=lambda *_: self._values
        )
        known = _Connectors(connector, KEYS.open(connector.id, connector.sealed))
        self._courier.connectors = cast("ConnectorReader", known)
        self._connector, self._account, self._clock = connector, AccountId(account), wiring.clock
        self.dropped = _Nothing()

    @classmethod
    async def to(
        cls, shop: Connected, adapter: Adapter, wiring: Wiring, database: Database, account: UUID
    ) -> "LoopWithoutSql":
        """The loop of this connector."""
        reader = ConnectorReader(database, KEYS, {shop.platform: adapter.manifest}, wiring.clock)
        connector = await reader.read(shop.id)
        if connector is None:
            raise RuntimeError("the connector is not there")
        return cls(adapter, wiring, connector, account)

    async def chunks(self, catalog: Catalog, operation: Operation, database: Database) -> list[ClaimedChunk]:
        """The chunks, their rows read before the loop begins."""
        reader, job = ValueReader(database, self._clock), JobId(new_id())
        parts = catalog.parts(operation)
        self._values.kept = {part[0]: await reader.rows(operation, part, self._connector) for part in parts}
        return [self._chunk(job, no, operation, part) for no, part in enumerate(parts)]

    def _chunk(self, job: JobId, no: int, operation: Operation, items: Sequence[UUID]) -> ClaimedChunk:
        return ClaimedChunk(
            job_id=job,
            no=no,
            account_id=self._account,
            connector_id=self._connector.id,
            platform=self._connector.platform,
            operation=operation,
            route_key=self._connector.route_key,
            priority=0,
            item_ids=tuple(items),
            letters=_OPEN * len(items),
            attempt=0,
            look_up=False,
            epoch=1,
            claim_token=uuid4(),
        )

    async def run(self, chunks: Sequence[ClaimedChunk]) -> None:
        """Carries all chunks in a lane."""
        self.dropped.applied = 0
        life = Incarnation(WorkerId(new_id()), self._clock, self._clock.monotonic())
        marks, writer = cast("Marks", self.dropped), cast("OutcomeWriter", self.dropped)
        tools = LaneTools(self._courier, marks, writer, self._clock, lambda _: False)
        lane = Lane(self._connector.route_key, self._connector.platform, life, tools)
        beating = asyncio.create_task(self._beat(life))
        try:
            for chunk in chunks:
                lane.add(Place(chunk.priority, 1, chunk.no), replace(chunk))
            lane.start()
            while not lane.idle:
                await asyncio.sleep(0.002)
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await lane.close()

    async def _beat(self, life: Incarnation) -> None:
        while True:
            life.beaten(self._clock.monotonic())
            await asyncio.sleep(BEAT_EVERY)
