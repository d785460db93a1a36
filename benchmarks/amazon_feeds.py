"""100,000 items to Amazon by feeds, with a crash between submit and poll: what the worker takes, and whether every outcome is Amazon's own.

The simulator's clock runs 60 times faster and it permits 20 times the published rates, so an hour of Amazon's takes a minute; the engine's
clock is the real one. The first feed ends FATAL when half of it is applied, the second leaves ten items out (neither applied nor in the
report), and Amazon has second thoughts about 1 % of all. Every process of ours, the broker and PostgreSQL are killed or restarted once a feed is open and
nobody has asked for it.

Smaller by environment: PIXEE_BENCH_FEED_ITEMS (100000), PIXEE_BENCH_FEED_TEXT (300: characters of text of an item, at most 6000).
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Figure
from benchmarks.stack import Account, Shop, System, amazon_shop, running_system, simple_product, verdicts
from pixee_common.domain.product import Product

ITEMS = int(os.environ.get("PIXEE_BENCH_FEED_ITEMS", "100000"))
TEXT = int(os.environ.get("PIXEE_BENCH_FEED_TEXT", "300"))
FASTER, RATE_SCALE = 60, 20
LATE_SHARE, MISSING = 0.01, 10
MOST_MEGABYTES = 300.0
MOST_BYTES = 10 * 1024 * 1024
FULL = 0.95
"""A feed that holds less of `MOST_BYTES` than this was not filled by them."""
PATIENCE = 7_200.0
_SECOND_FEED = 40.0  # seconds; a feed is first asked for after a minute
_BAD_FEEDS = ({"end": "FATAL", "applied": 0.5}, {"missing": MISSING})
_PAGE = os.sysconf("SC_PAGE_SIZE")
_DESCRIPTION, _BULLET, _BULLETS = 3_500, 490, 5
_WORDS = "A plain sentence about what is sold here, once more. "
_EXPECTED = {"succeeded": "accepted", "failed": "rejected"}


@dataclass(frozen=True)
class Measured:
    """`differences`: (SKU, our outcome, Amazon's verdict). `files`: (bytes, records) of every feed, in their order."""

    items: int
    seconds: float
    megabytes: float
    outcomes: Mapping[str, int]
    differences: Sequence[tuple[str, str, str]]
    files: Sequence[tuple[int, int]]

    @property
    def filled(self) -> int:
        """Feeds that the byte limit closed."""
        return sum(size >= MOST_BYTES * FULL for size, _ in self.files)


async def run() -> list[Figure]:
    """Items a second, the worker's memory, and how many outcomes are not Amazon's."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_system(Path(folder), simulators=("amazon_sp_api",)) as system:
            found = await measured(system, ITEMS, TEXT)
    told = ", ".join(f"{count} {state}" for state, count in sorted(found.outcomes.items()))
    detail = (
        f"{found.items} items in {len(found.files)} feeds ({found.filled} filled by bytes, at most {max(found.files)[0] / 1e6:.1f} MB), "
        f"simulator's clock {FASTER}× and rates {RATE_SCALE}×, one FATAL feed, {MISSING} missing, {LATE_SHARE:.0%} late, everything restarted once: {told}"
    )
    return [
        Figure("outcomes that are not Amazon's verdict", len(found.differences), 0.0, True, "items", detail),
        Figure("a worker's memory over Amazon's feeds", found.megabytes, MOST_MEGABYTES, True, "MB", detail),
        Figure("items to Amazon by feeds", found.items / found.seconds, None, False, "items/s", detail),
    ]


async def measured(system: System, items: int, text: int) -> Measured:
    """Fills a catalog, pushes it, crashes in the middle, and joins outcomes with verdicts by SKU."""
    account = await system.account()
    await account.catalog((_product(number, text) for number in range(items)), seconds=PATIENCE)
    shop = await _shop(account)
    begun = time.monotonic()
    async with _memory(system) as samples:
        job = await shop.sync("push-products")
        await _crash_before_the_first_poll(system, shop)
        ended = await account.finished(job, seconds=PATIENCE)
    seconds = time.monotonic() - begun
    ours = {one["sku"]: one["counts_as"] for one in await account.items(job, limit=500)}
    theirs = await verdicts(system, shop.host)
    differences = [
        (sku, ours.get(sku, "unknown to us"), theirs.get(sku, "unknown to Amazon"))
        for sku in sorted(ours.keys() | theirs.keys())
        if _EXPECTED.get(ours.get(sku, "")) != theirs.get(sku)
    ]
    assert ended["total"] == len(ours) == items, (ended, len(ours))
    (seller,) = await system.control(shop.platform, "GET", "shops")
    assert seller["limits"]["next_feeds"] == [], "not every feed that was to end badly was sent"
    return Measured(items, seconds, max(samples) / 1e6, Counter(ours.values()), differences, await _files(system, shop))


async def _shop(account: Account) -> Shop:
    """A seller whose first two feeds end badly, on a clock that runs fast. What Amazon gives for a time is given for ours."""
    shop = await amazon_shop(account)
    await account.system.control(shop.platform, "PUT", "clock", json={"scale": FASTER})
    await shop.limits(
        rate_scale=RATE_SCALE,
        access_token_s=3600 * FASTER,
        document_s=300 * FASTER,
        late_issue_share=LATE_SHARE,
        next_feeds=_BAD_FEEDS,
    )
    return shop


async def _crash_before_the_first_poll(system: System, shop: Shop) -> None:
    """SIGKILL for worker, orchestrator, gateway and broker once a feed is open, and PostgreSQL anew; all is started again at once.

    A second feed is given a moment to be open too: in a small run its items are so few that after a crash they would go by calls.
    """
    async with asyncio.timeout(PATIENCE):
        while not await _open_files(system, shop):
            await asyncio.sleep(0.1)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SECOND_FEED):
            while await _open_files(system, shop) < len(_BAD_FEEDS):
                await asyncio.sleep(0.1)
    assert "getFeed" not in (await shop.counts())["operations"], "the feed was asked for before the crash"
    stack = system.stack
    assert stack.kafka is not None
    assert stack.postgres is not None
    for name in ("worker", "orchestrator", "gateway"):
        await stack.processes[name].kill()
    await stack.kafka.kill()
    await stack.postgres.restart()
    await stack.kafka.start()
    for name in ("gateway", "orchestrator", "worker"):
        await stack.processes[name].start()


async def _open_files(system: System, shop: Shop) -> int:
    query = "SELECT count(*) FROM submissions WHERE connector_id = $1::text::uuid AND state = 'open'"
    async with system.database.connection() as connection:
        return int(await connection.fetchval(query, shop.connector_id))


async def _files(system: System, shop: Shop) -> list[tuple[int, int]]:
    query = "SELECT bytes, records FROM submissions WHERE connector_id = $1::text::uuid AND bytes > 0 ORDER BY id"
    async with system.database.connection() as connection:
        return [(row["bytes"], row["records"]) for row in await connection.fetch(query, shop.connector_id)]


def _product(number: int, text: int) -> Product:
    """One whose record has that much text: a description, and bullets for what is over."""
    filler = f"Item {number}. " + _WORDS * (text // len(_WORDS) + 1)
    rest = filler[_DESCRIPTION:text]
    bullets = [rest[start : start + _BULLET] for start in range(0, len(rest), _BULLET)][:_BULLETS]
    told: dict[str, Any] = {"descriptions": {"en": filler[: min(text, _DESCRIPTION)].strip()}}
    if bullets:
        told["short_descriptions"] = {"en": "\n".join(bullets)}
    return simple_product(number, quantity=1 + number % 50).model_copy(update=told)


@contextlib.asynccontextmanager
async def _memory(system: System) -> AsyncIterator[list[float]]:
    """Resident bytes of the worker process, whichever it is by now, four times a second."""
    samples = [0.0]

    async def watch() -> None:
        while True:
            pid = system.stack.processes["worker"].pid
            with contextlib.suppress(OSError, IndexError, ValueError):
                samples.append(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE)
            await asyncio.sleep(0.25)

    watching = asyncio.create_task(watch())
    try:
        yield samples
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
