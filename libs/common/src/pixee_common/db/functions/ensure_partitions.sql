-- Day partitions of jobs, chunks and item issues from yesterday to a week ahead, for a service that runs for longer than that.
-- Runs with the owner's rights (a service's role may not make tables); pixee_common.db.partitions says the same in Python.
-- Bounds are the smallest UUID version 7 of each day: 48 bits of milliseconds, version, variant.
CREATE OR REPLACE FUNCTION ensure_partitions() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_table text;
    v_day date;
    v_name text;
    v_bounds text[];
BEGIN
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
                'CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)%s',
                v_name, v_table, v_bounds[1], v_bounds[2],
                CASE WHEN v_table = 'chunks' THEN ' WITH (fillfactor = 50)' ELSE '' END);
        END LOOP;
    END LOOP;
END $$
