-- It runs with the owner's rights, so nobody but the gateway may call it. Runs after it (files go by name).
DO $$
BEGIN
    REVOKE ALL ON FUNCTION accept_webhook(uuid, text, text, text, text, bytea) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION accept_webhook(uuid, text, text, text, text, bytea) TO pixee_gateway;
END $$
