"""Read, list, cancel and watch jobs."""

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.db.channels import DISPATCH, JOB, PLAN
from pixee_common.domain.job import FINAL_JOB_STATES, Operation
from pixee_gateway.notices import Notices
from pixee_gateway.problems import Pointer, Problem, invalid, not_found
from pixee_gateway.schemas.jobs import Job, JobError
from pixee_gateway.security.authentication import Caller

_FIELDS = """
id, connector_id, platform, operation, state, total, succeeded, failed, skipped, cancelled, waiting_reason, waiting_until, warning,
error_code, error_message, created_at, started_at, finished_at, version, retry_of, requested_by
"""
_ONE = f"SELECT {_FIELDS} FROM jobs WHERE id = $1 AND account_id = $2"
_OF_CONNECTOR = f"""
SELECT {_FIELDS} FROM jobs WHERE connector_id = $1 AND account_id = $2 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
"""
_OF_ACCOUNT = f"""
SELECT {_FIELDS} FROM jobs
WHERE account_id = $1 AND ($2::uuid IS NULL OR id < $2) AND ($4::text IS NULL OR operation = $4)
  AND ($5::text IS NULL OR requested_by = $5)
ORDER BY id DESC LIMIT $3
"""
_CONNECTOR = "SELECT 1 FROM connectors WHERE id = $1 AND account_id = $2 AND ($3::text IS NULL OR platform = $3)"
_CANCEL = """
UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, now()), version = version + 1,
                warning = CASE WHEN requested_by = 'auto-sync' THEN $3 ELSE warning END
WHERE id = $1 AND account_id = $2 AND finished_at IS NULL RETURNING route_key
"""
_STAYS_PENDING = (
    "Only this job is cancelled: what it had not sent stays pending and goes out with the next job of auto-sync. "
    "To stop that, pause the connector or switch auto-sync off."
)
_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, '{}')"

KEEP_ALIVE_SECONDS = 15.0


def job_of(row: Any) -> Job:
    """The job's body from its row."""
    known = dict(row)
    code, message = known.pop("error_code"), known.pop("error_message")
    done = known["succeeded"] + known["failed"] + known["skipped"] + known["cancelled"]
    error = JobError(code=code, message=message or "") if code else None
    return Job(**known, open=max(0, known["total"] - done), error=error)


def cursor_of(text: str | None) -> UUID | None:
    """The id behind a cursor. Raises a 422 problem where it is none of ours."""
    if text is None:
        return None
    try:
        return UUID(bytes=base64.urlsafe_b64decode(text + "=="))
    except (ValueError, binascii.Error):
        raise invalid(
            Pointer(pointer="query/cursor", detail="no cursor of ours; take next_cursor as it came")
        ) from None


def as_cursor(job_id: UUID) -> str:
    """The cursor that continues behind this id."""
    return base64.urlsafe_b64encode(job_id.bytes).decode().rstrip("=")


class Jobs:
    """Jobs of the caller's account."""

    def __init__(self, database: Database, changes: Notices) -> None:
        self._database = database
        self._changes = changes

    async def one(self, caller: Caller, job_id: UUID) -> Job:
        """Raises a 404 problem."""
        async with self._database.transaction(caller.account_id) as connection:
            row = await connection.fetchrow(_ONE, job_id, caller.account_id)
        if row is None:
            raise not_found("job")
        return job_of(row)

    async def listed(
        self,
        caller: Caller,
        cursor: str | None,
        limit: int,
        *,
        operation: Operation | None = None,
        requested_by: str | None = None,
    ) -> tuple[list[Job], str | None]:
        """Newest first, over all connectors, and the cursor that continues. `requested_by`: an API key's id, or `auto-sync`."""
        after = cursor_of(cursor)
        async with self._database.transaction(caller.account_id) as connection:
            rows = await connection.fetch(_OF_ACCOUNT, caller.account_id, after, limit + 1, operation, requested_by)
        return self._page(rows, limit)

    async def of_connector(
        self, caller: Caller, connector_id: UUID, only: str | None, cursor: str | None, limit: int
    ) -> tuple[list[Job], str | None]:
        """Newest first. Raises a 404 problem; a deleted connector's jobs stay readable."""
        after = cursor_of(cursor)
        async with self._database.transaction(caller.account_id) as connection:
            if await connection.fetchval(_CONNECTOR, connector_id, caller.account_id, only) is None:
                raise not_found("connector")
            rows = await connection.fetch(_OF_CONNECTOR, connector_id, caller.account_id, after, limit + 1)
        return self._page(rows, limit)

    @staticmethod
    def _page(rows: list[Any], limit: int) -> tuple[list[Job], str | None]:
        jobs = [job_of(row) for row in rows[:limit]]
        return jobs, as_cursor(jobs[-1].id) if len(rows) > limit else None

    async def cancel(self, caller: Caller, job_id: UUID) -> Job:
        """Unsent items are cancelled, sent ones keep their verdict. Raises 404, or 409 where the job has ended.

        A job of auto-sync says in its warning that its unsent changes stay pending (the orchestrator's `auto_sync/given_back`).
        """

        async def work(connection: Connection) -> None:
            row = await connection.fetchrow(_CANCEL, job_id, caller.account_id, _STAYS_PENDING)
            if row is None:
                if await connection.fetchrow(_ONE, job_id, caller.account_id) is None:
                    raise not_found("job")
                raise Problem(409, "job_finished", "The job has ended; there is nothing to cancel.")
            await connection.execute(_AUDIT, caller.account_id, caller.key_id, "job.cancel_requested", str(job_id))
            for channel, payload in ((PLAN, str(job_id)), (JOB, str(job_id)), (DISPATCH, row["route_key"])):
                await connection.execute("SELECT pg_notify($1, $2)", channel, payload)

        await self._database.run(work, account=caller.account_id)
        return await self.one(caller, job_id)

    async def watch(self, caller: Caller, job_id: UUID, seen: int | None) -> AsyncIterator[Job | None]:
        """The job as it stands (unless the client has seen that version), then at every change, until it has ended.

        Yields null where nothing changed for a while, so that the connection shows it is alive.
        """
        with self._changes.watch(str(job_id)) as changed:
            job = await self.one(caller, job_id)
            version = seen if seen is not None else -1
            while True:
                if job.version > version:
                    version = job.version
                    yield job
                if job.state in FINAL_JOB_STATES:
                    return
                async for _ in changed.until(KEEP_ALIVE_SECONDS):
                    job = await self.one(caller, job_id)
                    if job.version > version:
                        break
                else:
                    yield None
