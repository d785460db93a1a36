"""The whole road of files: a worker with a platform's own adapter, on real PostgreSQL, and the platform's simulator at its end."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from conformance.bench import routes
from conformance.leaping_budgets import LeapingBudgets
from conformance.profile import Profile
from platform_workers.sync_base.courier_side.shop_rows import ShopRows
from platform_workers.sync_base.uploads.bench import FileBench, Worker

from pixee_common.domain.job import Operation
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_common.platforms.manifest import Manifest
from pixee_simulators.kit.testing import running


def files_from(manifest: Manifest, items: int, *operations: Operation) -> Manifest:
    """The manifest with so few items making a file; no operation named: wherever there are files."""
    changed = {
        operation: one.model_copy(update={"upload": one.upload.model_copy(update={"from_items": items})})
        for operation, one in manifest.capabilities.items()
        if one.upload is not None and operation in (operations or manifest.capabilities)
    }
    return manifest.model_copy(update={"capabilities": {**manifest.capabilities, **changed}})


class Road(FileBench):
    """The bench of files over a simulator; both clocks pass together."""

    def __init__(self, owner: Any, as_role: Any, folder: Path, simulator: Any, adapter: Any, profile: Profile) -> None:
        super().__init__(owner, as_role, folder)
        self.simulator, self.adapter, self.profile = simulator, adapter, profile
        self.slug = adapter.manifest.slug
        self.rows = ShopRows(owner, platform=self.slug, credentials=dict(profile.credentials))

    @property
    def shop(self) -> Any:
        """The simulated shop."""
        return self.simulator.shops[self.profile.host]

    def operations(self) -> list[str]:
        """What the shop was called for, call by call."""
        return [entry.operation for entry in self.shop.log.since(0)]

    async def begin(self) -> Self:
        await self.rows.add_connector(shop_currency="EUR", **self.profile.settings)
        await self.rows.run("INSERT INTO routes (route_key, platform) VALUES ($1, $2)", self.route, self.slug)
        if self.profile.mapping:
            await self.rows.run(
                "INSERT INTO mappings (connector_id, account_id, version, body) VALUES ($1, $2, 1, $3)",
                *(self.rows.connector, self.rows.account, dict(self.profile.mapping)),
            )
        return self

    async def later(self, seconds: float) -> None:
        self.simulator.clock.change(advance=seconds)
        await super().later(seconds)

    async def end(self, worker: Worker, job: UUID) -> str:
        """Turns until nothing of the job is open."""
        for _ in range(20):
            await self.turn(worker)
            letters = await self.letters(job)
            if not set(letters) & set(".wue"):
                return letters
            await self.later(70)
        raise AssertionError(f"still open: {letters}")

    async def stock_follows(self, worker: Worker, variants: list[UUID]) -> None:
        """Of variants just created: their stock came with them, and a new quantity is sent."""
        told = await self.end(worker, await self.job(variants, Operation.PUSH_STOCK))
        assert set(told) == {"s"}, "a create carries its stock"
        for variant in variants:
            await self.rows.set_stock(variant, 77)
        assert set(await self.end(worker, await self.job(variants, Operation.PUSH_STOCK))) == {"a"}


@asynccontextmanager
async def opened_road(
    owner: Any, as_role: Any, folder: Path, simulator: Any, adapter: Any, profile: Profile, limits: dict[str, Any]
) -> AsyncIterator[tuple[Road, Callable[[], Worker]]]:
    """The bench, and what makes a worker process of it; at the end no request may have left the published schema."""
    simulator.put_shop(profile.host, {**profile.credentials, **profile.shop})
    simulator.put_limits(profile.host, limits)
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(running(simulator))
        policy = EgressPolicy.parse(allow="127.0.0.0/8", routes=routes(adapter.manifest, profile.host, url))
        client = await stack.enter_async_context(GuardedClient(policy))
        road = await Road(owner, as_role, folder, simulator, adapter, profile).begin()

        def start() -> Worker:
            database = as_role("worker")
            worker = Worker(database, adapter, road.clock, folder, sender=client, policy=policy)
            # One account's rows would be drained by all tests together, and the database's clock does not leap with them.
            worker.courier._shared = LeapingBudgets(database, road.clock, {})
            return worker

        yield road, start
    assert simulator.violations.describe() == []


@asynccontextmanager
async def road_of(
    owner: Any, as_role: Any, folder: Path, simulator: Any, adapter: Any, profile: Profile, limits: dict[str, Any]
) -> AsyncIterator[tuple[Road, Worker]]:
    """The bench with one worker process, everything running."""
    async with (
        opened_road(owner, as_role, folder, simulator, adapter, profile, limits) as (road, start),
        start() as worker,
    ):
        yield road, worker
