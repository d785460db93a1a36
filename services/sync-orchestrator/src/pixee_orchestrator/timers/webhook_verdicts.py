"""Judges what webhooks tell (docs/adr/0011): a change that a pull would take over is wanted, an echo is done, what is gone is noted.

Deliveries of one object are judged together, by the newest, some seconds after the oldest came: the others were made before it. One
of which nothing can be said yet waits, at most two minutes; then it asks for a pull, which cannot be wrong.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pixee_common.db import Connection, Database, is_transient
from pixee_common.delivery import outbox
from pixee_common.events import ListingGone
from pixee_common.messaging.topics import LISTINGS
from pixee_common.telemetry import inject, record
from pixee_orchestrator.catalog.pulls.deliveries import Finding, Told, judge
from pixee_orchestrator.catalog.pulls.pull_job import PullJob
from pixee_orchestrator.names import SOURCE

__all__ = ["MOST_OBJECTS", "judge_webhooks"]

MOST_OBJECTS = 500
SETTLE = timedelta(seconds=3)
LONGEST_WAIT = timedelta(seconds=120)
_log = logging.getLogger(__name__)

# `judged_at` of what is still told: when it was looked at last.
NEXT = """
SELECT w.connector_id FROM webhook_deliveries w
WHERE w.state = 'told' AND w.received_at <= now() - $1::interval AND (w.judged_at IS NULL OR w.judged_at < now() - interval '1 second')
GROUP BY w.connector_id ORDER BY min(w.judged_at) NULLS FIRST, min(w.id)
"""
# Two replicas never judge one object. Whoever writes the connector's row has nothing to do with that, hence no row lock.
LOCK = """
SELECT CASE WHEN pg_try_advisory_xact_lock(hashtextextended('webhooks:' || $1::uuid::text, 0)) THEN clock_timestamp() END
"""
OBJECTS = """
SELECT o.external_id, o.oldest, o.overflow, n.id, n.received_at, n.told FROM (
    SELECT external_id, max(id) AS newest, min(received_at) AS oldest, coalesce(bool_or(result = 'overflow'), false) AS overflow
    FROM webhook_deliveries WHERE connector_id = $1 AND state = 'told'
    GROUP BY external_id HAVING min(received_at) <= now() - $2::interval
    ORDER BY min(judged_at) NULLS FIRST, min(id) LIMIT $3
) o JOIN webhook_deliveries n ON n.id = o.newest
"""
CONNECTOR = """
SELECT n.account_id, n.platform, n.route_key, n.settings, n.shop_currency, n.shop_identity, m.body AS mapping
FROM connectors n LEFT JOIN mappings m ON m.connector_id = n.id
WHERE n.id = $1 AND n.deleted_at IS NULL AND n.status = 'active'
"""
JUDGED = """
UPDATE webhook_deliveries w
SET state = CASE a.result WHEN 'later' THEN w.state WHEN 'pull' THEN 'wanted' ELSE 'done' END,
    result = CASE a.result WHEN 'later' THEN w.result ELSE a.result END,
    told = CASE a.result WHEN 'later' THEN w.told END, judged_at = now()
FROM unnest($2::text[], $3::bigint[], $4::text[]) AS a(external_id, newest, result)
WHERE w.connector_id = $1 AND w.state = 'told' AND w.external_id = a.external_id AND w.id <= a.newest
RETURNING w.platform, w.result, w.state
"""
GIVE_UP = """
UPDATE webhook_deliveries SET state = 'wanted', result = 'pull', told = NULL, judged_at = now()
WHERE connector_id = $1 AND state = 'told'
"""
# What an operation sent to an object that is gone says nothing of the one that will be made: the same as where a push finds it gone.
FORGET = """
WITH named AS MATERIALIZED (
    SELECT l.product_id, a.external_id FROM unnest($2::text[]) AS a(external_id) CROSS JOIN (VALUES ('product'), ('variant')) AS k(kind)
    JOIN listings l ON l.connector_id = $1 AND l.kind = k.kind AND l.external_id = a.external_id
), locked AS MATERIALIZED (
    SELECT l.item_id, l.kind, l.product_id, l.external_id FROM listings l
    WHERE l.connector_id = $1 AND EXISTS (
        SELECT FROM named n WHERE n.product_id = l.product_id AND n.external_id IN (l.external_id, l.parent_external_id)
    ) ORDER BY l.item_id FOR UPDATE OF l
), operations AS (
    DELETE FROM listing_operations o USING locked k WHERE o.connector_id = $1 AND o.item_id = k.item_id
), forgotten AS (
    UPDATE listings l SET state = 'gone', external_id = NULL, parent_external_id = NULL, refs = '{}', updated_at = now()
    FROM locked k WHERE l.connector_id = $1 AND l.item_id = k.item_id
)
SELECT item_id, kind, product_id, external_id FROM locked
"""


async def judge_webhooks(database: Database, settle: timedelta = SETTLE) -> int:
    """One round over all connectors, each in a transaction of its own; returns how many objects were judged for good."""
    judged = 0
    async with database.connection() as connection:
        connectors = [row["connector_id"] for row in await connection.fetch(NEXT, settle)]
    for connector_id in connectors:
        judged += await _try(database, connector_id, settle)
    return judged


async def _try(database: Database, connector_id: UUID, settle: timedelta) -> int:
    async def work(connection: Connection) -> int:
        now = await connection.fetchval(LOCK, connector_id)
        return 0 if now is None else await _judge(connection, connector_id, settle, now)

    async def give_up(connection: Connection) -> None:
        await connection.execute(GIVE_UP, connector_id)

    try:
        return await database.run(work)
    except Exception as error:
        if is_transient(error):
            raise
        _log.exception("webhooks of the connector %s cannot be judged: they ask for a pull", connector_id)
        await database.run(give_up)
        return 0


async def _judge(connection: Connection, connector_id: UUID, settle: timedelta, now: datetime) -> int:
    objects = await connection.fetch(OBJECTS, connector_id, settle, MOST_OBJECTS)
    connector = await connection.fetchrow(CONNECTOR, connector_id)
    if connector is None:
        found = {row["external_id"]: "not_active" for row in objects}
    else:
        found = await _found(connection, connector_id, connector, objects, now)
        gone = [external_id for external_id, result in found.items() if result == Finding.GONE]
        if gone:
            await _forget(connection, connector_id, connector, gone, now)
    ids, newest = [row["external_id"] for row in objects], [row["id"] for row in objects]
    for row in await connection.fetch(JUDGED, connector_id, ids, newest, [found[one] for one in ids]):
        if row["state"] != "told":
            record("pixee_webhooks_total", platform=row["platform"], result=row["result"])
    return sum(result != Finding.LATER for result in found.values())


async def _found(
    connection: Connection, connector_id: UUID, connector: Any, objects: Sequence[Any], now: datetime
) -> dict[str, str]:
    told = [Told.read(row["external_id"], row["received_at"], row["told"]) for row in objects]
    findings = await judge(connection, _as_pull(connector_id, connector), told, now)
    found: dict[str, str] = {}
    for row in objects:
        finding = findings[row["external_id"]]
        overdue = finding is Finding.LATER and row["oldest"] <= now - LONGEST_WAIT
        found[row["external_id"]] = Finding.PULL if overdue or row["overflow"] else finding
    return found


def _as_pull(connector_id: UUID, connector: Any) -> PullJob:
    """What a pull of this connector would be, as far as it decides what is taken over."""
    return PullJob(
        id=connector_id,
        connector_id=connector_id,
        position=0,
        started_at=None,
        traceparent=None,
        finished=False,
        cancelled=False,
        broken_off=False,
        **dict(connector),
    )


async def _forget(
    connection: Connection, connector_id: UUID, connector: Any, external_ids: Sequence[str], now: datetime
) -> None:
    rows = await connection.fetch(FORGET, connector_id, external_ids)
    events = [
        ListingGone(
            account_id=connector["account_id"],
            connector_id=connector_id,
            platform=connector["platform"],
            occurred_at=now,
            **dict(row),
        )
        for row in rows
    ]
    await outbox.put_many(connection, [(LISTINGS, event, inject()) for event in events], source=SOURCE)
