"""Whether this worker may still act: its row, its heartbeat, and the life that every call is held against.

A heartbeat every 2 s on a connection of its own. A worker counts itself dead when its last successful heartbeat is 8.5 s old by
the monotonic clock (others bury it at 10 s), so a process that was asleep stops itself while a slow call of a living worker
goes on. A worker whose row is gone was buried: it drops everything and joins under a new id.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pixee_common.clock import Clock
from pixee_common.db import Database
from pixee_common.domain.ids import WorkerId, new_id
from pixee_common.telemetry import record
from pixee_workers.sync_base.chunks import WorkerLostError

DEAD_AFTER = 8.5
BEAT_EVERY = 2.0
_RETRY_AFTER = 0.2
_BEAT_TIMEOUT = 3.0
_log = logging.getLogger(__name__)

_JOIN = (
    "INSERT INTO workers (id, platforms, host, pid, version) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING"
)
_BEAT = "UPDATE workers SET heartbeat_at = now() WHERE id = $1"


class Incarnation:
    """One life of this worker under one id; implements `chunks.Life`."""

    def __init__(self, worker_id: WorkerId, clock: Clock, beaten_at: float) -> None:
        self.worker_id = worker_id
        self._clock = clock
        self._beaten_at = beaten_at
        self._buried = asyncio.Event()

    @property
    def buried(self) -> bool:
        """Whether it is certain that others have declared it dead."""
        return self._buried.is_set()

    def beaten(self, at: float) -> None:
        """A heartbeat that was sent at this moment (monotonic seconds) has been written."""
        self._beaten_at = max(self._beaten_at, at)

    def bury(self) -> None:
        """Its row is gone."""
        self._buried.set()

    def remaining(self) -> float:
        return 0.0 if self.buried else self._beaten_at + DEAD_AFTER - self._clock.monotonic()

    def check(self) -> None:
        if self.remaining() <= 0:
            raise WorkerLostError(f"the last heartbeat of worker {self.worker_id} is too old")

    async def lost(self) -> None:
        burial = asyncio.ensure_future(self._buried.wait())
        try:
            while (left := self.remaining()) > 0:
                sleeping = asyncio.ensure_future(self._clock.sleep(left))
                try:
                    await asyncio.wait({burial, sleeping}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    await _cancelled(sleeping)
        finally:
            await _cancelled(burial)

    async def settled(self) -> bool:
        """Waits until it is certain whether this life goes on (a heartbeat was written) or is over; true: it goes on."""
        while not self.buried and self.remaining() <= 0:
            await self._clock.sleep(_RETRY_AFTER)
        return not self.buried


async def _cancelled(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


class Liveness:
    """Keeps the worker's row. `database` should be one of its own with a single connection, so that no other work delays a beat."""

    def __init__(self, database: Database, clock: Clock, platforms: Sequence[str], version: str) -> None:
        self._database = database
        self._clock = clock
        self._platforms = list(platforms)
        self._version = version
        self._current: Incarnation | None = None
        self._joined = asyncio.Event()
        self.on_buried: Callable[[Incarnation], Awaitable[None]] | None = None
        """Called before a new life begins: everything of the old one is to be dropped."""

    @property
    def current(self) -> Incarnation | None:
        """The present life; none before the first join."""
        return self._current

    async def joined(self) -> Incarnation:
        """The present life, as soon as there is one."""
        while self._current is None or self._current.buried:
            await self._joined.wait()
            await asyncio.sleep(0)
        return self._current

    async def run(self) -> None:
        """Until it is cancelled: joins, beats, joins again."""
        while True:
            life = await self._join()
            await self._beat_until_buried(life)
            self._joined.clear()
            _log.error("worker %s was declared dead; dropping every lane and joining anew", life.worker_id)
            if self.on_buried is not None:
                await self.on_buried(life)

    async def _join(self) -> Incarnation:
        worker_id = WorkerId(new_id())
        while True:
            at = self._clock.monotonic()
            try:
                await self._execute(_JOIN, worker_id, self._platforms, socket.gethostname(), os.getpid(), self._version)
            except Exception as error:
                _log.warning("cannot join yet: %s", type(error).__name__)
                await self._clock.sleep(_RETRY_AFTER)
                continue
            _log.info("joined as worker %s", worker_id)
            self._current = Incarnation(worker_id, self._clock, at)
            self._joined.set()
            return self._current

    async def _beat_until_buried(self, life: Incarnation) -> None:
        """A failed beat is tried again at once: after an outage the heartbeat is the first thing that is written."""
        pause = BEAT_EVERY
        while True:
            await self._clock.sleep(pause)
            at = self._clock.monotonic()
            try:
                status = await self._execute(_BEAT, life.worker_id)
            except Exception as error:
                _log.warning("heartbeat: %s, %.1f s to live", type(error).__name__, life.remaining())
                pause = _RETRY_AFTER
                continue
            if status == "UPDATE 0":
                life.bury()
                return
            life.beaten(at)
            record("pixee_heartbeat_age_seconds", self._clock.monotonic() - at)
            pause = BEAT_EVERY

    async def _execute(self, statement: str, *arguments: object) -> str:
        async with asyncio.timeout(_BEAT_TIMEOUT), self._database.connection() as connection:
            return await connection.execute(statement, *arguments)
