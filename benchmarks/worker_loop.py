"""One worker on a shop that answers at once, against the same loop without SQL: what claims, rows, intents and outcomes cost.

Both sides call a simulated shop in a process of its own, without latency and with its limits wide open, through the real adapter
and client, in turn and each time on an empty shop. The worker is what `pixee_workers.main` puts together, rung by hand: no Kafka,
no relay. Its database is a real PostgreSQL under the worker's own role, durable as in production.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from benchmarks.loop_rows import KEYS, Catalog, Connected, Simulator, simulators
from benchmarks.loop_without_sql import LoopWithoutSql
from benchmarks.report import Figure
from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.job import Operation
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_devstack.service_env import ROLES, SIMULATED_HOSTS, egress_routes
from pixee_workers import garbage
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.adapters_found import found_adapters
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks, needs_mark
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.tokens import TokenStore

PRODUCTS = {"woocommerce": 2_000, "shopify": 1_200}
ROUNDS = 6
OPERATIONS = (Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK)
_PASSWORD = "only-for-benchmarks"


@dataclass(frozen=True)
class Lap:
    """One side's way through one operation: seconds, of them the worker's own CPU and the shop's work, and its requests."""

    seconds: float
    cpu: float
    shop: float
    requests: int


async def run() -> list[Figure]:
    """Items a second of the worker over items a second of the loop without SQL, by platform and operation."""
    async with AsyncExitStack() as stack:
        server = EmbeddedPostgres(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        await server.start()
        stack.push_async_callback(server.stop)
        os.environ["PIXEE_ROLE_PASSWORD_WORKER"] = _PASSWORD
        await migrate(server.dsn)
        shops = await stack.enter_async_context(simulators(tuple(PRODUCTS)))
        adapters, figures = found_adapters(PRODUCTS.__contains__), []
        garbage.settle()  # as the worker's process does, for both sides
        for platform, simulator in shops.items():
            course = await stack.enter_async_context(_course(server, adapters[platform], simulator))
            figures += await _measured(course)
    return figures


async def _measured(course: "Course") -> list[Figure]:
    worker, loop = [], []
    for _ in range(ROUNDS):
        worker.append(await course.worker())
        loop.append(await course.loop())
    return [
        _figure(course, operation, [laps[place] for laps in worker], [laps[place] for laps in loop])
        for place, operation in enumerate(OPERATIONS)
    ]


def _figure(course: "Course", operation: Operation, worker: Sequence[Lap], loop: Sequence[Lap]) -> Figure:
    asked = {lap.requests for lap in (*worker, *loop)}
    if len(asked) != 1:
        raise RuntimeError(f"the two sides did not ask the shop the same: {asked} requests")
    items, chunks = len(course.catalog.products), len(course.catalog.parts(operation))
    slow, fast = (min(lap.seconds for lap in laps) for laps in (worker, loop))
    cpu, bare_cpu = (min(lap.cpu for lap in laps) for laps in (worker, loop))
    share = statistics.median(lap.shop / lap.seconds for lap in worker)
    detail = (
        f"{items / slow:.0f} of {items / fast:.0f} items/s, {chunks / slow:.1f} of {chunks / fast:.1f} chunks/s; "
        f"CPU of the worker {cpu / items * 1e6:.0f} µs an item, without SQL {bare_cpu / items * 1e6:.0f} µs; the shop worked in "
        f"{share:.0%} of the worker's time; {items} items, {asked.pop()} requests, the best of {ROUNDS} rounds of each, in turn"
    )
    name = f"worker on a 0 ms shop: {course.simulator.platform}, {operation.value}"
    return Figure(name, fast / slow, 0.5, lower_is_better=False, unit="×", detail=detail)


@asynccontextmanager
async def _course(server: EmbeddedPostgres, adapter: Adapter, simulator: Simulator) -> AsyncIterator["Course"]:
    clock = SystemClock()
    policy = EgressPolicy.parse(
        allow="127.0.0.0/8", routes=egress_routes({simulator.platform: simulator.url}, SIMULATED_HOSTS)
    )
    owner = Database(server.dsn, name="bench")
    dsn = server.dsn_for(ROLES["worker"], _PASSWORD)
    catalog = Catalog(owner)
    await catalog.fill(PRODUCTS[simulator.platform])
    async with GuardedClient(policy) as client:
        wiring = Wiring(client, policy, clock, TokenStore(clock), lambda: UUID(int=0), "bench")
        yield Course(owner, dsn, wiring, adapter, catalog, simulator)
    await owner.close()


class Course:
    """Everything that both sides have in common."""

    def __init__(
        self, owner: Database, dsn: str, wiring: Wiring, adapter: Adapter, catalog: Catalog, simulator: Simulator
    ) -> None:
        self._owner, self._dsn, self._wiring, self._adapter = owner, dsn, wiring, adapter
        self.catalog, self.simulator = catalog, simulator

    async def worker(self) -> list[Lap]:
        """One lap for each operation, by a worker."""
        shop = await self.catalog.connect(self.simulator)
        laps = []
        async with running_worker(self._dsn, self._wiring, self._adapter) as carry:
            for operation in OPERATIONS:
                if operation is Operation.PUSH_STOCK:
                    await self.catalog.restock()
                job = await self.catalog.rung(shop, operation)
                await self.catalog.settle()
                laps.append(await self._lap(shop, partial(carry, shop)))
                if await self.catalog.applied(job) != len(self.catalog.products):
                    raise RuntimeError(f"{shop.platform}: not all items of {operation} were applied")
        return laps

    async def loop(self) -> list[Lap]:
        """The same by the loop without SQL."""
        shop = await self.catalog.connect(self.simulator)
        loop = await LoopWithoutSql.to(shop, self._adapter, self._wiring, self._owner, self.catalog.account)
        laps = []
        for operation in OPERATIONS:
            if operation is Operation.PUSH_STOCK:
                await self.catalog.restock()
            chunks = await loop.chunks(self.catalog, operation, self._owner)
            laps.append(await self._lap(shop, partial(loop.run, chunks)))
            if loop.dropped.applied != len(self.catalog.products):
                raise RuntimeError(f"{shop.platform}: not all items of {operation} were applied without SQL")
        return laps

    async def _lap(self, shop: Connected, carry: Callable[[], Awaitable[None]]) -> Lap:
        asked, busy = await self.simulator.busy(shop.host)
        begun, cpu = time.perf_counter(), time.process_time()
        await carry()
        seconds, used = time.perf_counter() - begun, time.process_time() - cpu
        requests, worked = await self.simulator.busy(shop.host)
        return Lap(seconds, used, worked - busy, requests - asked)


@asynccontextmanager
async def running_worker(
    dsn: str, wiring: Wiring, adapter: Adapter
) -> AsyncIterator[Callable[[Connected], Awaitable[None]]]:
    """A worker as its process puts it together; what it gives rings a shop and returns when all outcomes are written."""
    platform, clock = adapter.manifest.slug, wiring.clock
    database, heart = (
        Database(dsn, name="pixee-worker", most_connections=12),
        Database(dsn, name="heart", most_connections=1),
    )
    liveness = Liveness(heart, clock, [platform], "bench")
    marks, writer = Marks(database), OutcomeWriter(database, clock)
    courier = PlatformCourier({platform: adapter}, database, KEYS, wiring)
    tools = LaneTools(courier, marks, writer, clock, lambda chunk: needs_mark(adapter.manifest, chunk.operation))
    lanes = Lanes(database, liveness, tools)

    async def carry(shop: Connected) -> None:
        await lanes.ring({shop.route_key: None})
        while not all(lane.idle for lane in lanes):
            await asyncio.sleep(0.002)

    tasks = [asyncio.create_task(loop) for loop in (marks.run(), writer.run(), lanes.run(), liveness.run())]
    await liveness.joined()
    try:
        yield carry
        await lanes.stop(5)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()
        await heart.close()
