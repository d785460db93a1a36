"""Gathers pokes (notifications, progress, timers) and rings their routes in rounds; sweeps once a second for what nobody poked."""

import asyncio

from pixee_common.db import Connection, Database
from pixee_orchestrator.dispatch.ringing import Round, ring
from pixee_orchestrator.dispatch.sweeping import pending_routes, ring_again

__all__ = ["Dispatcher"]

_GATHER_SECONDS = 0.05
_ROUTES_PER_ROUND = 50


class Dispatcher:
    """Rings routes. `poke` may be called from anywhere in this process's event loop."""

    def __init__(self, database: Database, *, dead_after: float = 10.0) -> None:
        self._database = database
        self._dead_after = dead_after
        self._poked: set[str] = set()
        self._awake = asyncio.Event()

    def poke(self, route_key: str) -> None:
        """The route may have work or room. An empty key is the first call after (re)connection: the sweep answers it."""
        if route_key:
            self._poked.add(route_key)
            self._awake.set()

    async def turn(self) -> bool:
        """Waits for pokes at most a second, gathers them for 50 ms, and rings. Always wants to go on."""
        try:
            async with asyncio.timeout(1.0):
                await self._awake.wait()
        except TimeoutError:
            return True
        await asyncio.sleep(_GATHER_SECONDS)
        self._awake.clear()
        routes = sorted(self._poked)
        self._poked.clear()
        try:
            for first in range(0, len(routes), _ROUTES_PER_ROUND):
                await self.ring_now(routes[first : first + _ROUTES_PER_ROUND])
        except BaseException:
            self._poked.update(routes)
            raise
        return True

    async def ring_now(self, routes: list[str]) -> Round:
        """One round; a route that somebody else holds is looked at again 50 ms later."""

        async def work(connection: Connection) -> Round:
            return await ring(connection, routes, dead_after=self._dead_after)

        done = await self._database.run(work)
        loop = asyncio.get_running_loop()
        for route in done.locked:
            loop.call_later(_GATHER_SECONDS, self.poke, route)
        return done

    async def sweep(self) -> bool:
        """Pokes every route with something pending, and rings again what nobody claimed."""

        async def work(connection: Connection) -> list[str]:
            await ring_again(connection, dead_after=self._dead_after)
            return await pending_routes(connection)

        for route in await self._database.run(work):
            self.poke(route)
        return False
