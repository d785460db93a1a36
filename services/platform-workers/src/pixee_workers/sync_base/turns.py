"""A turn: the right to be the one who begins, passed on early or at the end, and only once."""

import asyncio
from types import TracebackType
from typing import Self


class Turn:
    """Use as an async context manager around what may end without having passed it on."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self._held = False

    async def __aenter__(self) -> Self:
        await self._lock.acquire()
        self._held = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.pass_on()

    def pass_on(self) -> None:
        """The next may begin."""
        if self._held:
            self._held = False
            self._lock.release()
