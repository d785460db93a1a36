"""The one seam for time.

Everything that waits, expires or measures is handed a `Clock`, so that tests move time by hand instead of sleeping, and so that
wall time (which steps) and monotonic time (which does not) are never confused.
"""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "FakeClock", "SystemClock"]

_SETTLE_ROUNDS = 10


class Clock(Protocol):
    """What the project asks of time."""

    def now(self) -> datetime:
        """Wall time: aware, UTC. For what is stored or shown, never for measuring."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back. For deadlines and measuring."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds; zero or less only lets other tasks run."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FakeClock:
    """A clock that stands still until `advance` is called.

    Sleepers wake in the order of their due times (first come first served among equals), each with the clock showing exactly
    its due time, and what they do then (a further sleep included) happens before the next one wakes.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("FakeClock needs an aware start time")
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    @property
    def sleepers(self) -> int:
        """How many tasks wait on this clock."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move time forward, waking every sleeper that falls due on the way."""
        if seconds < 0:
            raise ValueError("time does not go back")
        target = self._elapsed + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():  # its task was cancelled
                continue
            self._elapsed = due
            future.set_result(None)
            await self._settle()
        self._elapsed = target
        await self._settle()

    async def _settle(self) -> None:
        # A woken task needs a few turns of the loop to reach its next sleep (task -> future -> awaiting task ...).
        for _ in range(_SETTLE_ROUNDS):
            await asyncio.sleep(0)
