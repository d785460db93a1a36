"""Where laws are tried: the real courier with a platform's adapter, on real PostgreSQL, against its simulator over real HTTP.

A chunk goes the worker's own way: claimed by its statement, carried, written by its OutcomeWriter. Only the lane and Kafka are not
there: chunks are driven one after another, which makes a law's story the same each time. Pauses take no time (`leaping`).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from conformance.job_rows import JobRows
from conformance.leaping import LeapingClock
from conformance.planting import Plant
from conformance.profile import Profile, Seen, Shop
from conformance.witnesses import Heard, Recording
from platform_workers.sync_base.courier_side.shop_rows import KEYS, LivingLife, ShopRows

from pixee_common.domain.job import OPEN_LETTERS, Operation
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_common.platforms.manifest import Manifest
from pixee_workers.sync_base.chunks import ChunkResult
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.uploads.courier import UploadCourier

PRODUCTS, STOCK, PRICES, PULL = (
    Operation.PUSH_PRODUCTS,
    Operation.PUSH_STOCK,
    Operation.PUSH_PRICES,
    Operation.PULL_PRODUCTS,
)
_NEVER_A_WAIT = frozenset({ReasonCode.CONTRACT_BROKEN, ReasonCode.INTERNAL, ReasonCode.CREDENTIALS_REFUSED})
_LONGEST_WAIT = 600.0
_MOST_TURNS = 12
_MOST_PAGES = 50


def routes(manifest: Manifest, host: str, url: str) -> str:
    """The shop's host and every other that the platform has, in the operator's form, all to `url`."""
    others = (
        *manifest.host.extra_hosts,
        *(f"{below}{suffix}" for suffix in manifest.host.file_hosts for below in ("", "*.")),
    )
    return ",".join(f"{one}={url}" for one in (host, *others))


@dataclass
class Bench:
    """One shop of one platform, empty at first, and a connector to it."""

    slug: str
    profile: Profile
    manifest: Manifest
    """What the platform declares, whatever bug was planted."""
    rows: ShopRows
    jobs: JobRows
    simulator: Any
    shop: Shop
    sender: Recording
    clock: LeapingClock
    heard: Heard
    make_courier: Callable[[Plant | None], PlatformCourier]
    make_uploads: Callable[[PlatformCourier], UploadCourier]
    results: list[ChunkResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, plant: Plant | None = None) -> None:
        """Another process: nothing in memory. `plant`: what is to be different at its adapter."""
        self.courier = self.make_courier(plant)

    async def turn(self, job: UUID, *, dies: bool = False) -> ChunkResult | None:
        """The job's chunk once. None: it may not be claimed. `dies`: the worker is gone before its result is written."""
        chunk = await self.jobs.claimed(job)
        if chunk is None:
            return None
        result = await self.courier.carry(chunk, LivingLife())
        self.results.append(result)
        await (self.jobs.orphaned(result) if dies else self.jobs.written(result))
        return result

    async def carry(self, operation: Operation, items: Sequence[UUID], **plan: Any) -> ChunkResult:
        """A new job's chunk, once."""
        result = await self.turn(await self.jobs.plan(operation, items, **plan))
        assert result is not None, "the chunk could not be claimed"
        return result

    async def push(self, operation: Operation, items: Sequence[UUID]) -> ChunkResult:
        """A new job until nothing of it is open."""
        return await self.finish(await self.jobs.plan(operation, items))

    async def finish(self, job: UUID) -> ChunkResult:
        """The job's chunk until nothing of it is open; each wait is kept to its moment, on both clocks."""
        result = None
        for _ in range(_MOST_TURNS):
            result = await self.turn(job)
            assert result is not None, "the chunk could not be claimed"
            if not set(result.letters) & OPEN_LETTERS:
                return result
            assert result.wait is not None, f"open items and no wait: {result.letters}"
            assert result.wait.reason not in _NEVER_A_WAIT, f"waits for {result.wait.reason}: {self.complaints()}"
            pause = (result.wait.until - self.clock.now()).total_seconds()
            assert pause <= _LONGEST_WAIT, f"told to wait {pause:.0f} s for {result.wait.reason}"
            self.clock.leap(pause)
        raise AssertionError(f"still open after {_MOST_TURNS} turns: {result and (result.letters, result.wait)}")

    async def pull(
        self, since: datetime | None = None, between: Callable[[list[Any]], Awaitable[None]] | None = None
    ) -> list[Any]:
        """Pages of a pull, each a list of products; `between` gets the first, before the next is asked for."""
        pages: list[Any] = []
        cursor: Mapping[str, Any] | None = None
        while len(pages) < _MOST_PAGES:
            result = await self.carry(PULL, [], cursor=cursor, since=since)
            assert result.page is not None, f"no page: {result.wait}"
            pages.append(list(result.page.products))
            cursor = result.page.next_cursor
            if cursor is None:
                return pages
            if between is not None and len(pages) == 1:
                await between(pages[0])
        raise AssertionError(f"no end after {_MOST_PAGES} pages")

    async def read(self) -> dict[str, Seen]:
        """The shop, through its own API."""
        return await self.profile.read(self.shop)

    async def products(self, count: int, prefix: str = "L", **values: Any) -> tuple[list[UUID], list[UUID]]:
        """`count` products with a variant each (ids of both)."""
        made = [await self.rows.add_product(f"{prefix}{n}", title=f"Law {n}", **values) for n in range(count)]
        return [product for product, _ in made], [variant for _, variants in made for variant in variants]

    async def set_price(self, variant: UUID, amount: str, currency: str = "EUR") -> None:
        """A new base price in the catalog."""
        await self.rows.run(
            "UPDATE variants SET base_price = $2::text::numeric, currency = $3, price_version = $4 WHERE id = $1",
            variant, amount, currency, self.rows.next_version(),
        )  # fmt: skip

    async def set_setting(self, name: str, value: str) -> None:
        """A setting of the connector, as the next worker reads it."""
        await self.rows.run(
            "UPDATE connectors SET settings = jsonb_set(settings, ARRAY[$2], to_jsonb($3::text)) WHERE id = $1",
            self.rows.connector, name, value,
        )  # fmt: skip
        self.restart()

    async def set_mapping(self, mapping: Mapping[str, Any]) -> None:
        """The connector's whole mapping, as the next worker reads it."""
        await self.rows.run(
            "INSERT INTO mappings (connector_id, account_id, version, body) VALUES ($1, $2, 1, $3)"
            " ON CONFLICT (connector_id) DO UPDATE SET version = mappings.version + 1, body = $3",
            self.rows.connector, self.rows.account, dict(mapping),
        )  # fmt: skip
        await self.rows.run(
            "UPDATE connectors SET mapping_version = mapping_version + 1 WHERE id = $1", self.rows.connector
        )
        self.restart()

    async def set_content(self, product: UUID, content: Mapping[str, Any]) -> None:
        """Replaces these parts of a product's content in the catalog."""
        await self.rows.run(
            "UPDATE products SET content = content || $2, content_version = $3 WHERE id = $1",
            product, dict(content), self.rows.next_version(),
        )  # fmt: skip

    async def set_credentials(self, credentials: Mapping[str, str]) -> None:
        """Other credentials, which the shop knows too; the old ones are none any more."""
        sealed = KEYS.seal(self.rows.connector, dict(credentials))
        await self.rows.run(
            "UPDATE credentials SET key_id = $2, ciphertext = $3, version = version + 1 WHERE connector_id = $1",
            self.rows.connector, sealed.key_id, sealed.ciphertext,
        )  # fmt: skip
        self.settings(**credentials)
        self.restart()

    @asynccontextmanager
    async def detour(self, url: str) -> AsyncIterator[None]:
        """What is meant for the shop goes to `url` while the block lasts."""
        policy = EgressPolicy.parse(allow="127.0.0.0/8", routes=routes(self.manifest, self.profile.host, url))
        async with GuardedClient(policy) as client:
            with self.sender.through(client):
                yield

    async def status(self) -> str:
        """The connector's."""
        (row,) = await self.rows.run("SELECT status FROM connectors WHERE id = $1", self.rows.connector)
        return str(row["status"])

    async def messages(self, job: UUID, item: UUID) -> list[str]:
        """What the merchant is told of an item of a job."""
        found = await self.rows.run("SELECT message FROM item_issues WHERE job_id = $1 AND item_id = $2", job, item)
        return [row["message"] for row in found if row["message"]]

    async def activate(self) -> None:
        """The merchant has mended the connector."""
        await self.rows.run(
            "UPDATE connectors SET status = 'active', last_error = NULL WHERE id = $1", self.rows.connector
        )
        self.restart()

    async def failures(self) -> int:
        """How many failures stand in the listings' operations, plus dead letters."""
        (row,) = await self.rows.run(
            "SELECT (SELECT coalesce(sum(failures), 0) FROM listing_operations WHERE connector_id = $1)"
            " + (SELECT count(*) FROM dead_letters WHERE account_id = $2) AS n",
            self.rows.connector, self.rows.account,
        )  # fmt: skip
        return int(row["n"])

    def fault(self, kind: str, **rule: Any) -> None:
        """A fault of the shop, on its writes where nothing else is said; earlier ones are over."""
        self.simulator.faults.clear()
        match = rule.pop("match", {"kind": "write"})
        self.simulator.faults.add([{"kind": kind, "match": match, **rule}])

    def fault_fired(self) -> bool:
        """Whether the fault met anything."""
        return any(rule["fired"] for rule in self.simulator.faults.describe())

    def log(self, kind: str | None = None) -> list[Any]:
        """The shop's own log of requests that workers made."""
        entries = self.simulator.shops[self.profile.host].log.since(0)
        return [e for e in entries if e.worker and (kind is None or e.kind == kind)]

    def settings(self, **changes: Any) -> None:
        """Changes the shop's settings."""
        self.simulator.put_shop(self.profile.host, changes)

    def complaints(self) -> list[str]:
        """What the workers' code has logged, newest last."""
        return [line[:300] for line in self.heard.lines if line.startswith("pixee")][-3:]
