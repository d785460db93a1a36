"""Bulk mutations through the engine: gathered, completed, uploaded, collected, linked; on real PostgreSQL."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conformance.bench import routes
from platform_workers.platforms.shopify.conformance import PROFILE
from platform_workers.sync_base.courier_side.shop_rows import KEYS, ShopRows
from platform_workers.sync_base.uploads.bench import FileBench, Worker

from pixee_common.clock import FakeClock
from pixee_common.domain.job import Operation
from pixee_common.egress import EgressPolicy, GuardedClient
from pixee_common.platforms.manifest import Manifest
from pixee_simulators.kit.testing import running
from pixee_simulators.shopify.simulator import ShopifySimulator
from pixee_simulators.shopify.simulator import create as create_simulator
from pixee_workers.platforms.shopify.adapter import ShopifyAdapter
from pixee_workers.platforms.shopify.manifest import MANIFEST
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.lane import LaneTools
from pixee_workers.sync_base.lanes import Lanes
from pixee_workers.sync_base.liveness import Liveness
from pixee_workers.sync_base.marks import Marks, needs_mark
from pixee_workers.sync_base.outcome_writer import OutcomeWriter
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.uploads.courier import UploadCourier

pytestmark = pytest.mark.stack
PRODUCTS = Operation.PUSH_PRODUCTS


class InBulk(ShopifyAdapter):
    """From three products on a push is a file."""

    @property
    def manifest(self) -> Manifest:
        products = MANIFEST.capabilities[PRODUCTS]
        upload = products.upload.model_copy(update={"from_items": 3})
        changed = {PRODUCTS: products.model_copy(update={"upload": upload})}
        return MANIFEST.model_copy(update={"capabilities": {**MANIFEST.capabilities, **changed}})


class ShopifyWorker(Worker):
    """A worker process with the Shopify adapter and a client whose every call ends at the simulator."""

    def __init__(self, database: Any, client: GuardedClient, policy: EgressPolicy, clock: Any, folder: Path) -> None:
        adapter = InBulk()
        alive = FakeClock()
        self.marks, self.writer = Marks(database), OutcomeWriter(database, clock)
        self.liveness = Liveness(database, alive, ["shopify"], "test")
        wiring = Wiring(client, policy, clock, TokenStore(clock), lambda: self.life.worker_id, "1", lambda: 0.0, folder)
        self.courier = PlatformCourier({"shopify": adapter}, database, KEYS, wiring)
        self.uploads = UploadCourier(self.courier, database, self.writer)
        marked = lambda chunk: needs_mark(adapter.manifest, chunk.operation)  # noqa: E731
        tools = LaneTools(self.courier, self.marks, self.writer, alive, marked, self.uploads)
        self.lanes = Lanes(database, self.liveness, tools)
        self.liveness.on_buried = self.lanes.drop_all
        self._tasks = []


class Road(FileBench):
    """The bench of files over the Shopify simulator; both clocks pass together."""

    def __init__(self, owner: Any, as_role: Any, folder: Path, simulator: ShopifySimulator) -> None:
        super().__init__(owner, as_role, folder)
        self.simulator = simulator
        self.rows = ShopRows(owner, platform="shopify", credentials=dict(PROFILE.credentials))

    async def begun(self) -> "Road":
        await self.rows.add_connector(shop_currency="EUR", **PROFILE.settings)
        await self.rows.run("INSERT INTO routes (route_key, platform) VALUES ($1, $2)", self.route, "shopify")
        return self

    async def later(self, seconds: float) -> None:
        self.simulator.clock.change(advance=seconds)
        await super().later(seconds)

    async def end(self, worker: Worker, job: Any) -> str:
        """Turns until nothing of the job is open."""
        for _ in range(20):
            await self.turn(worker)
            letters = await self.letters(job)
            if not set(letters) & set(".wue"):
                return letters
            await self.later(70)
        raise AssertionError(f"still open: {letters}")

    def operations(self) -> list[str]:
        return [entry.operation for entry in self.simulator.shops[PROFILE.host].log.since(0)]

    def skus(self) -> list[str]:
        return sorted(one.sku for one in self.simulator.shops[PROFILE.host].state.store.variants.values())

    def german(self) -> list[str]:
        products = self.simulator.shops[PROFILE.host].state.store.products.values()
        return sorted(one.value for product in products for one in product.translations if one.locale == "de")


@pytest.fixture
async def road(owner: Any, as_role: Any, tmp_path: Path) -> AsyncIterator[tuple[Road, Worker]]:
    simulator = create_simulator()
    simulator.put_shop(PROFILE.host, {**PROFILE.credentials, **PROFILE.shop})
    simulator.put_limits(PROFILE.host, dict(PROFILE.limits))
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(running(simulator))
        policy = EgressPolicy.parse(allow="127.0.0.0/8", routes=routes(MANIFEST, PROFILE.host, url))
        client = await stack.enter_async_context(GuardedClient(policy))
        made = await Road(owner, as_role, tmp_path, simulator).begun()
        worker = ShopifyWorker(as_role("worker"), client, policy, made.clock, tmp_path)
        yield made, await stack.enter_async_context(worker)
    assert simulator.violations.describe() == []


async def test_products_go_in_bulk_and_are_linked_with_stock_and_variants(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    products = await bench.products(12)
    family, sizes = await bench.rows.add_product("F", title="Family", sizes=("S", "M"))
    assert await bench.end(worker, await bench.job([*products, family])) == "a" * 13
    assert "bulkOperationRunMutation" in bench.operations()
    assert "productSet" not in bench.operations()
    assert bench.skus() == sorted([*(f"P{number}" for number in range(12)), "F-S", "F-M"])
    again = await bench.job([*products, family])
    assert await bench.end(worker, again) == "s" * 13, "what was linked by a file is sent again"
    assert await bench.end(worker, await bench.job(sizes, Operation.PUSH_STOCK)) == "ss", "a create carries its stock"
    for variant in sizes:
        await bench.rows.set_stock(variant, 77)
    assert await bench.end(worker, await bench.job(sizes, Operation.PUSH_STOCK)) == "aa"


async def test_an_operation_that_fails_half_way_is_made_good_without_doubles(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    bench.simulator.put_limits(PROFILE.host, {"bulk_fails": 1})
    assert await bench.end(worker, await bench.job(await bench.products(10))) == "a" * 10
    assert bench.skus() == sorted(f"P{number}" for number in range(10))
    assert len(bench.simulator.shops[PROFILE.host].state.store.products) == 10


async def test_few_products_go_by_calls(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    assert await bench.end(worker, await bench.job(await bench.products(2))) == "aa"
    assert "bulkOperationRunMutation" not in bench.operations()


@pytest.mark.parametrize("count", [2, 6], ids=["by call", "by file"])
async def test_translations_are_registered_and_a_second_push_sends_nothing(
    road: tuple[Road, Worker], count: int
) -> None:
    bench, worker = road
    bench.simulator.put_shop(PROFILE.host, {"locales": [{"locale": "en", "primary": True}, {"locale": "de"}]})
    await bench.rows.run("UPDATE connectors SET settings = settings || $1", {"translated_locales": "de"})
    products = await bench.products(count)
    await _named(bench, products, "Hemd")
    assert await bench.end(worker, await bench.job(products)) == "a" * count
    assert ("bulkOperationRunMutation" in bench.operations()) is (count > 2)
    assert bench.german() == ["Hemd"] * count
    asked = len(bench.operations())
    assert await bench.end(worker, await bench.job(products)) == "s" * count
    assert len(bench.operations()) == asked, "unchanged translations cost calls"
    await _named(bench, products[:1], "Bluse")
    assert await bench.end(worker, await bench.job(products)) == "a" + "s" * (count - 1)
    assert bench.german() == sorted(["Bluse", *["Hemd"] * (count - 1)])


async def _named(bench: Road, products: list[Any], german: str) -> None:
    for product in products:
        change = (
            "UPDATE products SET content = jsonb_set(content, '{names,de}', $2), content_version = $3 WHERE id = $1"
        )
        await bench.rows.run(change, product, german, bench.rows.next_version())
