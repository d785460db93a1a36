"""All lanes of this worker: taking in bells, freeing idle routes, handing over.

One in-process lock covers claim and release, so a route is never freed while a claim of it is under way.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pixee_common.clock import Clock
from pixee_common.db import Database
from pixee_common.domain.ids import RouteKey
from pixee_common.telemetry import record
from pixee_workers.sync_base import routes
from pixee_workers.sync_base.claims import RouteClaim, claim
from pixee_workers.sync_base.lane import Lane, LaneTools
from pixee_workers.sync_base.liveness import Incarnation, Liveness

IDLE_SECONDS = 2.0
_TICK = 0.5
_PACES_EVERY = 2.0
_log = logging.getLogger(__name__)

Partition = tuple[str, int]


class Lanes:
    """The lanes by route. `is_assigned` tells whether bells of a partition still come to this worker."""

    def __init__(
        self,
        database: Database,
        liveness: Liveness,
        tools: LaneTools,
        is_assigned: Callable[[Partition], bool] = lambda _partition: True,
    ) -> None:
        self._database = database
        self._liveness = liveness
        self._tools = tools
        self._is_assigned = is_assigned
        self._lanes: dict[RouteKey, Lane] = {}
        self._lock = asyncio.Lock()
        self._paces_at = tools.clock.monotonic()
        self._hand_overs: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._ringing = 0

    @property
    def clock(self) -> Clock:
        return self._tools.clock

    @property
    def claiming(self) -> bool:
        """Whether bells are in hand, or a release is under way. Both wait while the database is away."""
        return self._ringing > 0 or self._lock.locked()

    def __len__(self) -> int:
        return len(self._lanes)

    def __iter__(self) -> Iterator[Lane]:
        return iter(list(self._lanes.values()))

    def __contains__(self, route_key: object) -> bool:
        return route_key in self._lanes

    async def ring(self, rung: Mapping[str, Partition | None]) -> None:
        """Claims what is rung on these routes and hands it to their lanes. Each route names the partition that its bell came from."""
        self._ringing += 1
        try:
            await self._ring(rung)
        finally:
            self._ringing -= 1

    async def _ring(self, rung: Mapping[str, Partition | None]) -> None:
        life = await self._liveness.joined()
        async with self._lock:
            wanted = [route for route, partition in rung.items() if self._takes(route, partition)]
            if not wanted:
                return
            claims = await claim(self._database, life.worker_id, wanted)
            if life.buried:  # whoever buried us has freed the routes
                return
            lost = [self._admit(found, rung[found.route_key], life) for found in claims]
        self._begin_hand_over([lane for lane in lost if lane is not None])

    def _takes(self, route: str, partition: Partition | None) -> bool:
        lane = self._lanes.get(RouteKey(route))
        if self._stopping or (lane is not None and lane.closing):
            return False
        return partition is None or self._is_assigned(partition)

    def _admit(self, found: RouteClaim, partition: Partition | None, life: Incarnation) -> Lane | None:
        """Returns the lane when it has to be handed over at once: its partition went away during the claim."""
        lane = self._lanes.get(found.route_key)
        if lane is None:
            lane = Lane(found.route_key, found.platform, life, self._tools, partition)
            self._lanes[found.route_key] = lane
            self._tools.courier.adopt(found.route_key, found.platform, found.budgets)
            lane.start()
            self._count(found.platform)
        elif partition is not None:
            lane.partition = partition
        for place, chunk in found.chunks:
            lane.add(place, chunk)
        return lane if self._stopping or not (partition is None or self._is_assigned(partition)) else None

    def partitions_assigned(self, topic: str, assigned: Iterable[int]) -> None:
        """Lanes whose partition of this topic went to another worker are handed over, in the background."""
        kept = {(topic, number) for number in assigned}
        lost = [
            lane
            for lane in self._lanes.values()
            if lane.partition is not None and lane.partition[0] == topic and lane.partition not in kept
        ]
        self._begin_hand_over(lost)

    def _begin_hand_over(self, lost: Sequence[Lane]) -> None:
        if not lost:
            return
        for lane in lost:
            lane.closing = True
        task = asyncio.create_task(self.hand_over(lost))
        self._hand_overs.add(task)
        task.add_done_callback(self._hand_overs.discard)

    async def hand_over(self, lost: Sequence[Lane]) -> None:
        """Each lane ends what it has under way; those that are done together are given back by one statement."""
        closing = {asyncio.create_task(lane.close()): lane for lane in lost}
        try:
            while closing:
                done, _ = await asyncio.wait(closing, return_when=asyncio.FIRST_COMPLETED)
                await self._give_back([closing.pop(task) for task in done])
        finally:
            for task in closing:
                task.cancel()
            await asyncio.gather(*closing, return_exceptions=True)

    async def _give_back(self, closed: Sequence[Lane], *, cut: bool = False) -> None:
        async with self._lock:
            ours = [lane for lane in closed if self._lanes.get(lane.route_key) is lane]
            by_life: dict[Incarnation, list[Lane]] = {}
            for lane in ours:
                by_life.setdefault(lane.life, []).append(lane)
            for life, lanes in by_life.items():
                handed = [self._handed(lane, cut=cut) for lane in lanes]
                await routes.release(self._database, life.worker_id, handed)
            for lane in ours:
                self._forget(lane)

    def _handed(self, lane: Lane, *, cut: bool = False) -> routes.Handed:
        courier = self._tools.courier
        return routes.Handed(
            lane.route_key,
            courier.budget_state(lane.route_key),
            courier.chunks_per_second(lane.route_key),
            unbegun=lane.unbegun,
            cut=lane.under_way if cut else (),
        )

    def _forget(self, lane: Lane) -> None:
        if self._lanes.get(lane.route_key) is lane:
            del self._lanes[lane.route_key]
            self._tools.courier.forget(lane.route_key)
            self._count(lane.platform)

    def _count(self, platform: str) -> None:
        record("pixee_lanes", sum(lane.platform == platform for lane in self._lanes.values()), platform=platform)

    async def run(self) -> None:
        """Until it is cancelled: frees idle routes, tells the dispatchers how fast the others go."""
        while True:
            await self.clock.sleep(_TICK)
            try:
                await self.tick()
            except Exception:
                _log.warning("the lanes' housekeeping failed, trying again", exc_info=True)

    async def tick(self) -> None:
        """One round of housekeeping."""
        now = self.clock.monotonic()
        for lane in [one for one in self._lanes.values() if _is_idle(one, now)]:
            await self._free(lane, now)
        if now - self._paces_at >= _PACES_EVERY and self._liveness.current is not None:
            self._paces_at = now
            paces = {
                lane.route_key: self._tools.courier.chunks_per_second(lane.route_key)
                for lane in self._lanes.values()
                if not lane.idle
            }
            await routes.save_paces(self._database, self._liveness.current.worker_id, paces)

    async def _free(self, lane: Lane, now: float) -> None:
        async with self._lock:
            if self._lanes.get(lane.route_key) is not lane or not _is_idle(lane, now):
                return
            await routes.free(self._database, lane.life.worker_id, self._handed(lane))
            await lane.drop()
            self._forget(lane)

    async def drop_all(self, life: Incarnation) -> None:
        """This life was buried: its lanes end at once, nothing is given back (whoever buried us has done that)."""
        dropped = [lane for lane in self._lanes.values() if lane.life is life]
        await asyncio.gather(*(lane.drop() for lane in dropped))
        for lane in dropped:
            self._forget(lane)

    def begin_nothing_more(self) -> None:
        """No further bell is heard, no further chunk is begun; what is under way goes on."""
        self._stopping = True
        for lane in self._lanes.values():
            lane.closing = True

    async def stop(self, within: float) -> None:
        """Hands everything over in at most so many seconds; calls that last longer are cut off and will be looked up."""
        self.begin_nothing_more()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._hand_overs:
                    await asyncio.gather(*self._hand_overs, return_exceptions=True)
                await self.hand_over(list(self._lanes.values()))
        left = list(self._lanes.values())
        for lane in left:
            _log.warning("cut off: route %s still had a call under way", lane.route_key)
        await self._cut(left)

    async def _cut(self, lanes: Sequence[Lane]) -> None:
        handed = {lane.route_key: self._handed(lane, cut=True) for lane in lanes}
        await asyncio.gather(*(lane.drop() for lane in lanes))
        for lane in lanes:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2), self._lock:
                    await routes.release(self._database, lane.life.worker_id, [handed[lane.route_key]])
            self._forget(lane)


def _is_idle(lane: Lane, now: float) -> bool:
    return lane.idle and not lane.closing and lane.idle_since is not None and now - lane.idle_since >= IDLE_SECONDS
