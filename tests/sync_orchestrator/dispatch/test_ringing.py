"""Rounds of dispatch on real PostgreSQL: windows, order, fairness, several orchestrators at once, plans after a badly timed ANALYZE."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pixee_orchestrator.dispatch.dispatcher import Dispatcher
from pixee_orchestrator.dispatch.ringing import RING
from pixee_orchestrator.dispatch.sweeping import ring_again
from pixee_orchestrator.dispatch.window import window

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("rate", "expected"), [(0.0, 4), (0.05, 4), (1.0, 30), (2.0, 60), (10.0, 64), (42.0, 64), (100.0, 150)]
)
def test_a_window_is_half_a_minute_of_work_within_bounds_and_never_starves_between_two_sweeps(rate, expected) -> None:
    assert window(rate) == expected


async def _planned(world, planner, count, *operations, account=None, route=None):
    account = account or await world.account()
    connector = await world.connector(account, route=route)
    await world.products(account, count)
    jobs = [await world.job(account, connector, operation) for operation in operations]
    while await planner.step():
        pass
    return await world.route_of(connector), jobs


async def test_stock_stands_first_and_has_a_window_of_its_own(world, planner, dispatcher) -> None:
    await world.worker("shopify")
    route, (_products, stock) = await _planned(world, planner, 1000, "push_products", "push_stock")
    await world.execute("UPDATE routes SET chunks_per_second = 0.1")
    assert (await dispatcher.ring_now([route])).rung == {route: 8}
    assert [chunk["operation"] for chunk in await world.claim(route)] == ["push_stock"] * 4 + ["push_products"] * 4
    assert (await dispatcher.ring_now([route])).rung == {}  # both windows are full
    await world.write(stock, 0, "a" * 100)
    assert (await dispatcher.ring_now([route])).rung == {route: 1}
    assert [(chunk["operation"], chunk["no"]) for chunk in await world.claim(route)] == [("push_stock", 4)]


async def test_accounts_that_share_a_route_take_turns_and_a_job_keeps_its_order(world, planner, dispatcher) -> None:
    await world.worker("shopify")
    route, (big,) = await _planned(world, planner, 2000, "push_products", route="shared")
    _, (small,) = await _planned(world, planner, 300, "push_products", route="shared")
    await world.execute("UPDATE routes SET chunks_per_second = 0.2")  # a window of six
    await dispatcher.ring_now([route])
    rung = await world.rows("SELECT job_id, no FROM chunks WHERE state = 'rung' ORDER BY job_id, no")
    assert sorted((row["job_id"], row["no"]) for row in rung) == sorted(
        [(job, no) for job in (big, small) for no in range(3)]
    )


async def test_one_bell_for_each_route_names_its_chunks_and_carries_the_first_ones_trace(
    world, planner, dispatcher
) -> None:
    await world.worker("shopify")
    account = await world.account()
    connector = await world.connector(account)
    await world.products(account, 10)
    trace = f"00-{uuid4().hex}-{'1' * 16}-01"
    job = await world.job(account, connector, traceparent=trace)
    await planner.step()
    route = await world.route_of(connector)
    await dispatcher.ring_now([route])
    row = (await world.rows("SELECT * FROM outbox WHERE topic = 'pixee.sync.shopify.v1'"))[0]
    bell = json.loads(row["payload"])
    assert (bell["route_key"], bell["platform"]) == (route, "shopify")
    assert bell["chunks"] == [{"job_id": str(job), "no": 0, "attempt": 0}]
    assert row["headers"]["traceparent"].split("-")[1] == trace.split("-")[1]
    assert row["key"] == route.encode()


async def test_what_was_rung_and_not_claimed_is_rung_again_and_stays_rung(world, database, planner, dispatcher) -> None:
    await world.worker("shopify")
    route, _ = await _planned(world, planner, 100, "push_products")
    await dispatcher.ring_now([route])
    assert await database.run(ring_again) == {}
    await world.execute("UPDATE chunks SET rung_at = now() - interval '6 seconds'")
    assert await database.run(ring_again) == {route: 1}
    assert await database.run(ring_again) == {}  # another orchestrator, a moment later
    assert await world.value("SELECT count(*) FROM chunks WHERE state = 'rung'") == 1
    assert await world.value("SELECT count(*) FROM outbox WHERE topic = 'pixee.sync.shopify.v1'") == 2


async def test_orchestrators_at_once_never_ring_more_than_the_window(world, planner, as_role) -> None:
    await world.worker("shopify")
    route, _ = await _planned(world, planner, 3000, "push_products")
    await world.execute("UPDATE routes SET chunks_per_second = 0.1")
    dispatchers = [Dispatcher(as_role("orchestrator")) for _ in range(3)]
    rounds = await asyncio.gather(*(one.ring_now([route]) for one in dispatchers for _ in range(5)))
    assert sum(done.rung.get(route, 0) for done in rounds) == 4
    assert await world.value("SELECT count(*) FROM chunks WHERE state = 'rung'") == 4
    await asyncio.sleep(0.1)  # the routes that were locked are poked again


async def test_a_lost_poke_is_made_good_by_the_sweep(world, planner, dispatcher) -> None:
    await world.worker("shopify")
    await _planned(world, planner, 100, "push_products")
    await dispatcher.sweep()
    await dispatcher.turn()
    assert await world.value("SELECT count(*) FROM chunks WHERE state = 'rung'") == 1


async def test_picking_walks_the_partial_indexes_even_when_statistics_say_that_nothing_is_pending(
    world, database, planner
) -> None:
    await world.worker("shopify")
    route, (_job,) = await _planned(world, planner, 30_000, "push_products")
    await world.execute("UPDATE chunks SET state = 'done'")
    await world.execute("ANALYZE chunks")
    await world.execute("UPDATE chunks SET state = 'pending'")
    async with database.transaction() as connection:
        plan = "\n".join(
            row[0] for row in await connection.fetch("EXPLAIN (ANALYZE, TIMING OFF) " + RING, [route], [4])
        )
        elapsed = float(plan.rpartition("Execution Time: ")[2].split()[0])
    assert f"Seq Scan on chunks_{datetime.now(UTC):%Y%m%d}" not in plan  # the other days are empty
    assert elapsed < 50  # milliseconds, of 300 pending chunks
