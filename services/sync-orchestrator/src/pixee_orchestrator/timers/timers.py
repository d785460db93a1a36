"""The timers as steps of loops, on one database door; what they free is poked."""

from collections.abc import Callable
from datetime import timedelta

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_orchestrator.settings import OrchestratorSettings
from pixee_orchestrator.timers.cancelling import carry_out_cancellations
from pixee_orchestrator.timers.dead_workers import Reaper
from pixee_orchestrator.timers.deleted_connectors import wind_up_deleted
from pixee_orchestrator.timers.due import release_due
from pixee_orchestrator.timers.gauges import Gauges
from pixee_orchestrator.timers.job_waits import show_waits
from pixee_orchestrator.timers.overdue import end_overdue_verdicts, expire_jobs
from pixee_orchestrator.timers.retention import keep_house
from pixee_orchestrator.timers.webhook_pulls import MOST_AT_ONCE, start_wanted_pulls
from pixee_orchestrator.timers.webhook_verdicts import MOST_OBJECTS, judge_webhooks

__all__ = ["Timers"]

_DUE_AT_ONCE = 2000


class Timers:
    """Each method is one turn of a loop; True asks for another at once."""

    def __init__(
        self, database: Database, settings: OrchestratorSettings, clock: Clock, poke: Callable[[str], None]
    ) -> None:
        self._database = database
        self._settings = settings
        self._poke = poke
        self._gauges = Gauges(settings.dead_after_seconds)
        self._reaper = Reaper(database, clock, dead_after=settings.dead_after_seconds)

    async def due(self) -> bool:
        """Waiting chunks and polls whose time has come."""

        async def work(connection: Connection) -> tuple[int, set[str]]:
            return await release_due(connection, _DUE_AT_ONCE)

        count, routes = await self._database.run(work)
        for route in routes:
            self._poke(route)
        return count >= _DUE_AT_ONCE

    async def reap(self) -> bool:
        """Dead workers."""
        buried = await self._reaper.step()
        for route in buried.routes if buried else ():
            self._poke(route)
        return False

    async def cancel(self) -> bool:
        """Cancellations asked for, and connectors that were deleted."""
        await self._database.run(wind_up_deleted)
        return await self._database.run(carry_out_cancellations)

    async def expire(self) -> bool:
        """Deadlines of jobs and verdicts."""
        lifetime = timedelta(days=self._settings.job_days)

        async def jobs(connection: Connection) -> bool:
            return await expire_jobs(connection, lifetime)

        more_jobs = await self._database.run(jobs)
        more_verdicts = await self._database.run(end_overdue_verdicts)
        return more_jobs or more_verdicts

    async def webhooks(self) -> bool:
        """What shops' webhooks tell, and the pulls that they ask for."""
        lifetime = timedelta(days=self._settings.job_days)

        async def work(connection: Connection) -> int:
            return await start_wanted_pulls(connection, lifetime)

        judged = await judge_webhooks(self._database)
        return await self._database.run(work) >= MOST_AT_ONCE or judged >= MOST_OBJECTS

    async def waits(self) -> bool:
        """What each job waits for."""

        async def work(connection: Connection) -> None:
            await show_waits(connection, self._settings.dead_after_seconds)

        await self._database.run(work)
        return False

    async def gauges(self) -> bool:
        """What a dashboard shows of the whole installation."""
        await self._database.run(self._gauges.measure)
        return False

    async def house(self) -> bool:
        """Partitions and retention."""
        await keep_house(self._database, self._settings.keep_days)
        return False
