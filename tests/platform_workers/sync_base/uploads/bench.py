"""Workers over the platform of files, on real PostgreSQL under the worker's role; the orchestrator's part is done by hand."""

import asyncio
import contextlib
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from platform_workers.sync_base.courier_side.fake_platform import answer
from platform_workers.sync_base.courier_side.shop_rows import KEYS, ShopRows
from platform_workers.sync_base.lane_side.lane_side import until
from platform_workers.sync_base.uploads.file_platform import FileAdapter, FilePlatform

from pixee_common.clock import FakeClock, SystemClock
from pixee_common.db import Database
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation
from pixee_common.egress import EgressPolicy
from pixee_orchestrator.timers.dead_workers import bury
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks, needs_mark
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.uploads.courier import UploadCourier
from pixee_workers.sync_base.uploads.late_files import LateFiles

PRIORITY = {Operation.PUSH_STOCK: 0, Operation.PUSH_PRICES: 1, Operation.PUSH_PRODUCTS: 2}


class ShiftedClock(SystemClock):
    """Real time and a shift that tests make; a pause takes none."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.offset)

    def monotonic(self) -> float:
        return super().monotonic() + self.offset

    async def sleep(self, seconds: float) -> None:
        await super().sleep(0)


class NoShop:
    """Answers every call; the platform itself is in memory."""

    async def request(self, method, url, **_more):
        return answer()


class Worker:
    """One worker process, as far as lanes are concerned."""

    def __init__(
        self,
        database: Database,
        adapter: Any,
        clock: ShiftedClock,
        folder: Path,
        *,
        sender: Any = None,
        policy: EgressPolicy | None = None,
    ) -> None:
        self.database = database
        self.adapter = adapter
        slug, alive = adapter.manifest.slug, FakeClock()
        self.marks, self.writer = Marks(database), OutcomeWriter(database, clock)
        self.liveness = Liveness(database, alive, [slug], "test")
        wiring = Wiring(
            sender or NoShop(), policy or EgressPolicy(), clock, TokenStore(clock),
            lambda: self.life.worker_id, "1", lambda: 0.0, folder,
        )  # fmt: skip
        self.courier = PlatformCourier({slug: adapter}, database, KEYS, wiring)
        self.uploads = UploadCourier(self.courier, database, self.writer)
        marked = lambda chunk: needs_mark(adapter.manifest, chunk.operation)  # noqa: E731
        tools = LaneTools(self.courier, self.marks, self.writer, alive, marked, self.uploads)
        self.lanes = Lanes(database, self.liveness, tools)
        self.liveness.on_buried = self.lanes.drop_all
        self.late = LateFiles(self.courier, database, self.liveness, [slug])
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(run()) for run in (self.marks.run, self.writer.run, self.liveness.run)]
        await self.liveness.joined()
        return self

    @property
    def life(self):
        assert self.liveness.current is not None
        return self.liveness.current

    @property
    def idle(self) -> bool:
        return all(lane.idle for lane in self.lanes)

    async def __aexit__(self, *_error: object) -> None:
        if self.liveness.current is not None:
            await self.lanes.drop_all(self.liveness.current)
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def die(self) -> None:
        """kill -9: nothing is written any more, nothing given back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.lanes.drop_all(self.life)


class FileBench:
    """One connector, its jobs, and what a test moves by hand: bells, due times, dead workers."""

    def __init__(self, owner: Database, as_role: Any, folder: Path) -> None:
        self.rows = ShopRows(owner)
        self.as_role, self.folder = as_role, folder
        self.platform, self.clock = FilePlatform(), ShiftedClock()
        self.adapter = FileAdapter(self.platform)
        self.stack = contextlib.AsyncExitStack()
        self.chance = random.Random(0)

    @property
    def route(self) -> str:
        return str(self.rows.connector)

    async def begin(self) -> Self:
        await self.rows.add_connector()
        await self.rows.run("INSERT INTO routes (route_key, platform) VALUES ($1, 'fake')", self.route)
        return self

    async def worker(self) -> Worker:
        return await self.stack.enter_async_context(
            Worker(self.as_role("worker"), self.adapter, self.clock, self.folder)
        )

    async def products(self, count: int, prefix: str = "P") -> list[UUID]:
        return [(await self.rows.add_product(f"{prefix}{number}"))[0] for number in range(count)]

    async def job(self, items: list[UUID], operation: Operation = Operation.PUSH_PRODUCTS, size: int = 100) -> UUID:
        """A planned job; its chunks are pending."""
        job = new_id()
        await self.rows.run(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state,"
            " planning, total) SELECT $1, account_id, id, platform, $2, route_key, 'all', 'test', 'running', 'done', $4"
            " FROM connectors WHERE id = $3",
            *(job, operation.value, self.rows.connector, len(items)),
        )
        for no, start in enumerate(range(0, len(items), size)):
            part = items[start : start + size]
            await self.rows.run(
                "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority,"
                " job_position, item_ids, letters, size)"
                " SELECT id, $2, account_id, connector_id, platform, operation, route_key, $3, position, $4, $5, $6"
                " FROM jobs WHERE id = $1",
                *(job, no, PRIORITY[operation], part, "." * len(part), len(part)),
            )
        return job

    async def ring(self, most: int = 64) -> None:
        """The dispatcher's part: a window of pending chunks, in order."""
        await self.rows.run(
            "UPDATE chunks SET state = 'rung', rung_at = now() WHERE (job_id, no) IN (SELECT job_id, no FROM chunks"
            " WHERE route_key = $1 AND state = 'pending' ORDER BY priority, job_position, no LIMIT $2)",
            *(self.route, most),
        )

    async def later(self, seconds: float) -> None:
        """Time passes, and what is due comes back."""
        self.clock.offset += seconds
        await self.rows.run(
            "UPDATE chunks SET state = 'pending', not_before = NULL, wait_reason = NULL"
            " WHERE route_key = $1 AND state = 'waiting' AND not_before <= now() + $2::interval",
            *(self.route, timedelta(seconds=self.clock.offset)),
        )

    async def turn(self, worker: Worker, most: int = 64) -> None:
        """Rings and lets the worker carry until it has nothing left and nothing is pending."""
        async with asyncio.timeout(60):
            while True:
                await self.ring(most)
                await worker.lanes.ring({self.route: None})
                await until(lambda: worker.idle, seconds=50)
                if not await self.rows.run(
                    "SELECT FROM chunks WHERE route_key = $1 AND state IN ('pending', 'rung')", self.route
                ):
                    return

    async def bury(self, worker: Worker) -> None:
        """The reaper's own statement, for a worker that is no more."""
        await self.rows.run(
            "UPDATE workers SET heartbeat_at = now() - interval '1 hour' WHERE id = $1", worker.life.worker_id
        )
        async with self.as_role("orchestrator").transaction() as connection:
            await bury(connection, 600.0)

    async def letters(self, job: UUID) -> str:
        rows = await self.rows.run("SELECT letters FROM chunks WHERE job_id = $1 ORDER BY no", job)
        return "".join(row["letters"] for row in rows)

    async def states(self, job: UUID) -> list[str]:
        rows = await self.rows.run("SELECT state FROM chunks WHERE job_id = $1 ORDER BY no", job)
        return [row["state"] for row in rows]

    async def nobody_asks(self, for_seconds: float = 31.0) -> None:
        """Files are due, and the chunk that was to ask has not come for so long."""
        self.clock.offset += 31
        await self.rows.run("UPDATE submissions SET next_poll_at = now() WHERE connector_id = $1", self.rows.connector)
        await self.rows.run(
            "UPDATE chunks SET claimed_at = now() - $2::interval WHERE connector_id = $1",
            *(self.rows.connector, timedelta(seconds=for_seconds)),
        )

    async def submissions(self) -> list[Any]:
        return await self.rows.run(
            "SELECT * FROM submissions WHERE connector_id = $1 ORDER BY created_at, id", self.rows.connector
        )

    async def open_parts(self) -> int:
        found = await self.rows.run(
            "SELECT count(*) AS n FROM remote_jobs WHERE connector_id = $1 AND state = 'open'", self.rows.connector
        )
        return found[0]["n"]
