"""Auto-sync under a stream: `catalog.changed` at 5,000 events a second for a minute, two shops, and what each shop has at the end.

The shops answer in 50 ms, and Shopify gives 5,000 points a second, five times what it gives a Plus shop: with shops that answer at once
and without end, the worker and the simulated shops would use up the machine on which the stream is measured.

Smaller by environment: PIXEE_BENCH_VARIANTS (20000), PIXEE_BENCH_EVENTS_PER_SECOND (5000), PIXEE_BENCH_SECONDS (60).
"""

import asyncio
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from benchmarks.kafka_lag import LagMeter
from benchmarks.report import Figure
from benchmarks.stack import Account, Shop, read_shop, running_system, simple_product
from pixee_common.domain.product import StockLevel, Variant
from pixee_common.events import CatalogChanged
from pixee_common.events.catalog import Change, PriceChanged, ProductUpserted, StockChanged
from pixee_common.messaging.brokers import build_producer
from pixee_common.messaging.topics import CATALOG_CHANGED

VARIANTS = int(os.environ.get("PIXEE_BENCH_VARIANTS", "20000"))
RATE = int(os.environ.get("PIXEE_BENCH_EVENTS_PER_SECOND", "5000"))
SECONDS = int(os.environ.get("PIXEE_BENCH_SECONDS", "60"))
STOCK, PRICES = 0.80, 0.15
"""Shares of the events; the rest are products with another name."""
TWICE = 0.05
GROUP = "pixee.orchestrator.catalog"
PATIENCE = 900.0
LATENCY_MS, POINTS = 50, 5_000


@dataclass
class Stream:
    """The messages in the order of their sending, and what each SKU is to have at the end."""

    messages: list[tuple[bytes, bytes]] = field(default_factory=list)
    quantities: dict[str, int] = field(default_factory=dict)
    prices: dict[str, Decimal] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


async def run() -> list[Figure]:
    """The lag after the last event, the time until both shops have the newest values, and the calls that it took."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_system(Path(folder), simulators=("shopify", "woocommerce")) as system:
            account = await system.account()
            shops = await _filled_shops(account)
            stream = _stream(account)
            async with LagMeter(system.stack.bootstrap, CATALOG_CHANGED, GROUP) as meter:
                return await _measured(account, shops, stream, meter)


async def _measured(account: Account, shops: list[Shop], stream: Stream, meter: LagMeter) -> list[Figure]:
    before = {shop.platform: (await shop.counts())["requests"]["write"] for shop in shops}
    stop = asyncio.Event()
    watching = asyncio.create_task(_watched(meter, stop))
    started = time.monotonic()
    await _send(account, stream)
    sent = time.monotonic()
    await _until_taken(meter)
    taken = time.monotonic()
    stop.set()
    await watching
    await _until_quiet(account)
    quiet = time.monotonic()
    wrong = {shop.platform: await _differences(shop, stream) for shop in shops}
    assert not any(wrong.values()), {platform: found[:5] for platform, found in wrong.items()}
    calls = {shop.platform: (await shop.counts())["requests"]["write"] - before[shop.platform] for shop in shops}
    jobs = await _jobs(account)
    size = f"{len(stream.messages)} events over {VARIANTS} variants, two shops"
    return [
        Figure(
            "changes of the catalog taken", len(stream.messages) / (taken - started), RATE * 0.98, lower_is_better=False, unit="/s",
            detail=f"{size} that answer in {LATENCY_MS} ms, Shopify with {POINTS} points/s; sent in {sent - started:.1f} s, {STOCK:.0%} stock, "
            f"{PRICES:.0%} prices, each second shuffled, {TWICE:.0%} twice; at most {meter.most} behind",
        ),
        Figure(
            "lag back to zero after the last event", taken - sent, 5.0, lower_is_better=True, unit="s",
            detail="events sent and not yet applied to the catalog",
        ),
        Figure(
            "both shops at the newest values after it", quiet - sent, None, lower_is_better=True, unit="s",
            detail=f"{jobs} jobs; {', '.join(f'{n} writing calls at {platform}' for platform, n in calls.items())}; quantities, prices and "
            "names of every SKU in both shops compared: 0 differences",
        ),
    ]  # fmt: skip


async def _filled_shops(account: Account) -> list[Shop]:
    """Both shops list the whole catalog, and from then on have their limits and want every change."""
    await account.catalog((simple_product(n) for n in range(VARIANTS)), seconds=PATIENCE)
    shops = [await account.shop(platform) for platform in ("shopify", "woocommerce")]
    await shops[0].limits(maximumAvailable=1_000_000, restoreRate=1_000_000)
    on = {"push_products": True, "push_stock": True, "push_prices": True}
    for shop in shops:
        job = await shop.synced("push-products", seconds=PATIENCE)
        assert job["succeeded"] == VARIANTS, job
        answer = await account.client.patch(f"/api/v1/connectors/{shop.connector_id}", json={"auto_sync": on})
        answer.raise_for_status()
    await shops[0].limits(maximumAvailable=4 * POINTS, restoreRate=POINTS, latency_ms=LATENCY_MS)
    await shops[1].limits(latency_ms=LATENCY_MS)
    return shops


def _stream(account: Account) -> Stream:
    """All messages, made before the clock runs."""
    dice, stream = random.Random(4), Stream()
    for n in range(VARIANTS):
        product = simple_product(n)
        variant = product.variants[0]
        stream.quantities[variant.sku] = variant.stock[0].quantity
        stream.prices[variant.sku] = variant.base_price or Decimal(0)
        stream.names[variant.sku] = product.names["en"]
    sequence = 0
    for _ in range(SECONDS):
        second: list[tuple[bytes, bytes]] = []
        for _ in range(RATE):
            sequence += 1
            event = CatalogChanged(
                account_id=account.id,
                source="erp",
                sequence=sequence,
                occurred_at=datetime.now(UTC),
                change=_change(dice, stream, sequence),
            )
            second += [(event.partition_key().encode(), event.body())] * (2 if dice.random() < TWICE else 1)
        dice.shuffle(second)  # within the second: a late one is dropped for the newer one that overtook it
        stream.messages += second
    return stream


def _change(dice: random.Random, stream: Stream, sequence: int) -> Change:
    number, kind = dice.randrange(VARIANTS), dice.random()
    sku = f"P-{number:06d}"
    if kind < STOCK:
        stream.quantities[sku] = dice.randrange(10_000)
        return StockChanged(sku=sku, levels=(StockLevel(quantity=stream.quantities[sku]),))
    if kind < STOCK + PRICES:
        stream.prices[sku] = Decimal(dice.randrange(100, 99_999)) / 100
        return PriceChanged(sku=sku, currency="EUR", base_price=stream.prices[sku])
    stream.names[sku] = f"Product {number}, edition {sequence}"
    named = simple_product(number).model_copy(
        update={"names": {"en": stream.names[sku]}, "variants": (Variant(sku=sku),)}
    )
    return ProductUpserted(product=named)


async def _send(account: Account, stream: Stream) -> None:
    """At the rate, as one other service would."""
    producer = build_producer(account.system.stack.bootstrap, "benchmark")
    await producer.start()
    started, share = time.monotonic(), len(stream.messages) / SECONDS / 50
    try:
        for n, (key, value) in enumerate(stream.messages):
            await producer.send(CATALOG_CHANGED, value=value, key=key)
            if n % int(share + 1) == 0:
                await asyncio.sleep(max(0.0, n / (share * 50) - (time.monotonic() - started)))
        await producer.flush()
    finally:
        await producer.stop()


async def _watched(meter: LagMeter, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await meter.behind()
        await asyncio.sleep(1)


async def _until_taken(meter: LagMeter) -> None:
    async with asyncio.timeout(PATIENCE):
        while await meter.behind() > 0:
            await asyncio.sleep(0.1)


async def _until_quiet(account: Account) -> None:
    """Nothing is pending and no job is open."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with account.system.database.connection() as connection:
                left = await connection.fetchval(
                    "SELECT (SELECT count(*) FROM pending_changes) + (SELECT count(*) FROM jobs WHERE finished_at IS NULL)"
                )
            if left == 0:
                return
            await asyncio.sleep(0.1)


async def _differences(shop: Shop, stream: Stream) -> list[str]:
    """SKUs whose quantity, price or name in the shop is not the newest."""
    found = await read_shop(shop)
    assert len(found) == VARIANTS, len(found)
    return [
        sku
        for sku, seen in found.items()
        if (seen.quantity, seen.price, seen.title) != (stream.quantities[sku], stream.prices[sku], stream.names[sku])
    ]


async def _jobs(account: Account) -> int:
    async with account.system.database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM jobs WHERE requested_by = 'auto-sync'"))
