"""Auto-sync on real parts: what other systems tell on Kafka is in the shops a moment later, newest value last, nothing lost, few calls."""

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from system.harness import Account, Shop, running_system, simple_product
from system.shops import read_shop

from pixee_common.domain.product import StockLevel
from pixee_common.events import CatalogChanged
from pixee_common.events.catalog import Change, PriceChanged, ProductDeleted, ProductUpserted, StockChanged
from pixee_common.messaging.brokers import build_producer
from pixee_common.messaging.topics import CATALOG_CHANGED

pytestmark = pytest.mark.stack

PRODUCER = Path(__file__).parents[2] / "docs" / "examples" / "catalog_producer.py"
ALL_ON = {"push_products": True, "push_stock": True, "push_prices": True}


async def _shop(account: Account, platform: str, **auto_sync: bool) -> Shop:
    shop = await account.shop(platform)
    if platform == "shopify":
        await shop.limits(maximumAvailable=20_000, restoreRate=20_000)
    await _switch(shop, **auto_sync)
    return shop


async def _switch(shop: Shop, **auto_sync: bool) -> None:
    answer = await shop.account.client.patch(f"/api/v1/connectors/{shop.connector_id}", json={"auto_sync": auto_sync})
    assert answer.status_code == 200, answer.text


async def _jobs(account: Account, **filters: str) -> list[dict[str, Any]]:
    answer = await account.client.get("/api/v1/jobs", params={"requested_by": "auto-sync", "limit": 200} | filters)
    return answer.json()["items"]


async def _quiet(account: Account, *, seconds: float = 60) -> None:
    """Nothing is pending any more, and no job of auto-sync is open."""
    async with asyncio.timeout(seconds):
        while True:
            async with account.system.database.connection() as connection:
                pending = await connection.fetchval(
                    "SELECT count(*) FROM pending_changes WHERE account_id = $1", account.id
                )
                open_jobs = await connection.fetchval(
                    "SELECT count(*) FROM jobs WHERE account_id = $1 AND finished_at IS NULL", account.id
                )
            if pending == open_jobs == 0:
                return
            await asyncio.sleep(0.1)


async def _publish(account: Account, changes: list[Change], *, rate: float, source: str) -> dict[str, int]:
    """Sends them as another service would, so many a second, 5 % of them twice. Returns the greatest sequence by entity."""
    producer = build_producer(account.system.stack.bootstrap, "test-erp")
    await producer.start()
    dice = random.Random(7)
    newest: dict[str, int] = {}
    started = time.monotonic()
    try:
        for n, change in enumerate(changes, 1):
            event = CatalogChanged(
                account_id=account.id, source=source, sequence=n, occurred_at=datetime.now(UTC), change=change
            )
            newest[change.entity] = n
            for _ in range(2 if dice.random() < 0.05 else 1):
                await producer.send(CATALOG_CHANGED, value=event.body(), key=event.partition_key().encode())
            ahead = n / rate - (time.monotonic() - started)
            if ahead > 0.01:
                await asyncio.sleep(ahead)
        await producer.flush()
    finally:
        await producer.stop()
    return newest


async def _applied(account: Account, source: str, newest: dict[str, int], *, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while True:
            async with account.system.database.connection() as connection:
                rows = await connection.fetch(
                    "SELECT entity, sequence FROM catalog_sequences WHERE account_id = $1 AND source = $2",
                    *(account.id, source),
                )
            if {row["entity"]: row["sequence"] for row in rows} == newest:
                return
            await asyncio.sleep(0.1)


def _stock(n: int, quantity: int) -> StockChanged:
    return StockChanged(sku=f"P-{n:06d}", levels=(StockLevel(quantity=quantity),))


async def test_the_example_producer_reaches_the_shop(account: Account) -> None:
    await account.catalog([simple_product(1)])
    shop = await _shop(account, "woocommerce")
    await shop.synced("push-products")
    await _switch(shop, push_stock=True, push_prices=True)
    for words in (("stock", "P-000001", "4711"), ("price", "P-000001", "12.34", "EUR")):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(PRODUCER), "--bootstrap", account.system.stack.bootstrap),
            *("--account", str(account.id), *words),
        )
        assert await asyncio.wait_for(process.wait(), 30) == 0
    async with asyncio.timeout(30):
        while True:
            seen = (await read_shop(shop))["P-000001"]
            if (seen.quantity, str(seen.price)) == (4711, "12.34"):
                break
            await asyncio.sleep(0.2)


async def test_products_that_come_change_and_go_are_in_the_shop_by_themselves(account: Account) -> None:
    shop = await _shop(account, "shopify", **ALL_ON)
    await account.changes([ProductUpserted(product=simple_product(n)) for n in range(30)])
    await _quiet(account)
    found = await read_shop(shop)
    assert {sku: (seen.quantity, seen.price) for sku, seen in found.items()} == {
        v.sku: (v.stock[0].quantity, v.base_price) for n in range(30) for v in simple_product(n).variants
    }
    renamed = simple_product(3).model_copy(update={"names": {"en": "Another name"}})
    await account.changes([ProductUpserted(product=renamed), ProductDeleted(key="P-000004"), _stock(5, 500)])
    await _quiet(account)
    found = await read_shop(shop)
    assert (found["P-000003"].title, found["P-000004"].status, found["P-000005"].quantity) == (
        "Another name", "draft", 500,
    )  # fmt: skip
    assert {job["state"] for job in await _jobs(account)} == {"completed"}
    assert {job["requested_by"] for job in await _jobs(account, operation="push_stock")} == {"auto-sync"}


async def test_ten_thousand_changes_of_one_sku_are_at_most_ten_calls_and_the_last_is_the_newest(
    account: Account,
) -> None:
    await account.catalog([simple_product(1)])
    shop = await _shop(account, "woocommerce")
    await shop.synced("push-products")
    await _switch(shop, push_stock=True)
    before = (await shop.requests())[-1]["seq"]
    newest = await _publish(account, [_stock(1, n) for n in range(1, 10_001)], rate=20_000, source="erp")
    await _applied(account, "erp", newest)
    await _quiet(account)
    calls = [one for one in await shop.requests(kind="write") if one["seq"] > before]
    assert 1 <= len(calls) <= 10
    assert (await read_shop(shop))["P-000001"].quantity == 10_000


async def test_a_paused_connector_keeps_its_changes_and_sends_the_newest_after_it_is_resumed(account: Account) -> None:
    await account.catalog(simple_product(n) for n in range(3))
    shop = await _shop(account, "shopify")
    await shop.synced("push-products")
    await _switch(shop, push_stock=True)
    await account.client.post(f"/api/v1/connectors/{shop.connector_id}/pause")
    for quantity in (70, 71):
        await account.changes([_stock(n, quantity + n) for n in range(3)])
    assert await _jobs(account) == []
    await account.client.post(f"/api/v1/connectors/{shop.connector_id}/resume")
    await _quiet(account)
    assert [(await read_shop(shop))[f"P-{n:06d}"].quantity for n in range(3)] == [71, 72, 73]
    assert len(await _jobs(account)) == 1


@dataclass
class Stream:
    """80 % stock, the rest prices, at random over so many variants; and what every SKU is to have at the end."""

    variants: int
    changes: list[Change] = field(default_factory=list)
    quantities: dict[str, int] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)

    def grow(self, count: int) -> "Stream":
        dice = random.Random(1)
        for n in range(self.variants):
            variant = simple_product(n).variants[0]
            self.quantities[variant.sku] = variant.stock[0].quantity
            self.prices[variant.sku] = variant.base_price
        for _ in range(count):
            n = dice.randrange(self.variants)
            sku = f"P-{n:06d}"
            if dice.random() < 0.8:
                self.quantities[sku] = dice.randrange(1_000)
                self.changes.append(_stock(n, self.quantities[sku]))
            else:
                self.prices[sku] = Decimal(dice.randrange(100, 9_999)) / 100
                self.changes.append(PriceChanged(sku=sku, currency="EUR", base_price=self.prices[sku]))
        return self

    async def arrived(self, shop: Shop) -> None:
        found = await read_shop(shop)
        assert {sku: seen.quantity for sku, seen in found.items()} == self.quantities
        assert {sku: seen.price for sku, seen in found.items()} == self.prices


async def _two_shops(account: Account, variants: int) -> list[Shop]:
    await account.catalog(simple_product(n) for n in range(variants))
    shops = [await _shop(account, platform) for platform in ("shopify", "woocommerce")]
    for shop in shops:
        await shop.synced("push-products")
        await _switch(shop, **ALL_ON)
    return shops


async def test_a_stream_of_changes_ends_in_both_shops_at_the_newest_values(account: Account) -> None:
    """500 events a second over 500 variants, 5 % of them twice."""
    shops = await _two_shops(account, 500)
    stream = Stream(500).grow(2_000)
    newest = await _publish(account, stream.changes, rate=500, source="erp")
    await _applied(account, "erp", newest)
    await _quiet(account)
    for shop in shops:
        await stream.arrived(shop)
    assert {job["state"] for job in await _jobs(account)} == {"completed"}


@pytest.mark.timeout(240)
async def test_nothing_of_a_stream_is_lost_when_orchestrators_and_the_worker_are_killed_in_it(tmp_path) -> None:
    async with running_system(tmp_path, orchestrators=2) as system:
        account = await system.account()
        shops = await _two_shops(account, 200)
        stream = Stream(200).grow(4_000)
        sending = asyncio.create_task(_publish(account, stream.changes, rate=400, source="erp"))
        for name in ("orchestrator-1", "worker", "orchestrator-2"):
            await asyncio.sleep(2)
            await system.stack.processes[name].kill()
            await system.stack.processes[name].start()
        await _applied(account, "erp", await sending, seconds=90)
        await _quiet(account, seconds=90)
        for shop in shops:
            await stream.arrived(shop)
        assert await system.violations() == []
