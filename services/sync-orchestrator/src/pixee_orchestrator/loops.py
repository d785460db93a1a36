"""Loops that sweep: each runs its step when woken and at least once a period, survives its own errors, and can be asked whether it turns.

Every promise of this service rests on sweeps (a lost bell or notification costs time, never work), so a loop that stopped
turning is the one thing that only a restart mends: health asks `Loop.check`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from pixee_common.clock import Clock

__all__ = ["Loop", "LoopStuckError", "supervise"]

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 5.0
_STUCK_AFTER = 180.0


class LoopStuckError(Exception):
    """The loop has not finished a turn for far longer than one takes."""


class Loop:
    """Calls `step` again at once while it answers True (there is more), else after `every` seconds or when woken."""

    def __init__(self, name: str, step: Callable[[], Awaitable[bool]], clock: Clock, *, every: float = 1.0) -> None:
        self.name = name
        self._step = step
        self._clock = clock
        self._every = every
        self._awake = asyncio.Event()
        self._turned = clock.monotonic()

    def wake(self, _payload: str = "") -> None:
        """There may be work."""
        self._awake.set()

    async def check(self) -> None:
        """Raises LoopStuckError when the loop has stopped turning; fits `service.Check`."""
        if self._clock.monotonic() - self._turned > max(_STUCK_AFTER, 3 * self._every):
            raise LoopStuckError(self.name)

    async def run(self) -> None:
        """Until it is cancelled."""
        pause = 0.1
        while True:
            self._awake.clear()
            try:
                more = await self._step()
                pause = 0.1
            except Exception as error:
                _log.warning("%s: %s, trying again", self.name, type(error).__name__, exc_info=True)
                await asyncio.sleep(pause)
                pause, more = min(pause * 2, _LONGEST_PAUSE), True
            self._turned = self._clock.monotonic()
            if not more:
                # Not wait_for: Python 3.11's forgets a cancellation that comes in the moment of a wake, and the loop would go on.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._every):
                        await self._awake.wait()


async def supervise(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Keeps something running that should never end: starts it again with growing pauses, and says so."""
    pause = 0.2
    while True:
        try:
            await run()
            _log.error("%s ended, starting it again", name)
        except Exception:
            _log.exception("%s crashed, starting it again", name)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
