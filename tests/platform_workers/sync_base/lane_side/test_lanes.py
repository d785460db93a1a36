"""Lanes: order, one fast and one bulk chunk at a time, cancellation, idleness, hand-over, the end."""

import asyncio
import contextlib

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import LaneSide, until

from pixee_common.domain.reasons import ReasonCode
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_workers.sync_base.chunks import ChunkResult, Wait, WorkerLostError


async def _done(rows: Rows, *jobs) -> None:
    async def finished() -> bool:
        return {state for job in jobs for state in await rows.states(job)} == {"done"}

    await until(finished)


async def test_a_bell_becomes_outcomes(rows: Rows, worker: LaneSide) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 3)
    await worker.ring(rows.route)
    await _done(rows, job)
    chunk = await rows.chunk(job)
    assert (chunk["letters"], chunk["succeeded"], chunk["attempt"], chunk["epoch"]) == ("aa", 2, 1, 1)
    events = await rows.run("SELECT payload FROM outbox WHERE key = $1", str(job).encode())
    assert len(events) == 3
    assert [one.no for one in worker.courier.carried] == [0, 1, 2]


async def test_products_run_in_order_one_at_a_time(rows: Rows, worker: LaneSide) -> None:
    first, second = await rows.add_job(), await rows.add_job()
    await rows.add_chunks(second, 3)
    await rows.add_chunks(first, 3)
    await worker.ring(rows.route)
    await _done(rows, first, second)
    assert [(one.job_id, one.no) for one in worker.courier.carried] == [
        (job, no) for job in (first, second) for no in range(3)
    ]
    assert worker.courier.most_at_once == 1


async def test_the_next_chunk_begins_beside_the_present_one_when_the_courier_says_so_and_no_third(
    rows: Rows, worker: LaneSide
) -> None:
    gate = worker.courier.hold("push_products")
    worker.courier.overlaps = True
    job = await rows.add_job()
    await rows.add_chunks(job, 4)
    await worker.ring(rows.route)
    await until(lambda: len(worker.courier.carried) == 2)
    lane = next(iter(worker.lanes))
    assert [no for _, no in lane.under_way] == [0, 1]
    assert [no for _, no in sorted(lane.unbegun)] == [2, 3]
    gate.set()
    await _done(rows, job)
    assert [one.no for one in worker.courier.carried] == [0, 1, 2, 3]
    assert worker.courier.most_at_once == 2


async def test_stock_does_not_wait_for_a_product_chunk_under_way(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_products")
    products, stock = await rows.add_job(), await rows.add_job("push_stock")
    await rows.add_chunks(products, 2)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await rows.add_chunks(stock, 1)
    await worker.ring(rows.route)
    await _done(rows, stock)
    assert await rows.states(products) == ["claimed", "claimed"]
    assert worker.courier.most_at_once == 2
    gate.set()
    await _done(rows, products)


async def test_stock_overtakes_prices_that_wait(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_prices")
    prices, stock = await rows.add_job("push_prices"), await rows.add_job("push_stock")
    await rows.add_chunks(prices, 3)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await rows.add_chunks(stock, 1)
    await worker.ring(rows.route)
    gate.set()
    await _done(rows, prices, stock)
    assert [one.operation for one in worker.courier.carried] == [
        "push_prices",
        "push_stock",
        "push_prices",
        "push_prices",
    ]


async def test_the_sent_mark_stands_before_the_call_and_one_chunk_ahead(rows: Rows, start_worker) -> None:
    worker = await start_worker(marked=True)
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 4)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    assert (await rows.states(job))[0] == "sent"

    async def one_ahead() -> bool:
        return await rows.states(job) == ["sent", "sent", "claimed", "claimed"]

    await until(one_ahead)
    gate.set()
    await _done(rows, job)


async def test_without_a_mark_chunks_stay_claimed_until_their_outcome(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    assert await rows.states(job) == ["claimed", "claimed"]
    gate.set()
    await _done(rows, job)


async def test_chunks_of_a_cancelled_job_are_cancelled_instead_of_sent(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 3)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await rows.run("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    await worker.clock.advance(1.5)  # what was learnt of the next chunk one ahead is too old now
    gate.set()
    await _done(rows, job)
    assert [(await rows.chunk(job, no))["letters"] for no in range(3)] == ["aa", "xx", "xx"]
    last = await rows.chunk(job, 2)
    assert (last["cancelled"], last["attempt"]) == (2, 0)
    assert len(worker.courier.carried) == 1


async def test_what_may_be_at_the_shop_is_asked_for_although_its_job_is_cancelled(rows: Rows, worker: LaneSide) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 1, items=4)
    await rows.run("UPDATE chunks SET letters = '.uwa' WHERE job_id = $1", job)
    await rows.run("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job)
    await worker.ring(rows.route)
    await _done(rows, job)
    assert worker.courier.carried[0].letters == "xuwa"
    assert (await rows.chunk(job))["letters"] == "xaaa"


async def test_a_wait_is_parked_in_the_chunk(rows: Rows, worker: LaneSide) -> None:
    until_when = worker.clock.now().replace(year=2031)
    worker.courier.answer = lambda chunk: ChunkResult(
        chunk, "a.", wait=Wait(ReasonCode.THROTTLED, until_when), called=True
    )
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)

    async def waits() -> bool:
        return await rows.states(job) == ["waiting"]

    await until(waits)
    chunk = await rows.chunk(job)
    assert (chunk["not_before"], chunk["wait_reason"], chunk["succeeded"]) == (until_when, "throttled", 1)


async def test_a_lane_that_is_empty_for_two_seconds_frees_its_route_with_its_budgets(
    rows: Rows, worker: LaneSide
) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)
    await _done(rows, job)
    await worker.lanes.tick()
    assert rows.route in worker.lanes
    await until(lambda: worker.lanes._lanes[rows.route].idle)
    await worker.clock.advance(2.1)
    await worker.lanes.tick()
    assert rows.route not in worker.lanes
    route = await rows.route_row()
    assert (route["worker_id"], route["budgets"], route["chunks_per_second"]) == (None, {"left": 7}, 4.0)
    assert worker.courier.forgotten == [rows.route]


async def test_a_lane_with_a_call_under_way_is_not_idle_however_long_it_takes(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await worker.clock.advance(5)
    await worker.lanes.tick()
    assert rows.route in worker.lanes
    gate.set()
    await _done(rows, job)


async def test_the_measured_pace_reaches_the_dispatcher_while_the_lane_works(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await worker.clock.advance(2.5)
    await worker.lanes.tick()
    assert (await rows.route_row())["chunks_per_second"] == 4.0
    gate.set()
    await _done(rows, job)


async def test_a_lost_partition_ends_the_call_under_way_and_returns_the_rest(rows: Rows, start_worker) -> None:
    worker = await start_worker(marked=True)
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 4)
    await worker.ring(rows.route, partition=("bells", 1))
    await until(lambda: worker.courier.carried)

    async def one_ahead() -> bool:
        return (await rows.states(job))[:2] == ["sent", "sent"]

    await until(one_ahead)
    worker.assigned = {("bells", 0)}
    worker.lanes.partitions_assigned("bells", [0])
    await asyncio.sleep(0.05)
    assert (await rows.route_row())["worker_id"] == worker.worker_id  # the call is still ours
    gate.set()
    await until(lambda: rows.route not in worker.lanes)
    assert await rows.states(job) == ["done", "pending", "pending", "pending"]
    assert [row["look_up"] for row in await rows.run("SELECT look_up FROM chunks WHERE job_id = $1", job)] == [
        False
    ] * 4
    assert (await rows.route_row())["worker_id"] is None
    assert len(worker.courier.carried) == 1


async def test_a_chunk_whose_beginning_is_asked_when_the_partition_goes_is_given_back_unsent(
    rows: Rows, start_worker
) -> None:
    worker = await start_worker(marked=True)
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)
    await asyncio.sleep(0)  # the lane has asked for its beginning and waits for the answer
    worker.lanes.partitions_assigned("bells", [])
    await until(lambda: rows.route not in worker.lanes)
    chunk = await rows.chunk(job)
    assert (chunk["state"], chunk["look_up"], chunk["attempt"]) == ("pending", False, 0)
    assert worker.courier.carried == []


async def test_a_lane_whose_partition_stays_goes_on(rows: Rows, worker: LaneSide) -> None:
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    await worker.ring(rows.route, partition=("bells", 1))
    await until(lambda: worker.courier.carried)
    worker.lanes.partitions_assigned("bells", [1])
    worker.lanes.partitions_assigned("other bells", [0])
    gate.set()
    await _done(rows, job)
    assert len(worker.courier.carried) == 2


async def test_a_bell_of_a_partition_that_is_not_ours_is_dropped(rows: Rows, worker: LaneSide) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route, partition=("bells", 9))
    assert await rows.states(job) == ["rung"]


async def test_a_partition_that_goes_away_during_the_claim_gives_the_chunks_back(rows: Rows, worker: LaneSide) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    answers = iter([True, False])
    worker.lanes._is_assigned = lambda _partition: next(answers, False)
    await worker.ring(rows.route)
    await until(lambda: rows.route not in worker.lanes)
    assert await rows.states(job) == ["pending", "pending"]
    assert worker.courier.carried == []


async def test_stopping_hands_over_every_lane(rows: Rows, worker: LaneSide) -> None:
    _, other = await rows.add_connector()
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    await worker.ring(rows.route, other)
    await until(lambda: worker.courier.carried)
    stopping = asyncio.create_task(worker.lanes.stop(5))
    await asyncio.sleep(0.02)
    gate.set()
    await stopping
    assert await rows.states(job) == ["done", "pending"]
    assert len(worker.lanes) == 0
    await rows.run("UPDATE chunks SET state = 'rung' WHERE job_id = $1 AND no = 1", job)
    await worker.ring(rows.route)
    assert (await rows.states(job))[1] == "rung"


async def test_a_call_that_outlasts_the_stop_is_cut_off_and_will_be_looked_up(rows: Rows, start_worker) -> None:
    worker = await start_worker(marked=True)
    worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await worker.lanes.stop(0.05)
    assert await rows.states(job) == ["pending", "pending"]
    looked = await rows.run("SELECT look_up FROM chunks WHERE job_id = $1 ORDER BY no", job)
    assert [row["look_up"] for row in looked] == [True, False]
    assert (await rows.route_row())["worker_id"] is None


async def test_a_worker_that_was_only_cut_off_for_a_while_looks_up_what_it_was_carrying(
    rows: Rows, worker: LaneSide
) -> None:
    worker.courier.fail_with = [WorkerLostError("too old")]
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    await worker.ring(rows.route)
    await _done(rows, job)
    assert [one.look_up for one in worker.courier.carried] == [False, True]


async def test_a_courier_that_crashes_fails_the_items_once_and_the_lane_goes_on(
    rows: Rows, worker: LaneSide, caplog: pytest.LogCaptureFixture
) -> None:
    worker.courier.fail_with = [ValueError("a bug")]
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    await worker.ring(rows.route)
    await _done(rows, job)
    assert [(await rows.chunk(job, no))["letters"] for no in range(2)] == ["rr", "aa"]
    issues = await rows.run("SELECT reason FROM item_issues WHERE job_id = $1", job)
    assert [row["reason"] for row in issues] == ["internal", "internal"]


async def test_two_workers_never_carry_one_route_at_once(rows: Rows, start_worker) -> None:
    first, second = await start_worker(), await start_worker()
    gates = [worker.courier.hold("push_products") for worker in (first, second)]
    job = await rows.add_job()
    await rows.add_chunks(job, 4)
    await asyncio.gather(first.ring(rows.route), second.ring(rows.route))
    await until(lambda: first.courier.carried or second.courier.carried)
    await asyncio.gather(first.ring(rows.route), second.ring(rows.route))
    for gate in gates:
        gate.set()
    await _done(rows, job)
    assert sorted([len(first.courier.carried), len(second.courier.carried)]) == [0, 4]


@pytest.mark.stack
async def test_a_restart_of_the_database_loses_and_repeats_nothing(
    rows: Rows, start_worker, postgres: EmbeddedPostgres
) -> None:
    worker = await start_worker(marked=True)
    gate = worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 10)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    await postgres.kill()
    gate.set()  # the outcome of the call under way meets a database that is away
    await asyncio.sleep(0.3)
    await postgres.start()

    async def done() -> bool:
        with contextlib.suppress(Exception):
            return {*await rows.states(job)} == {"done"}
        return False

    await until(done, 20)
    assert [one.no for one in worker.courier.carried] == list(range(10))
    await until(lambda: worker.life.remaining() > 0)
