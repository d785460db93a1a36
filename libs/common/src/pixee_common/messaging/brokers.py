"""The one place where brokers, subscribers and producers are built: FastStream's and aiokafka's defaults lose messages.

What is overridden and why: at-most-once acknowledgement (MANUAL instead), `acks=1` (idempotent producer, acks=all), topics made
by accident (never), metadata kept for five minutes (an emptied broker would leave a group with no partitions that long),
round-robin assignment over topics (range), reading from the end (from the beginning).
Measured: the eventing notes, sections 1.2, 1.3 and 3.8.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

_log = logging.getLogger(__name__)

SUBSCRIBER: dict[str, Any] = {
    "batch": True,
    "ack_policy": AckPolicy.MANUAL,
    "auto_offset_reset": "earliest",
    "partition_assignment_strategy": (RangePartitionAssignor,),
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 1_000,
    "rebalance_timeout_ms": 30_000,
    "max_poll_interval_ms": 300_000,
    "batch_timeout_ms": 20,
    "max_records": 500,
}
"""Options of every subscriber."""


def build_broker(bootstrap: str, client_id: str) -> KafkaBroker:
    """A broker that only consumes: everything of ours leaves through the outbox."""
    return KafkaBroker(
        bootstrap,
        client_id=client_id,
        consumer_only=True,
        allow_auto_create_topics=False,
        metadata_max_age_ms=5_000,
        request_timeout_ms=40_000,
        enable_idempotence=True,
        acks="all",
        graceful_timeout=10.0,
        ack_policy=AckPolicy.MANUAL,
        logger=None,
    )


def build_producer(bootstrap: str, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer for the relay."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        enable_idempotence=True,
        acks="all",
        linger_ms=5,
        max_batch_size=262_144,
        max_request_size=1_048_576,
        compression_type="zstd",
        request_timeout_ms=10_000,
        metadata_max_age_ms=5_000,
    )


class BrokerRunner:
    """Keeps a FastStream broker running: starts it again, newly built, for as long as Kafka is away.

    A service is healthy without Kafka: PostgreSQL holds what is true, sweeps do the rest.
    """

    def __init__(self, build: Callable[[], KafkaBroker]) -> None:
        self._build = build
        self.broker: KafkaBroker | None = None
        self.running = False

    async def run(self) -> None:
        """Until it is cancelled."""
        pause = 0.2
        while True:
            broker = self._build()
            try:
                await broker.start()
            except Exception as error:
                _log.warning("Kafka cannot be reached (%s), trying again", type(error).__name__)
                await self._stop(broker)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
                continue
            self.broker, self.running = broker, True
            try:
                await asyncio.Event().wait()
            finally:
                self.running = False
                await self._stop(broker)

    @staticmethod
    async def _stop(broker: KafkaBroker) -> None:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(broker.stop(), timeout=12)
