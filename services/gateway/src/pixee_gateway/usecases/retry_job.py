"""Retry a finished job: one call of the database function `retry_job`, which is one transaction and one round trip.

What failed is not listed in the request path: the new job's scope names the old job, and the planner reads its issues page by page.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pixee_common.db import Database
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation
from pixee_common.messaging.topics import REQUESTED
from pixee_common.telemetry import inject
from pixee_gateway.problems import Problem, not_found
from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases.start_sync import MOST_QUEUED, Accepted, Idempotency, StartSync, request_headers

_RETRY = "SELECT * FROM retry_job($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"


class RetryJob:
    """Starts retries, under the same rules as syncs."""

    def __init__(self, database: Database, start_sync: StartSync) -> None:
        self._database = database
        self._start_sync = start_sync

    async def __call__(self, caller: Caller, job_id: UUID, idempotency: Idempotency | None = None) -> Accepted:
        """The new job, or the retry of the same job that is queued already.

        Raises a Problem: 404; 409 `wrong_state` (not finished), `nothing_failed`; and what a sync of the connector raises.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                _RETRY,
                caller.account_id,
                job_id,
                {str(operation): slugs for operation, slugs in self._start_sync.supporting.items()},
                new_id(),
                caller.key_id,
                inject().get("traceparent"),
                REQUESTED,
                request_headers(),
                datetime.now(UTC) + self._start_sync.job_age,
                MOST_QUEUED,
                idempotency.key if idempotency else None,
                idempotency.route if idempotency else None,
                idempotency.body_sha256 if idempotency else None,
            )
        if row is None or row["verdict"] not in {"created", "attached", "replayed"}:
            raise self._refusal(row)
        body: dict[str, Any] = row["answer"]
        return Accepted(UUID(body["job_id"]), body, row["verdict"] == "replayed")

    def _refusal(self, row: Any) -> Problem:
        verdict = row["verdict"] if row is not None else "no_job"
        if verdict == "no_job":
            return not_found("job")
        if verdict == "unfinished":
            return Problem(
                409, "wrong_state", "The job has not ended: wait for it or cancel it, then retry what failed."
            )
        if verdict == "nothing_failed":
            held = row["quarantined"]
            return Problem(
                409,
                "nothing_failed",
                f"All that failed ({held}) is in quarantine: correct it or release it, then retry."
                if held
                else "Nothing of the job failed: there is nothing to retry.",
            )
        return self._start_sync.refusal(row, Operation(row["operation"]))
