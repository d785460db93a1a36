"""How far a consumer group is behind on a topic, asked of the broker."""

from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient


class LagMeter:
    """An async context manager."""

    def __init__(self, bootstrap: str, topic: str, group: str) -> None:
        self._topic = topic
        self._group = group
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
        self.most = 0

    async def __aenter__(self) -> Self:
        await self._admin.start()
        await self._consumer.start()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def behind(self) -> int:
        """Messages that the group has not committed."""
        committed = await self._admin.list_consumer_group_offsets(self._group)
        places = [place for place in committed if place.topic == self._topic]
        ends = await self._consumer.end_offsets(places)
        lag = sum(end - max(0, committed[place].offset) for place, end in ends.items())
        self.most = max(self.most, lag)
        return lag
