"""Never two submissions in flight that touch one product: the second waits, and then reads the values anew.

Shared by all chunks of a route, so it also keeps a product push and a stock push of the same product apart.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from pixee_common.clock import Clock

_KEPT_SECONDS = 30.0
_MOST_KEPT = 20_000


class ProductLocks:
    """Locks by product, and when each was last let go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._locks: dict[UUID, tuple[asyncio.Lock, list[int]]] = {}
        self._let_go: dict[UUID, float] = {}

    @asynccontextmanager
    async def hold(self, product_ids: Iterable[UUID]) -> AsyncIterator[None]:
        """Hold all of them; taken in one order everywhere, so that nobody waits in a circle."""
        wanted = sorted(set(product_ids))
        async with AsyncExitStack() as stack:
            for product_id in wanted:
                await stack.enter_async_context(self._one(product_id))
            try:
                yield
            finally:
                self._note(wanted)

    def touched_since(self, product_ids: Iterable[UUID], moment: float) -> bool:
        """Whether a submission with one of these ended at or after the moment (monotonic seconds)."""
        return any(self._let_go.get(product_id, float("-inf")) >= moment for product_id in product_ids)

    @asynccontextmanager
    async def _one(self, product_id: UUID) -> AsyncIterator[None]:
        lock, users = self._locks.setdefault(product_id, (asyncio.Lock(), [0]))
        users[0] += 1
        try:
            async with lock:
                yield
        finally:
            users[0] -= 1
            if users[0] == 0:
                self._locks.pop(product_id, None)

    def _note(self, product_ids: Iterable[UUID]) -> None:
        now = self._clock.monotonic()
        self._let_go.update(dict.fromkeys(product_ids, now))
        if len(self._let_go) > _MOST_KEPT:
            self._let_go = {one: at for one, at in self._let_go.items() if now - at < _KEPT_SECONDS}
