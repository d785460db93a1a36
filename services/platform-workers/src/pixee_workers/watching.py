"""Health of a worker: only a restart helps when a consumer has silently stopped; Kafka or PostgreSQL being away is no such case.

aiokafka consumers have been seen to stop without an error (its issues 625 and 1037), and FastStream starts crashed loops again
without a word. So the position of each consumer is looked at: it moves, or there is nothing to read, or a batch is in hand.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from pixee_common.clock import Clock
from pixee_common.db import Database
from pixee_common.messaging.brokers import BrokerRunner

LOOK_SECONDS = 5.0
STUCK_SECONDS = 120.0
_log = logging.getLogger(__name__)


class ConsumerStuckError(Exception):
    """A consumer has messages to read and has read none for a long time."""


class Watch:
    """Looks at the consumers again and again. `busy` tells whether a batch is in hand (which may wait for the database)."""

    def __init__(self, clock: Clock, busy: Callable[[], bool] = lambda: False) -> None:
        self._clock = clock
        self._busy = busy
        self._moved_at: dict[object, tuple[object, float]] = {}

    async def run(self, kafka: BrokerRunner) -> None:
        """Until it is cancelled."""
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            broker = kafka.broker
            subscribers = broker.subscribers if kafka.running and broker is not None else ()
            try:
                consumers = [getattr(subscriber, "consumer", None) for subscriber in subscribers]
                await self.look([consumer for consumer in consumers if consumer is not None])
            except Exception as error:
                _log.warning("the consumers cannot be looked at: %s", type(error).__name__)

    async def look(self, consumers: Iterable[Any]) -> None:
        """One look at every partition of these consumers; others are forgotten."""
        now = self._clock.monotonic()
        seen: dict[object, tuple[object, float]] = {}
        for consumer in consumers:
            for partition in consumer.assignment():
                async with asyncio.timeout(1):
                    position = await consumer.position(partition)
                ahead = consumer.highwater(partition)
                before, since = self._moved_at.get(partition, (None, now))
                idle = ahead is None or ahead <= position or self._busy()
                seen[partition] = (position, now if idle or before != position else since)
        self._moved_at = seen

    async def check(self) -> None:
        """Raises ConsumerStuckError; fits `service.Check`."""
        now = self._clock.monotonic()
        stuck = [str(partition) for partition, (_, since) in self._moved_at.items() if now - since > STUCK_SECONDS]
        if stuck:
            raise ConsumerStuckError(", ".join(sorted(stuck)))


async def answers(database: Database) -> None:
    """Raises while the database does not answer."""
    async with database.connection() as connection:
        await connection.execute("SELECT 1")


def kafka_up(kafka: BrokerRunner) -> Callable[[], Awaitable[None]]:
    """A check that raises while no broker was reached; reported, never required."""

    async def check() -> None:
        if not kafka.running:
            raise ConnectionError("Kafka has not been reached yet")

    return check
