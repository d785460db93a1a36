"""Probes: a merchant waits while a worker calls the shop ("test this connector").

The owner of the route takes a probe at once, and so does anybody where the route is free; another worker only after 300 ms,
when the owner seems to be busy or gone. A notification wakes us; a sweep each second finds what no notification announced.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from pydantic import JsonValue

from pixee_common.clock import Clock
from pixee_common.db import Connection, Database
from pixee_common.db.channels import PROBE_ANSWER
from pixee_common.domain.reasons import ReasonCode
from pixee_common.telemetry import span
from pixee_workers.sync_base.chunks import Life, WorkerLostError
from pixee_workers.sync_base.insisting import insist
from pixee_workers.sync_base.liveness import Incarnation, Liveness

SWEEP_SECONDS = 1.0
SECOND_LOOK_SECONDS = 0.32
_MOST_AT_ONCE = 8
_log = logging.getLogger(__name__)

TAKE = """
UPDATE probes p SET taken_at = now(), worker_id = $1
FROM (
    SELECT q.id FROM probes q LEFT JOIN routes r ON r.route_key = q.route_key
    WHERE q.taken_at IS NULL AND q.platform = ANY($2::text[]) AND q.asked_at > now() - interval '20 seconds'
      AND (r.worker_id IS NULL OR r.worker_id = $1 OR q.asked_at < now() - interval '300 milliseconds')
    ORDER BY q.asked_at LIMIT $3 FOR UPDATE OF q SKIP LOCKED
) open
WHERE p.id = open.id
RETURNING p.id, p.connector_id, p.platform, p.kind, p.traceparent
"""

ANSWER = """
WITH answered AS (
    UPDATE probes SET answer = $2, answered_at = now() WHERE id = $1 AND answered_at IS NULL RETURNING id
)
SELECT pg_notify($3, id::text) FROM answered
"""

# Taken by a process that did not live to answer: open again for the rest of its twenty seconds.
GIVE_BACK = "UPDATE probes SET taken_at = NULL, worker_id = NULL WHERE id = $1 AND answered_at IS NULL"


class ProbeAnswerer(Protocol):
    """Who calls the shop; see `prober.Prober`."""

    async def probe(self, connector_id: UUID, kind: str, life: Life) -> Mapping[str, JsonValue]: ...


class Probes:
    """Takes and answers probes of these platforms until cancelled. `wake` is called on each notification."""

    def __init__(
        self, database: Database, liveness: Liveness, prober: ProbeAnswerer, clock: Clock, platforms: list[str]
    ) -> None:
        self._database = database
        self._liveness = liveness
        self._prober = prober
        self._clock = clock
        self._platforms = platforms
        self._awake = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()

    def wake(self, _payload: str = "") -> None:
        """A probe was asked for."""
        self._awake.set()

    async def run(self) -> None:
        """For ever."""
        try:
            while True:
                woken = self._awake.is_set()
                self._awake.clear()
                try:
                    await self.sweep()
                except Exception as error:
                    _log.warning("probes: %s, trying again", type(error).__name__)
                # What was just asked for may be another worker's first; it is ours when that one does not take it.
                await self._sleep(SECOND_LOOK_SECONDS if woken else SWEEP_SECONDS)
        finally:
            for task in self._answering:
                task.cancel()
            await asyncio.gather(*self._answering, return_exceptions=True)

    async def _sleep(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(self._awake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleeping, waking):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def sweep(self) -> int:
        """Takes what is open and begins to answer it; returns how many were taken."""
        life = await self._liveness.joined()
        room = _MOST_AT_ONCE - len(self._answering)
        if room <= 0:
            return 0

        async def take(connection: Connection) -> list[Any]:
            return list(await connection.fetch(TAKE, life.worker_id, self._platforms, room))

        rows = await self._database.run(take)
        for row in rows:
            task = asyncio.create_task(self._answer(row, life))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        return len(rows)

    async def settled(self) -> None:
        """Returns when every probe that was taken is answered."""
        while self._answering:
            await asyncio.wait(set(self._answering))

    async def _answer(self, row: Any, life: Incarnation) -> None:
        carrier = {"traceparent": row["traceparent"]} if row["traceparent"] else {}
        try:
            with span("probe", parent=carrier, attributes={"pixee.platform": row["platform"]}):
                answer = dict(await self._prober.probe(row["connector_id"], row["kind"], life))
        except (WorkerLostError, asyncio.CancelledError):
            await self._give_back(row["id"])
            raise
        except Exception:
            _log.exception("probe %s crashed", row["id"])
            answer = {
                "success": False,
                "code": ReasonCode.INTERNAL.value,
                "message": "An error of ours; Pixee has been told.",
            }

        async def write(connection: Connection) -> None:
            await connection.execute(ANSWER, row["id"], answer, PROBE_ANSWER)

        await insist(self._database, write)

    async def _give_back(self, probe_id: UUID) -> None:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1), self._database.connection() as connection:
                await connection.execute(GIVE_BACK, probe_id)
