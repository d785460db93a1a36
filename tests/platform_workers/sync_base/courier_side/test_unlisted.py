"""A stock change that meets the create of its own product is never lost between the two."""

import asyncio

import pytest
from platform_workers.sync_base.courier_side.fake_platform import answer

from pixee_common.domain.job import Operation

pytestmark = pytest.mark.stack

PRODUCTS, STOCK = Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK


async def test_a_change_that_meets_the_create_in_flight_is_sent_behind_it(bench) -> None:
    b = await bench()
    product, (variant,) = await b.rows.add_product("A", quantity=5)
    under_way, may_end = asyncio.Event(), asyncio.Event()

    async def slowly():
        under_way.set()
        await may_end.wait()
        return answer()

    b.shop.script.append(slowly)
    create = asyncio.create_task(b.push(PRODUCTS, [product]))
    await under_way.wait()
    await b.rows.set_stock(variant, 6)
    stock = asyncio.create_task(b.push(STOCK, [variant]))
    await asyncio.sleep(0.3)
    assert not stock.done()
    may_end.set()
    assert (await create).letters == "a"
    assert (await stock).letters == "a"
    assert [item.quantity for item in b.adapter.submitted[-1]] == [6]


async def test_a_create_that_has_read_but_not_sent_carries_the_change_that_was_put_aside(bench) -> None:
    b = await bench()
    product, (variant,) = await b.rows.add_product("A", quantity=5)
    other, _ = await b.rows.add_product("B")
    under_way, may_end = asyncio.Event(), asyncio.Event()

    async def slowly():
        under_way.set()
        await may_end.wait()
        return answer()

    b.shop.script.append(slowly)
    b.adapter.manifest = b.adapter.manifest.model_copy(update={"capabilities": _one_at_a_time(b.adapter.manifest)})
    creates = asyncio.create_task(b.push(PRODUCTS, [other, product]))
    await under_way.wait()  # the first product is being sent, the second has been read
    await b.rows.set_stock(variant, 6)
    assert (await b.push(STOCK, [variant])).letters == "n"
    may_end.set()
    assert (await creates).letters == "aa"
    assert b.adapter.submitted[-1][0].variants[0].quantity == 6


def _one_at_a_time(manifest):
    return {
        operation: capability.model_copy(update={"max_items": 1, "concurrency": 1})
        for operation, capability in manifest.capabilities.items()
    }
