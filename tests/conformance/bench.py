"""Where laws are tried: the real courier with a platform's adapter, on real PostgreSQL, against its simulator over real HTTP."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from conformance.profile import Profile, Seen, Shop
from platform_workers.sync_base.courier_side.shop_rows import KEYS, LivingLife, ShopRows

from pixee_common.clock import SystemClock
from pixee_common.db import Database
from pixee_common.domain.job import OPEN_LETTERS, Operation, count_letters
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_simulators.kit.testing import running
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.adapters_found import folders
from pixee_workers.sync_base.chunks import ChunkResult
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.tokens import TokenStore

PRODUCTS, STOCK, PRICES, PULL = (
    Operation.PUSH_PRODUCTS,
    Operation.PUSH_STOCK,
    Operation.PUSH_PRICES,
    Operation.PULL_PRODUCTS,
)


def platforms() -> list[str]:
    """Every platform on disk; one without a profile fails the suite and says what to write."""
    return folders()


def profile_of(slug: str) -> Profile:
    """The platform's profile."""
    name = f"platform_workers.platforms.{slug}.conformance"
    try:
        return importlib.import_module(name).PROFILE
    except ModuleNotFoundError:
        raise AssertionError(
            f"{slug} has no tests/platform_workers/platforms/{slug}/conformance.py: write one with a PROFILE "
            "(tests/conformance/profile.py says what it holds), so that the laws can be tried on it"
        ) from None


class _Recording:
    """The guarded client, and a copy of every body that left."""

    def __init__(self, client: GuardedClient) -> None:
        self._client = client
        self.bodies: list[tuple[str, bytes]] = []

    async def request(self, method: str, url: str, **options: Any) -> Any:
        self.bodies.append((f"{method} {url}", options.get("content") or b""))
        return await self._client.request(method, url, **options)


@dataclass
class Bench:
    """One shop of one platform, empty at first."""

    slug: str
    profile: Profile
    adapter: Adapter
    rows: ShopRows
    simulator: Any
    shop: Shop
    sender: _Recording
    make_courier: Callable[[], PlatformCourier]
    results: list[ChunkResult] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.courier = self.make_courier()

    def restart(self) -> None:
        """Another worker: nothing in memory."""
        self.courier = self.make_courier()

    async def carry(self, operation: Operation, items: Sequence[UUID], **changes: Any) -> ChunkResult:
        """One chunk once, and its rows written."""
        result = await self.courier.carry(self.rows.chunk(operation, list(items), **changes), LivingLife())
        self.results.append(result)
        await self.rows.write(result)
        if result.connector is not None and result.connector.status is not None:
            await self.rows.run(
                "UPDATE connectors SET status = $2 WHERE id = $1", self.rows.connector, result.connector.status
            )
        return result

    async def push(self, operation: Operation, items: Sequence[UUID]) -> ChunkResult:
        """The chunk until nothing of it is open, waiting as told (real seconds: laws use short waits)."""
        changes: dict[str, Any] = {}
        for attempt in range(12):
            result = await self.carry(operation, items, **changes)
            if not set(result.letters) & OPEN_LETTERS:
                assert sum(count_letters(result.letters).values()) == len(items)
                return result
            assert result.wait is not None, f"open items and no wait: {result.letters}"
            pause = (result.wait.until - SystemClock().now()).total_seconds()
            assert pause < 20, f"told to wait {pause:.0f} s for {result.wait.reason}"
            await asyncio.sleep(max(0.0, pause))
            changes = {"letters": result.letters, "job_id": result.chunk.job_id, "attempt": attempt + 1}
        raise AssertionError(f"never done: {result.letters} {result.wait}")

    async def read(self) -> dict[str, Seen]:
        """The shop, through its own API."""
        return await self.profile.read(self.shop)

    async def products(self, count: int, **values: Any) -> tuple[list[UUID], list[UUID]]:
        """`count` products with a variant each (ids of both)."""
        made = [await self.rows.add_product(f"L{n}", title=f"Law {n}", **values) for n in range(count)]
        return [product for product, _ in made], [variant for _, variants in made for variant in variants]

    def fault(self, kind: str, **rule: Any) -> None:
        """A fault of the shop, on its writes where nothing else is said."""
        match = rule.pop("match", {"kind": "write"})
        self.simulator.faults.add([{"kind": kind, "match": match, **rule}])

    def log(self, kind: str | None = None) -> list[Any]:
        """The shop's own log of requests that workers made."""
        entries = self.simulator.shops[self.profile.host].log.since(0)
        return [e for e in entries if e.worker and (kind is None or e.kind == kind)]

    def settings(self, **changes: Any) -> None:
        """Changes the shop's settings."""
        self.simulator.put_shop(self.profile.host, changes)

    def keys_sent_since(self, mark: int) -> set[str]:
        """Every name that stood in a JSON body since the mark (`len(bench.sender.bodies)`)."""
        found: set[str] = set()
        for _, body in self.sender.bodies[mark:]:
            if body[:1] in (b"{", b"["):
                _names(json.loads(body), found)
        return found


def _names(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            found.add(name)
            _names(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _names(inner, found)


@asynccontextmanager
async def bench_of(
    slug: str, owner: Database, database: Database, plant: Callable[[Adapter], Adapter] | None = None
) -> AsyncIterator[Bench]:
    """A fresh bench; `plant` puts a bug into the adapter. At the end no request may have left the published schema."""
    profile = profile_of(slug)
    real: Adapter = importlib.import_module(f"pixee_workers.platforms.{slug}").create()
    adapter = plant(real) if plant else real
    simulator = importlib.import_module(f"pixee_simulators.{slug}.simulator").create()
    rows = ShopRows(owner, platform=slug, credentials=dict(profile.credentials))
    await rows.add_connector(shop_currency="EUR", **profile.settings)
    async with running(simulator) as url, httpx.AsyncClient(timeout=20) as http:
        simulator.put_shop(profile.host, {**profile.credentials, **profile.shop})
        if profile.limits:
            simulator.put_limits(profile.host, dict(profile.limits))
        policy = EgressPolicy.parse(allow="127.0.0.0/8", routes=f"{profile.host}={url},*.example.com={url}")
        clock = SystemClock()
        async with GuardedClient(policy) as client:
            sender = _Recording(client)
            wiring = Wiring(sender, policy, clock, TokenStore(clock), lambda: UUID(int=1), "laws")
            yield Bench(
                slug, profile, adapter, rows, simulator, Shop(http, url, profile.host, profile.credentials), sender,
                lambda: PlatformCourier({slug: adapter}, database, KEYS, wiring),
            )  # fmt: skip
    if plant is None:
        assert simulator.violations.describe() == [], "requests that the published schema does not allow"
