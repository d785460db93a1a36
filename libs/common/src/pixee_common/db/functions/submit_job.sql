-- One POST of a sync in one round trip and one transaction: tenant, idempotency, single flight, job, outbox, audit.
-- Runs with the caller's rights, so row-level security holds it to the account. Answers one row:
--   verdict: created | attached | replayed | mismatch | in_progress | no_connector | paused | unsupported | too_many | unknown_products
CREATE OR REPLACE FUNCTION submit_job(
    p_account uuid,
    p_connector uuid,
    p_only_platform text,
    p_supporting text[],
    p_operation text,
    p_job uuid,
    p_scope jsonb,
    p_scope_hash text,
    p_product_ids uuid[],
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
    OUT job_id uuid,
    OUT products_queued bigint,
    OUT platform text,
    OUT unknown uuid[],
    OUT answer jsonb
) LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
    v_connector connectors%ROWTYPE;
    v_kept idempotency_keys%ROWTYPE;
    v_count bigint;
BEGIN
    PERFORM set_config('pixee.account', p_account::text, true);

    IF p_idempotency_key IS NOT NULL THEN
        IF NOT pg_try_advisory_xact_lock(hashtextextended(p_account::text || p_route || p_idempotency_key, 1)) THEN
            verdict := 'in_progress';
            RETURN;
        END IF;
        SELECT * INTO v_kept FROM idempotency_keys k
        WHERE k.account_id = p_account AND k.route = p_route AND k.key = p_idempotency_key
          AND k.created_at > now() - interval '24 hours';
        IF FOUND THEN
            IF v_kept.body_sha256 <> p_body_sha256 THEN
                verdict := 'mismatch';
            ELSE
                verdict := 'replayed';
                answer := v_kept.answer;
            END IF;
            RETURN;
        END IF;
    END IF;

    SELECT * INTO v_connector FROM connectors c
    WHERE c.id = p_connector AND c.account_id = p_account AND c.deleted_at IS NULL
      AND (p_only_platform IS NULL OR c.platform = p_only_platform);
    IF NOT FOUND THEN
        verdict := 'no_connector';
        RETURN;
    END IF;
    platform := v_connector.platform;
    IF NOT platform = ANY (p_supporting) THEN
        verdict := 'unsupported';
        RETURN;
    END IF;
    IF v_connector.status = 'paused' THEN
        verdict := 'paused';
        RETURN;
    END IF;
    IF p_product_ids IS NOT NULL THEN
        SELECT array_agg(wanted.id) INTO unknown FROM unnest(p_product_ids) AS wanted(id)
        WHERE NOT EXISTS (SELECT 1 FROM products p WHERE p.id = wanted.id AND p.account_id = p_account AND p.deleted_at IS NULL);
        IF unknown IS NOT NULL THEN
            verdict := 'unknown_products';
            RETURN;
        END IF;
    END IF;

    -- Everything behind this lock sees what the one before it committed: each statement takes a snapshot of its own.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_connector::text || p_operation, 2));
    SELECT j.id, j.products_queued INTO job_id, products_queued FROM jobs j
    WHERE j.connector_id = p_connector AND j.operation = p_operation AND NOT j.sending_done
      AND j.planning = 'waiting' AND j.scope_hash = p_scope_hash AND j.cancel_requested_at IS NULL
    ORDER BY j.position LIMIT 1
    FOR UPDATE SKIP LOCKED;  -- held by a planner: its first page may lack what was made since, so that job is not joined
    IF FOUND THEN
        verdict := 'attached';
    ELSE
        SELECT count(*) INTO v_count FROM jobs j
        WHERE j.connector_id = p_connector AND j.operation = p_operation AND NOT j.sending_done AND j.planning = 'waiting';
        IF v_count >= p_queue_limit THEN
            verdict := 'too_many';
            RETURN;
        END IF;
        verdict := 'created';
        job_id := p_job;
        IF p_product_ids IS NOT NULL THEN
            products_queued := cardinality(p_product_ids);
        ELSE
            SELECT a.product_count INTO products_queued FROM accounts a WHERE a.id = p_account;
        END IF;
        INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope, scope_hash, products_queued,
                          requested_by, traceparent, deadline_at)
        VALUES (p_job, p_account, p_connector, platform, p_operation, v_connector.route_key, p_scope, p_scope_hash,
                products_queued, p_requested_by, p_traceparent, p_deadline);
        INSERT INTO outbox (topic, key, payload, headers)
        VALUES (
            p_topic,
            convert_to(p_connector::text, 'UTF8'),
            convert_to(jsonb_build_object(
                'job_id', p_job, 'account_id', p_account, 'connector_id', p_connector, 'platform', platform,
                'operation', p_operation, 'requested_at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            )::text, 'UTF8'),
            p_headers
        );
        INSERT INTO audit_log (account_id, actor, action, target, details)
        VALUES (p_account, p_requested_by, 'job.requested', p_job::text,
                jsonb_build_object('connector_id', p_connector, 'operation', p_operation));
        PERFORM pg_notify('pixee_outbox', '');
    END IF;

    answer := jsonb_build_object('job_id', job_id, 'status', 'queued');
    IF p_operation = 'push_products' THEN
        answer := answer || jsonb_build_object('products_queued', products_queued);
    END IF;
    IF p_idempotency_key IS NOT NULL THEN
        INSERT INTO idempotency_keys (account_id, route, key, body_sha256, status, answer)
        VALUES (p_account, p_route, p_idempotency_key, p_body_sha256, 202, answer)
        ON CONFLICT (account_id, route, key) DO UPDATE
        SET body_sha256 = excluded.body_sha256, status = excluded.status, answer = excluded.answer, created_at = now();
    END IF;
END $$
