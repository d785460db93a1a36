"""Judges webhook deliveries: who really sent them, and whether they tell anything but our own writes (docs/adr/0011).

Only workers open secrets, so the gateway keeps deliveries unverified and this loop takes them. Our own writes come back as
webhooks too: a product that the shop last changed at the time of our last write to it is an echo, and starts no pull. A delivery is
judged some seconds after it came, and not while a push of its connector is under way: our write must be in the listing by then.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pixee_common.clock import Clock
from pixee_common.crypto import CryptoError
from pixee_common.db import Connection, Database
from pixee_common.telemetry import record
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.connectors_read import ConnectorReader
from pixee_workers.sync_base.webhook_contract import Delivery, Heard, Hearing

SWEEP_SECONDS = 1.0
SETTLE_SECONDS = 3.0
MOST_AT_ONCE = 50
LONGEST_WRITE = timedelta(seconds=120)
"""A write is stamped when its outcome is written: so long before that the shop may have carried it out."""
AFTERWARDS = timedelta(seconds=2)
"""Clocks differ a little, and the shop's moments are whole seconds."""
_log = logging.getLogger(__name__)

TAKE = """
SELECT w.id, w.connector_id, w.platform, w.topic, w.signature, w.body
FROM webhook_deliveries w JOIN connectors n ON n.id = w.connector_id
WHERE w.state = 'received' AND w.platform = ANY($1::text[]) AND w.received_at <= now() - make_interval(secs => $2)
  AND (w.received_at <= now() - interval '120 seconds' OR NOT EXISTS (
      SELECT FROM chunks c
      WHERE c.route_key = n.route_key AND c.state IN ('rung', 'claimed', 'sent')
        AND c.connector_id = n.id AND (c.state || '') <> 'rung' AND c.operation <> 'pull_products'
  ))
ORDER BY w.id LIMIT $3 FOR UPDATE OF w SKIP LOCKED
"""
JUDGED = """
UPDATE webhook_deliveries w SET state = CASE j.result WHEN 'pull' THEN 'wanted' ELSE 'done' END, result = j.result, body = '',
       judged_at = now()
FROM unnest($1::bigint[], $2::text[]) AS j(id, result) WHERE w.id = j.id
"""
# Of the product and of all its variants: the shop moves a product's time when a variant changes.
OURS = """
SELECT max(o.sent_at) FROM listings p
JOIN listings l ON l.connector_id = p.connector_id AND l.product_id = p.product_id
JOIN listing_operations o ON o.connector_id = l.connector_id AND o.item_id = l.item_id
WHERE p.connector_id = $1 AND p.external_id = $2
"""


class Webhooks:
    """Takes and judges deliveries of the platforms whose adapters can hear, until cancelled."""

    def __init__(
        self,
        database: Database,
        connectors: ConnectorReader,
        clock: Clock,
        adapters: Mapping[str, Adapter],
        *,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self._database = database
        self._connectors = connectors
        self._clock = clock
        self._settle = settle_seconds
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
        """One round; returns how many deliveries were judged."""
        if not self._hearing:
            return 0

        async def work(connection: Connection) -> Counter[tuple[str, str]]:
            rows = await connection.fetch(TAKE, list(self._hearing), self._settle, MOST_AT_ONCE)
            results = [await self._judged(connection, row) for row in rows]
            await connection.execute(JUDGED, [row["id"] for row in rows], results)
            return Counter((row["platform"], result) for row, result in zip(rows, results, strict=True))

        counted = await self._database.run(work)
        for (platform, result), count in counted.items():
            record("pixee_webhooks_total", count, platform=platform, result=result)
            if result in {"forged", "unreadable", "no_secret"}:
                _log.warning("%s: %d webhooks were refused: %s", platform, count, result)
        return counted.total()

    async def _judged(self, connection: Connection, row: Any) -> str:
        connector = await self._connectors.read(row["connector_id"])
        if connector is None or connector.deleted or connector.status != "active":
            return "not_active"
        try:
            secret = self._connectors.open(connector).get(self._secrets[row["platform"]] or "", "")
        except CryptoError as error:
            _log.critical("credentials of connector %s cannot be opened: %s", connector.id, error.message)
            return "no_secret"
        if not secret:
            return "no_secret"
        try:
            heard = self._hearing[row["platform"]].hear(Delivery(row["topic"], row["signature"], row["body"]), secret)
        except ValueError:
            return "unreadable"
        if heard is None:
            return "forged"
        if heard.external_id is None:
            return "ignored"
        return "echo" if await self._is_ours(connection, row, heard) else "pull"

    async def _is_ours(self, connection: Connection, row: Any, heard: Heard) -> bool:
        if heard.changed_at is None:
            return False
        sent_at = await connection.fetchval(OURS, row["connector_id"], heard.external_id)
        return sent_at is not None and sent_at - LONGEST_WRITE <= heard.changed_at <= sent_at + AFTERWARDS
