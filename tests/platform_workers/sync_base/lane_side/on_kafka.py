"""A lane side with its bells on real Kafka."""

import asyncio

from platform_workers.sync_base.lane_side.lane_side import LaneSide

from pixee_common.clock import SystemClock
from pixee_common.delivery.dead_letters import DeadLetterBox
from pixee_common.messaging.brokers import BrokerRunner
from pixee_workers.handlers import bells
from pixee_workers.handlers.assignment import Assignment


class RungWorker:
    """One worker of the platform `woocommerce` in the group of all of them."""

    def __init__(self, lane_side: LaneSide, bootstrap: str) -> None:
        self.side = lane_side
        self.assignment = Assignment(lane_side.lanes.partitions_assigned)
        lane_side.lanes._is_assigned = lambda partition: partition in self.assignment
        box = DeadLetterBox(lane_side.database, SystemClock(), source="test")
        self._kafka = BrokerRunner(
            lambda: bells.build(bootstrap, "test", ["woocommerce"], lane_side.lanes.ring, self.assignment, box)
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def partitions(self) -> int:
        return sum(len(found) for found in self.assignment._partitions.values())

    async def start(self) -> None:
        self._task = asyncio.create_task(self._kafka.run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
