"""Split of a whole-catalog push over a million products: first bell, wall time, and the orchestrator's memory, on real PostgreSQL.

Limits to hold: first bell within 1 s, memory below 200 MB and flat.
"""

import os
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.report import Figure
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.ids import new_id
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_orchestrator.dispatch.dispatcher import Dispatcher
from pixee_orchestrator.planning.planner import Planner

PRODUCTS = 1_000_000
PASSWORD = "only-for-benchmarks"


async def _catalog(owner: Database, products: int) -> str:
    account, connector, job = new_id(), new_id(), new_id()
    async with owner.connection() as connection:
        await connection.execute("INSERT INTO accounts (id, name) VALUES ($1, 'big')", account)
        await connection.execute(
            "INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key) "
            "VALUES ($1, $2, 'shop', 'shopify', '{}', 'shop', 'shop')",
            *(connector, account),
        )
        await connection.execute(
            "INSERT INTO workers (id, platforms, host, pid, version, heartbeat_at) "
            "VALUES ($1, '{shopify}', 'here', 1, '1', now() + interval '1 hour')",
            new_id(),
        )
        await connection.execute(
            "INSERT INTO products (id, account_id, key, content, content_version, origin) "
            "SELECT gen_random_uuid(), $1, n::text, '{}', 1, 'bench' FROM generate_series(1, $2) n",
            *(account, products),
            timeout=600,
        )
        await connection.execute("ANALYZE products")
        await connection.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by) "
            "VALUES ($1, $2, $3, 'shopify', 'push_products', 'shop', '', 'bench')",
            *(job, account, connector),
        )
    return "shop"


async def run() -> list[Figure]:
    """First bell and memory over a million products."""
    for service in ("GATEWAY", "ORCHESTRATOR", "WORKER"):
        os.environ[f"PIXEE_ROLE_PASSWORD_{service}"] = PASSWORD
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder))
        await server.start()
        owner = Database(server.dsn, name="bench")
        database = Database(server.dsn_for("pixee_orchestrator", PASSWORD), name="bench orchestrator")
        try:
            await migrate(server.dsn)
            return await _split(owner, database)
        finally:
            await owner.close()
            await database.close()
            await server.stop()


async def _split(owner: Database, database: Database) -> list[Figure]:
    route = await _catalog(owner, PRODUCTS)
    planner, dispatcher = Planner(database, {}), Dispatcher(database)
    readings = []
    started = time.perf_counter()
    await planner.step()
    await dispatcher.ring_now([route])
    first_bell = time.perf_counter() - started
    while await planner.step():
        readings.append(psutil.Process().memory_info().rss / 1e6)
    wall = time.perf_counter() - started
    async with owner.connection() as connection:
        planned = await connection.fetchval("SELECT total FROM jobs")
    if planned != PRODUCTS:
        raise RuntimeError(f"{planned} items were planned instead of {PRODUCTS}")
    growth = readings[-1] - readings[len(readings) // 10]
    detail = f"{PRODUCTS:,} products in {wall:.1f} s; in 100 transactions"
    return [
        Figure("first bell of a million products", first_bell, 1.0, lower_is_better=True, unit="s", detail=detail),
        Figure(
            "memory while splitting", max(readings), 200, lower_is_better=True, unit="MB", detail="of the whole process"
        ),
        Figure(
            "memory grown while splitting", growth, 10, lower_is_better=True, unit="MB", detail="from the tenth page on"
        ),
    ]
