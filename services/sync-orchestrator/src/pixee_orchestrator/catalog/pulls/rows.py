"""The SQL of a page's application, apart from the catalog's own tables."""

STAGED_PAGES = "SELECT job_id, chunk_no FROM pulled_pages ORDER BY staged_at LIMIT 50"
LOCK_CHUNK = """
SELECT no, state, cursor, traceparent FROM chunks WHERE job_id = $1 AND no = $2 FOR UPDATE SKIP LOCKED
"""
READ_PAGE = "SELECT products, next_cursor, requested_at, refusal FROM pulled_pages WHERE job_id = $1 AND chunk_no = $2"
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
    refs = l.refs || excluded.refs, state = CASE WHEN l.state = 'quarantined' THEN l.state ELSE 'confirmed' END,
    shop_identity = excluded.shop_identity, updated_at = now()
WHERE (l.external_id, l.parent_external_id, l.state) IS DISTINCT FROM (excluded.external_id, excluded.parent_external_id, 'confirmed')
   OR NOT l.refs @> excluded.refs
"""
WRITE_SEEN = """
INSERT INTO seen_values (connector_id, account_id, item_id, values, seen_at)
SELECT $1, $2, a.item_id, a.values, now() FROM unnest($3::uuid[], $4::jsonb[]) AS a(item_id, values)
ON CONFLICT (connector_id, item_id) DO UPDATE SET values = excluded.values, seen_at = excluded.seen_at
"""
END_CHUNK = """
UPDATE chunks SET item_ids = $3, letters = $4, size = $5, succeeded = $6, failed = $7, skipped = $8, state = 'done',
    done_at = now(), claim_token = NULL
WHERE job_id = $1 AND no = $2
"""
WRITE_ISSUE = """
INSERT INTO item_issues (job_id, item_id, account_id, chunk_no, product_id, sku, outcome, reason, message, warning, candidates)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (job_id, item_id) DO NOTHING
"""
CURSOR_WAS_HAD = "SELECT EXISTS (SELECT FROM chunks WHERE job_id = $1 AND cursor = $2)"
BREAK_OFF = """
UPDATE jobs SET planning = 'done', next_chunk = greatest(next_chunk, $2), error_code = $3, error_message = $4,
    version = version + 1
WHERE id = $1 AND finished_at IS NULL
"""
ADVANCE_JOB = """
UPDATE jobs SET planning = CASE WHEN planning = 'done' THEN planning ELSE $2 END, next_chunk = greatest(next_chunk, $3),
    pulled_until = coalesce($4, pulled_until), warning = coalesce($5, warning), version = version + 1
WHERE id = $1 AND finished_at IS NULL
"""
