"""A shop of 100,000 products pulled in pages of 100 on real PostgreSQL: pages applied, against the same rows written bare.

The baseline is what cannot be saved: the very write statements of such a page with the very rows (catalog, listings, values seen,
outcomes, events), replayed for a second account in a transaction of their own, page for page beside the engine's. What the engine
does on top: reading what the database knows of the page, matching, comparing, the chain, the job's counters.
Smaller by environment: PIXEE_BENCH_PAGES (1000).
"""

import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.report import Figure
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.ids import new_id
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_orchestrator.catalog.pulls.applying import PullPages, merge_page
from pixee_orchestrator.catalog.pulls.paging import Brought, noted
from pixee_orchestrator.catalog.pulls.pull_job import read_job
from pixee_orchestrator.catalog.pulls.writing import write_merge

PASSWORD = "only-for-benchmarks"
PAGES = int(os.environ.get("PIXEE_BENCH_PAGES", "1000"))
PAGE = 100
ENDS = max(1, PAGES // 10)
"""Pages at either end whose times are compared."""

ACCOUNT = "INSERT INTO accounts (id, name) VALUES ($1, 'bench')"
CONNECTOR = (
    "INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key) "
    "VALUES ($1, $2, 'shop', 'shopify', $3, 's-' || $1::uuid, 's-' || $1::uuid)"
)
JOB = (
    "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state, planning, started_at) "
    "VALUES ($1, $2, $3, 'shopify', 'pull_products', 's-' || $3::uuid,'', 'bench', 'running', 'begun', now())"
)
CHUNK = (
    "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters, "
    "size, state) SELECT id, $2, account_id, connector_id, platform, operation, route_key, 3, position, '{}', '', 0, 'sent' "
    "FROM jobs WHERE id = $1 ON CONFLICT (job_id, no) DO UPDATE SET state = 'sent'"
)
STAGED = (
    "INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, next_cursor, requested_at, total) "
    "SELECT id, $2, account_id, connector_id, $3, $4, now(), $5 FROM jobs WHERE id = $1"
)


@dataclass
class Recorder:
    """Stands in for a connection: passes everything on, and keeps what was executed."""

    connection: Any
    kept: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def passed_on(sql: str, *arguments: Any) -> Any:
            if name == "executemany":
                self.kept += [(sql, tuple(row)) for row in arguments[0]]
            else:
                self.kept.append((sql, arguments))
            return await getattr(self.connection, name)(sql, *arguments)

        return passed_on


@dataclass
class Times:
    """Seconds of each page."""

    engine: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return sum(self.bare) / sum(self.engine)

    @property
    def growth(self) -> float:
        """The last tenth over the first but one: the first pages warm the caches."""
        return statistics.median(self.engine[-ENDS:]) / statistics.median(self.engine[ENDS : 2 * ENDS] or self.engine)

    @property
    def pages_per_second(self) -> float:
        return len(self.engine) / sum(self.engine)


def page_of(no: int) -> list[dict[str, Any]]:
    return [
        {
            "external_id": f"gid://shop/Product/{n}", "our_key": None, "title": f"Product {n}", "description": f"<p>Number {n}</p>",
            "brand": "Acme", "status": "active", "updated_at": "2026-11-20T12:00:00Z", "options": [], "images": [], "categories": [],
            "refs": {}, "variants": [{
                "external_id": f"gid://shop/Variant/{n}", "sku": f"SKU-{n:06d}", "ean": None, "options": {}, "price": "19.90",
                "compare_at_price": None, "quantity": n % 100, "refs": {"inventory_item": f"gid://shop/Item/{n}"},
            }],
        }
        for n in range(no * PAGE, (no + 1) * PAGE)
    ]  # fmt: skip


class Bench:
    """Two accounts with a shop each: the engine's and the baseline's."""

    def __init__(self, owner: Database, database: Database) -> None:
        self.owner, self.database = owner, database
        self.pages = PullPages(database, {})
        self.connectors: list[tuple[UUID, UUID]] = []

    async def run(self, sql: str, *arguments: Any) -> None:
        async with self.owner.connection() as connection:
            await connection.execute(sql, *arguments)

    async def begin(self) -> None:
        for _ in range(2):
            account, connector = new_id(), new_id()
            await self.run(ACCOUNT, account)
            await self.run(CONNECTOR, connector, account, {"currency": "EUR", "locale": "en"})
            self.connectors.append((account, connector))

    async def pull(self) -> Times:
        """All pages once, for both."""
        jobs = [new_id() for _ in self.connectors]
        for job, (account, connector) in zip(jobs, self.connectors, strict=True):
            await self.run(JOB, job, account, connector)
        engine, baseline = jobs
        times = Times()
        for no in range(PAGES):
            products = page_of(no)
            for job in jobs:
                await self.run(CHUNK, job, no)
            cursor = {"after": no} if no + 1 < PAGES else None
            await self.run(STAGED, engine, no, products, cursor, PAGES * PAGE)
            times.engine.append(await _timed(lambda no=no: self.pages.apply(engine, no)))  # type: ignore[misc]
            times.bare.append(await self._bare(baseline, no, products))
            times.memory.append(_resident_bytes())
            if no == ENDS:
                await self.run("ANALYZE")  # as autovacuum does
        await self._check(engine)
        return times

    async def _bare(self, job_id: UUID, no: int, products: list[dict[str, Any]]) -> float:
        page = {"products": products, "requested_at": datetime.now(UTC)}
        async with self.database.connection() as connection:
            job = await read_job(connection, job_id)
            assert job is not None
            merge, objects = await merge_page(connection, job, page)
            transaction = connection.transaction()
            await transaction.start()
            recorder: Any = Recorder(connection)
            await write_merge(recorder, job, no, merge, noted(Brought(objects, len(objects), 0), None))
            await transaction.rollback()

        async def replay() -> None:
            async with self.database.transaction() as connection:
                for sql, arguments in recorder.kept:
                    await connection.fetch(sql, *arguments)

        return await _timed(replay)

    async def _check(self, job: UUID) -> None:
        async with self.owner.connection() as connection:
            row = await connection.fetchrow("SELECT state, total, warning FROM jobs WHERE id = $1", job)
            count = await connection.fetchval(
                "SELECT count(*) FROM products WHERE account_id = $1", self.connectors[0][0]
            )
        assert row is not None
        assert tuple(row) == ("completed", PAGES * PAGE, None), tuple(row)
        assert count == PAGES * PAGE, count


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def empty_bench() -> AsyncIterator[Bench]:
    """An empty database with both accounts, under the orchestrator's role."""
    for service in ("GATEWAY", "ORCHESTRATOR", "WORKER"):
        os.environ[f"PIXEE_ROLE_PASSWORD_{service}"] = PASSWORD
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        owner = Database(server.dsn, name="bench")
        database = Database(server.dsn_for("pixee_orchestrator", PASSWORD), name="bench orchestrator")
        try:
            await migrate(server.dsn)
            bench = Bench(owner, database)
            await bench.begin()
            yield bench
        finally:
            await owner.close()
            await database.close()
            await server.stop()


async def run() -> list[Figure]:
    """Pages that create everything, then the same pages again, with nothing changed."""
    async with empty_bench() as bench:
        return _figures(await bench.pull(), await bench.pull())


def _figures(created: Times, same: Times) -> list[Figure]:
    memory = (max(same.memory) - created.memory[ENDS]) / 1e6
    size = f"{PAGES * PAGE:,} products in pages of {PAGE}"
    return [
        Figure(
            "applying pulled pages, all new", created.ratio, 0.2, lower_is_better=False, unit="×",
            detail=f"{size}; {created.pages_per_second:.1f} pages/s, {len(created.bare) / sum(created.bare):.1f} pages/s by the write "
            "statements alone",
        ),
        Figure(
            "applying pulled pages, nothing changed", same.pages_per_second, None, lower_is_better=False, unit="pages/s",
            detail=f"{size}; compared with the catalog, nothing written but that they were seen",
        ),
        Figure(
            "a page at the end over one at the beginning", max(created.growth, same.growth), 1.5, lower_is_better=True, unit="×",
            detail=f"median of {ENDS} pages; {created.growth:.2f} × with all new, {same.growth:.2f} × with nothing changed",
        ),
        Figure(
            "memory grown over a pull", memory, 40, lower_is_better=True, unit="MB", detail=f"{size}, twice, resident",
        ),
    ]  # fmt: skip
