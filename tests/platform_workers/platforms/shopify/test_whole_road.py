"""Bulk mutations through the engine: gathered, completed, uploaded, collected, linked; on real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from platform_workers.platforms.shopify.conformance import PROFILE
from platform_workers.platforms.whole_road import Road, files_from, road_of
from platform_workers.sync_base.uploads.bench import Worker

from pixee_common.domain.job import Operation
from pixee_simulators.shopify.simulator import create as create_simulator
from pixee_workers.platforms.shopify.adapter import ShopifyAdapter
from pixee_workers.platforms.shopify.manifest import MANIFEST

pytestmark = pytest.mark.stack


class InBulk(ShopifyAdapter):
    """From three products on a push is a file."""

    manifest = files_from(MANIFEST, 3, Operation.PUSH_PRODUCTS)


@pytest.fixture
async def road(owner: Any, as_role: Any, tmp_path: Path) -> AsyncIterator[tuple[Road, Worker]]:
    limits = dict(PROFILE.limits)
    async with road_of(owner, as_role, tmp_path, create_simulator(), InBulk(), PROFILE, limits) as made:
        yield made


def _skus(road: Road) -> list[str]:
    return sorted(one.sku for one in road.shop.state.store.variants.values())


def _german(road: Road) -> list[str]:
    products = road.shop.state.store.products.values()
    return sorted(one.value for product in products for one in product.translations if one.locale == "de")


async def test_products_go_in_bulk_and_are_linked_with_stock_and_variants(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    products = await bench.products(12)
    family, sizes = await bench.rows.add_product("F", title="Family", sizes=("S", "M"))
    assert await bench.end(worker, await bench.job([*products, family])) == "a" * 13
    assert "bulkOperationRunMutation" in bench.operations()
    assert "productSet" not in bench.operations()
    assert _skus(bench) == sorted([*(f"P{number}" for number in range(12)), "F-S", "F-M"])
    again = await bench.job([*products, family])
    assert await bench.end(worker, again) == "s" * 13, "what was linked by a file is sent again"
    await bench.stock_follows(worker, sizes)


async def test_an_operation_that_fails_half_way_is_made_good_without_doubles(road: tuple[Road, Worker]) -> None:
    bench, worker = road
    bench.simulator.put_limits(PROFILE.host, {"bulk_fails": 1})
    assert await bench.end(worker, await bench.job(await bench.products(10))) == "a" * 10
    assert _skus(bench) == sorted(f"P{number}" for number in range(10))
    assert len(bench.shop.state.store.products) == 10


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
    assert _german(bench) == ["Hemd"] * count
    asked = len(bench.operations())
    assert await bench.end(worker, await bench.job(products)) == "s" * count
    assert len(bench.operations()) == asked, "unchanged translations cost calls"
    await _named(bench, products[:1], "Bluse")
    assert await bench.end(worker, await bench.job(products)) == "a" + "s" * (count - 1)
    assert _german(bench) == sorted(["Bluse", *["Hemd"] * (count - 1)])


async def _named(bench: Road, products: list[Any], german: str) -> None:
    for product in products:
        change = (
            "UPDATE products SET content = jsonb_set(content, '{names,de}', $2), content_version = $3 WHERE id = $1"
        )
        await bench.rows.run(change, product, german, bench.rows.next_version())
