-- These two run with the owner's rights, so nobody but the orchestrator may call them. Runs after both (files go by name).
DO $$
BEGIN
    REVOKE ALL ON FUNCTION ensure_partitions(), drop_partitions(integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ensure_partitions(), drop_partitions(integer) TO pixee_orchestrator;
END $$
