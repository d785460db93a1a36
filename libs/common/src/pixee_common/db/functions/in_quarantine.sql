-- Whether an item is held back: three failures in the same way (sync_base.values.QUARANTINE_AFTER), and the catalog holds nothing
-- newer than what failed. A worker knows more (it compares what the shop would be sent), so it may let through what this calls held.
-- An item that is gone from the catalog altogether is held by nothing.
CREATE OR REPLACE FUNCTION in_quarantine(p_connector uuid, p_item uuid, p_operation text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (
        SELECT FROM listing_operations o
        WHERE o.connector_id = p_connector AND o.item_id = p_item AND o.operation = p_operation AND o.failures >= 3
          AND o.catalog_version >= CASE p_operation
              WHEN 'push_products' THEN (SELECT p.content_version FROM products p WHERE p.id = p_item)
              WHEN 'push_stock' THEN (SELECT v.stock_version FROM variants v WHERE v.id = p_item)
              ELSE (SELECT v.price_version FROM variants v WHERE v.id = p_item)
          END
    )
$$
