"""A catalog, connectors to fresh simulated shops, and rung chunks: what a worker finds when it is rung, without gateway and orchestrator."""

import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from pixee_common.crypto import KeyRing, generate_key
from pixee_common.db import Database
from pixee_common.domain.ids import ConnectorId, JobId, RouteKey, new_id
from pixee_common.domain.job import ITEMS_PER_CHUNK, Operation
from pixee_devstack.ports import LOOPBACK, free_port
from pixee_devstack.processes import ManagedProcess
from pixee_devstack.service_env import inherited

KEYS = KeyRing([("bench", generate_key())])

_PRODUCTS = """
INSERT INTO products (id, account_id, key, content, content_version, origin)
SELECT id, $1, sku, jsonb_build_object('names', jsonb_build_object('en', 'Product ' || sku), 'brand', 'Acme', 'descriptions',
       jsonb_build_object('en', '<p>The product with the number ' || sku || '.</p>'), 'status', 'active', 'options', '[]'::jsonb),
       nextval('catalog_version'), 'bench'
  FROM unnest($2::uuid[], $3::text[]) AS p (id, sku)
"""
_VARIANTS = """
INSERT INTO variants (id, account_id, product_id, sku, content, base_price, currency, price_version, price_origin, stock_version,
                      stock_origin)
SELECT id, $1, product_id, sku, '{"options": {}}', 19.90, 'EUR', nextval('catalog_version'), 'bench',
       nextval('catalog_version'), 'bench'
  FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS v (id, product_id, sku)
"""
_STOCK = "INSERT INTO stock (variant_id, location, account_id, quantity) SELECT id, 'default', $1, 5 FROM unnest($2::uuid[]) AS v (id)"
_RESTOCK = "UPDATE stock SET quantity = quantity + 1 WHERE account_id = $1"
_RESTOCKED = "UPDATE variants SET stock_version = nextval('catalog_version') WHERE account_id = $1"
_CONNECTOR = """
INSERT INTO connectors (id, account_id, name, platform, settings, shop_identity, route_key, shop_currency)
VALUES ($1, $2, $3, $4, $5, $3, $6, 'EUR')
"""
_JOB = """
INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state)
VALUES ($1, $2, $3, $4, $5, $6, 'bench', 'bench', 'running')
"""
_CHUNK = """
INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority, job_position, item_ids, letters,
                    size, state, rung_at)
SELECT id, $2, account_id, connector_id, platform, operation, route_key, $3, 1, $4, repeat('.', cardinality($4::uuid[])),
       cardinality($4::uuid[]), 'rung', now()
  FROM jobs WHERE id = $1
"""


@dataclass(frozen=True)
class Connected:
    """A connector to a shop of its own that is empty."""

    id: ConnectorId
    platform: str
    host: str
    route_key: RouteKey


class Simulator:
    """A platform's simulator in a process of its own. Nothing but the platform's own work is done: no schema is checked."""

    def __init__(self, platform: str, url: str, control: httpx.AsyncClient) -> None:
        self.platform, self.url, self._control = platform, url, control

    async def put_shop(self, host: str, settings: dict[str, Any], limits: dict[str, Any]) -> None:
        for path, body in ((f"shops/{host}", settings), (f"limits/{host}", limits)):
            (await self._control.put(f"{self.url}/_control/{path}", json=body)).raise_for_status()

    async def busy(self, host: str) -> tuple[int, float]:
        """Requests that the shop answered, and the seconds in which it had at least one in hand."""
        answer = await self._control.get(f"{self.url}/_control/requests", params={"host": host})
        spans = sorted(
            (entry["started_ns"], entry["ended_ns"]) for entry in answer.raise_for_status().json()["requests"]
        )
        busy, until = 0, 0
        for started, ended in spans:
            busy += max(0, ended - max(started, until))
            until = max(until, ended)
        return len(spans), busy / 1e9


@asynccontextmanager
async def simulators(platforms: Sequence[str]) -> AsyncIterator[dict[str, Simulator]]:
    """One process for each platform, stopped at the end."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        control = await stack.enter_async_context(httpx.AsyncClient(timeout=30))
        made = {}
        for platform in platforms:
            port = free_port()
            url = f"http://{LOOPBACK}:{port}"
            process = ManagedProcess(
                platform, [sys.executable, "-m", "pixee_simulators", platform, "--port", str(port)],
                env={**inherited(), "PIXEE_SPECS_DIR": ""}, log_path=folder / f"{platform}.log", ready=f"{url}/health/ready",
            )  # fmt: skip
            await process.start()
            stack.push_async_callback(process.stop)
            made[platform] = Simulator(platform, url, control)
        yield made


class Catalog:
    """Products of one variant each, of one account; written as the database's owner."""

    def __init__(self, owner: Database) -> None:
        self._owner = owner
        self.account = new_id()
        self.products: list[UUID] = []
        self.variants: list[UUID] = []

    async def fill(self, count: int) -> None:
        """That many products."""
        self.products, self.variants = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
        skus = [f"P-{number:06d}" for number in range(count)]
        async with self._owner.transaction() as connection:
            await connection.execute("INSERT INTO accounts (id, name) VALUES ($1, 'bench')", self.account)
            await connection.execute(_PRODUCTS, self.account, self.products, skus)
            await connection.execute(_VARIANTS, self.account, self.variants, self.products, skus)
            await connection.execute(_STOCK, self.account, self.variants)

    async def restock(self) -> None:
        """One piece more of everything."""
        async with self._owner.transaction() as connection:
            await connection.execute(_RESTOCK, self.account)
            await connection.execute(_RESTOCKED, self.account)

    async def settle(self) -> None:
        """What autovacuum does by itself in the long life of a database."""
        async with self._owner.connection() as connection:
            await connection.execute("VACUUM ANALYZE")

    async def connect(self, simulator: Simulator) -> Connected:
        """A new shop with a connector to it."""
        number = uuid4().hex[:12]
        if simulator.platform == "shopify":
            host, credentials = f"b{number}.myshopify.com", {"access_token": f"shpat_{uuid4().hex}"}
            settings, limits = {"shop_domain": host}, {"maximumAvailable": 1e9, "restoreRate": 1e9}
        else:
            host = f"b{number}.woo.example"
            credentials = {f"consumer_{n}": f"c{n[0]}_{uuid4().hex}{'0' * 8}" for n in ("key", "secret")}
            credentials["consumer_secret"] = f"cs_{uuid4().hex}{'0' * 8}"
            settings, limits = {"store_url": f"https://{host}"}, {}
        await simulator.put_shop(host, {**credentials, "currency": "EUR"}, limits)
        found = Connected(ConnectorId(new_id()), simulator.platform, host, RouteKey(f"{simulator.platform}:{host}"))
        sealed = KEYS.seal(found.id, credentials)
        async with self._owner.transaction() as connection:
            await connection.execute(
                _CONNECTOR, found.id, self.account, host, found.platform, settings, found.route_key
            )
            await connection.execute(
                "INSERT INTO credentials (connector_id, account_id, key_id, ciphertext) VALUES ($1, $2, $3, $4)",
                *(found.id, self.account, sealed.key_id, sealed.ciphertext),
            )
            await connection.execute(
                "INSERT INTO routes (route_key, platform) VALUES ($1, $2)", found.route_key, found.platform
            )
        return found

    def parts(self, operation: Operation) -> list[list[UUID]]:
        """The items of each chunk, as the orchestrator cuts them."""
        items = self.products if operation is Operation.PUSH_PRODUCTS else self.variants
        return [items[first : first + ITEMS_PER_CHUNK] for first in range(0, len(items), ITEMS_PER_CHUNK)]

    async def rung(self, shop: Connected, operation: Operation) -> JobId:
        """A job whose chunks are all rung."""
        job = JobId(new_id())
        async with self._owner.transaction() as connection:
            await connection.execute(_JOB, job, self.account, shop.id, shop.platform, operation.value, shop.route_key)
            priority = 2 if operation is Operation.PUSH_PRODUCTS else 0
            for no, part in enumerate(self.parts(operation)):
                await connection.execute(_CHUNK, job, no, priority, part)
        return job

    async def applied(self, job: JobId) -> int:
        """Items of the job that were written to the shop."""
        async with self._owner.connection() as connection:
            return int(
                await connection.fetchval(
                    "SELECT coalesce(sum(length(letters) - length(replace(letters, 'a', ''))), 0) FROM chunks"
                    " WHERE job_id = $1 AND state = 'done'",
                    job,
                )
            )
