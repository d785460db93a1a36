-- Day partitions of jobs, chunks and item issues from yesterday to a week ahead, for a service that runs for longer than that.
-- Runs with the owner's rights (a service's role may not make tables); pixee_common.db.partitions says the same in Python.
-- Bounds are the smallest UUID version 7 of each day: 48 bits of milliseconds, version, variant.
-- Made and then attached: CREATE … PARTITION OF locks the parent against everybody, and would wait for a backup that reads it
-- while everybody waited behind; to attach disturbs neither readers nor writers.
CREATE OR REPLACE FUNCTION ensure_partitions() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_table text;
    v_day date;
    v_name text;
    v_bounds text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ensure_partitions', 5));
    FOREACH v_table IN ARRAY ARRAY['jobs', 'chunks', 'item_issues'] LOOP
        FOR v_offset IN -1..7 LOOP
            v_day := (now() AT TIME ZONE 'UTC')::date + v_offset;
            v_name := v_table || to_char(v_day, '_YYYYMMDD');
            CONTINUE WHEN to_regclass('public.' || v_name) IS NOT NULL;
            SELECT array_agg(regexp_replace(
                lpad(to_hex((extract(epoch FROM (v_day + n)::timestamp) * 1000)::bigint), 12, '0'),
                '^(.{8})(.{4})$', '\1-\2-7000-8000-000000000000') ORDER BY n)
            INTO v_bounds FROM generate_series(0, 1) AS n;
            EXECUTE format(
                'CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)%s',
                v_name, v_table, CASE WHEN v_table = 'chunks' THEN ' WITH (fillfactor = 50)' ELSE '' END);
            EXECUTE format(
                'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                v_table, v_name, v_bounds[1], v_bounds[2]);
        END LOOP;
    END LOOP;
END $$
