"""Waits for notifications of the database, many waiters on one listening connection. A notification is a hint: waiters also look by themselves."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator

_LOOK_SECONDS = 1.0


class Watch:
    """One waiter."""

    def __init__(self) -> None:
        self.noticed = asyncio.Event()

    async def until(self, seconds: float) -> AsyncIterator[None]:
        """Yields at each notification, and once a second without one, until the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK_SECONDS)):
                    await self.noticed.wait()
            self.noticed.clear()
            yield


class Notices:
    """The waiters of one channel, by payload. `notify` is the channel's callback."""

    def __init__(self) -> None:
        self._watches: dict[str, set[Watch]] = defaultdict(set)

    def notify(self, payload: str) -> None:
        """Wakes those who wait for the payload; an empty one (the connection was lost meanwhile) wakes all."""
        woken = (
            [w for group in self._watches.values() for w in group] if not payload else self._watches.get(payload, ())
        )
        for watch in woken:
            watch.noticed.set()

    @contextlib.contextmanager
    def watch(self, payload: str) -> Iterator[Watch]:
        """Watches from before the question is asked, so that no answer is missed."""
        watch = Watch()
        self._watches[payload].add(watch)
        try:
            yield watch
        finally:
            self._watches[payload].discard(watch)
            if not self._watches[payload]:
                del self._watches[payload]
