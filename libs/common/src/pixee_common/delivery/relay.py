"""The relay: takes rows from the outbox and publishes them. Every service runs one; rows are taken with SKIP LOCKED, so nobody leads.

A row is deleted in the transaction that holds while it is published: a crash repeats messages, it never loses one. While Kafka
is away the relay looks once a second, outside any transaction; a producer that failed is built anew, and topics that are
missing (an emptied broker) are made again before anything is sent.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidTopicError, MessageSizeTooLargeError

from pixee_common.db import Connection, Database
from pixee_common.delivery import dead_letters
from pixee_common.messaging.brokers import build_producer
from pixee_common.messaging.provisioning import provision
from pixee_common.messaging.settings import TopicSettings
from pixee_common.messaging.topics import topics as table
from pixee_common.telemetry import inject, span

_log = logging.getLogger(__name__)

BATCH = 500
BATCH_BYTES = 16 * 1024 * 1024
"""Where rows are large, fewer are taken at once: what cannot be published in the time given would be tried again for ever."""
_SWEEP_SECONDS = 1.0
_PUBLISH_SECONDS = 8.0

_TAKE = """
WITH locked AS MATERIALIZED (
    SELECT id, octet_length(payload) AS bytes FROM outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
), taken AS MATERIALIZED (
    SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM locked) l WHERE before < $2
)
DELETE FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM taken))
RETURNING id, topic, key, payload, headers
"""
_HOPELESS = (MessageSizeTooLargeError, InvalidTopicError)


class Relay:
    """Moves the outbox to Kafka until it is cancelled. `wake` is called on each notification of the outbox channel."""

    def __init__(self, database: Database, bootstrap: str, topics: TopicSettings, *, name: str) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._topics = topics
        self._name = name
        self._awake = asyncio.Event()
        # A producer waits for the metadata of a topic that nobody makes, and everything behind it with it.
        self._known = frozenset(topic.name for topic in table())
        self._producer: AIOKafkaProducer | None = None
        self.published = 0

    def wake(self, _payload: str = "") -> None:
        """There may be rows."""
        self._awake.set()

    async def run(self) -> None:
        """For ever."""
        try:
            while True:
                self._awake.clear()
                if not await self._round():
                    # Not wait_for: Python 3.11's forgets a cancellation that comes in the moment of a wake, and this would go on.
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_SWEEP_SECONDS):
                            await self._awake.wait()
        finally:
            await self._drop_producer()

    async def _round(self) -> bool:
        """Whether there may be more to publish at once."""
        try:
            if self._producer is None:
                await self._open_producer()
            return await self._move()
        except Exception as error:
            _log.warning("outbox: %s, trying again", type(error).__name__)
            await self._drop_producer()
            await asyncio.sleep(_SWEEP_SECONDS)
            return False

    async def _open_producer(self) -> None:
        await provision(self._bootstrap, self._topics)
        producer = build_producer(self._bootstrap, f"pixee-{self._name}-relay")
        try:
            await producer.start()
        except BaseException:
            with contextlib.suppress(Exception):
                await producer.stop()
            raise
        self._producer = producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(producer.stop(), timeout=3)

    async def _move(self) -> bool:
        async with self._database.transaction() as connection:
            rows = sorted(await connection.fetch(_TAKE, BATCH, BATCH_BYTES), key=lambda row: int(row["id"]))
            if rows:
                async with asyncio.timeout(_PUBLISH_SECONDS):
                    await self._publish(connection, rows)
        self.published += len(rows)
        return len(rows) >= BATCH or sum(len(row["payload"]) for row in rows) >= BATCH_BYTES

    async def _publish(self, connection: Connection, rows: Sequence[Any]) -> None:
        if self._producer is None:
            raise RuntimeError("the relay publishes only with a producer")
        sent = [await self._send(self._producer, row) for row in rows]
        for row, answer in zip(rows, await asyncio.gather(*sent, return_exceptions=True), strict=True):
            if isinstance(answer, _HOPELESS):
                await dead_letters.set_aside(
                    connection,
                    topic=row["topic"],
                    key=row["key"],
                    payload=row["payload"],
                    headers=row["headers"],
                    reason="unpublishable",
                    message=type(answer).__name__,
                    source=self._name,
                )
            elif isinstance(answer, BaseException):
                raise answer

    async def _send(self, producer: AIOKafkaProducer, row: Any) -> "asyncio.Future[Any]":
        if row["topic"] not in self._known:
            return _failed(InvalidTopicError("no topic of ours"))
        headers: dict[str, str] = row["headers"]
        if "traceparent" in headers:
            with span(f"publish {row['topic']}", kind="producer", parent=headers):
                headers = headers | inject()
        encoded = [(name, value.encode()) for name, value in headers.items()]
        try:
            future: asyncio.Future[Any] = await producer.send(
                row["topic"], value=row["payload"], key=row["key"], headers=encoded
            )
        except _HOPELESS as error:
            return _failed(error)
        return future


def _failed(error: Exception) -> "asyncio.Future[Any]":
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future
