-- Keeps one webhook delivery for a worker to read. It comes without an API key, so nobody has named an account: the function runs with
-- the owner's rights, finds it by the connector, and can do nothing else. Answers: stored | full | no_connector.
-- At most 200 unread deliveries of a connector are kept, and 2,000 that are read and not judged. What is dropped beyond may have been
-- the one that matters, so the last that is kept says that there were more: it then asks for a pull, if it proves to be the shop's.
CREATE OR REPLACE FUNCTION accept_webhook(
    p_connector uuid, p_platform text, p_topic text, p_delivery_id text, p_signature text, p_body bytea
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    v_account uuid;
BEGIN
    SELECT c.account_id INTO v_account FROM connectors c
    WHERE c.id = p_connector AND c.platform = p_platform AND c.deleted_at IS NULL;
    IF NOT FOUND THEN
        RETURN 'no_connector';
    END IF;
    IF (SELECT count(*) FROM (
            SELECT FROM webhook_deliveries w WHERE w.connector_id = p_connector AND w.state = 'received' LIMIT 200
        ) kept) >= 200 THEN
        UPDATE webhook_deliveries SET result = 'overflow' WHERE result IS NULL AND id = (
            SELECT w.id FROM webhook_deliveries w WHERE w.connector_id = p_connector AND w.state = 'received'
            ORDER BY w.id DESC LIMIT 1
        );
        RETURN 'full';
    END IF;
    IF (SELECT count(*) FROM (
            SELECT FROM webhook_deliveries w WHERE w.connector_id = p_connector AND w.state = 'told' LIMIT 2000
        ) kept) >= 2000 THEN
        UPDATE webhook_deliveries SET result = 'overflow' WHERE result IS NULL AND id = (
            SELECT w.id FROM webhook_deliveries w WHERE w.connector_id = p_connector AND w.state = 'told'
            ORDER BY w.id DESC LIMIT 1
        );
        RETURN 'full';
    END IF;
    INSERT INTO webhook_deliveries (account_id, connector_id, platform, topic, delivery_id, signature, body)
    VALUES (v_account, p_connector, p_platform, p_topic, p_delivery_id, p_signature, p_body);
    RETURN 'stored';
END $$
