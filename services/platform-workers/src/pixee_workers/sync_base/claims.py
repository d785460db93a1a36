"""The claim: one statement that takes every rung chunk of the routes that are ours or free.

The route's row is locked first, in key order, so two workers never own one route. A repetition of the statement (its answer was
lost) matches what is `rung` or carries this very token; never "what is claimed by me", which would call a shop twice for
chunks whose outcome is just being written. Chunks of connectors that are paused or deleted go back to `pending`, where the
dispatcher leaves them until the connector is active; chunks of cancelled jobs are claimed like all others, and what is open
in them is cancelled when they are begun.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue

from pixee_common.db import Connection, Database
from pixee_common.domain.ids import AccountId, ConnectorId, JobId, RouteKey, WorkerId
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.chunks import ClaimedChunk
from pixee_workers.sync_base.insisting import insist

# Chunks in flight are found by their partial index, whose exact predicate stands inside LATERAL (… OFFSET 0); they are locked and
# changed by primary key with the state hidden from the planner, whose statistics of it are always too old.
CLAIM = """
WITH held AS MATERIALIZED (
    SELECT r.route_key, r.epoch, r.budgets, r.worker_id IS NULL AS free FROM routes r
    WHERE r.route_key = ANY($1::text[]) AND (r.worker_id IS NULL OR r.worker_id = $2)
      AND EXISTS (SELECT FROM workers w WHERE w.id = $2)
    ORDER BY r.route_key FOR UPDATE OF r
), found AS MATERIALIZED (
    SELECT c.job_id, c.no FROM held h CROSS JOIN LATERAL (
        SELECT job_id, no, state, claim_token FROM chunks
        WHERE route_key = h.route_key AND state IN ('rung', 'claimed', 'sent') OFFSET 0
    ) c
    WHERE c.state = 'rung' OR (c.state = 'claimed' AND c.claim_token = $3)
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no, c.route_key, c.connector_id FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.no
    WHERE (c.state || '') = 'rung' OR ((c.state || '') = 'claimed' AND c.claim_token = $3)
    ORDER BY c.job_id, c.no FOR UPDATE OF c
), judged AS MATERIALIZED (
    SELECT l.job_id, l.no, l.route_key, j.since, n.status = 'active' AND n.deleted_at IS NULL AS wanted
    FROM locked l JOIN connectors n ON n.id = l.connector_id JOIN jobs j ON j.id = l.job_id
), taken AS (
    UPDATE routes r SET worker_id = $2, epoch = r.epoch + 1, updated_at = now()
    FROM held h WHERE r.route_key = h.route_key AND h.free
      AND EXISTS (SELECT FROM judged d WHERE d.route_key = h.route_key AND d.wanted)
    RETURNING r.route_key, r.epoch
), returned AS (
    UPDATE chunks c SET state = 'pending', claim_token = NULL, worker_id = NULL
    FROM judged d WHERE c.job_id = d.job_id AND c.no = d.no AND NOT d.wanted
)
UPDATE chunks c
SET state = 'claimed', claim_token = $3, worker_id = $2, claimed_at = now(), epoch = coalesce(t.epoch, h.epoch)
FROM judged d JOIN held h ON h.route_key = d.route_key LEFT JOIN taken t ON t.route_key = d.route_key
WHERE c.job_id = d.job_id AND c.no = d.no AND d.wanted
RETURNING c.job_id, c.no, c.account_id, c.connector_id, c.platform, c.operation, c.route_key, c.priority, c.job_position,
          c.item_ids, c.letters, c.attempt, c.look_up, c.epoch, c.claim_token, c.cursor, c.traceparent, d.since, h.budgets,
          (c.page ->> 'waits_since')::timestamptz AS page_waits_since
"""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a chunk stands in its lane: stock, prices, products, pulls; then by job, then by number."""

    priority: int
    job_position: int
    no: int


@dataclass(slots=True)
class RouteClaim:
    """What was claimed of one route, in order, and the budgets that its last owner left."""

    route_key: RouteKey
    platform: str
    budgets: Mapping[str, JsonValue]
    chunks: list[tuple[Place, ClaimedChunk]] = field(default_factory=list)


async def claim(
    database: Database, worker_id: WorkerId, routes: Iterable[str], *, token: UUID | None = None
) -> list[RouteClaim]:
    """Claims what is rung on these routes; routes that another worker owns are left alone.

    Tries until the database has answered. A worker without a row (it was declared dead) gets nothing.
    """
    asked = sorted(set(routes))
    used = token or uuid4()

    async def work(connection: Connection) -> list[Any]:
        return list(await connection.fetch(CLAIM, asked, worker_id, used))

    claims: dict[str, RouteClaim] = {}
    for row in await insist(database, work, alone=True):
        key = RouteKey(row["route_key"])
        found = claims.setdefault(key, RouteClaim(key, row["platform"], row["budgets"]))
        found.chunks.append((Place(row["priority"], row["job_position"], row["no"]), claimed_chunk(row)))
    for found in claims.values():
        found.chunks.sort(key=lambda entry: entry[0])
    return [claims[key] for key in sorted(claims)]


def claimed_chunk(row: Any) -> ClaimedChunk:
    """A row as the claim returns it."""
    return ClaimedChunk(
        job_id=JobId(row["job_id"]),
        no=row["no"],
        account_id=AccountId(row["account_id"]),
        connector_id=ConnectorId(row["connector_id"]),
        platform=row["platform"],
        operation=Operation(row["operation"]),
        route_key=RouteKey(row["route_key"]),
        priority=row["priority"],
        item_ids=tuple(row["item_ids"]),
        letters=row["letters"],
        attempt=row["attempt"],
        look_up=row["look_up"],
        epoch=row["epoch"],
        claim_token=row["claim_token"],
        cursor=row["cursor"],
        since=row["since"],
        page_waits_since=row["page_waits_since"],
        traceparent=row["traceparent"],
    )
