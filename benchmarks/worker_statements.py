"""What lanes, marks and the writer make of the database when nothing is carried: chunks a second without adapter and call.

The baseline is the same rows written by nothing but their statements, in groups as large as the worker's: what PostgreSQL and its
driver allow one connection at a time. It has no limit: the worker with all its work is measured by `worker_loop`.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from benchmarks.report import Figure
from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.delivery import outbox
from pixee_common.domain.ids import AccountId, ConnectorId, JobId, RouteKey, WorkerId, new_id
from pixee_common.domain.job import Operation
from pixee_common.events import SyncRequested
from pixee_common.messaging.topics import PROGRESS
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_workers.sync_base.chunks import ChunkResult, ClaimedChunk, Life
from pixee_workers.sync_base.claims import Place, claim
from pixee_workers.sync_base.lane import Lane, LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Beginning, Marks
from pixee_workers.sync_base.outcome_rows import write_chunks
from pixee_workers.sync_base.outcome_writer import OutcomeWriter

ROUTES = 40
CHUNKS = 50
ITEMS = 20
GROUP = 64

_CHUNKS = """
INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters,
                    size, state, rung_at)
SELECT $1, no, $2, $3, 'woocommerce', 'push_products', $4, 2, 1, $5, repeat('.', $6), $6, 'rung', now()
FROM generate_series(0, $7 - 1) AS no
"""


class Instant:
    """A shop that takes everything at once."""

    async def carry(self, chunk: ClaimedChunk, life: Life) -> ChunkResult:
        life.check()
        return ChunkResult(chunk, "a" * len(chunk.letters), called=True)

    def expect(self, chunk: ClaimedChunk, may_begin: Callable[[], None]) -> None:
        """Reads nothing ahead."""

    def budget_state(self, route_key: RouteKey) -> Mapping[str, None]:
        return {}

    def adopt(self, route_key: RouteKey, platform: str, state: Mapping[str, object]) -> None:
        """Nothing to adopt."""

    def forget(self, route_key: RouteKey) -> None:
        """Nothing to forget."""

    def chunks_per_second(self, route_key: RouteKey) -> float:
        return 1.0


class NoMarks(Marks):
    """Begins without asking."""

    async def begin(self, chunk: ClaimedChunk, *, mark: bool) -> Beginning:
        return Beginning.GO


class NoWriter(OutcomeWriter):
    """Writes nothing."""

    async def write(self, worker_id: WorkerId, result: ChunkResult) -> bool:
        await asyncio.sleep(0)
        return True


async def run() -> list[Figure]:
    """Chunks a second of the worker over chunks a second of the bare statements."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        try:
            await migrate(server.dsn)
            floor, bare, unmarked, marked = 0.0, 0.0, 0.0, 0.0
            for _ in range(3):  # in turn, and the best of each: the machine is shared
                floor = max(floor, await _floor(server.dsn))
                bare = max(bare, await _bare(server.dsn))
                unmarked = max(unmarked, await _with_sql(server.dsn, marked=False))
                marked = max(marked, await _with_sql(server.dsn, marked=True))
        finally:
            await server.stop()
    detail = (
        f"{unmarked:.0f} of {floor:.0f} chunks/s; {marked:.0f} with the sent mark; {bare:.0f} without SQL; "
        f"{ROUTES} routes, claims included"
    )
    return [
        Figure(
            "empty chunks through the lanes, against their statements alone", unmarked / floor, None, False, "×", detail
        )
    ]


@contextlib.asynccontextmanager
async def _worker(dsn: str) -> AsyncIterator[tuple[Database, Liveness]]:
    database = Database(dsn, name="bench")
    liveness = Liveness(database, SystemClock(), ["woocommerce"], "bench")
    task = asyncio.create_task(liveness.run())
    await liveness.joined()
    try:
        yield database, liveness
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.close()


async def _floor(dsn: str) -> float:
    async with _worker(dsn) as (database, liveness):
        life = await liveness.joined()
        rung = await _rung(database)
        begun = time.perf_counter()
        claimed = [chunk for found in await claim(database, life.worker_id, rung) for _, chunk in found.chunks]
        results = [ChunkResult(chunk, "a" * len(chunk.letters), called=True) for chunk in claimed]
        event = SyncRequested(
            job_id=new_id(), account_id=new_id(), connector_id=new_id(), platform="woocommerce",
            operation=Operation.PUSH_PRODUCTS, requested_at=datetime.now(UTC),
        )  # fmt: skip
        for first in range(0, len(results), GROUP):
            group = results[first : first + GROUP]
            async with database.transaction() as connection:
                await write_chunks(connection, group)
                await outbox.put_many(connection, [(PROGRESS, event, {}) for _ in group], source="bench")
        taken = time.perf_counter() - begun
        await _clear(database)
    return ROUTES * CHUNKS / taken


async def _bare(dsn: str) -> float:
    async with _worker(dsn) as (database, liveness):
        clock, life = SystemClock(), await liveness.joined()
        tools = LaneTools(Instant(), NoMarks(database), NoWriter(database, clock), clock, lambda _chunk: False)
        lanes = [Lane(RouteKey(f"r{number}"), "woocommerce", life, tools) for number in range(ROUTES)]
        begun = time.perf_counter()
        for lane in lanes:
            template = _template(lane.route_key)
            for no in range(CHUNKS):
                lane.add(Place(2, 1, no), replace(template, no=no))
            lane.start()
        while not all(lane.idle for lane in lanes):
            await asyncio.sleep(0.001)
        taken = time.perf_counter() - begun
        await asyncio.gather(*(lane.drop() for lane in lanes))
    return ROUTES * CHUNKS / taken


async def _with_sql(dsn: str, *, marked: bool) -> float:
    async with _worker(dsn) as (database, liveness):
        clock = SystemClock()
        marks, writer = Marks(database), OutcomeWriter(database, clock)
        lanes = Lanes(database, liveness, LaneTools(Instant(), marks, writer, clock, lambda _chunk: marked))
        tasks = [asyncio.create_task(marks.run()), asyncio.create_task(writer.run())]
        rung = await _rung(database)
        begun = time.perf_counter()
        await lanes.ring(dict.fromkeys(rung))
        while not all(lane.idle for lane in lanes):
            await asyncio.sleep(0.001)
        taken = time.perf_counter() - begun
        await lanes.stop(5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _clear(database)
    return ROUTES * CHUNKS / taken


async def _clear(database: Database) -> None:
    async with database.connection() as connection:
        left = await connection.fetchval("SELECT count(*) FROM chunks WHERE state <> 'done'")
        await connection.execute("TRUNCATE chunks, jobs, outbox, routes, connectors")
    if left:
        raise RuntimeError(f"{left} chunks are not done")


async def _rung(database: Database) -> list[str]:
    account, routes = new_id(), []
    async with database.transaction() as connection:
        for number in range(ROUTES):
            connector, job, route = new_id(), new_id(), f"woocommerce:{number}"
            items = [uuid4() for _ in range(ITEMS)]
            await connection.execute(
                "INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key)"
                " VALUES ($1, $2, 's', 'woocommerce', '{}', $3, $3)",
                *(connector, account, route),
            )
            await connection.execute("INSERT INTO routes (route_key, platform) VALUES ($1, 'woocommerce')", route)
            await connection.execute(
                "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by)"
                " VALUES ($1, $2, $3, 'woocommerce', 'push_products', $4, 'h', 'k')",
                *(job, account, connector, route),
            )
            await connection.execute(_CHUNKS, job, account, connector, route, items, ITEMS, CHUNKS)
            routes.append(route)
    return routes


def _template(route_key: RouteKey) -> ClaimedChunk:
    items: tuple[UUID, ...] = tuple(uuid4() for _ in range(ITEMS))
    return ClaimedChunk(
        JobId(new_id()), 0, AccountId(new_id()), ConnectorId(new_id()), "woocommerce", Operation.PUSH_PRODUCTS, route_key, 2,
        items, "." * ITEMS, 0, False, 1, new_id(),
    )  # fmt: skip
