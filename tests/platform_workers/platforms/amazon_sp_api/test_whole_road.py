"""Files through the engine: gathered, completed, fed to the simulated Amazon, collected, looked at, linked; on real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from platform_workers.platforms.amazon_sp_api.conformance import PROFILE
from platform_workers.platforms.whole_road import Road, files_from, opened_road
from platform_workers.sync_base.uploads.bench import Worker

from pixee_common.domain.job import Operation
from pixee_simulators.amazon_sp_api import truth
from pixee_simulators.amazon_sp_api.simulator import create as create_simulator
from pixee_workers.platforms.amazon_sp_api.adapter import AmazonSpApi
from pixee_workers.platforms.amazon_sp_api.manifest import MANIFEST
from pixee_workers.sync_base.uploads.shipment import Shipment

pytestmark = pytest.mark.stack


class FeedsOnly(AmazonSpApi):
    """Every push is a file, however few its items are."""

    manifest = files_from(MANIFEST, 1)


@pytest.fixture
async def opened(owner: Any, as_role: Any, tmp_path: Path) -> AsyncIterator[tuple[Road, Callable[[], Worker]]]:
    limits = {"rate_scale": 1000}
    async with opened_road(owner, as_role, tmp_path, create_simulator(), FeedsOnly(), PROFILE, limits) as made:
        yield made


@pytest.fixture
async def road(opened: tuple[Road, Callable[[], Worker]]) -> AsyncIterator[tuple[Road, Worker]]:
    bench, start = opened
    async with start() as worker:
        yield bench, worker


def _truth(road: Road) -> dict[str, Any]:
    found = truth.items(road.shop.state, road.simulator.clock.now(), attributes=True)
    return {one["sku"]: orjson.loads(orjson.dumps(one)) for one in found}


async def test_products_stock_and_prices_go_by_feeds_and_end_as_amazon_has_them(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    products = await bench.products(30)
    family, sizes = await bench.rows.add_product("F", title="Family", sizes=("S", "M"))
    job = await bench.job([*products, family])
    assert await bench.end(worker, job) == "a" * 31
    assert "createFeed" in bench.operations()
    assert "putListingsItem" not in bench.operations()
    assert {sku for sku, one in _truth(bench).items() if one["verdict"] == "accepted"} == {
        *(f"P{number}" for number in range(30)), "F", "F-S", "F-M",
    }  # fmt: skip
    again = await bench.job([*products, family])
    assert await bench.end(worker, again) == "s" * 31, "what was linked by a feed is sent again"
    await bench.stock_follows(worker, sizes)
    stock = [_truth(bench)[sku]["attributes"]["fulfillment_availability"][0]["quantity"] for sku in ("F-S", "F-M")]
    assert stock == [77, 77]


async def test_each_item_ends_as_amazon_itself_judges_it(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    bench.simulator.put_limits(
        PROFILE.host,
        {"next_feeds": [{"missing_skus": ["P3", "P4"], "late_skus": ["P7"]}], "late_issue_after_s": 1.0},
    )
    products = await bench.products(10)
    letters = await bench.end(worker, await bench.job(products))
    said = _truth(bench)
    wanted = "".join("r" if said[f"P{number}"]["verdict"] == "rejected" else "a" for number in range(10))
    assert letters == wanted == "aaaaaaaraa"


@pytest.mark.parametrize("end", ["FATAL", "CANCELLED"])
async def test_a_feed_that_ends_badly_is_made_good(road: tuple[Road, Worker], end: str) -> None:
    bench, worker = road
    bench.simulator.put_limits(PROFILE.host, {"next_feeds": [{"end": end, "applied": 0.5}]})
    products = await bench.products(10)
    assert await bench.end(worker, await bench.job(products)) == "a" * 10
    assert {one["verdict"] for one in _truth(bench).values()} == {"accepted"}


def _feeds(bench: Road) -> int:
    return len(bench.simulator.shops[PROFILE.host].state.feeds)


@pytest.mark.parametrize("listed_after", [0, 45])
async def test_a_feed_whose_answer_was_lost_is_adopted_and_none_is_doubled(
    road: tuple[Road, Worker], listed_after: int
) -> None:
    bench, worker = road
    # A feed that is done before the next look is in the shop by then: its items are found there and their messages are others.
    bench.simulator.put_limits(PROFILE.host, {"feed_listed_after_s": listed_after, "feed_s": 300.0})
    bench.simulator.faults.add([{"kind": "reset_after_commit", "match": {"operation": "createFeed"}, "times": 1}])
    products = await bench.products(10)
    assert await bench.end(worker, await bench.job(products, size=4)) == "a" * 10
    assert _feeds(bench) == 1
    assert {one["submissions"] for one in _truth(bench).values()} == {1}


async def test_after_a_kill_between_the_feed_and_its_row_the_second_feed_doubles_no_listing(
    opened: tuple[Road, Callable[[], Worker]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who made the first feed is no more, and Amazon's list does not say of which document a feed was made."""
    bench, start = opened
    reached, real = asyncio.Event(), Shipment.opened

    async def stopped(_self: Shipment, _uploaded: Any) -> bool:
        reached.set()
        return bool(await asyncio.Event().wait())

    monkeypatch.setattr(Shipment, "opened", stopped)
    products = await bench.products(10)
    job = await bench.job(products)
    async with start() as worker:
        await bench.ring()
        await worker.lanes.ring({bench.route: None})
        async with asyncio.timeout(20):
            await reached.wait()
        await worker.die()
        await bench.bury(worker)
    monkeypatch.setattr(Shipment, "opened", real)
    async with start() as worker:
        assert await bench.end(worker, job) == "a" * 10
    assert _feeds(bench) == 2
    said = _truth(bench)
    assert {(one["verdict"], one["submissions"]) for one in said.values()} == {("accepted", 2)}
    assert len(said) == 10
    assert {row["state"] for row in await bench.submissions()} == {"lost", "done"}


async def _status(bench: Road, product: Any, status: str) -> None:
    await bench.rows.run(
        "UPDATE products SET content = content || jsonb_build_object('status', $2::text), content_version = $3 WHERE id = $1",
        *(product, status, bench.rows.next_version()),
    )


async def test_a_draft_is_off_sale_whatever_is_pushed_and_comes_back_with_its_pieces(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    product, (variant,) = await bench.rows.add_product("D", quantity=5)

    async def push(operation: Operation = Operation.PUSH_PRODUCTS) -> str:
        return await bench.end(worker, await bench.job([product if "products" in operation else variant], operation))

    def pieces() -> Any:
        return _truth(bench)["D"]["attributes"]["fulfillment_availability"][0]["quantity"]

    assert (await push(), pieces()) == ("a", 5)
    await _status(bench, product, "draft")
    assert (await push(), pieces()) == ("a", 0)
    assert await push() == "s", "it is off sale already"
    await bench.rows.set_stock(variant, 9)
    assert (await push(Operation.PUSH_STOCK), pieces()) == ("a", 0)
    assert await push(Operation.PUSH_STOCK) == "s"
    await _status(bench, product, "active")
    assert (await push(), pieces()) == ("a", 9)
    await bench.rows.set_stock(variant, 5)
    assert (await push(Operation.PUSH_STOCK), pieces()) == ("a", 5), "the number from before it went off sale is news"
    assert await push(Operation.PUSH_STOCK) == await push() == "s"
