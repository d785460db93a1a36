-- A retry of a finished job in one round trip and one transaction: what failed of it becomes the scope of a new job, which is queued
-- as any other (submit_job: single flight, idempotency, limits). The new scope names the old job and not its items, so it may be of
-- any size; the planner reads them. A pull, and a job that failed before anything of it was planned, is repeated as it was asked for.
-- Runs with the caller's rights. Answers one row; verdict: what submit_job says, or
--   no_job | unfinished | nothing_failed
CREATE OR REPLACE FUNCTION retry_job(
    p_account uuid,
    p_of uuid,
    p_supporting jsonb,
    p_job uuid,
    p_requested_by text,
    p_traceparent text,
    p_topic text,
    p_headers jsonb,
    p_deadline timestamptz,
    p_queue_limit integer,
    p_idempotency_key text,
    p_route text,
    p_body_sha256 bytea,
    OUT verdict text,
    OUT operation text,
    OUT platform text,
    OUT quarantined bigint,
    OUT answer jsonb
) LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
    v_of jobs%ROWTYPE;
    v_made record;
    v_scope jsonb;
    v_again bigint;
BEGIN
    PERFORM set_config('pixee.account', p_account::text, true);
    quarantined := 0;
    SELECT * INTO v_of FROM jobs j WHERE j.id = p_of AND j.account_id = p_account;
    IF NOT FOUND THEN
        verdict := 'no_job';
        RETURN;
    END IF;
    operation := v_of.operation;
    IF v_of.finished_at IS NULL THEN
        verdict := 'unfinished';
        RETURN;
    END IF;

    IF v_of.state = 'failed' AND v_of.total = 0 OR v_of.operation = 'pull_products' THEN
        IF v_of.state NOT IN ('failed', 'completed_with_errors') AND v_of.failed = 0 THEN
            verdict := 'nothing_failed';
            RETURN;
        END IF;
        v_scope := coalesce(v_of.scope, '{}') - 'repeats' || jsonb_build_object('repeats', p_of);
        v_again := v_of.products_queued;
    ELSE
        SELECT count(*) FILTER (WHERE NOT held), count(*) FILTER (WHERE held) INTO v_again, quarantined
        FROM (
            SELECT i.outcome = 'quarantined' AND in_quarantine(v_of.connector_id, i.item_id, v_of.operation) AS held
            FROM item_issues i
            WHERE i.job_id = p_of AND NOT i.warning AND i.outcome IN ('rejected', 'needs_review', 'quarantined')
        ) failed;
        -- What was answered under the same key is answered again, although what was taken up then may be held back by now.
        IF v_again = 0 AND NOT EXISTS (
            SELECT FROM idempotency_keys k
            WHERE k.account_id = p_account AND k.route = p_route AND k.key = p_idempotency_key
              AND k.created_at > now() - interval '24 hours'
        ) THEN
            verdict := 'nothing_failed';
            RETURN;
        END IF;
        v_scope := jsonb_build_object('retry_of', p_of);
    END IF;

    SELECT * INTO v_made FROM submit_job(
        p_account, v_of.connector_id, NULL, ARRAY(SELECT jsonb_array_elements_text(p_supporting -> v_of.operation)),
        v_of.operation, p_job, v_scope, encode(sha256(convert_to(v_scope::text, 'UTF8')), 'hex'), NULL, p_requested_by,
        p_traceparent, p_topic, p_headers, p_deadline, p_queue_limit, p_idempotency_key, p_route, p_body_sha256
    );
    verdict := v_made.verdict;
    platform := v_made.platform;
    answer := v_made.answer;
    IF verdict = 'created' THEN
        UPDATE jobs j SET retry_of = p_of, products_queued = v_again WHERE j.id = p_job;
        INSERT INTO audit_log (account_id, actor, action, target, details)
        VALUES (p_account, p_requested_by, 'job.retried', p_of::text,
                jsonb_build_object('job_id', p_job, 'connector_id', v_of.connector_id, 'operation', v_of.operation));
    END IF;
    IF verdict IN ('created', 'attached') THEN
        answer := answer || jsonb_build_object('quarantined', quarantined);
        IF v_of.operation = 'push_products' THEN
            answer := answer || jsonb_build_object('products_queued',
                CASE WHEN verdict = 'created' THEN v_again ELSE v_made.products_queued END);
        END IF;
        IF p_idempotency_key IS NOT NULL THEN
            UPDATE idempotency_keys k SET answer = retry_job.answer
            WHERE k.account_id = p_account AND k.route = p_route AND k.key = p_idempotency_key;
        END IF;
    END IF;
END $$
