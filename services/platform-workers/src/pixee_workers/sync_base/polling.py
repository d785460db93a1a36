"""Remote jobs of a chunk: asked when due, by whatever worker has the chunk, before anything new is sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg

from pixee_common.db import Database
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.carriage import Carriage
from pixee_workers.sync_base.origins import Origin
from pixee_workers.sync_base.outcomes import Outcome, PollResult, RemoteJob
from pixee_workers.sync_base.results import backoff
from pixee_workers.sync_base.tracks import origin_from

_OPEN = """
SELECT id, kind, remote_id, item_ids, correlation, polls, next_poll_at, deadline_at, submission_id IS NOT NULL AS in_file
  FROM remote_jobs WHERE job_id = $1 AND chunk_no = $2 AND state = 'open' ORDER BY id
"""


class Polls:
    """Asks for the remote jobs that PostgreSQL remembers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, carriage: Carriage) -> list[datetime]:
        """Poll what is due. Returns when those that are not due yet are to be asked."""
        if OutcomeKind.ACCEPTED not in {carriage.tally.kind(item) for item in carriage.tally.open_ids()}:
            return []
        chunk, now = carriage.chunk, carriage.wiring.clock.now()
        rows = await self._database.run(lambda connection: connection.fetch(_OPEN, chunk.job_id, chunk.no))
        for row in rows:  # what is in a file is asked for with the file (uploads/collecting.py)
            if row["next_poll_at"] <= now and not row["in_file"] and not carriage.stopped:
                await _ask_one(carriage, row, now)
        if not rows:
            # Accepted, and nothing to ask for: the verdict's deadline is all that is left.
            carriage.tally.wait(ReasonCode.REMOTE_PENDING, carriage.capability.verdict_deadline_seconds or 3600.0)
        return [row["next_poll_at"] for row in rows if row["next_poll_at"] > now]


async def _ask_one(carriage: Carriage, row: asyncpg.Record, now: datetime) -> None:
    correlation = cast("dict[str, Any]", row["correlation"])
    remote = RemoteJob(
        kind=row["kind"],
        remote_id=row["remote_id"],
        item_ids=tuple(row["item_ids"]),
        correlation=correlation.get("adapter", {}),
        poll_in_seconds=0.0,
        deadline_seconds=max(0.0, (row["deadline_at"] - now).total_seconds()),
    )
    async with carriage.place():
        answer = await carriage.ask(
            lambda context: carriage.adapter.poll(remote, context), carriage.key(f"poll {row['id']}")
        )
    origins = {UUID(item): origin_from(UUID(item), sent) for item, sent in correlation.get("sent", {}).items()}
    if isinstance(answer, PlatformFault):
        _failed(carriage, row, answer, origins, now)
        return
    for outcome in answer.outcomes:
        if outcome.item_id in origins and carriage.tally.kind(outcome.item_id) is OutcomeKind.ACCEPTED:
            carriage.tally.settle(origins[outcome.item_id], outcome)
    _close(carriage, row, answer, origins, now)


def _close(
    carriage: Carriage, row: asyncpg.Record, answer: PollResult, origins: Mapping[UUID, Origin], now: datetime
) -> None:
    if answer.done:
        carriage.tally.polled(row["id"], again_in=None)
        _rest(carriage, origins, OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, "The result does not speak of it.")
    elif now >= row["deadline_at"]:
        _overdue(carriage, row, origins)
    else:
        carriage.tally.polled(row["id"], again_in=answer.poll_in_seconds)


def _failed(
    carriage: Carriage, row: asyncpg.Record, fault: PlatformFault, origins: Mapping[UUID, Origin], now: datetime
) -> None:
    if fault.kind is FaultKind.REFUSED:
        # The platform does not know the job (any more): only a look at the shop can tell what became of it.
        carriage.tally.polled(row["id"], again_in=None)
        _rest(carriage, origins, OutcomeKind.UNKNOWN, fault.reason, fault.message)
        return
    if now >= row["deadline_at"]:
        _overdue(carriage, row, origins)
        return
    pause = fault.retry_after if fault.retry_after is not None else backoff(row["polls"])
    carriage.tally.polled(row["id"], again_in=pause)
    if fault.kind is not FaultKind.CONTRACT_BROKEN:
        carriage.stop_for(fault)


def _overdue(carriage: Carriage, row: asyncpg.Record, origins: Mapping[UUID, Origin]) -> None:
    carriage.tally.polled(row["id"], again_in=None, overdue=True)
    _rest(carriage, origins, OutcomeKind.REJECTED, ReasonCode.VERDICT_OVERDUE, "The platform gave no verdict in time.")


def _rest(
    carriage: Carriage, origins: Mapping[UUID, Origin], kind: OutcomeKind, reason: ReasonCode, message: str
) -> None:
    for item_id, origin in origins.items():
        if carriage.tally.kind(item_id) is OutcomeKind.ACCEPTED:
            carriage.tally.settle(origin, Outcome(item_id, kind, reason, message))
