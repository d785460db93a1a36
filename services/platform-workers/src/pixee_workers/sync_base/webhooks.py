"""Verifies webhook deliveries and reads what they tell (docs/adr/0011); whether that is news, the orchestrator judges.

Only workers open secrets and know a platform's words, so the gateway keeps deliveries unread and this loop takes them: a forged one
ends here, a true one is put into the words of a pull and handed on.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import orjson

from pixee_common.clock import Clock
from pixee_common.crypto import CryptoError
from pixee_common.db import Connection, Database
from pixee_common.telemetry import record
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.connectors_read import ConnectorReader
from pixee_workers.sync_base.webhook_contract import Delivery, Heard, Hearing

SWEEP_SECONDS = 1.0
MOST_AT_ONCE = 50
_log = logging.getLogger(__name__)

TAKE = """
SELECT id, connector_id, platform, topic, signature, body FROM webhook_deliveries
WHERE state = 'received' AND platform = ANY($1::text[]) ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
# What a true delivery tells goes on to the orchestrator. Where others were dropped behind it, what they told is only at the shop.
READ = """
UPDATE webhook_deliveries w
SET state = CASE WHEN r.result IS NOT NULL THEN 'done' WHEN w.result = 'overflow' THEN 'wanted' ELSE 'told' END,
    result = CASE WHEN r.result IS NOT NULL THEN r.result WHEN w.result = 'overflow' THEN 'pull' END,
    external_id = r.external_id, told = r.told, body = '', judged_at = CASE WHEN r.result IS NOT NULL THEN now() END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[]) AS r(id, result, external_id, told) WHERE w.id = r.id
RETURNING w.platform, w.result
"""


class Read(NamedTuple):
    """A delivery that was looked at: a final result, or what it tells."""

    result: str | None
    external_id: str | None = None
    told: dict[str, Any] | None = None


class Webhooks:
    """Takes and reads deliveries of the platforms whose adapters can hear, until cancelled."""

    def __init__(
        self, database: Database, connectors: ConnectorReader, clock: Clock, adapters: Mapping[str, Adapter]
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._clock = clock
        self._hearing = {slug: one for slug, one in adapters.items() if isinstance(one, Hearing)}
        self._secrets = {slug: one.manifest.webhook_secret for slug, one in adapters.items()}

    async def run(self) -> None:
        """For ever."""
        while True:
            taken = 0
            try:
                taken = await self.sweep()
            except Exception as error:
                _log.warning("webhooks: %s, trying again", type(error).__name__)
            if taken < MOST_AT_ONCE:
                await self._clock.sleep(SWEEP_SECONDS)

    async def sweep(self) -> int:
        """One round; returns how many deliveries were read."""
        if not self._hearing:
            return 0

        async def work(connection: Connection) -> list[Any]:
            rows = await connection.fetch(TAKE, list(self._hearing), MOST_AT_ONCE)
            read = [await self._read(row) for row in rows]
            results, ids, told = zip(*read, strict=True) if read else ((), (), ())
            return await connection.fetch(READ, [row["id"] for row in rows], list(results), list(ids), list(told))

        rows = await self._database.run(work)
        ended = Counter((row["platform"], row["result"]) for row in rows if row["result"] is not None)
        for (platform, result), count in ended.items():
            record("pixee_webhooks_total", count, platform=platform, result=result)
            if result in {"forged", "unreadable", "no_secret"}:
                _log.warning("%s: %d webhooks were refused: %s", platform, count, result)
        return len(rows)

    async def _read(self, row: Any) -> Read:
        connector = await self._connectors.read(row["connector_id"])
        if connector is None or connector.deleted or connector.status != "active":
            return Read("not_active")
        try:
            secret = self._connectors.open(connector).get(self._secrets[row["platform"]] or "", "")
        except CryptoError as error:
            _log.critical("credentials of connector %s cannot be opened: %s", connector.id, error.message)
            return Read("no_secret")
        if not secret:
            return Read("no_secret")
        try:
            heard = self._hearing[row["platform"]].hear(Delivery(row["topic"], row["signature"], row["body"]), secret)
        except ValueError:
            return Read("unreadable")
        if heard is None:
            return Read("forged")
        if heard.external_id is None:
            return Read("ignored")
        return Read(None, heard.external_id, as_json(heard))


def as_json(heard: Heard) -> dict[str, Any] | None:
    """By field names, for the orchestrator; moments in ISO 8601. Null where the database cannot hold it (NUL characters)."""
    text = orjson.dumps(asdict(heard))
    told: dict[str, Any] | None = None if b"\\u0000" in text else orjson.loads(text)
    return told
