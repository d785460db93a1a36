"""The statements by which the results of a group of chunks are written, each for the whole group (`outcome_rows` runs them).

Rows are written in key order, so that two groups never wait for each other in a circle. Where rows are many (an item has up to
five) they come as one JSON document: as arrays, their encoding alone is a fifth of a worker's time.
"""

# Final chunks stay as they are. A late result of a worker that was declared dead counts as long as nobody has claimed the chunk again:
# it then has neither token nor worker. The token is cleared and the worker kept, so a repetition of this statement finds nothing.
CHUNKS = """
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::bool[],
                         $8::timestamptz[], $9::text[], $10::int[], $11::int[], $12::int[], $13::int[])
        AS a(job_id, no, token, epoch, letters, state, called, not_before, wait_reason, succeeded, failed, skipped, cancelled)
), locked AS MATERIALIZED (
    SELECT a.* FROM asked a JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
    WHERE c.epoch = a.epoch
      AND ((c.claim_token = a.token AND (c.state || '') NOT IN ('done', 'cancelled'))
           OR (c.claim_token IS NULL AND c.worker_id IS NULL AND (c.state || '') IN ('pending', 'rung')))
    ORDER BY c.job_id, c.no FOR UPDATE OF c
)
UPDATE chunks c
SET letters = l.letters, state = l.state, attempt = least(c.attempt + l.called::int, 30000),
    not_before = l.not_before, wait_reason = l.wait_reason, claim_token = NULL,
    succeeded = l.succeeded, failed = l.failed, skipped = l.skipped, cancelled = l.cancelled,
    done_at = CASE WHEN l.state = 'done' THEN now() END
FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
RETURNING c.job_id, c.no, c.attempt
"""

LISTINGS = """
INSERT INTO listings AS l (connector_id, item_id, kind, account_id, product_id, shop_identity, external_id, parent_external_id,
                           refs, state)
SELECT a.connector_id, a.item_id, a.kind, a.account_id, a.product_id, n.shop_identity, a.external_id, a.parent_external_id,
       a.refs, CASE WHEN a.external_id IS NULL THEN 'intent' ELSE 'confirmed' END
FROM json_to_recordset($1::json)
    AS a(connector_id uuid, item_id uuid, kind text, account_id uuid, product_id uuid, external_id text, parent_external_id text,
         refs jsonb)
JOIN connectors n ON n.id = a.connector_id
ORDER BY a.connector_id, a.item_id
ON CONFLICT (connector_id, item_id) DO UPDATE
SET external_id = coalesce(excluded.external_id, l.external_id),
    parent_external_id = coalesce(excluded.parent_external_id, l.parent_external_id),
    refs = CASE WHEN excluded.external_id IS NULL THEN l.refs ELSE excluded.refs END,
    state = CASE WHEN excluded.external_id IS NULL THEN l.state ELSE 'confirmed' END,
    product_id = excluded.product_id, shop_identity = excluded.shop_identity, updated_at = now()
"""

GONE = """
WITH asked AS MATERIALIZED (
    SELECT connector_id, kind, external_id FROM unnest($1::uuid[], $2::text[], $3::text[]) AS a(connector_id, kind, external_id)
), locked AS MATERIALIZED (
    SELECT l.connector_id, l.item_id FROM asked a
    JOIN listings l ON l.connector_id = a.connector_id AND l.kind = a.kind AND l.external_id = a.external_id
    ORDER BY l.connector_id, l.item_id FOR UPDATE OF l
), operations AS (
    DELETE FROM listing_operations o USING locked k WHERE o.connector_id = k.connector_id AND o.item_id = k.item_id
)
DELETE FROM listings l USING locked k WHERE l.connector_id = k.connector_id AND l.item_id = k.item_id
"""

# A failure leaves the hash (what the shop has) and notes the version that failed, so that a corrected item is known as such.
# It is counted when it is the same again: same class, same attempt (`failures`). One without a class, and an answer that was lost
# (the empty hash), say nothing of the item: what was counted stands, unless the catalog holds something newer by now.
# Returned are items whose listing is marked as held back, or has to be from now on, and (stale) what is sent by itself and was
# translated by a mapping that has been changed since: hardly ever any.
OPERATIONS = """
WITH asked AS MATERIALIZED (
    SELECT connector_id, item_id, operation, account_id, decode(hash, 'hex') AS hash, catalog_version, failure,
           failure_class, decode(failure_hash, 'hex') AS failure_hash, left(failure_message, 1000) AS failure_message,
           mapping_version, unchanged
    FROM json_to_recordset($1::json) AS a(connector_id uuid, item_id uuid, operation text, account_id uuid, hash text,
                                          catalog_version bigint, mapping_version int, unchanged bool, failure text, failure_class text, failure_hash text,
                                          failure_message text)
), held AS MATERIALIZED (
    SELECT a.connector_id, a.item_id, a.operation FROM asked a
    JOIN listings l ON l.connector_id = a.connector_id AND l.item_id = a.item_id
    WHERE (l.state || '') = 'quarantined'
), written AS (
INSERT INTO listing_operations AS o (connector_id, item_id, operation, account_id, hash, catalog_version, sent_at, failures,
                                     failure_reason, failure_message, failure_class, failure_hash, failing_since, mapping_version)
SELECT connector_id, item_id, operation, account_id, hash, catalog_version,
       CASE WHEN failure IS NULL AND unchanged IS NOT TRUE THEN now() END, CASE WHEN failure_class IS NULL THEN 0 ELSE 1 END, failure, failure_message,
       failure_class, failure_hash, CASE WHEN failure_class IS NOT NULL THEN now() END, mapping_version
FROM asked ORDER BY connector_id, item_id, operation
ON CONFLICT (connector_id, item_id, operation) DO UPDATE
SET hash = coalesce(excluded.hash, o.hash),
    catalog_version = CASE WHEN excluded.hash IS NULL THEN greatest(o.catalog_version, excluded.catalog_version)
                           ELSE excluded.catalog_version END,
    mapping_version = CASE WHEN excluded.hash IS NULL THEN greatest(o.mapping_version, excluded.mapping_version)
                           ELSE excluded.mapping_version END,
    sent_at = coalesce(excluded.sent_at, o.sent_at),
    failures = CASE WHEN excluded.failure_class IS NULL AND (excluded.failure_reason IS NOT NULL OR excluded.hash = '')
                    THEN CASE WHEN excluded.catalog_version > o.catalog_version THEN 0 ELSE o.failures END
                    WHEN excluded.failure_class IS NULL THEN 0
                    WHEN (excluded.failure_class, excluded.failure_hash)
                         IS NOT DISTINCT FROM (o.failure_class, o.failure_hash) THEN least(o.failures + 1, 30000)
                    ELSE 1 END,
    failing_since = CASE WHEN excluded.failure_class IS NULL THEN o.failing_since
                         WHEN o.failures > 0 AND (excluded.failure_class, excluded.failure_hash)
                              IS NOT DISTINCT FROM (o.failure_class, o.failure_hash) THEN o.failing_since
                         ELSE now() END,
    failure_class = coalesce(excluded.failure_class, o.failure_class),
    failure_hash = CASE WHEN excluded.failure_class IS NULL THEN o.failure_hash ELSE excluded.failure_hash END,
    failure_reason = CASE WHEN excluded.failure_class IS NULL AND excluded.failure_reason IS NOT NULL AND o.failures > 0
                               AND excluded.catalog_version <= o.catalog_version THEN o.failure_reason
                          ELSE excluded.failure_reason END,
    failure_message = CASE WHEN excluded.failure_class IS NULL AND excluded.failure_reason IS NOT NULL AND o.failures > 0
                                AND excluded.catalog_version <= o.catalog_version THEN o.failure_message
                           ELSE excluded.failure_message END
RETURNING o.connector_id, o.item_id, o.operation, o.failures, o.mapping_version
)
SELECT connector_id, item_id, operation, false AS stale FROM written WHERE failures >= 3
UNION SELECT connector_id, item_id, operation, false FROM held
UNION SELECT w.connector_id, w.item_id, w.operation, true FROM written w
JOIN connectors n ON n.id = w.connector_id AND n.mapping_version > w.mapping_version AND w.operation = ANY(n.auto_sync)
"""

# What failed three times in the same way is held back until it is corrected; what went through is held back no longer.
QUARANTINE = """
WITH asked AS MATERIALIZED (
    SELECT o.connector_id, o.item_id, o.failures >= 3 AS hopeless FROM unnest($1::uuid[], $2::uuid[], $3::text[])
        AS a(connector_id, item_id, operation)
    JOIN listing_operations o
      ON o.connector_id = a.connector_id AND o.item_id = a.item_id AND o.operation = a.operation
), locked AS MATERIALIZED (
    SELECT l.connector_id, l.item_id, bool_or(a.hopeless) OVER (PARTITION BY l.connector_id, l.item_id) AS hopeless
    FROM (
        SELECT l.connector_id, l.item_id FROM asked a
        JOIN listings l ON l.connector_id = a.connector_id AND l.item_id = a.item_id
        WHERE (a.hopeless AND (l.state || '') <> 'quarantined') OR (NOT a.hopeless AND (l.state || '') = 'quarantined')
        ORDER BY l.connector_id, l.item_id FOR UPDATE OF l
    ) l JOIN asked a ON a.connector_id = l.connector_id AND a.item_id = l.item_id
)
UPDATE listings l
SET state = CASE WHEN k.hopeless THEN 'quarantined' WHEN l.external_id IS NULL THEN 'intent' ELSE 'confirmed' END,
    updated_at = now()
FROM locked k WHERE l.connector_id = k.connector_id AND l.item_id = k.item_id
"""

ISSUES = """
INSERT INTO item_issues AS i (job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field, warning,
                              candidates)
SELECT job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field, warning,
       CASE WHEN candidates IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(candidates -> 'of')) END
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::bool[], $12::jsonb[])
    AS a(job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, field, warning, candidates)
ORDER BY job_id, item_id
ON CONFLICT (job_id, item_id) DO UPDATE
SET product_id = excluded.product_id, sku = excluded.sku, outcome = excluded.outcome, reason = excluded.reason,
    message = excluded.message, field = excluded.field, warning = excluded.warning, candidates = excluded.candidates, at = now()
"""

CLEAR_ISSUES = """
DELETE FROM item_issues i USING unnest($1::uuid[], $2::uuid[]) AS a(job_id, item_id)
WHERE i.job_id = a.job_id AND i.item_id = a.item_id
"""

REMOTE_JOBS = """
INSERT INTO remote_jobs (id, account_id, connector_id, platform, route_key, operation, job_id, chunk_no, kind, remote_id, item_ids,
                         correlation, next_poll_at, deadline_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (id) DO NOTHING
"""

REMOTE_DONE = """
UPDATE remote_jobs SET state = 'done', polls = polls + 1 WHERE id = ANY($1::uuid[]) AND state = 'open'
RETURNING submission_id
"""

REMOTE_LATE = """
UPDATE remote_jobs SET state = 'late', polls = polls + 1 WHERE id = ANY($1::uuid[]) AND state = 'open'
"""

# A file has ended when nothing that is in it waits for it any more. A statement of its own: it has to see what the one before did.
FILES_DONE = """
UPDATE submissions s SET state = 'done', ended_at = now()
WHERE s.id = ANY($1::uuid[]) AND s.state = 'open' AND NOT EXISTS (
    SELECT FROM remote_jobs r WHERE r.submission_id = s.id AND r.state = 'open'
)
"""

REMOTE_AGAIN = """
UPDATE remote_jobs r SET next_poll_at = a.at, polls = r.polls + 1
FROM unnest($1::uuid[], $2::timestamptz[]) AS a(id, at) WHERE r.id = a.id AND r.state = 'open'
"""

PAGES = """
INSERT INTO pulled_pages (job_id, chunk_no, account_id, connector_id, products, next_cursor, requested_at, refusal, total)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (job_id, chunk_no) DO UPDATE
SET products = excluded.products, next_cursor = excluded.next_cursor, requested_at = excluded.requested_at,
    refusal = excluded.refusal, total = excluded.total, staged_at = now()
"""

# The chunk itself is written already (it waits), and so locked: only what the platform said to come back with is added.
PAGES_TO_COME = """
UPDATE chunks SET cursor = coalesce($3, cursor), page = jsonb_build_object('waits_since', $4::timestamptz)
WHERE job_id = $1 AND no = $2
"""

# Credentials that were refused, and are there no more: the merchant has given others during the call, which nobody has refused.
HOLD_CONNECTOR = "SELECT 1 FROM connectors WHERE id = $1 FOR NO KEY UPDATE"
ARE_THEY_STILL_THERE = "SELECT coalesce((SELECT version <= $2::int FROM credentials WHERE connector_id = $1), true)"

# A connector that the merchant paused stays paused, whatever a call that was under way learnt.
CONNECTORS = """
UPDATE connectors
SET status = CASE WHEN status = 'paused' THEN status ELSE coalesce($2, status) END,
    last_error = CASE WHEN $2::text IS NULL THEN coalesce($3, last_error) ELSE $3 END,
    shop_currency = coalesce($4, shop_currency), updated_at = now()
WHERE id = $1 AND deleted_at IS NULL
"""
