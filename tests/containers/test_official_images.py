"""The switch to test containers: the road of one message, on the embedded servers always, on the official images where Docker answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from containers.images import declared, engine_refusal, kafka_env, official_kafka, official_postgres

from pixee_common.clock import SystemClock
from pixee_common.db import Connection, Database
from pixee_common.db.migrate import migrate
from pixee_common.delivery import outbox
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.delivery.relay import Relay
from pixee_common.events import RouteRung
from pixee_common.messaging.brokers import BrokerRunner, build_broker
from pixee_common.messaging.consuming import Received, read, subscribe
from pixee_common.messaging.provisioning import provision
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import REQUESTED, topics
from pixee_devstack.kafka import EmbeddedKafka
from pixee_devstack.postgres import EmbeddedPostgres

ROLE_PASSWORD = "only-for-tests"


@dataclass(frozen=True)
class Servers:
    """Where PostgreSQL (as its owner) and Kafka are."""

    dsn: str
    bootstrap: str

    def dsn_of(self, role: str) -> str:
        parts = urlsplit(self.dsn)
        return urlunsplit(parts._replace(netloc=f"{role}:{ROLE_PASSWORD}@{parts.netloc.rpartition('@')[2]}"))


@pytest.fixture
async def official() -> AsyncIterator[Servers]:
    """Containers of the official images; skips, saying why, where no Docker engine answers."""
    if (refusal := await asyncio.to_thread(engine_refusal)) is not None:
        pytest.skip(refusal)
    async with contextlib.AsyncExitStack() as stack:
        yield Servers(
            await stack.enter_async_context(_in_thread(official_postgres())),
            await stack.enter_async_context(_in_thread(official_kafka())),
        )


@pytest.mark.stack
async def test_a_message_goes_from_the_outbox_to_a_consumer_on_the_embedded_servers(
    postgres: EmbeddedPostgres, kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _road_of_a_message(Servers(postgres.dsn, kafka.bootstrap), monkeypatch)


@pytest.mark.stack
@pytest.mark.docker
async def test_a_message_goes_from_the_outbox_to_a_consumer_on_the_official_images(
    official: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _road_of_a_message(official, monkeypatch)


async def _road_of_a_message(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migration, topics, a row in the outbox written by the gateway's role, the relay, a consumer."""
    for service in ("GATEWAY", "ORCHESTRATOR", "WORKER"):
        monkeypatch.setenv(f"PIXEE_ROLE_PASSWORD_{service}", ROLE_PASSWORD)
    await migrate(servers.dsn)
    await provision(servers.bootstrap, TopicSettings())
    assert await provision(servers.bootstrap, TopicSettings()) == [], "every topic of the table is there"
    assert len(topics()) > 5

    gateway = Database(servers.dsn_of("pixee_gateway"), name="tests gateway", retry_for=10)
    route, seen = f"route-{uuid4()}", asyncio.Event()

    async def handle(batch: Sequence[Received]) -> None:
        if any(read(message, RouteRung).route_key == route for message in batch if route.encode() in message.value):
            seen.set()

    def build():
        broker = build_broker(servers.bootstrap, "test")
        box = DeadLetterBox(gateway, SystemClock(), source="test")
        subscribe(broker, REQUESTED, group=f"test-{uuid4()}", handle=handle, set_aside=box)
        return broker

    async def put(connection: Connection) -> None:
        await outbox.put(connection, REQUESTED, RouteRung(route_key=route, platform="shopify"), source="test")

    relay = Relay(gateway, servers.bootstrap, TopicSettings(), name="test")
    tasks = [asyncio.create_task(one) for one in (relay.run(), BrokerRunner(build).run())]
    try:
        await gateway.run(put)
        await asyncio.wait_for(seen.wait(), timeout=60)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await gateway.close()


def test_the_containers_are_those_of_the_compose_file() -> None:
    assert declared("postgres")["image"] == "postgres:18"
    assert declared("postgres")["environment"]["POSTGRES_PASSWORD"] == "only-for-tests"
    kafka = declared("kafka")
    assert kafka["image"].startswith("apache/kafka:")
    env = kafka_env(kafka["environment"], "127.0.0.1", 20001)
    assert env["KAFKA_ADVERTISED_LISTENERS"] == "INTERNAL://localhost:9092,OUTSIDE://127.0.0.1:20001"
    assert env["KAFKA_CONTROLLER_QUORUM_VOTERS"] == "1@localhost:9093"
    assert "OUTSIDE://:19092" in env["KAFKA_LISTENERS"]
    assert not [value for value in env.values() if "${" in value]


@contextlib.asynccontextmanager
async def _in_thread(container: contextlib.AbstractContextManager[str]) -> AsyncIterator[str]:
    """A container that starts and stops without holding the event loop up."""
    place = await asyncio.to_thread(container.__enter__)
    try:
        yield place
    finally:
        await asyncio.to_thread(container.__exit__, None, None, None)
