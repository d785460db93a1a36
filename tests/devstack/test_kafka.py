"""The embedded Kafka keeps messages over stops and crashes, and forgets all when it is emptied."""

import os

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pixee_devstack.errors import FolderInUseError
from pixee_devstack.kafka import EmbeddedKafka

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
async def kafka(tmp_path_factory):
    broker = EmbeddedKafka(tmp_path_factory.mktemp("kafka"))
    await broker.start()
    yield broker
    await broker.stop()


async def create_topic(broker: EmbeddedKafka, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])
    finally:
        await admin.close()


async def topics(broker: EmbeddedKafka) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def produce(broker: EmbeddedKafka, topic: str, values: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def consume(broker: EmbeddedKafka, topic: str, count: int, group: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap, group_id=group, auto_offset_reset="earliest", session_timeout_ms=2000
    )
    await consumer.start()
    try:
        return sorted([(await consumer.getone()).value for _ in range(count)])
    finally:
        await consumer.stop()


async def test_messages_are_there_after_a_stop_and_after_a_crash_on_the_same_port(kafka):
    values = [b"message %02d" % number for number in range(30)]
    await create_topic(kafka, "kept")
    await produce(kafka, "kept", values)
    bootstrap = kafka.bootstrap

    await kafka.restart()
    assert await consume(kafka, "kept", len(values), "after-stop") == values

    await kafka.kill()
    assert not kafka.running
    await kafka.start()
    assert await consume(kafka, "kept", len(values), "after-crash") == values
    assert kafka.bootstrap == bootstrap


async def test_an_emptied_broker_knows_nothing_and_works_on_the_same_port(kafka):
    await create_topic(kafka, "forgotten")
    bootstrap, meta = kafka.bootstrap, kafka.data_dir / "data" / "meta.properties"
    before = meta.read_text()
    await kafka.empty(crash=True)
    assert "forgotten" not in await topics(kafka)
    assert kafka.bootstrap == bootstrap
    assert meta.read_text() != before
    await create_topic(kafka, "fresh")
    await produce(kafka, "fresh", [b"one"])
    assert await consume(kafka, "fresh", 1, "after-empty") == [b"one"]


async def test_topics_are_never_made_by_themselves(kafka):
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap)
    await consumer.start()
    try:
        assert consumer.partitions_for_topic("nobody-made-me") is None
        consumer.subscribe(["nobody-made-me"])
        await consumer.getmany(timeout_ms=300)
    finally:
        await consumer.stop()
    assert "nobody-made-me" not in await topics(kafka)


async def test_a_second_broker_on_the_folder_is_refused(kafka):
    with pytest.raises(FolderInUseError, match=f"in use by process {os.getpid()}"):
        await EmbeddedKafka(kafka.data_dir).start()
