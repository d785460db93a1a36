"""Bell, claim, lane on real Kafka: two workers, a join in the middle of the work, and bells that are none."""

import asyncio
import contextlib

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import until
from platform_workers.sync_base.lane_side.on_kafka import RungWorker

from pixee_common.clock import FakeClock
from pixee_common.db import Connection
from pixee_common.delivery import outbox
from pixee_common.delivery.relay import Relay
from pixee_common.events import RouteRung
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import platform_topic
from pixee_devstack.kafka import EmbeddedKafka

pytestmark = pytest.mark.stack

TOPIC = platform_topic("woocommerce")


async def _bell(rows: Rows, *routes: str) -> None:
    async def put(connection: Connection) -> None:
        for route in routes:
            await outbox.put(connection, TOPIC, RouteRung(route_key=route, platform="woocommerce"), source="test")

    await rows.owner.run(put)


@pytest.fixture
async def relay(kafka: EmbeddedKafka, owner):
    running = asyncio.create_task(Relay(owner, kafka.bootstrap, TopicSettings(), name="test").run())
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_worker_that_joins_takes_over_routes_without_calling_anything_twice(
    rows: Rows, kafka: EmbeddedKafka, relay, start_worker
) -> None:
    routes = {rows.connector: rows.route, **dict([await rows.add_connector() for _ in range(11)])}
    jobs = {connector: await rows.add_job(connector=connector) for connector in routes}
    for job in jobs.values():
        await rows.add_chunks(job, 4)
    first = RungWorker(await start_worker(), kafka.bootstrap)
    second = RungWorker(await start_worker(clock=FakeClock()), kafka.bootstrap)
    gate = first.side.courier.hold("push_products")
    async with contextlib.AsyncExitStack() as stack:
        await first.start()
        stack.push_async_callback(first.stop)
        await until(lambda: first.partitions == 6, 30)
        await _bell(rows, *routes.values())
        await until(lambda: len(first.side.courier.carried) == 12, 30)

        await second.start()
        stack.push_async_callback(second.stop)
        await until(lambda: second.partitions == 3, 30)
        assert second.side.courier.carried == []
        gate.set()

        async def over() -> bool:
            held = await rows.run("SELECT DISTINCT state FROM chunks WHERE account_id = $1", rows.account)
            return {row["state"] for row in held} <= {"done", "pending"}

        await until(over, 30)
        await rows.run("UPDATE chunks SET state = 'rung' WHERE state = 'pending' AND account_id = $1", rows.account)
        await _bell(rows, *routes.values())

        async def done() -> bool:
            left = await rows.one(
                "SELECT count(*) AS n FROM chunks WHERE state <> 'done' AND account_id = $1", rows.account
            )
            return left["n"] == 0

        await until(done, 30)
    carried = [(one.job_id, one.no) for side in (first.side, second.side) for one in side.courier.carried]
    assert len(carried) == len(set(carried)) == 48
    assert second.side.courier.carried
    for side in (first.side, second.side):  # order within each route
        for job in jobs.values():
            numbers = [one.no for one in side.courier.carried if one.job_id == job]
            assert numbers == sorted(numbers)


async def test_a_bell_that_nobody_can_read_is_set_aside_and_the_next_one_rings(
    rows: Rows, kafka: EmbeddedKafka, relay, start_worker
) -> None:
    job = await rows.add_job()
    await rows.add_chunks(job, 1)
    worker = RungWorker(await start_worker(), kafka.bootstrap)
    await worker.start()
    try:
        await until(lambda: worker.partitions == 6, 30)
        await rows.run(
            "INSERT INTO outbox (topic, key, payload, headers) VALUES ($1, $2, 'no bell', '{}')",
            TOPIC,
            rows.route.encode(),
        )
        await _bell(rows, rows.route)

        async def done() -> bool:
            return await rows.states(job) == ["done"]

        await until(done, 30)
        letter = await rows.one("SELECT * FROM dead_letters WHERE topic = $1 AND key = $2", TOPIC, rows.route.encode())
        assert (letter["payload"], letter["reason"]) == (b"no bell", "unreadable")
    finally:
        await worker.stop()
