"""Rows that several folders of tests need."""

from uuid import UUID

from pixee_common.db import Database
from pixee_common.domain.ids import new_id


async def add_products(owner: Database, account: UUID, count: int) -> list[UUID]:
    """Bare products, enough for counting and for ids."""
    ids = [new_id() for _ in range(count)]
    async with owner.transaction() as connection:
        await connection.executemany(
            "INSERT INTO products (id, account_id, key, content, content_version, origin) VALUES ($1, $2, $3, '{}', 1, 'test')",
            [(i, account, str(i)) for i in ids],
        )
        await connection.execute("UPDATE accounts SET product_count = product_count + $2 WHERE id = $1", account, count)
    return ids
