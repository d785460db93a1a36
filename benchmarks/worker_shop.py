"""One worker at a shop that answers in 0 ms, against the same loop without SQL.

The shop is the simulator in a process of its own; the adapter is the real one on both sides. With SQL: rung chunks are claimed,
values read, products looked up and sent, outcomes and listings written, as in production. Without: the same items in memory, the
same look-ups, mapping and submissions through the same guarded client, outcomes dropped. In turn, a fresh shop each time.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from benchmarks.report import Figure
from pixee_common.clock import SystemClock
from pixee_common.crypto import KeyRing, generate_key
from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_common.domain.ids import ProductId, VariantId, new_id
from pixee_common.domain.job import Operation
from pixee_common.domain.money import Price
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.items import Action, Mapped, ProductItem, PushVariant
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks, needs_mark
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.tokens import TokenStore

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from platform_workers.direct_context import DirectContext
from system.harness import simple_product

PRODUCTS = 1500
PRODUCT = Operation.PUSH_PRODUCTS
KEYS = KeyRing([("k", generate_key())])


@dataclass(frozen=True)
class Case:
    """One platform's shop."""

    slug: str
    host_suffix: str
    credentials: Mapping[str, str]
    address: str
    limits: Mapping[str, float]


CASES = (
    Case("woocommerce", "woo.example", {"consumer_key": "ck_" + "1" * 40, "consumer_secret": "cs_" + "2" * 40}, "store_url", {}),
    Case("shopify", "myshopify.com", {"access_token": "shpat_" + "0" * 32}, "shop_domain", {"maximumAvailable": 1e6, "restoreRate": 1e6}),
)  # fmt: skip


async def run() -> list[Figure]:
    """Products a second with SQL over products a second without, for each platform."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "pg")
        await server.start()
        try:
            await migrate(server.dsn)
            return [await _case(case, server.dsn, Path(folder)) for case in CASES]
        finally:
            await server.stop()


async def _case(case: Case, dsn: str, folder: Path) -> Figure:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pixee_simulators", case.slug, "--host", "127.0.0.1", "--port", "0", "--data", str(folder / case.slug),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = json.loads(await process.stdout.readline())["url"]
        adapter: Adapter = import_module(f"pixee_workers.platforms.{case.slug}").create()
        await _without_sql(case, url, adapter)  # the simulator loads its schema at the first request
        with_sql, without = [], []
        for _ in range(3):
            with_sql.append(await _with_sql(case, url, adapter, dsn))
            without.append(await _without_sql(case, url, adapter))
    finally:
        process.terminate()
        await process.wait()
    best, floor = max(with_sql), max(without)
    detail = (
        f"{best:.0f} of {floor:.0f} new products/s, {PRODUCTS} each, best of 3 in turn; shop in a process of its own"
    )
    return Figure(
        f"a worker at a 0 ms shop, {case.slug}", best / floor, 0.5, lower_is_better=False, unit="×", detail=detail
    )


async def _shop(case: Case, url: str) -> str:
    host = f"b{uuid4().hex[:10]}.{case.host_suffix}"
    async with httpx.AsyncClient() as http:
        (
            await http.put(f"{url}/_control/shops/{host}", json={**case.credentials, "currency": "EUR"})
        ).raise_for_status()
        if case.limits:
            (await http.put(f"{url}/_control/limits/{host}", json=dict(case.limits))).raise_for_status()
    return host


def _address(case: Case, host: str) -> str:
    return f"https://{host}" if case.address.endswith("url") else host


async def _without_sql(case: Case, url: str, adapter: Adapter) -> float:
    host = await _shop(case, url)
    settings = ConnectorSettings(address=_address(case, host), currency="EUR")
    capability = adapter.manifest.capabilities[PRODUCT]
    items = [_item(n) for n in range(PRODUCTS)]
    policy = EgressPolicy.parse("127.0.0.0/8", f"{host}={url}")
    async with GuardedClient(policy) as client:
        context = DirectContext(adapter, client, settings, case.credentials)
        started = time.perf_counter()
        for first in range(0, PRODUCTS, 100):
            chunk = items[first : first + 100]
            for half in (chunk[:50], chunk[50:]):
                if capability.look_up_new:
                    await adapter.find(PRODUCT, half, context)
            ready = [Mapped(item, adapter.mapped(PRODUCT, item, settings)) for item in chunk]
            parts = [ready[n : n + capability.max_items] for n in range(0, len(ready), capability.max_items)]
            await asyncio.gather(*(_sender(parts, adapter, context) for _ in range(capability.concurrency)))
        return PRODUCTS / (time.perf_counter() - started)


async def _sender(parts: list[Any], adapter: Adapter, context: DirectContext) -> None:
    while parts:
        answer = await adapter.submit(PRODUCT, parts.pop(), context)
        assert all(str(outcome.kind) == "applied" for outcome in answer.outcomes), answer


def _item(number: int) -> ProductItem:
    product = simple_product(number)
    variant = product.variants[0]
    assert variant.base_price is not None
    pushed = PushVariant(
        VariantId(uuid4()), variant, variant.stock[0].quantity, Price(amount=variant.base_price, currency="EUR"), None
    )
    return ProductItem(ProductId(uuid4()), Action.UPSERT, product, (pushed,), None)


async def _with_sql(case: Case, url: str, adapter: Adapter, dsn: str) -> float:
    host = await _shop(case, url)
    database, clock = Database(dsn, name="bench", most_connections=12), SystemClock()
    route = f"{case.slug}:{host}"
    await _fill(database, case, host, route)
    liveness = Liveness(Database(dsn, name="heart", most_connections=1), clock, [case.slug], "bench")
    beating = asyncio.create_task(liveness.run())
    await liveness.joined()
    policy = EgressPolicy.parse("127.0.0.0/8", f"{host}={url}")
    async with GuardedClient(policy) as client:
        wiring = Wiring(client, policy, clock, TokenStore(clock), lambda: UUID(int=1), "bench")
        courier = PlatformCourier({case.slug: adapter}, database, KEYS, wiring)
        marks, writer = Marks(database), OutcomeWriter(database, clock)
        tools = LaneTools(courier, marks, writer, clock, lambda chunk: needs_mark(adapter.manifest, chunk.operation))
        lanes = Lanes(database, liveness, tools)
        loops = [asyncio.create_task(marks.run()), asyncio.create_task(writer.run())]
        started = time.perf_counter()
        await lanes.ring({route: None})
        while not all(lane.idle for lane in lanes):
            await asyncio.sleep(0.002)
        taken = time.perf_counter() - started
        await lanes.stop(5)
        for task in (*loops, beating):
            task.cancel()
        await asyncio.gather(*loops, beating, return_exceptions=True)
    async with database.connection() as connection:
        done = await connection.fetchval("SELECT sum(succeeded) FROM chunks WHERE route_key = $1", route)
    await database.close()
    assert done == PRODUCTS, f"{done} of {PRODUCTS} succeeded"
    return PRODUCTS / taken


async def _fill(database: Database, case: Case, host: str, route: str) -> None:
    account, connector, job = new_id(), new_id(), new_id()
    sealed = KEYS.seal(connector, dict(case.credentials))
    settings = {case.address: _address(case, host), "currency": "EUR"}
    products, variants = [], []
    for number in range(PRODUCTS):
        product = simple_product(number)
        one = product.variants[0]
        content = product.model_dump(mode="json", exclude={"key", "variants"}, exclude_defaults=True)
        pid, vid = new_id(), new_id()
        products.append((pid, account, product.key, content, 1, "bench"))
        variants.append((vid, account, pid, one.sku, {}, one.base_price, "EUR", 1, "b", 1, "b", one.stock[0].quantity))
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO accounts (id, name) VALUES ($1, 'b')", account)
        await connection.execute(
            "INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key, shop_currency)"
            " VALUES ($1, $2, 'b', $3, $4, $5, $6, 'EUR')",
            connector, account, case.slug, settings, host, route,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO credentials (connector_id, account_id, key_id, ciphertext) VALUES ($1, $2, $3, $4)",
            connector, account, sealed.key_id, sealed.ciphertext,
        )  # fmt: skip
        await connection.execute("INSERT INTO routes (route_key, platform) VALUES ($1, $2)", route, case.slug)
        await connection.executemany(
            "INSERT INTO products (id, account_id, key, content, content_version, origin) VALUES ($1, $2, $3, $4, $5, $6)",
            products,
        )
        await connection.executemany(
            "INSERT INTO variants (id, account_id, product_id, sku, content, base_price, currency, price_version, price_origin,"
            " stock_version, stock_origin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [row[:11] for row in variants],
        )
        await connection.executemany(
            "INSERT INTO stock (variant_id, location, account_id, quantity) VALUES ($1, 'default', $2, $3)",
            [(row[0], account, row[11]) for row in variants],
        )
        await connection.execute(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by)"
            " VALUES ($1, $2, $3, $4, 'push_products', $5, 'h', 'k')",
            job, account, connector, case.slug, route,
        )  # fmt: skip
        for no, first in enumerate(range(0, PRODUCTS, 100)):
            ids = [row[0] for row in products[first : first + 100]]
            await connection.execute(
                "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position,"
                " item_ids, letters, size, state, rung_at)"
                " VALUES ($1, $2, $3, $4, $5, 'push_products', $6, 2, 1, $7, repeat('.', $8), $8, 'rung', now())",
                job, no, account, connector, case.slug, route, ids, len(ids),
            )  # fmt: skip
