"""Bells: batches of `RouteRung` become one claim. Acknowledged when the claim is committed; the lanes do the rest.

A bell names a route and carries no work, so losing or doubling one costs time only. What cannot be read is set aside before
the batch is acknowledged.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from faststream.kafka import KafkaBroker

from pixee_common.events import RouteRung
from pixee_common.messaging.brokers import build_broker
from pixee_common.messaging.consuming import Received, SetAside, UnreadableError, read, subscribe
from pixee_common.messaging.topics import platform_topic
from pixee_common.telemetry import record
from pixee_workers.handlers.assignment import Assignment, Partition

Ring = Callable[[Mapping[str, Partition | None]], Awaitable[None]]


def group_of(slug: str) -> str:
    """The consumer group of one platform's workers."""
    return f"pixee.workers.{slug}"


class Bells:
    """Handles the bells of one platform."""

    def __init__(self, platform: str, ring: Ring, set_aside: SetAside) -> None:
        self._platform = platform
        self._ring = ring
        self._set_aside = set_aside

    async def __call__(self, batch: Sequence[Received]) -> None:
        """Claims what the bells announce. Raises nothing that passes; the guard around it sets aside the rest."""
        rung: dict[str, Partition | None] = {}
        for message in batch:
            bell = await self._bell(message)
            if bell is not None:
                rung[bell.route_key] = (message.topic, message.partition)
        if rung:
            await self._ring(rung)
        record("pixee_messages_total", len(batch), topic=batch[0].topic, result="handled")

    async def _bell(self, message: Received) -> RouteRung | None:
        try:
            bell = read(message, RouteRung)
            if bell.platform != self._platform:
                raise UnreadableError(f"platform: a bell of {bell.platform} on the topic of {self._platform}")
        except UnreadableError as error:
            await self._set_aside([message], "unreadable", str(error))
            return None
        return bell


def build(
    bootstrap: str, client_id: str, platforms: Sequence[str], ring: Ring, assignment: Assignment, set_aside: SetAside
) -> KafkaBroker:
    """A broker with one consumer and one group for each platform, so that a broken platform holds up no other."""
    broker = build_broker(bootstrap, client_id)
    for slug in platforms:
        topic = platform_topic(slug)
        subscribe(
            broker,
            topic,
            group=group_of(slug),
            handle=Bells(slug, ring, set_aside),
            set_aside=set_aside,
            listener=assignment.listener(topic),
        )
    return broker
