"""Which partitions of the platforms' topics are this worker's.

Nothing happens when partitions are revoked: most come back within milliseconds. When the new assignment is known, the lanes of
partitions that really went away are handed over, in the background, for heartbeats begin only after the listener returns.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import ConsumerRebalanceListener

_log = logging.getLogger(__name__)

Partition = tuple[str, int]


class Assignment:
    """The partitions by topic, as last assigned."""

    def __init__(self, on_change: Callable[[str, Iterable[int]], None]) -> None:
        self._on_change = on_change
        self._partitions: dict[str, frozenset[int]] = {}

    def __contains__(self, partition: Partition) -> bool:
        return partition[1] in self._partitions.get(partition[0], frozenset())

    def assigned(self, topic: str, partitions: Iterable[int]) -> None:
        """The new assignment of one topic, whole."""
        found = frozenset(partitions)
        if found != self._partitions.get(topic):
            _log.info("partitions of %s: %s", topic, sorted(found))
        self._partitions[topic] = found
        self._on_change(topic, found)

    def listener(self, topic: str) -> "PartitionListener":
        """What the consumer of this topic tells."""
        return PartitionListener(topic, self)


class PartitionListener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's listener; one for each topic, since each topic has a consumer of its own."""

    def __init__(self, topic: str, assignment: Assignment) -> None:
        self._topic = topic
        self._assignment = assignment

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing: see the module."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """The whole new assignment, which may be empty."""
        self._assignment.assigned(self._topic, [found.partition for found in assigned if found.topic == self._topic])
