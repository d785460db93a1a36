"""Files through the engine: gathered, completed, fed to the simulated Amazon, collected, looked at, linked; on real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from platform_workers.platforms.amazon_sp_api.conformance import PROFILE
from platform_workers.platforms.whole_road import Road, files_from, road_of
from platform_workers.sync_base.uploads.bench import Worker

from pixee_simulators.amazon_sp_api import truth
from pixee_simulators.amazon_sp_api.simulator import create as create_simulator
from pixee_workers.platforms.amazon_sp_api.adapter import AmazonSpApi
from pixee_workers.platforms.amazon_sp_api.manifest import MANIFEST

pytestmark = pytest.mark.stack


class FeedsOnly(AmazonSpApi):
    """Every push is a file, however few its items are."""

    manifest = files_from(MANIFEST, 1)


@pytest.fixture
async def road(owner: Any, as_role: Any, tmp_path: Path) -> AsyncIterator[tuple[Road, Worker]]:
    limits = {"rate_scale": 1000}
    async with road_of(owner, as_role, tmp_path, create_simulator(), FeedsOnly(), PROFILE, limits) as made:
        yield made


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
