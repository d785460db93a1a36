-- Drops the day partitions that are older than the days to keep; a day with an unfinished job is kept whole.
-- Runs with the owner's rights. Never fewer than two days, whatever the caller says.
-- To drop one locks its parent against everybody. Who cannot have that lock soon (a backup reads the table for an hour) leaves the
-- rest to another time, for meanwhile every reader and writer would stand behind it.
CREATE OR REPLACE FUNCTION drop_partitions(p_keep_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET lock_timeout = '1500ms' AS $$
DECLARE
    v_day date;
    v_table text;
    v_open boolean;
    v_dropped integer := 0;
BEGIN
    FOR v_day IN
        SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
        WHERE i.inhparent = 'public.jobs'::regclass AND c.relname ~ '^jobs_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD')
              < (now() AT TIME ZONE 'UTC')::date - greatest(p_keep_days, 2)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I WHERE finished_at IS NULL)', to_char(v_day, '"jobs_"YYYYMMDD'))
        INTO v_open;
        CONTINUE WHEN v_open;
        BEGIN
            FOREACH v_table IN ARRAY ARRAY['item_issues', 'chunks', 'jobs'] LOOP
                EXECUTE format('DROP TABLE IF EXISTS public.%I', v_table || to_char(v_day, '_YYYYMMDD'));
            END LOOP;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            RETURN v_dropped;
        END;
        v_dropped := v_dropped + 1;
    END LOOP;
    RETURN v_dropped;
END $$
