"""Reads the words of the catalog that a mapping can translate, under row-level security: one pass of each table."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from pixee_common.db import Connection
from pixee_common.platforms.catalog_words import CatalogWords, Kind

MOST_KINDS = 5_000
MOST_NAMES = 2_000
MOST_VALUES = 5_000

# Lax JSON paths: a row that lacks the key gives nothing.
_KINDS = """
SELECT nullif(content ->> 'product_type', '') AS product_type, content -> 'categories' AS categories, count(*) AS products
FROM products WHERE account_id = $1 AND deleted_at IS NULL GROUP BY 1, 2 ORDER BY 3 DESC LIMIT $2
"""
_TAX_CLASSES = """
SELECT content ->> 'tax_class' AS name, count(*) AS products
FROM products WHERE account_id = $1 AND deleted_at IS NULL AND content ->> 'tax_class' <> '' GROUP BY 1 ORDER BY 2 DESC LIMIT $2
"""
_ATTRIBUTES = """
SELECT name, count(DISTINCT product_id) AS products FROM (
    SELECT p.id AS product_id, jsonb_path_query(p.content, '$.attributes[*].code') #>> '{}' AS name
    FROM products p WHERE p.account_id = $1 AND p.deleted_at IS NULL
    UNION ALL
    SELECT v.product_id, jsonb_path_query(v.content, '$.attributes[*].code') #>> '{}'
    FROM variants v WHERE v.account_id = $1 AND v.deleted_at IS NULL
) a GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2
"""
_OPTIONS = """
SELECT jsonb_path_query(content, '$.options[*].name') #>> '{}' AS name, count(*) AS products
FROM products WHERE account_id = $1 AND deleted_at IS NULL GROUP BY 1 ORDER BY 2 DESC LIMIT $2
"""
_LOCATIONS = """
SELECT s.location AS name, count(DISTINCT v.product_id) AS products
FROM stock s JOIN variants v ON v.id = s.variant_id
WHERE s.account_id = $1 AND v.deleted_at IS NULL GROUP BY 1 ORDER BY 2 DESC LIMIT $2
"""
_ATTRIBUTE_VALUES = """
SELECT code AS name, value, count(DISTINCT product_id) AS products FROM (
    SELECT a.product_id, a.body ->> 'code' AS code, jsonb_path_query(a.body, '$.values.*[*]') #>> '{}' AS value FROM (
        SELECT p.id AS product_id, jsonb_path_query(p.content, '$.attributes[*]') AS body
        FROM products p WHERE p.account_id = $1 AND p.deleted_at IS NULL
        UNION ALL
        SELECT v.product_id, jsonb_path_query(v.content, '$.attributes[*]')
        FROM variants v WHERE v.account_id = $1 AND v.deleted_at IS NULL
    ) a WHERE a.body ->> 'code' = ANY ($3)
) b GROUP BY 1, 2 ORDER BY 3 DESC LIMIT $2
"""
_OPTION_VALUES = """
SELECT o.key AS name, o.value, count(DISTINCT v.product_id) AS products
FROM variants v, jsonb_each_text(CASE WHEN jsonb_typeof(v.content -> 'options') = 'object' THEN v.content -> 'options' ELSE '{}' END) o
WHERE v.account_id = $1 AND v.deleted_at IS NULL AND o.key = ANY ($3) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT $2
"""
_PRICE_LISTS = "SELECT key FROM price_lists WHERE account_id = $1 ORDER BY key LIMIT $2"


async def read_words(connection: Connection, account: UUID, sources: frozenset[str] = frozenset()) -> CatalogWords:
    """The words of one account; the values of those sources (`attribute:color`, `option:Size`) alone."""

    async def counted(statement: str) -> dict[str, int]:
        rows = await connection.fetch(statement, account, MOST_NAMES)
        return {row["name"]: row["products"] for row in rows if row["name"]}

    return CatalogWords(
        kinds=tuple(_kind(row) for row in await connection.fetch(_KINDS, account, MOST_KINDS)),
        attributes=await counted(_ATTRIBUTES),
        options=await counted(_OPTIONS),
        tax_classes=await counted(_TAX_CLASSES),
        locations=await counted(_LOCATIONS),
        price_lists=tuple(row["key"] for row in await connection.fetch(_PRICE_LISTS, account, MOST_NAMES)),
        values=await _values(connection, account, sources),
    )


async def _values(connection: Connection, account: UUID, sources: frozenset[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, statement in (("attribute", _ATTRIBUTE_VALUES), ("option", _OPTION_VALUES)):
        names = [one.partition(":")[2] for one in sources if one.startswith(f"{kind}:")]
        for row in await connection.fetch(statement, account, MOST_VALUES, names) if names else ():
            found[f"{kind}:{row['name']}"][row["value"]] = row["products"]
    return dict(found)


def _kind(row: Any) -> Kind:
    paths = row["categories"] if isinstance(row["categories"], list) else []
    return Kind(row["product_type"], tuple(tuple(path) for path in paths if path), row["products"])
