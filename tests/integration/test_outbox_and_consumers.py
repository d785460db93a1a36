"""The outbox, the relay and a consumer on real Kafka and real PostgreSQL, with the broker killed and emptied in the middle."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from pixee_common.clock import SystemClock
from pixee_common.db import Connection, Database
from pixee_common.delivery import outbox
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.delivery.relay import Relay
from pixee_common.events import RouteRung
from pixee_common.messaging.brokers import BrokerRunner, build_broker
from pixee_common.messaging.consuming import Received, UnreadableError, read, subscribe
from pixee_common.messaging.provisioning import provision
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import REQUESTED
from pixee_devstack.kafka import EmbeddedKafka

pytestmark = pytest.mark.stack


class Consumer:
    """Collects route keys; unreadable messages go to the dead letters."""

    def __init__(self, bootstrap: str, box: DeadLetterBox) -> None:
        self.seen: list[str] = []
        self._box = box
        self._runner = BrokerRunner(lambda: self._build(bootstrap))
        self.group = f"test-{uuid4()}"

    def _build(self, bootstrap: str):
        broker = build_broker(bootstrap, "test")
        subscribe(broker, REQUESTED, group=self.group, handle=self._handle, set_aside=self._box)
        return broker

    async def _handle(self, batch: Sequence[Received]) -> None:
        for message in batch:
            try:
                self.seen.append(read(message, RouteRung).route_key)
            except UnreadableError as error:
                await self._box([message], "unreadable", str(error))

    async def run(self) -> None:
        await self._runner.run()

    async def until(self, names: set[str], seconds: float = 100) -> None:
        async with asyncio.timeout(seconds):
            while not names <= set(self.seen):
                await asyncio.sleep(0.05)


async def _ring(database: Database, name: str) -> None:
    async def put(connection: Connection) -> None:
        await outbox.put(connection, REQUESTED, RouteRung(route_key=name, platform="shopify"), source="test")

    await database.run(put)


@contextlib.asynccontextmanager
async def _running(*coroutines):
    tasks = [asyncio.create_task(one) for one in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_messages_survive_a_killed_and_an_emptied_broker_and_bad_ones_are_set_aside(
    kafka: EmbeddedKafka, owner: Database, as_role
) -> None:
    async with owner.transaction() as connection:  # what other tests left would all become dead letters here
        await connection.execute("DELETE FROM outbox")
    gateway = as_role("gateway")
    relay = Relay(gateway, kafka.bootstrap, TopicSettings(), name="test")
    consumer = Consumer(kafka.bootstrap, DeadLetterBox(owner, SystemClock(), source="test"))
    await _ring(owner, "before")
    async with _running(relay.run(), consumer.run()):
        await consumer.until({"before"})

        await kafka.kill()
        await _ring(owner, "while away")
        await kafka.start()
        await consumer.until({"while away"})

        await kafka.empty()
        await _ring(owner, "after emptied")
        await consumer.until({"after emptied"})

        async with owner.transaction() as connection:
            await connection.execute(
                "INSERT INTO outbox (topic, key, payload, headers) VALUES ($1, 'k', $2, '{}')", REQUESTED, b"4"
            )
        async with asyncio.timeout(60):
            while True:
                async with owner.connection() as connection:
                    row = await connection.fetchrow(
                        "SELECT payload, reason FROM dead_letters WHERE topic = $1 AND payload = '4'", REQUESTED
                    )
                if row:
                    break
                await asyncio.sleep(0.1)
        assert (row["payload"], row["reason"]) == (b"4", "unreadable")
        async with owner.transaction() as connection:
            await connection.execute(
                "INSERT INTO outbox (topic, key, payload, headers) VALUES ('pixee.nowhere.v1', 'k', 'lost', '{}')"
            )
        await _ring(owner, "behind a topic that nobody has")
        await consumer.until({"behind a topic that nobody has"})
        async with owner.connection() as connection:
            reason = await connection.fetchval("SELECT reason FROM dead_letters WHERE topic = 'pixee.nowhere.v1'")
        assert reason == "unpublishable"
    async with owner.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM outbox") <= 1  # the dead letter's own message may wait


async def test_a_message_with_odd_headers_or_a_nul_is_a_dead_letter_and_its_neighbours_go_on(
    kafka: EmbeddedKafka, owner: Database
) -> None:
    consumer = Consumer(kafka.bootstrap, DeadLetterBox(owner, SystemClock(), source="test"))
    good = RouteRung(route_key="first of them", platform="shopify").body()
    last = RouteRung(route_key="last of them", platform="shopify").body()
    await provision(kafka.bootstrap, TopicSettings())
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(REQUESTED, good, headers=[("traceparent", b"\xff\xfe")])
        await producer.send_and_wait(REQUESTED, b"\xff", headers=[("ce\x00id", b"a\x00b"), ("empty", None)])
        await producer.send_and_wait(REQUESTED, last)
    finally:
        await producer.stop()
    async with _running(consumer.run()):
        await consumer.until({"first of them", "last of them"})
        async with asyncio.timeout(60):
            while await _kept_with_nul(owner) != [("unreadable", "a\ufffdb")]:
                await asyncio.sleep(0.1)


async def _kept_with_nul(owner: Database) -> list[tuple[str, str]]:
    async with owner.connection() as connection:
        rows = await connection.fetch(
            "SELECT reason, headers FROM dead_letters WHERE topic = $1 AND headers ? 'ce\ufffdid' ORDER BY id",
            REQUESTED,
        )
    return [(row["reason"], row["headers"]["ce\ufffdid"]) for row in rows]
