"""Answers a merchant's "test this connector" and "what does this shop demand": the same context as every call, and a message that
says what to mend.

A probe goes through the route's budgets, before everything that waits, and past an open breaker: it is the call that finds out
whether the shop is back.
"""

import asyncio
from collections.abc import Mapping
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from pixee_common.crypto import CryptoError
from pixee_common.db import Connection, Database
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import AnswerNotJson
from pixee_common.telemetry import log_context
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.chunks import Life, WorkerLostError
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.context import CourierContext
from pixee_workers.sync_base.courier import PlatformCourier
from pixee_workers.sync_base.outcomes import TestReport
from pixee_workers.sync_base.probe_context import probe_context

Body = dict[str, JsonValue]

LONGEST_SECONDS = 18.0
"""The gateway waits twenty."""

_GOOD = """
UPDATE connectors
   SET status = CASE WHEN status = 'error' THEN 'active' ELSE status END,
       last_error = CASE WHEN status = 'error' THEN NULL ELSE last_error END,
       shop_currency = coalesce($2, shop_currency), updated_at = now()
 WHERE id = $1 AND deleted_at IS NULL
"""
_REFUSED = """
UPDATE connectors SET status = 'error', last_error = $2, updated_at = now()
 WHERE id = $1 AND status = 'active' AND deleted_at IS NULL
   AND NOT EXISTS (SELECT FROM credentials k WHERE k.connector_id = $1 AND k.version > $3)
"""
_REQUIREMENTS = """
INSERT INTO requirements (connector_id, account_id, body, fetched_at) VALUES ($1, $2, $3, now())
    ON CONFLICT (connector_id) DO UPDATE SET body = excluded.body, fetched_at = now()
"""
_MEND: Mapping[FaultKind, str] = {
    FaultKind.CREDENTIALS: "Credentials refused. Enter new credentials for the connector.",
    FaultKind.UNAVAILABLE: "The shop cannot be reached. Check the host, or try again later.",
    FaultKind.THROTTLED: "The shop answers, and asks for a pause. Try again later.",
    FaultKind.CONTRACT_BROKEN: "Something answers that is not such a shop. Check the host.",
    FaultKind.AMBIGUOUS: "The shop's answer was lost. Try again.",
}


class Prober:
    """Makes probes with the courier's adapters, connectors and routes."""

    def __init__(self, courier: PlatformCourier, database: Database) -> None:
        self._courier = courier
        self._database = database

    async def probe(self, connector_id: UUID, kind: str, life: Life) -> Body:
        """The answer to write into the probe's row: `kind` is `test` or `describe`.

        Always an answer, `success` false with a `message` and a `code` where the shop refuses. Raises WorkerLostError.
        """
        self._courier.connectors.forget(connector_id)
        connector = await self._courier.connectors.read(connector_id)
        if connector is None or connector.deleted:
            return _failure("", ReasonCode.CONNECTOR_DELETED, "The connector does not exist.")
        adapter = self._courier.adapter(connector.platform)
        with log_context(connector=connector_id, account=connector.account_id, platform=connector.platform):
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    return await self._ask(connector, adapter, kind, life)
            except TimeoutError:
                message = _MEND[FaultKind.UNAVAILABLE]
                return _failure(connector.platform, ReasonCode.UNAVAILABLE, message)
            except PlatformFault as fault:
                return await self._refused(connector, fault)
            except WorkerLostError:
                raise
            except AnswerNotJson:
                return _failure(connector.platform, ReasonCode.CONTRACT_BROKEN, _MEND[FaultKind.CONTRACT_BROKEN])
            except CryptoError:
                message = "The stored credentials cannot be read; Pixee has been told."
                return _failure(connector.platform, ReasonCode.KEY_UNKNOWN, message)

    async def _ask(self, connector: Connector, adapter: Adapter, kind: str, life: Life) -> Body:
        context = self._context(connector, adapter, life)
        clock = self._courier.clock
        started = clock.monotonic()
        if kind == "describe":
            body = (await adapter.describe(context)).model_dump(mode="json")
            await self._keep(connector, body)
            return {"success": True, "platform": connector.platform, "requirements": cast("JsonValue", body)}
        report = await adapter.test(context)
        latency = round((clock.monotonic() - started) * 1000)
        if report.missing_scopes:
            names = ", ".join(report.missing_scopes)
            return _failure(
                connector.platform,
                ReasonCode.PERMISSION_MISSING,
                f"Permission missing: {names}. Grant it to the app or key.",
                latency,
            )
        await self._good(connector, report)
        return {
            "success": True,
            "platform": connector.platform,
            "latency_ms": latency,
            "message": "Connection successful",
            "shop_identity": report.shop_identity,
            "shop_name": report.shop_name,
            "currency": report.currency,
            "granted_scopes": list(report.granted_scopes),
        }

    def _context(self, connector: Connector, adapter: Adapter, life: Life) -> CourierContext:
        return probe_context(self._courier, connector, adapter, life)

    async def _good(self, connector: Connector, report: TestReport) -> None:
        await self._database.run(lambda c: c.execute(_GOOD, connector.id, report.currency))
        self._courier.connectors.forget(connector.id)
        self._courier.reopen(connector.route_key)

    async def _refused(self, connector: Connector, fault: PlatformFault) -> Body:
        if fault.kind is FaultKind.CREDENTIALS:
            # Credentials that came meanwhile were refused by nobody.
            tried = max(connector.credentials_version, self._courier.wiring.tokens.made_with(connector.id))
            await self._database.run(lambda c: c.execute(_REFUSED, connector.id, fault.message, tried))
            self._courier.connectors.forget(connector.id)
        advice = _MEND.get(fault.kind)
        message = fault.message if advice is None else f"{advice} ({fault.message})"
        if fault.kind is FaultKind.REFUSED and fault.scope is FaultScope.CONNECTOR:
            message = f"Check the connector's address: {fault.message}"
        return _failure(connector.platform, fault.reason, message)

    async def _keep(self, connector: Connector, body: Mapping[str, JsonValue]) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(_REQUIREMENTS, connector.id, connector.account_id, dict(body))

        await self._database.run(work)


def _failure(platform: str, reason: ReasonCode, message: str, latency_ms: int | None = None) -> Body:
    return {
        "success": False,
        "platform": platform,
        "latency_ms": latency_ms,
        "message": message,
        "code": reason.value,
    }
