"""Ends open items as failed, with a reason that a merchant can read: expired, verdict overdue, connector deleted."""

from collections.abc import Iterable
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.domain.job import OPEN_LETTERS
from pixee_common.domain.reasons import ReasonCode

__all__ = ["ANY_OPEN", "AT_REST", "Doomed", "fail_items"]

ANY_OPEN = "".join(sorted(OPEN_LETTERS))

AT_REST = ("pending", "waiting", "rung")
"""States in which no worker has the chunk in its hands."""

Doomed = tuple[UUID, int, UUID | None]
"""(job, chunk number, item); a null item means all of the chunk's."""

# Without its claim token a chunk takes no late result: a final item stays final.
FAIL_ITEMS = """
WITH asked AS MATERIALIZED (
    SELECT job_id, no, array_agg(item) FILTER (WHERE item IS NOT NULL) AS items
    FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS a(job_id, no, item) GROUP BY job_id, no
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no, c.account_id, c.operation, c.item_ids, c.letters, a.items
    FROM asked a JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
    WHERE (c.state || '') = ANY($4::text[])
    ORDER BY c.job_id, c.no FOR UPDATE OF c SKIP LOCKED
), places AS MATERIALIZED (
    SELECT l.job_id, l.no, l.account_id, l.operation, i.id, i.place, substr(l.letters, i.place::int, 1) AS letter,
           strpos($5, substr(l.letters, i.place::int, 1)) > 0 AND (l.items IS NULL OR i.id = ANY(l.items)) AS doomed
    FROM locked l CROSS JOIN LATERAL unnest(l.item_ids) WITH ORDINALITY AS i(id, place)
), issues AS (
    INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message)
    SELECT p.job_id, p.id, p.account_id, p.no,
           CASE WHEN p.operation = 'push_products' THEN p.id
                ELSE (SELECT v.product_id FROM variants v WHERE v.id = p.id) END,
           CASE WHEN p.operation = 'push_products'
                THEN (SELECT v.sku FROM variants v WHERE v.product_id = p.id ORDER BY v.position LIMIT 1)
                ELSE (SELECT v.sku FROM variants v WHERE v.id = p.id) END,
           'rejected', $6, $7
    FROM places p WHERE p.doomed
    ON CONFLICT (job_id, item_id) DO UPDATE
    SET outcome = excluded.outcome, reason = excluded.reason, message = excluded.message, warning = false, at = now()
), rewritten AS (
    SELECT job_id, no, string_agg(CASE WHEN doomed THEN 'r' ELSE letter END, '' ORDER BY place) AS letters,
           count(*) FILTER (WHERE doomed) AS failed
    FROM places GROUP BY job_id, no HAVING bool_or(doomed)
)
UPDATE chunks c
SET letters = r.letters, failed = c.failed + r.failed,
    state = CASE WHEN r.letters ~ $8 THEN c.state ELSE 'done' END,
    done_at = CASE WHEN r.letters ~ $8 THEN c.done_at ELSE now() END,
    claim_token = CASE WHEN r.letters ~ $8 THEN c.claim_token END,
    worker_id = CASE WHEN r.letters ~ $8 THEN c.worker_id END
FROM rewritten r WHERE c.job_id = r.job_id AND c.no = r.no
RETURNING c.job_id, c.no
"""


async def fail_items(
    connection: Connection,
    doomed: Iterable[Doomed],
    reason: ReasonCode,
    message: str,
    *,
    letters: str = ANY_OPEN,
    states: tuple[str, ...] = AT_REST,
) -> list[tuple[UUID, int]]:
    """Fails the items whose letter is one of `letters`, in chunks that are in one of `states`. Returns the chunks to fold."""
    rows = list(doomed)
    if not rows:
        return []
    changed = await connection.fetch(
        FAIL_ITEMS,
        *([job for job, _, _ in rows], [no for _, no, _ in rows], [item for _, _, item in rows]),
        *(list(states), letters, reason, message, f"[{ANY_OPEN}]"),
    )
    return [(row["job_id"], row["no"]) for row in changed]
