"""A total deadline that a heartbeat can move while the call is under way.

A worker may only call while its own heartbeat is young (architecture, section 7): a process that was asleep must stop itself, a
slow call of a living worker must go on. So a call ends at the earlier of a fixed limit and a moment that each heartbeat pushes
forward.
"""

import asyncio
from types import TracebackType
from typing import Self

__all__ = ["Deadline"]


class Deadline:
    """Ends `total` seconds from now, or `alive_for` seconds after the last `keep_alive`, whichever is first.

    Times are the event loop's monotonic seconds. Serves one call at a time; `keep_alive` may be called at any moment.
    """

    def __init__(self, total: float, *, alive_for: float | None = None) -> None:
        now = asyncio.get_running_loop().time()
        self._limit = now + total
        self._alive_until = None if alive_for is None else now + alive_for
        self._timeout: asyncio.Timeout | None = None

    @property
    def when(self) -> float:
        """The moment (loop time) at which the call ends as things stand."""
        return self._limit if self._alive_until is None else min(self._limit, self._alive_until)

    def passed(self) -> bool:
        """Tell whether the moment is over, by the clock itself: timers of a process that was stopped run late."""
        return self.when <= asyncio.get_running_loop().time()

    def keep_alive(self, seconds: float) -> None:
        """A heartbeat happened: the caller counts as alive for that many seconds from now."""
        self._alive_until = asyncio.get_running_loop().time() + seconds
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(self.when)

    async def __aenter__(self) -> Self:
        if self._timeout is not None:
            raise RuntimeError("a deadline serves one call at a time")
        timeout = asyncio.timeout_at(self.when)
        await timeout.__aenter__()
        self._timeout = timeout
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        timeout, self._timeout = self._timeout, None
        if timeout is None:
            raise RuntimeError("this deadline is not in use")
        await timeout.__aexit__(kind, error, trace)
