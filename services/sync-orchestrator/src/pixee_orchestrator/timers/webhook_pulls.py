"""Starts the pulls that verified webhooks ask for: one for each connector, however many products changed there.

Single flight does the rest: while a pull waits for its turn, everything that arrives is answered by that one.
"""

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pixee_common.db import Connection
from pixee_common.domain.ids import new_id
from pixee_common.domain.job import Operation
from pixee_common.events import SyncRequested, headers_for
from pixee_common.messaging.topics import REQUESTED
from pixee_common.telemetry import inject
from pixee_orchestrator.names import SOURCE

__all__ = ["MOST_AT_ONCE", "start_wanted_pulls"]

MOST_AT_ONCE = 500
MOST_QUEUED = 100
REQUESTED_BY = "webhook"
_log = logging.getLogger(__name__)

TAKE = """
WITH taken AS (
    UPDATE webhook_deliveries SET state = 'done' WHERE id IN (
        SELECT id FROM webhook_deliveries WHERE state = 'wanted' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
    ) RETURNING account_id, connector_id, platform
)
SELECT account_id, connector_id, platform, count(*) AS deliveries FROM taken
GROUP BY account_id, connector_id, platform ORDER BY connector_id
"""
_SUBMIT = """
SELECT verdict FROM submit_job($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9, $10, $11, $12, $13, $14, NULL, NULL, NULL)
"""
# As the API's pull without a body: the same scope, so that it joins a pull that a person asked for.
_SCOPE = {"mode": "auto"}


async def start_wanted_pulls(connection: Connection, lifetime: timedelta) -> int:
    """One round. Returns how many deliveries were taken. A connector that may not be synced now starts nothing."""
    rows = await connection.fetch(TAKE, MOST_AT_ONCE)
    for row in rows:
        verdict = await _submit(connection, row, lifetime)
        if verdict not in {"created", "attached"}:
            _log.info("connector %s: no pull for its webhooks: %s", row["connector_id"], verdict)
    return sum(row["deliveries"] for row in rows)


async def _submit(connection: Connection, row: Any, lifetime: timedelta) -> str:
    return str(
        await connection.fetchval(
            _SUBMIT,
            row["account_id"],
            row["connector_id"],
            row["platform"],
            [row["platform"]],
            Operation.PULL_PRODUCTS,
            new_id(),
            _SCOPE,
            hashlib.sha256(orjson.dumps(_SCOPE)).hexdigest(),
            REQUESTED_BY,
            inject().get("traceparent"),
            REQUESTED,
            headers_for(SyncRequested, source=SOURCE, trace=inject()),
            datetime.now(UTC) + lifetime,
            MOST_QUEUED,
        )
    )
