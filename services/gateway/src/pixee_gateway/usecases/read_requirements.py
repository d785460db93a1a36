"""What a shop demands and offers: kept as a worker read it, read anew on demand, at most once a minute for a connector."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.ids import new_id
from pixee_common.platforms.requirements import Requirements
from pixee_gateway.problems import Problem, not_found
from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases.probing import Answers, ask, no_worker

PAUSE_SECONDS = 60

_FOUND = """
SELECT c.platform, r.body, r.fetched_at, now() AS now
FROM connectors c LEFT JOIN requirements r ON r.connector_id = c.id
WHERE c.id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND ($3::text IS NULL OR c.platform = $3)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 4))"
_LAST = """
SELECT id, platform, answered_at IS NULL AND asked_at > now() - interval '20 seconds' AS open, answer ->> 'message' AS message,
       (answer ->> 'success')::bool AS success, ceil(extract(epoch FROM asked_at + make_interval(secs => $2) - now()))::int AS pause
FROM probes WHERE connector_id = $1 AND kind = 'describe' AND asked_at > now() - make_interval(secs => $2)
ORDER BY asked_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class KnownRequirements:
    """Requirements with their age."""

    requirements: Requirements
    fetched_at: datetime
    age_seconds: int


class ReadRequirements:
    """One question to the shop serves everybody who asks meanwhile."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._database = database
        self._answers = answers

    async def __call__(
        self, caller: Caller, connector_id: UUID, only: str | None, *, refresh: bool
    ) -> KnownRequirements:
        """What is kept; asked of the shop where nothing is kept or `refresh` is wanted.

        Raises:
            Problem: 404; 429 asked less than a minute ago; 502 the shop refused; 503 nobody could ask it.
        """
        known = await self.known(caller, connector_id, only)
        if known is not None and not refresh:
            return known
        await self._discover(caller, connector_id, only)
        known = await self.known(caller, connector_id, only)
        if known is None:
            raise Problem(502, "internal", "The answer of the shop was not kept. Try again.")
        return known

    async def known(self, caller: Caller, connector_id: UUID, only: str | None) -> KnownRequirements | None:
        """What is kept, or null. Raises a 404 problem."""
        async with self._database.transaction(caller.account_id) as connection:
            row = await connection.fetchrow(_FOUND, connector_id, caller.account_id, only)
        if row is None:
            raise not_found("connector")
        if row["body"] is None:
            return None
        age = max(0, int((row["now"] - row["fetched_at"]).total_seconds()))
        return KnownRequirements(Requirements.model_validate(row["body"]), row["fetched_at"].astimezone(UTC), age)

    async def _discover(self, caller: Caller, connector_id: UUID, only: str | None) -> None:
        probe_id = new_id()

        async def work(connection: Connection) -> tuple[UUID, Any]:
            await connection.execute(_LOCK, str(connector_id))
            last = await connection.fetchrow(_LAST, connector_id, PAUSE_SECONDS)
            if last is not None and not last["open"]:
                raise _too_soon(last)
            if last is not None:
                return last["id"], {"platform": last["platform"], "alive": True}
            return probe_id, await ask(connection, caller, connector_id, only, kind="describe", probe_id=probe_id)

        with self._answers.notices.watch(str(probe_id)) as changed:
            asked, row = await self._database.run(work, account=caller.account_id)
            answer = await self._answers.until(caller, asked, changed) if row["alive"] else None
        if answer is None:
            raise no_worker(row["platform"])
        if not answer.get("success"):
            raise Problem(502, str(answer.get("code") or "internal"), str(answer.get("message")))


def _too_soon(last: Any) -> Problem:
    seconds = max(1, last["pause"])
    said = "" if last["success"] or not last["message"] else f" It said: {last['message']}"
    return Problem(
        429,
        "asked_too_soon",
        f"The shop was asked less than a minute ago; ask again in {seconds} s.{said}",
        headers={"Retry-After": str(seconds)},
    )
