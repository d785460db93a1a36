"""Never two submissions in flight that touch one product: the second waits, and then reads the values anew.

Shared by all chunks of a route, so it also keeps a product push and a stock push of the same product apart.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

from pixee_common.clock import Clock

_KEPT_SECONDS = 30.0
_MOST_KEPT = 20_000


class ProductLocks:
    """Locks by product, and when each was last let go."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._locks: dict[UUID, deque[asyncio.Future[None]]] = {}
        """Products that are held, with those who wait for them, in order. A lock object for each costs ten times as much."""
        self._let_go: dict[UUID, float] = {}
        self._most = _MOST_KEPT
        """How many moments are kept before the old ones are swept out."""

    @asynccontextmanager
    async def hold(self, product_ids: Iterable[UUID]) -> AsyncIterator[None]:
        """Hold all of them; taken in one order everywhere, so that nobody waits in a circle."""
        wanted = sorted(set(product_ids))
        held = 0
        try:
            for product_id in wanted:
                await self._take(product_id)
                held += 1
            try:
                yield
            finally:
                self._note(wanted)
        finally:
            for product_id in wanted[:held]:
                self._release(product_id)

    def touched_since(self, product_ids: Iterable[UUID], moment: float) -> bool:
        """Whether a submission with one of these ended at or after the moment (monotonic seconds)."""
        return any(self._let_go.get(product_id, float("-inf")) >= moment for product_id in product_ids)

    async def _take(self, product_id: UUID) -> None:
        if product_id not in self._locks:
            self._locks[product_id] = deque()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._locks[product_id].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release(product_id)
            raise

    def _release(self, product_id: UUID) -> None:
        waiting = self._locks[product_id]
        while waiting:
            turn = waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._locks[product_id]

    def _note(self, product_ids: Iterable[UUID]) -> None:
        now = self._clock.monotonic()
        self._let_go.update(dict.fromkeys(product_ids, now))
        if len(self._let_go) > self._most:
            self._let_go = {one: at for one, at in self._let_go.items() if now - at < _KEPT_SECONDS}
            self._most = max(_MOST_KEPT, 2 * len(self._let_go))
