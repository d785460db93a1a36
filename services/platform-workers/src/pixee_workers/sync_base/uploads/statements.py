"""The statements of uploads. Routes before chunks, chunks in key order, as everywhere.

A member is a chunk with an open row in `remote_jobs` that names a submission. Every statement that takes chunks holds the
route's row and asks that it is ours, so a worker that lost the route takes nothing.
"""

from pixee_workers.sync_base.routes import IN_FILE

OWNED = """
owned AS MATERIALIZED (
    SELECT r.epoch FROM routes r
    WHERE r.route_key = $1 AND r.worker_id = $2 AND EXISTS (SELECT FROM workers w WHERE w.id = $2)
    FOR UPDATE OF r
)
"""

TAKEN = """
RETURNING c.job_id, c.no, c.account_id, c.connector_id, c.platform, c.operation, c.route_key, c.priority, c.job_position,
          c.item_ids, c.letters, c.attempt, c.look_up, c.epoch, c.claim_token, c.cursor, c.traceparent, NULL::timestamptz AS since,
          NULL::timestamptz AS page_waits_since
"""

# Of what this worker has claimed only what stands in the lane's line ($5, $6) may be taken: the outcome of any other may be on its
# way to the table, and it would be sent twice.
_IN_LANE = "(c.job_id, c.no) IN (SELECT l.job_id, l.no FROM unnest($5::uuid[], $6::int[]) AS l(job_id, no))"

# What is rung or in the lane's line for the same connector and operation, and what waits for the same budget: whoever may go now takes
# along what was to go a few seconds later.
AT_HAND = f"""
SELECT c.job_id, c.no, c.job_position, c.letters FROM (
    SELECT job_id, no, job_position, letters, connector_id, operation, state, worker_id FROM chunks
    WHERE route_key = $1 AND state IN ('rung', 'claimed', 'sent') OFFSET 0
) c WHERE c.connector_id = $3 AND c.operation = $4 AND (c.state = 'rung' OR (c.worker_id = $2 AND {_IN_LANE}))
UNION ALL
SELECT c.job_id, c.no, c.job_position, c.letters FROM (
    SELECT job_id, no, job_position, letters, route_key, connector_id, operation, wait_reason FROM chunks
    WHERE state = 'waiting' AND not_before <= now() + interval '5 seconds' OFFSET 0
) c WHERE c.route_key = $1 AND c.connector_id = $3 AND c.operation = $4 AND c.wait_reason IN ('throttled', 'daily_limit')
"""


def _in_line(first: int) -> str:
    """Pending chunks behind a place; parameters from `first` on: priority, job position, number, how many."""
    return f"""
SELECT c.job_id, c.no, c.job_position, c.letters FROM (
    SELECT job_id, no, job_position, letters, connector_id, operation FROM chunks
    WHERE route_key = $1 AND state = 'pending' AND priority = ${first}
      AND (job_position, no) > (${first + 1}, ${first + 2})
    ORDER BY route_key, priority, job_position, no LIMIT ${first + 3} OFFSET 0
) c WHERE c.connector_id = $3 AND c.operation = $4
"""


COUNT = f"""
WITH {OWNED}
SELECT coalesce(sum(length(f.letters) - length(translate(f.letters, '.ue', ''))), 0)
FROM owned o CROSS JOIN LATERAL ({AT_HAND} UNION ALL ({_in_line(7)})) f
JOIN jobs j ON j.id = f.job_id AND j.cancel_requested_at IS NULL AND j.finished_at IS NULL
"""


def _again(token: str) -> str:
    """What this very statement took when its answer was lost: each has a token of its own."""
    return f"""
SELECT c.job_id, c.no, c.job_position, c.letters FROM (
    SELECT job_id, no, job_position, letters, claim_token FROM chunks
    WHERE route_key = $1 AND state IN ('rung', 'claimed', 'sent') OFFSET 0
) c WHERE c.claim_token = {token}
"""


def _gather(found: str, token: str) -> str:
    return f"""
WITH {OWNED}, found AS MATERIALIZED (
    SELECT f.job_id, f.no FROM owned o CROSS JOIN LATERAL (({found}) UNION ALL ({_again(token)})) f
    JOIN jobs j ON j.id = f.job_id AND j.cancel_requested_at IS NULL AND j.finished_at IS NULL
    WHERE f.letters ~ '[.ue]' AND NOT EXISTS (
        SELECT FROM remote_jobs r LEFT JOIN submissions s ON s.id = r.submission_id
        WHERE r.job_id = f.job_id AND r.chunk_no = f.no AND r.state = 'open' AND s.state IS DISTINCT FROM 'lost'
    )
    ORDER BY f.job_position, f.no LIMIT 500
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.no
    WHERE (c.state || '') IN ('pending', 'rung', 'waiting')
       OR ((c.state || '') IN ('claimed', 'sent') AND c.worker_id = $2)
    ORDER BY c.job_id, c.no FOR UPDATE OF c
)
UPDATE chunks c
SET state = 'claimed', claim_token = {token}, worker_id = $2, claimed_at = now(), epoch = o.epoch, not_before = NULL,
    wait_reason = NULL
FROM locked l CROSS JOIN owned o WHERE c.job_id = l.job_id AND c.no = l.no
{TAKEN}
"""


GATHER_AT_HAND = _gather(AT_HAND, "$7")
GATHER_IN_LINE = _gather(_in_line(5), "$9")

GIVE_BACK = f"""
WITH locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM unnest($1::uuid[], $2::int[]) AS a(job_id, no)
    JOIN chunks c ON c.job_id = a.job_id AND c.no = a.no
    WHERE c.claim_token = ANY($3::uuid[]) AND (c.state || '') = 'claimed'
    ORDER BY c.job_id, c.no FOR UPDATE OF c
)
UPDATE chunks c SET state = 'pending', claim_token = NULL, worker_id = NULL, look_up = c.look_up OR {IN_FILE}
FROM locked l WHERE c.job_id = l.job_id AND c.no = l.no
"""

# A file that was begun by somebody who does not own the route any more, or who crashed over it: nobody will open it now.
RETIRE = f"""
WITH {OWNED}
UPDATE submissions s SET state = 'lost', ended_at = now()
FROM owned WHERE s.connector_id = $3 AND s.operation = $4 AND s.state = 'begun'
"""

OF_CHUNKS = """
SELECT r.id AS row_id, r.job_id, r.chunk_no, r.item_ids, s.id, s.state, s.bytes, s.next_poll_at, s.deadline_at
FROM unnest($1::uuid[], $2::int[]) AS a(job_id, no)
JOIN remote_jobs r ON r.job_id = a.job_id AND r.chunk_no = a.no AND r.state = 'open'
JOIN submissions s ON s.id = r.submission_id
ORDER BY r.id
"""

BUSY = """
SELECT i.item, min(i.next_poll_at) AS until FROM (
    SELECT unnest(r.item_ids) AS item, s.next_poll_at FROM remote_jobs r JOIN submissions s ON s.id = r.submission_id
    WHERE r.connector_id = $1 AND r.operation = $2 AND r.state = 'open' AND r.submission_id IS NOT NULL AND s.state = 'open'
) i JOIN unnest($3::uuid[]) AS a(item) ON a.item = i.item
GROUP BY i.item
"""

BEGIN = """
INSERT INTO submissions (id, account_id, connector_id, platform, route_key, operation, kind, deadline_at)
VALUES ($1, $2, $3, $4, $5, $6, '', $7) ON CONFLICT (id) DO NOTHING
"""
MEMBER = """
INSERT INTO remote_jobs (id, account_id, connector_id, platform, route_key, operation, job_id, chunk_no, submission_id, kind,
                         remote_id, item_ids, correlation, next_poll_at, deadline_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'upload', '', $10, $11, $12, $12)
ON CONFLICT (id) DO NOTHING
"""
ABOUT_TO_CALL = """
UPDATE submissions SET records = $2, bytes = $3 WHERE id = $1 AND state = 'begun' RETURNING id
"""
OPEN = """
UPDATE submissions SET state = 'open', kind = $2, remote_id = $3, correlation = $4, next_poll_at = $5
WHERE id = $1 AND state IN ('begun', 'open') RETURNING id
"""
NOT_TAKEN = """
WITH ended AS (
    UPDATE submissions SET state = 'lost', ended_at = now() WHERE id = $1 AND state = 'begun' RETURNING id
)
UPDATE remote_jobs r SET state = 'done' FROM ended e WHERE r.submission_id = e.id AND r.state = 'open'
"""

READ = """
SELECT id, kind, remote_id, correlation, state, records, polls, next_poll_at, deadline_at FROM submissions WHERE id = $1
"""
POLLED = """
UPDATE submissions SET polls = polls + 1, next_poll_at = $2 WHERE id = $1 AND state = 'open'
"""

# The poller's own chunk comes last: while it is unfinished, somebody will go on with the rest.
_TAKEABLE = f"""
((c.state || '') IN ('waiting', 'pending', 'rung')
 OR ((c.state || '') IN ('claimed', 'sent') AND c.worker_id = $2 AND (c.claim_token = $4 OR {_IN_LANE})))
"""
MEMBERS = f"""
WITH {OWNED}, found AS MATERIALIZED (
    SELECT r.job_id, r.chunk_no FROM owned o CROSS JOIN LATERAL (
        SELECT job_id, chunk_no, id FROM remote_jobs WHERE submission_id = $3 AND state = 'open' OFFSET 0
    ) r
    JOIN chunks c ON c.job_id = r.job_id AND c.no = r.chunk_no
    WHERE {_TAKEABLE} AND (c.job_id, c.no) <> ($7, $8)
    ORDER BY r.id LIMIT $9
), locked AS MATERIALIZED (
    SELECT c.job_id, c.no FROM found f JOIN chunks c ON c.job_id = f.job_id AND c.no = f.chunk_no
    WHERE {_TAKEABLE}
    ORDER BY c.job_id, c.no FOR UPDATE OF c
)
UPDATE chunks c
SET state = 'claimed', claim_token = $4, worker_id = $2, claimed_at = now(), epoch = o.epoch, not_before = NULL,
    wait_reason = NULL
FROM locked l CROSS JOIN owned o WHERE c.job_id = l.job_id AND c.no = l.no
{TAKEN}
"""
ROWS_OF = """
SELECT r.id, r.job_id, r.chunk_no, r.item_ids, r.correlation
FROM unnest($2::uuid[], $3::int[]) AS a(job_id, no)
JOIN remote_jobs r ON r.job_id = a.job_id AND r.chunk_no = a.no AND r.state = 'open' AND r.submission_id = $1
"""
# Chunks that ended otherwise meanwhile (expired, overdue, their connector deleted): their outcome is final, the verdict comes late.
LATE_ROWS = """
SELECT r.id AS row_id, r.item_ids AS sent_ids, r.correlation, c.job_id, c.no, c.account_id, c.connector_id, c.platform,
       c.operation, c.route_key, c.priority, c.item_ids, c.letters, c.attempt, c.look_up, c.epoch, c.claim_token, c.cursor,
       c.traceparent, NULL::timestamptz AS since, NULL::timestamptz AS page_waits_since, c.state, c.size, c.succeeded, c.failed, c.skipped, c.cancelled
FROM (
    SELECT id, job_id, chunk_no, item_ids, correlation FROM remote_jobs
    WHERE submission_id = $1 AND state = ANY($2::text[]) AND id > $3 ORDER BY id OFFSET 0
) r JOIN chunks c ON c.job_id = r.job_id AND c.no = r.chunk_no
WHERE (c.state || '') IN ('done', 'cancelled')
ORDER BY r.id LIMIT $4
"""
VERDICTS = """
UPDATE listing_operations o
SET verdict = jsonb_build_object('outcome', a.outcome, 'reason', a.reason, 'message', a.message, 'at', now())
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS a(item_id, outcome, reason, message)
WHERE o.connector_id = $5 AND o.operation = $6 AND o.item_id = a.item_id
"""
# Whoever finds other items there has been overtaken: what it would tell was told.
CLOSE_PART = """
UPDATE remote_jobs SET state = $4, item_ids = $3::uuid[] WHERE id = $1 AND item_ids = $2::uuid[] RETURNING id
"""
