"""The lane side of one worker, put together as main does, with a clock that tests move."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self
from uuid import UUID

from platform_workers.sync_base.lane_side.fake_courier import FakeCourier

from pixee_common.clock import FakeClock
from pixee_common.db import Database
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Incarnation, Liveness
from pixee_workers.sync_base.marks import Marks
from pixee_workers.sync_base.outcome_writer import OutcomeWriter


async def until(found: Callable[[], object | Awaitable[object]], seconds: float = 5.0) -> None:
    """Waits until the condition holds; what it waits for is the database, so no clock of ours can tell when."""
    async with asyncio.timeout(seconds):
        while True:
            answer = found()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.005)


class LaneSide:
    """`marked` decides whether chunks get the `sent` mark."""

    def __init__(self, database: Database, *, marked: bool = False, clock: FakeClock | None = None) -> None:
        self.database = database
        self.clock = clock or FakeClock()
        self.courier = FakeCourier()
        self.marks = Marks(database)
        self.writer = OutcomeWriter(database, self.clock)
        self.liveness = Liveness(database, self.clock, ["woocommerce"], "test")
        self.assigned: set[tuple[str, int]] = {("bells", 0), ("bells", 1)}
        self.tools = LaneTools(self.courier, self.marks, self.writer, self.clock, lambda _chunk: marked)
        self.lanes = Lanes(database, self.liveness, self.tools, lambda partition: partition in self.assigned)
        self.liveness.on_buried = self.lanes.drop_all
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for run in (self.marks.run, self.writer.run, self.liveness.run):
            self._tasks.append(asyncio.create_task(run()))
        await self.liveness.joined()
        return self

    async def __aexit__(self, *_error: object) -> None:
        life = self.liveness.current
        if life is not None:
            await self.lanes.drop_all(life)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def life(self) -> Incarnation:
        assert self.liveness.current is not None
        return self.liveness.current

    @property
    def worker_id(self) -> UUID:
        return self.life.worker_id

    async def ring(self, *routes: str, partition: tuple[str, int] | None = ("bells", 0)) -> None:
        await self.lanes.ring(dict.fromkeys(routes, partition))
