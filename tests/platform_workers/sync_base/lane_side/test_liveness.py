"""A worker's life: heartbeats, the moment it counts itself dead, and what happens when others have buried it."""

import asyncio

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import LaneSide, until

from pixee_common.clock import FakeClock
from pixee_common.db import Database
from pixee_workers.sync_base.chunks import WorkerLostError
from pixee_workers.sync_base.liveness import DEAD_AFTER, Incarnation


async def _beat(worker: LaneSide, seconds: float = 2.0) -> None:
    before = worker.life.remaining()
    await worker.clock.advance(seconds)
    await until(lambda: worker.life.remaining() > before - seconds + 0.01)


async def test_a_worker_has_a_row_that_each_heartbeat_renews(rows: Rows, worker: LaneSide) -> None:
    row = await rows.one("SELECT * FROM workers WHERE id = $1", worker.worker_id)
    assert row["platforms"] == ["woocommerce"]
    await _beat(worker)
    later = await rows.one("SELECT * FROM workers WHERE id = $1", worker.worker_id)
    assert later["heartbeat_at"] > row["heartbeat_at"]
    assert worker.life.remaining() == pytest.approx(DEAD_AFTER)


async def test_a_life_ends_when_its_last_heartbeat_is_too_old() -> None:
    clock = FakeClock()
    life = Incarnation("w", clock, clock.monotonic())
    lost = asyncio.create_task(life.lost())
    await clock.advance(DEAD_AFTER - 0.5)
    life.check()
    assert not lost.done()
    life.beaten(clock.monotonic())
    await clock.advance(DEAD_AFTER - 0.5)
    assert not lost.done()  # the deadline moved with the heartbeat
    await clock.advance(0.6)
    await asyncio.wait_for(lost, 1)
    with pytest.raises(WorkerLostError):
        life.check()


async def test_a_buried_life_is_lost_at_once() -> None:
    clock = FakeClock()
    life = Incarnation("w", clock, clock.monotonic())
    lost = asyncio.create_task(life.lost())
    await asyncio.sleep(0)
    life.bury()
    await asyncio.wait_for(lost, 1)
    assert life.remaining() == 0
    assert await life.settled() is False


async def test_a_buried_worker_drops_its_lanes_and_joins_under_a_new_id(rows: Rows, worker: LaneSide) -> None:
    worker.courier.hold("push_products")
    job = await rows.add_job()
    await rows.add_chunks(job, 2)
    await worker.ring(rows.route)
    await until(lambda: worker.courier.carried)
    old = worker.life
    await rows.run("DELETE FROM workers WHERE id = $1", old.worker_id)
    await rows.run("UPDATE routes SET worker_id = NULL, epoch = epoch + 1 WHERE route_key = $1", rows.route)
    await rows.run("UPDATE chunks SET state = 'pending' WHERE job_id = $1", job)
    await worker.clock.advance(2)
    await until(lambda: worker.life is not old)
    assert old.buried
    assert len(worker.lanes) == 0
    assert worker.courier.forgotten == [rows.route]
    assert await rows.states(job) == ["pending", "pending"]
    assert await rows.one("SELECT FROM workers WHERE id = $1", worker.worker_id) is not None

    worker.courier.gates.clear()
    await rows.run("UPDATE chunks SET state = 'rung' WHERE job_id = $1", job)
    await worker.ring(rows.route)

    async def done() -> bool:
        return await rows.states(job) == ["done", "done"]

    await until(done)
    assert (await rows.route_row())["epoch"] == 3


async def test_an_outage_shorter_than_death_changes_nothing_and_the_heartbeat_comes_back_first(
    rows: Rows, worker: LaneSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = worker.life
    real = Database.connection

    def away(self):
        raise ConnectionRefusedError

    monkeypatch.setattr(Database, "connection", away)
    await worker.clock.advance(7)
    assert worker.life.remaining() < 2
    monkeypatch.setattr(Database, "connection", real)
    await worker.clock.advance(0.3)
    await until(lambda: worker.life.remaining() > 8)
    assert worker.life is old
