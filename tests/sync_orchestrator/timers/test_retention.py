"""Housekeeping on real PostgreSQL stands in nobody's way, whatever else reads the tables, and one part that fails takes no other down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from pixee_common.db import Database
from pixee_devstack.postgres import EmbeddedPostgres
from pixee_orchestrator.timers import retention
from pixee_orchestrator.timers.retention import keep_house

pytestmark = pytest.mark.stack

TABLES = ("jobs", "chunks", "item_issues")
AHEAD = f"{datetime.now(UTC).date() + timedelta(days=7):%Y%m%d}"


@asynccontextmanager
async def _backup(postgres: EmbeddedPostgres) -> AsyncIterator[None]:
    """Holds what pg_dump holds until it has ended."""
    connection = await asyncpg.connect(postgres.dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {', '.join(TABLES)} IN ACCESS SHARE MODE")
            yield
    finally:
        await connection.close()


async def _shape(world, name: str) -> tuple[list[str], ...]:
    """Columns, keys and indexes of a table, without its name."""
    columns = await world.value(
        "SELECT array_agg(format('%s %s %s %s', attname, atttypid::regtype, attnotnull,"
        " pg_get_expr(d.adbin, d.adrelid)) ORDER BY attnum)"
        " FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE attrelid = $1::text::regclass AND attnum > 0",
        name,
    )
    indexes = await world.value(
        "SELECT array_agg(regexp_replace(pg_get_indexdef(indexrelid), 'INDEX .* ON \\S+', '') ORDER BY 1)"
        " FROM (SELECT indexrelid FROM pg_index WHERE indrelid = $1::text::regclass"
        "       ORDER BY regexp_replace(pg_get_indexdef(indexrelid), 'INDEX .* ON \\S+', '')) i",
        name,
    )
    options = await world.value("SELECT reloptions FROM pg_class WHERE oid = $1::text::regclass", name)
    bound = await world.value(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = $1::text::regclass", name
    )
    return columns, indexes, options, [bound]


async def test_a_backup_that_reads_for_long_neither_stops_the_next_days_nor_is_anybody_stopped_behind_it(
    postgres, world, database
) -> None:
    for table in TABLES:
        await world.execute(f"DROP TABLE IF EXISTS {table}_{AHEAD}")
    async with _backup(postgres):
        house = asyncio.create_task(keep_house(database, 30))
        await asyncio.sleep(0.2)
        async with database.connection() as connection, asyncio.timeout(3):
            await connection.fetch("SELECT FROM jobs LIMIT 1")
        async with asyncio.timeout(5):
            await house
        for table in TABLES:
            assert await world.value("SELECT to_regclass($1) IS NOT NULL", f"{table}_{AHEAD}")


async def test_old_days_are_dropped_when_the_backup_has_ended(postgres, world, database) -> None:
    for table in TABLES:
        await world.execute(f"DROP TABLE IF EXISTS {table}_20200101")
        await world.execute(
            f"CREATE TABLE {table}_20200101 PARTITION OF {table} "
            "FOR VALUES FROM ('016f5e66-e800-7000-8000-000000000000') TO ('016f638d-4400-7000-8000-000000000000')"
        )
    async with _backup(postgres), asyncio.timeout(8):
        await keep_house(database, 30)
        assert await world.value("SELECT count(to_regclass(name)) FROM unnest($1::text[]) AS name", _of_2020()) == 3
    await keep_house(database, 30)
    assert await world.value("SELECT count(to_regclass(name)) FROM unnest($1::text[]) AS name", _of_2020()) == 0


def _of_2020() -> list[str]:
    return [f"{table}_20200101" for table in TABLES]


async def test_a_day_that_was_attached_is_what_the_migration_would_have_made(world, database) -> None:
    made_by_migration = {}
    for table in TABLES:
        name = f"{table}_{AHEAD}"
        bounds = await world.value(
            "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = $1::text::regclass", name
        )
        await world.execute(f"DROP TABLE {name}")
        await world.execute(
            f"CREATE TABLE {name} PARTITION OF {table} {bounds}"
            + (" WITH (fillfactor = 50)" if table == "chunks" else "")
        )
        made_by_migration[table] = await _shape(world, name)
        await world.execute(f"DROP TABLE {name}")
    await keep_house(database, 30)
    for table in TABLES:
        assert await _shape(world, f"{table}_{AHEAD}") == made_by_migration[table]


async def test_a_deletion_that_fails_leaves_the_days_made(world, database: Database, monkeypatch) -> None:
    for table in TABLES:
        await world.execute(f"DROP TABLE IF EXISTS {table}_{AHEAD}")
    monkeypatch.setattr(retention, "STATEMENTS", ("DELETE FROM accounts",))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await keep_house(database, 30)
    assert await world.value("SELECT to_regclass($1) IS NOT NULL", f"jobs_{AHEAD}")


async def test_two_orchestrators_that_make_the_same_day_at_midnight_both_go_on(world, as_role) -> None:
    for table in TABLES:
        await world.execute(f"DROP TABLE IF EXISTS {table}_{AHEAD}")
    await asyncio.gather(*(keep_house(as_role("orchestrator"), 30) for _ in range(4)))
    for table in TABLES:
        assert await world.value("SELECT to_regclass($1) IS NOT NULL", f"{table}_{AHEAD}")
