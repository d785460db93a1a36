"""Tells others that a job changed: the lifecycle event in the outbox, and the notification that wakes event streams.

Always in the transaction of the change. The row must hold `JOB_COLUMNS`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.db.channels import JOB
from pixee_common.delivery import outbox
from pixee_common.domain.job import JobState, Operation
from pixee_common.events import JobChanged
from pixee_common.messaging.topics import JOBS
from pixee_orchestrator.names import SOURCE

__all__ = ["JOB_COLUMNS", "announce", "carrier", "notify"]

JOB_COLUMNS = """
    j.id, j.account_id, j.connector_id, j.platform, j.operation, j.route_key, j.position, j.state, j.planning, j.sending_done,
    j.total, j.succeeded, j.failed, j.skipped, j.cancelled, j.version, j.waiting_reason, j.warning, j.error_code,
    j.traceparent, j.cancel_requested_at, j.created_at, j.finished_at
"""

_NOTIFY = "SELECT pg_notify($1, id::text) FROM unnest($2::uuid[]) AS id"


def carrier(traceparent: str | None) -> dict[str, str]:
    """The carrier of a stored trace; empty where there is none."""
    return {"traceparent": traceparent} if traceparent else {}


async def notify(connection: Connection, job_ids: Iterable[UUID]) -> None:
    """Wakes who follows these jobs."""
    ids = sorted(set(job_ids))
    if ids:
        await connection.execute(_NOTIFY, JOB, ids)


async def announce(connection: Connection, jobs: Iterable[Any]) -> None:
    """Writes the lifecycle event of each job as it now stands, and wakes its followers."""
    rows = list(jobs)
    await outbox.put_many(
        connection, [(JOBS, _changed(row), carrier(row["traceparent"])) for row in rows], source=SOURCE
    )
    await notify(connection, [row["id"] for row in rows])


def _changed(row: Any) -> JobChanged:
    counted = row["succeeded"] + row["failed"] + row["skipped"] + row["cancelled"]
    return JobChanged(
        job_id=row["id"],
        account_id=row["account_id"],
        connector_id=row["connector_id"],
        platform=row["platform"],
        operation=Operation(row["operation"]),
        state=JobState(row["state"]),
        version=row["version"],
        total=row["total"],
        succeeded=row["succeeded"],
        failed=row["failed"],
        skipped=row["skipped"],
        cancelled=row["cancelled"],
        open=row["total"] - counted,
        waiting_reason=row["waiting_reason"],
        warning=row["warning"],
        error_code=row["error_code"],
        occurred_at=datetime.now(UTC),
    )
