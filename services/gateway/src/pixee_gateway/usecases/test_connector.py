"""Test a connector: a worker calls the shop and says what to mend."""

from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database
from pixee_common.domain.ids import new_id
from pixee_gateway.problems import not_found
from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases.probing import Answers, ask, no_worker

_AUDIT = "INSERT INTO audit_log (account_id, actor, action, target, details) VALUES ($1, $2, $3, $4, $5)"


class TestConnector:
    """One probe for each call."""

    __test__ = False

    def __init__(self, database: Database, answers: Answers) -> None:
        self._database = database
        self._answers = answers

    async def __call__(self, caller: Caller, connector_id: UUID, only: str | None) -> dict[str, Any]:
        """The documented body. Raises 404, or 503 `no_worker` when nobody could ask the shop."""
        probe_id = new_id()

        async def work(connection: Connection) -> Any:
            row = await ask(connection, caller, connector_id, only, kind="test", probe_id=probe_id)
            if row is not None:
                await connection.execute(
                    _AUDIT, caller.account_id, caller.key_id, "connector.tested", str(connector_id), {}
                )
            return row

        with self._answers.notices.watch(str(probe_id)) as changed:
            row = await self._database.run(work, account=caller.account_id)
            if row is None:
                raise not_found("connector")
            answer = await self._answers.until(caller, probe_id, changed) if row["alive"] else None
        if answer is None:
            raise no_worker(row["platform"])
        return {**answer, "platform": row["platform"], "latency_ms": answer.get("latency_ms") or 0}
