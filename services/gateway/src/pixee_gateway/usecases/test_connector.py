"""Test a connector: the gateway asks, a worker calls the shop, the gateway waits for the answer. Only workers hold credentials in clear."""

from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.db.channels import PROBE
from pixee_common.domain.ids import new_id
from pixee_common.telemetry import inject
from pixee_gateway.notices import Notices
from pixee_gateway.problems import Problem, not_found
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
    SELECT $4, account_id, id, platform, route_key, 'test', $5 FROM connector, alive WHERE alive.yes
    RETURNING id
), told AS (
    SELECT pg_notify($6, id::text) FROM asked
)
SELECT connector.platform, alive.yes AS alive, (SELECT count(*) FROM told) FROM connector, alive
"""
_ANSWER = "SELECT answer FROM probes WHERE id = $1 AND answered_at IS NOT NULL"
_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)"


class TestConnector:
    """One probe for each call."""

    __test__ = False

    def __init__(self, database: Database, answers: Notices, *, seconds: float = ANSWER_SECONDS) -> None:
        self._database = database
        self._answers = answers
        self._seconds = seconds

    async def __call__(self, caller: Caller, connector_id: UUID, only: str | None) -> dict[str, Any]:
        """The documented body. Raises 404, or 503 `no_worker` when nobody could ask the shop."""
        probe_id = new_id()

        async def ask(connection: Connection) -> Any:
            row = await connection.fetchrow(
                _ASK, connector_id, caller.account_id, only, probe_id, inject().get("traceparent"), PROBE
            )
            if row is not None:
                await connection.execute(
                    _AUDIT, caller.account_id, caller.key_id, "connector.tested", str(connector_id), {}
                )
            return row

        with self._answers.watch(str(probe_id)) as changed:
            row = await self._database.run(ask, account=caller.account_id)
            if row is None:
                raise not_found("connector")
            if row["alive"]:
                async for _ in changed.until(self._seconds):
                    async with self._database.transaction(caller.account_id) as connection:
                        answer = await connection.fetchval(_ANSWER, probe_id)
                    if answer is not None:
                        return {**answer, "platform": row["platform"], "latency_ms": answer.get("latency_ms") or 0}
        raise Problem(
            503,
            "no_worker",
            f"No worker for {row['platform']} could ask the shop. This says nothing about the shop: try again.",
            headers={"Retry-After": "5"},
        )
