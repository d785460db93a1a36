"""The whole system for tests: the embedded stack with accounts, connectors, catalogs, jobs, and the simulators' own view of what happened."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from pixee_common.crypto import hash_secret, issue
from pixee_common.db import Connection, Database
from pixee_common.delivery import outbox
from pixee_common.domain.ids import new_id
from pixee_common.domain.product import Product, ProductStatus, StockLevel, Variant
from pixee_common.events import CatalogChanged
from pixee_common.events.catalog import Change, ProductUpserted, StockChanged
from pixee_common.messaging.topics import CATALOG_CHANGED
from pixee_devstack.stack import Stack

FINAL = {"completed", "completed_with_errors", "failed", "cancelled"}


def simple_product(number: int, *, prefix: str = "P", quantity: int | None = None, price: str | None = None) -> Product:
    """A one-variant product, all of it derived from its number."""
    sku = f"{prefix}-{number:06d}"
    return Product(
        key=sku,
        names={"en": f"Product {number}"},
        descriptions={"en": f"<p>The product with the number {number}.</p>"},
        brand="Acme",
        status=ProductStatus.ACTIVE,
        variants=(
            Variant.model_validate(
                {
                    "sku": sku,
                    "base_price": price or f"{1 + number % 90}.{number % 100:02d}",
                    "currency": "EUR",
                    "stock": [{"quantity": number % 50 if quantity is None else quantity}],
                }
            ),
        ),
    )


@dataclass
class Shop:
    """A simulated shop with its connector."""

    system: "System"
    account: "Account"
    platform: str
    host: str
    connector_id: str
    headers: dict[str, str] = field(default_factory=dict)

    async def counts(self) -> dict[str, Any]:
        """The simulator's counts for this shop."""
        return await self.system.control(self.platform, "GET", "counts", params={"host": self.host})

    async def requests(self, **filters: Any) -> list[dict[str, Any]]:
        """The simulator's request log for this shop, oldest first."""
        found: list[dict[str, Any]] = []
        since = 0
        while True:
            page = await self.system.control(
                self.platform, "GET", "requests", params={"host": self.host, "since": since} | filters
            )
            found += page["requests"]
            if not page["requests"]:
                return found
            since = page["next"]

    async def limits(self, **values: Any) -> None:
        await self.system.control(self.platform, "PUT", f"limits/{self.host}", json=values)

    async def sync(self, operation: str, **body: Any) -> str:
        """The job's id."""
        answer = await self.account.client.post(
            f"/api/v1/connectors/{self.connector_id}/sync/{operation}", json=body or None
        )
        answer.raise_for_status()
        return answer.json()["job_id"]

    async def synced(self, operation: str, *, seconds: float = 120, **body: Any) -> dict[str, Any]:
        """Starts it and waits for its end."""
        return await self.account.finished(await self.sync(operation, **body), seconds=seconds)


@dataclass
class Account:
    """An account with a client that may do everything."""

    system: "System"
    id: UUID
    client: httpx.AsyncClient

    async def job(self, job_id: str) -> dict[str, Any]:
        answer = await self.client.get(f"/api/v1/jobs/{job_id}")
        answer.raise_for_status()
        return answer.json()

    async def finished(self, job_id: str, *, seconds: float = 120) -> dict[str, Any]:
        """The job at its end. Its counts add up at every look."""
        job: dict[str, Any] = {}
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        job = await self.job(job_id)
                    except (httpx.TransportError, httpx.HTTPStatusError):
                        await asyncio.sleep(0.3)
                        continue
                    assert job["total"] == sum(
                        job[n] for n in ("succeeded", "failed", "skipped", "cancelled", "open")
                    ), job
                    if job["state"] in FINAL:
                        return job
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"job did not end within {seconds} s: {job}") from None

    async def items(self, job_id: str, **filters: Any) -> list[dict[str, Any]]:
        found, cursor = [], None
        while True:
            params = filters | ({"cursor": cursor} if cursor else {})
            answer = (await self.client.get(f"/api/v1/jobs/{job_id}/items", params=params)).json()
            found += answer["items"]
            cursor = answer["next_cursor"]
            if cursor is None:
                return found

    async def catalog(self, products: Iterable[Product], *, source: str | None = None, seconds: float = 120) -> None:
        """Puts the products into the catalog by events and waits until they are applied."""
        await self.changes([ProductUpserted(product=p) for p in products], source=source, seconds=seconds)

    async def changes(self, changes: Iterable[Change], *, source: str | None = None, seconds: float = 120) -> None:
        """Sends catalog changes and waits until each is applied (or recorded as refused)."""
        source = source or f"test:{uuid4()}"
        events = [
            CatalogChanged(account_id=self.id, source=source, sequence=n, occurred_at=datetime.now(UTC), change=change)
            for n, change in enumerate(changes)
        ]
        entities = {event.change.entity for event in events}
        for start in range(0, len(events), 500):
            batch = events[start : start + 500]

            async def put(connection: Connection, batch: list[CatalogChanged] = batch) -> None:
                await outbox.put_many(connection, [(CATALOG_CHANGED, event, {}) for event in batch], source="test")

            await self.system.database.run(put)
        async with asyncio.timeout(seconds):
            while True:
                async with self.system.database.connection() as connection:
                    seen = await connection.fetchval(
                        "SELECT count(*) FROM catalog_sequences WHERE account_id = $1 AND source = $2", self.id, source
                    )
                if seen >= len(entities):
                    return
                await asyncio.sleep(0.05)

    async def stock(self, quantities: Mapping[str, int]) -> None:
        """New quantities by SKU."""
        await self.changes([StockChanged(sku=sku, levels=(StockLevel(quantity=q),)) for sku, q in quantities.items()])

    async def shop(self, platform: str, *, settings: Mapping[str, str] | None = None, **simulated: Any) -> Shop:
        """A new simulated shop of the platform, and a connector to it. `simulated` goes to the simulator's settings."""
        return await self.system.make_shop(self, platform, settings or {}, simulated)


class System:
    """A running stack and everything that tests ask of it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.database = Database(stack.dsn, name="tests", retry_for=60)
        self.http = httpx.AsyncClient(timeout=30)
        self._clients: list[httpx.AsyncClient] = []

    async def close(self) -> None:
        for client in (*self._clients, self.http):
            await client.aclose()
        await self.database.close()

    async def control(self, platform: str, method: str, path: str, **options: Any) -> Any:
        """A call of the simulator's control API."""
        answer = await self.http.request(method, f"{self.stack.simulator_urls[platform]}/_control/{path}", **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def violations(self) -> list[Any]:
        """Requests that were not of the published schemas, over all simulators."""
        found: list[Any] = []
        for platform in self.stack.simulator_urls:
            found += (await self.control(platform, "GET", "violations"))["violations"]
        return found

    async def account(self) -> Account:
        """A new account."""
        account, key = new_id(), issue("test")
        async with self.database.transaction() as connection:
            await connection.execute("INSERT INTO accounts (id, name) VALUES ($1, 'Test')", account)
            await connection.execute(
                "INSERT INTO api_keys (id, account_id, name, secret_sha256, permissions) VALUES ($1, $2, 'k', $3, $4)",
                key.id, account, hash_secret(key.secret), ["READ", "MANAGE_SETTINGS"],
            )  # fmt: skip
        client = httpx.AsyncClient(
            base_url=self.stack.gateway_urls[0], headers={"Authorization": f"Bearer {key.text()}"}, timeout=30
        )
        self._clients.append(client)
        return Account(self, account, client)

    async def make_shop(
        self, account: Account, platform: str, settings: Mapping[str, str], simulated: Mapping[str, Any]
    ) -> Shop:
        number = uuid4().hex[:12]
        if platform == "shopify":
            host, token = f"t{number}.myshopify.com", f"shpat_{uuid4().hex}"
            seen = {"access_token": token, "currency": "EUR"}
            wanted = {"settings": {"shop_domain": host, "currency": "EUR"}, "credentials": {"access_token": token}}
        else:
            host, key, secret = f"t{number}.woo.example", f"ck_{uuid4().hex}{'0' * 8}", f"cs_{uuid4().hex}{'0' * 8}"
            seen = {"consumer_key": key, "consumer_secret": secret, "currency": "EUR"}
            wanted = {
                "settings": {"store_url": f"https://{host}", "currency": "EUR"},
                "credentials": {"consumer_key": key, "consumer_secret": secret},
            }
        await self.control(platform, "PUT", f"shops/{host}", json=seen | dict(simulated))
        wanted["settings"] = wanted["settings"] | dict(settings)
        answer = await account.client.post("/api/v1/connectors/", json={"name": host, "platform": platform} | wanted)
        assert answer.status_code == 201, answer.text
        return Shop(self, account, platform, host, answer.json()["id"])


@asynccontextmanager
async def running_system(
    folder: Path, sink: Callable[[str], None] | None = None, **options: Any
) -> AsyncIterator[System]:
    """The system on a data folder, stopped at the end."""
    stack = Stack(folder, sink=sink, **options)
    await stack.start()
    system = System(stack)
    try:
        yield system
    finally:
        await system.close()
        await stack.stop()
