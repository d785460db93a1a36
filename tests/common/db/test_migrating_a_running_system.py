"""A migration of a running system waits for nobody with a lock in its hands."""

import asyncio
import time

import asyncpg
import pytest

from pixee_common.db import Database
from pixee_common.db import migrate as migrations
from pixee_common.db.migrate import migrate
from pixee_devstack.postgres import EmbeddedPostgres

pytestmark = pytest.mark.stack


async def test_a_migration_during_a_backup_makes_nobody_wait_and_is_done_after_it(
    postgres: EmbeddedPostgres, owner: Database, monkeypatch
) -> None:
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.5, raising=False)
    backup = await asyncpg.connect(postgres.dsn)
    migration: asyncio.Task[None] | None = None
    try:
        async with backup.transaction():
            await backup.execute("LOCK TABLE accounts, jobs, outbox IN ACCESS SHARE MODE")
            migration = asyncio.create_task(migrate(postgres.dsn))
            longest, end = 0.0, time.monotonic() + 6
            while time.monotonic() < end:
                asked = time.monotonic()
                async with owner.connection() as connection:
                    await connection.fetchval(
                        "SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM jobs)", timeout=5
                    )
                longest = max(longest, time.monotonic() - asked)
                await asyncio.sleep(0.05)
            assert not migration.done()
            assert longest < 3
        async with asyncio.timeout(20):
            await migration
    finally:
        if migration is not None:
            migration.cancel()
            await asyncio.gather(migration, return_exceptions=True)
        await backup.close()
