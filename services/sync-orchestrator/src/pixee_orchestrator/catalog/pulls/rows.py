"""The SQL of a page's application, apart from the catalog's own tables."""

# The workers may be some pages ahead: of each pull only the first page that is staged is applied next.
STAGED_PAGES = """
SELECT job_id, chunk_no FROM (
    SELECT DISTINCT ON (job_id) job_id, chunk_no, staged_at FROM pulled_pages ORDER BY job_id, chunk_no
) p ORDER BY staged_at LIMIT 50
"""
LOCK_CHUNK = """
SELECT no, state, cursor, traceparent FROM chunks c WHERE job_id = $1 AND no = $2
  AND NOT EXISTS (SELECT FROM chunks b WHERE b.job_id = $1 AND b.no = $2 - 1 AND (b.state || '') NOT IN ('done', 'cancelled'))
FOR UPDATE OF c SKIP LOCKED
"""
READ_PAGE = """
SELECT products, next_cursor, requested_at, refusal, total FROM pulled_pages WHERE job_id = $1 AND chunk_no = $2
"""
NOTE_OF = "SELECT page FROM chunks WHERE job_id = $1 AND no = $2"
DELETE_PAGE = "DELETE FROM pulled_pages WHERE job_id = $1 AND chunk_no = $2"

WRITE_LISTINGS = """
INSERT INTO listings AS l (connector_id, account_id, shop_identity, item_id, kind, product_id, external_id, parent_external_id,
                           refs, state)
SELECT $1, $2, $3, a.item_id, a.kind, a.product_id, a.external_id, a.parent_external_id, a.refs, 'confirmed'
FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::jsonb[])
     AS a(item_id, kind, product_id, external_id, parent_external_id, refs)
ORDER BY a.item_id
ON CONFLICT (connector_id, item_id) DO UPDATE
SET external_id = excluded.external_id, parent_external_id = excluded.parent_external_id,
    refs = CASE WHEN l.external_id = excluded.external_id THEN l.refs || excluded.refs ELSE excluded.refs END, state = CASE WHEN l.state = 'quarantined' THEN l.state ELSE 'confirmed' END,
    shop_identity = excluded.shop_identity, updated_at = now()
WHERE (l.external_id, l.parent_external_id, l.state) IS DISTINCT FROM (excluded.external_id, excluded.parent_external_id, 'confirmed')
   OR NOT l.refs @> excluded.refs
"""
WRITE_SEEN = """
INSERT INTO seen_values (connector_id, account_id, item_id, values, digest, seen_at)
SELECT $1, $2, a.item_id, a.values, a.digest, now()
FROM unnest($3::uuid[], $4::jsonb[], $5::bytea[]) AS a(item_id, values, digest)
ORDER BY a.item_id
ON CONFLICT (connector_id, item_id) DO UPDATE
SET values = excluded.values, digest = coalesce(excluded.digest, seen_values.digest), seen_at = excluded.seen_at
"""
END_CHUNK = """
UPDATE chunks SET item_ids = $3, letters = $4, size = $5, succeeded = $6, failed = $7, skipped = $8, state = 'done',
    page = $9, done_at = now(), claim_token = NULL
WHERE job_id = $1 AND no = $2
"""
# Lists of several lengths cannot stand in one array: candidates come boxed, {of: [...]}.
WRITE_ISSUES = """
INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, warning, candidates)
SELECT $1, a.item_id, $2, $3, a.product_id, a.sku, a.outcome, a.reason, a.message, a.warning,
       CASE WHEN a.candidates IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(a.candidates -> 'of')) END
FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bool[], $11::jsonb[])
    AS a(item_id, product_id, sku, outcome, reason, message, warning, candidates)
ON CONFLICT (job_id, item_id) DO NOTHING
"""
# By its hash: a chain of a thousand pages must not compare a thousand cursors for each of them.
CURSOR_WAS_HAD = """
SELECT EXISTS (
    SELECT FROM chunks WHERE job_id = $1 AND jsonb_hash(cursor) = jsonb_hash($2) AND cursor = $2 AND no <= $3
)
"""
BREAK_OFF = """
UPDATE jobs SET planning = 'done', next_chunk = greatest(next_chunk, $2), error_code = $3, error_message = $4,
    warning = coalesce($5, warning), version = version + 1
WHERE id = $1 AND finished_at IS NULL
"""
ADVANCE_JOB = """
UPDATE jobs SET planning = CASE WHEN planning = 'done' THEN planning ELSE $2 END, next_chunk = greatest(next_chunk, $3),
    pulled_until = CASE WHEN $6 THEN NULL ELSE coalesce($4, pulled_until) END, warning = coalesce($5, warning), version = version + 1
WHERE id = $1 AND finished_at IS NULL
"""
# A page that a worker has in hand is left to it; what it then stages is set aside unread.
CLOSE_LATER = """
UPDATE chunks c SET state = 'cancelled', done_at = now(), claim_token = NULL
FROM (
    SELECT job_id, no FROM chunks
    WHERE job_id = $1 AND no > $2 AND (state || '') = ANY('{pending,waiting,rung}') ORDER BY no FOR UPDATE SKIP LOCKED
) l WHERE c.job_id = l.job_id AND c.no = l.no
"""
CLOSE_PAGE = "UPDATE chunks SET state = 'cancelled', done_at = now(), claim_token = NULL WHERE job_id = $1 AND no = $2"

ENDS_OF_CHAINS = """
SELECT p.job_id, p.chunk_no, p.next_cursor, e.traceparent FROM (
    SELECT DISTINCT ON (job_id) job_id, chunk_no, next_cursor, count(*) OVER (PARTITION BY job_id) AS staged
    FROM pulled_pages ORDER BY job_id, chunk_no DESC
) p JOIN chunks e ON e.job_id = p.job_id AND e.no = p.chunk_no
WHERE p.next_cursor IS NOT NULL AND p.staged <= $1
  AND NOT EXISTS (SELECT FROM chunks c WHERE c.job_id = p.job_id AND c.no = p.chunk_no + 1)
LIMIT 50
"""
LOCK_GROWING_JOB = """
SELECT true FROM jobs
WHERE id = $1 AND finished_at IS NULL AND planning = 'begun' AND cancel_requested_at IS NULL AND error_code IS NULL
FOR UPDATE
"""
