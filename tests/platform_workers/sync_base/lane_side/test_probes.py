"""Probes: who takes one, and that the merchant gets an answer whatever happens."""

import asyncio
from uuid import UUID

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import LaneSide, until

from pixee_common.domain.ids import new_id
from pixee_workers.sync_base.probes import Probes


class FakeProber:
    def __init__(self) -> None:
        self.asked: list[tuple[UUID, str]] = []
        self.error: Exception | None = None

    async def probe(self, connector_id, kind, life):
        self.asked.append((connector_id, kind))
        if self.error is not None:
            raise self.error
        return {"success": True}


@pytest.fixture
def probes_of():
    """Probes of a worker, with a prober that calls nobody."""

    def make(worker: LaneSide) -> tuple[Probes, FakeProber]:
        prober = FakeProber()
        return Probes(worker.database, worker.liveness, prober, worker.clock, ["woocommerce"]), prober

    return make


async def _ask(rows: Rows, *, seconds_ago: float = 0.0, platform: str = "woocommerce") -> UUID:
    probe = new_id()
    await rows.run(
        "INSERT INTO probes (id, account_id, connector_id, platform, route_key, asked_at)"
        " VALUES ($1, $2, $3, $4, $5, now() - make_interval(secs => $6))",
        probe, rows.account, rows.connector, platform, rows.route, seconds_ago,
    )  # fmt: skip
    return probe


async def _row(rows: Rows, probe: UUID):
    return await rows.one("SELECT * FROM probes WHERE id = $1", probe)


async def test_a_probe_of_a_free_route_is_taken_at_once_and_answered(rows: Rows, worker: LaneSide, probes_of) -> None:
    probes, prober = probes_of(worker)
    probe = await _ask(rows)
    assert await probes.sweep() == 1
    await probes.settled()
    row = await _row(rows, probe)
    assert (row["answer"], row["worker_id"]) == ({"success": True}, worker.worker_id)
    assert row["answered_at"] is not None
    assert prober.asked == [(rows.connector, "test")]
    assert await probes.sweep() == 0


async def test_the_routes_owner_goes_first_and_another_worker_steps_in_after_a_third_of_a_second(
    rows: Rows, start_worker, probes_of
) -> None:
    owner, other = await start_worker(), await start_worker()
    await rows.run("UPDATE routes SET worker_id = $1 WHERE route_key = $2", owner.worker_id, rows.route)
    fresh = await _ask(rows)
    probes, _ = probes_of(other)
    assert await probes.sweep() == 0
    owners, _ = probes_of(owner)
    assert await owners.sweep() == 1
    await owners.settled()
    assert (await _row(rows, fresh))["worker_id"] == owner.worker_id
    await _ask(rows, seconds_ago=0.4)
    assert await probes.sweep() == 1
    await probes.settled()


async def test_probes_that_nobody_waits_for_any_more_or_of_other_platforms_are_left_alone(
    rows: Rows, worker: LaneSide, probes_of
) -> None:
    probes, _ = probes_of(worker)
    await _ask(rows, seconds_ago=21)
    await _ask(rows, platform="shopify")
    assert await probes.sweep() == 0


async def test_two_workers_answer_a_probe_once(rows: Rows, start_worker, probes_of) -> None:
    both = [probes_of(await start_worker()) for _ in range(2)]
    await _ask(rows, seconds_ago=0.5)
    taken = await asyncio.gather(*(probes.sweep() for probes, _ in both))
    assert sorted(taken) == [0, 1]
    for probes, _ in both:
        await probes.settled()
    assert sum(len(prober.asked) for _, prober in both) == 1


async def test_a_probe_that_crashes_is_answered_all_the_same(rows: Rows, worker: LaneSide, probes_of) -> None:
    probes, prober = probes_of(worker)
    prober.error = ValueError("a bug")
    probe = await _ask(rows)
    await probes.sweep()
    await probes.settled()
    answer = (await _row(rows, probe))["answer"]
    assert (answer["success"], answer["code"]) == (False, "internal")


async def test_a_notification_wakes_the_loop_and_the_sweep_finds_the_rest(
    rows: Rows, worker: LaneSide, probes_of
) -> None:
    probes, prober = probes_of(worker)
    task = asyncio.create_task(probes.run())
    await until(lambda: worker.clock.sleepers >= 2)  # the heartbeat and the probes
    await _ask(rows)
    probes.wake("id")
    await until(lambda: len(prober.asked) == 1)
    await _ask(rows)
    await worker.clock.advance(1.1)
    await until(lambda: len(prober.asked) == 2)
    await probes.settled()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
