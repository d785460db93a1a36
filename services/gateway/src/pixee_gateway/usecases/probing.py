"""Questions to a shop that a worker answers while the caller waits: the gateway writes a row, notifies, and waits. Only workers hold credentials in clear."""

from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.db.channels import PROBE
from pixee_common.telemetry import inject
from pixee_gateway.notices import Notices, Watch
from pixee_gateway.problems import Problem
from pixee_gateway.security.authentication import Caller

ANSWER_SECONDS = 20.0

_ASK = """
WITH connector AS (
    SELECT id, account_id, platform, route_key FROM connectors
    WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL AND ($3::text IS NULL OR platform = $3)
), alive AS (
    SELECT EXISTS (
        SELECT 1 FROM workers w, connector c WHERE c.platform = ANY (w.platforms) AND w.heartbeat_at > now() - interval '10 seconds'
    ) AS yes
), asked AS (
    INSERT INTO probes (id, account_id, connector_id, platform, route_key, kind, traceparent)
    SELECT $4, account_id, id, platform, route_key, $7, $5 FROM connector, alive WHERE alive.yes
    RETURNING id
), told AS (
    SELECT pg_notify($6, id::text) FROM asked
)
SELECT connector.platform, alive.yes AS alive, (SELECT count(*) FROM told) FROM connector, alive
"""
_ANSWER = "SELECT answer FROM probes WHERE id = $1 AND answered_at IS NOT NULL"


async def ask(
    connection: Connection, caller: Caller, connector_id: UUID, only: str | None, *, kind: str, probe_id: UUID
) -> Any:
    """Writes the question, in the caller's transaction: a row with `platform` and `alive`, null where there is no such connector.

    Without a living worker of the platform (`alive` false) nothing is asked.
    """
    traceparent = inject().get("traceparent")
    return await connection.fetchrow(_ASK, connector_id, caller.account_id, only, probe_id, traceparent, PROBE, kind)


class Answers:
    """Waits for workers' answers."""

    def __init__(self, database: Database, notices: Notices, *, seconds: float = ANSWER_SECONDS) -> None:
        self._database = database
        self.notices = notices
        self._seconds = seconds

    async def until(self, caller: Caller, probe_id: UUID, changed: Watch) -> dict[str, Any] | None:
        """The answer, or null when nobody answered in time. `changed` watches the probe's id."""
        async for _ in changed.until(self._seconds):
            async with self._database.transaction(caller.account_id) as connection:
                answer = await connection.fetchval(_ANSWER, probe_id)
            if answer is not None:
                return dict(answer)
        return None


def no_worker(platform: str) -> Problem:
    """Nobody could ask the shop."""
    return Problem(
        503,
        "no_worker",
        f"No worker for {platform} could ask the shop. This says nothing about the shop: try again.",
        headers={"Retry-After": "5"},
    )
