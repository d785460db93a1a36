"""The database is what the models and the table of grants say."""

import pytest
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine

from pixee_common.db.drift import drift
from pixee_common.db.grants import GRANTS, ROLES, TENANT_TABLES, privileges
from pixee_common.db.migrate import alembic_config, engine_url, migrate
from pixee_common.db.models import metadata

pytestmark = pytest.mark.stack


async def test_the_database_has_not_drifted_from_the_models(postgres) -> None:
    engine = create_async_engine(engine_url(postgres.dsn))
    try:
        async with engine.begin() as connection:
            assert await connection.run_sync(drift) == []
    finally:
        await engine.dispose()


async def test_migrating_again_changes_nothing(postgres, owner) -> None:
    async with owner.connection() as connection:
        before = await connection.fetchval("SELECT count(*) FROM pg_class")
    await migrate(postgres.dsn)
    async with owner.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM pg_class") == before


async def test_every_revision_goes_down_and_up_again(postgres, owner) -> None:
    async with owner.connection() as connection:
        await connection.execute("CREATE DATABASE up_and_down")
    dsn = postgres.dsn.rsplit("/", 1)[0] + "/up_and_down"
    await migrate(dsn)
    engine = create_async_engine(engine_url(dsn))
    try:
        async with engine.begin() as connection:

            def down(connection) -> None:
                config = alembic_config()
                config.attributes["connection"] = connection
                command.downgrade(config, "base")

            await connection.run_sync(down)
    finally:
        await engine.dispose()
    await migrate(dsn)
    async with owner.connection() as connection:
        await connection.execute("DROP DATABASE up_and_down WITH (FORCE)")


def test_every_table_says_who_writes_it() -> None:
    assert set(GRANTS) == set(metadata.tables)


async def test_each_role_has_exactly_the_privileges_of_the_table(owner) -> None:
    async with owner.connection() as connection:
        for table, cells in GRANTS.items():
            for service, role in ROLES.items():
                granted = {(p, c) for p, c in privileges(cells.get(service, ""))}
                for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                    has = await connection.fetchval("SELECT has_table_privilege($1, $2, $3)", role, table, privilege)
                    assert has == ((privilege, "") in granted), (table, service, privilege)
                    if has or privilege == "DELETE":
                        continue
                    columns = next((c for p, c in granted if p == privilege and c), "")
                    wanted = {c.strip() for c in columns.split(",") if c}
                    names = [column.name for column in metadata.tables[table].columns]
                    found = {
                        name
                        for name in names
                        if await connection.fetchval(
                            "SELECT has_column_privilege($1, $2, $3, $4)", role, table, name, privilege
                        )
                    }
                    assert found == wanted, (table, service, privilege)


async def test_no_service_role_is_a_superuser_or_passes_row_level_security(owner) -> None:
    async with owner.connection() as connection:
        rows = await connection.fetch(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'pixee\\_%'"
        )
    assert {row["rolname"] for row in rows} == set(ROLES.values())
    assert not any(row["rolsuper"] or row["rolbypassrls"] for row in rows)


async def test_every_tenant_table_has_row_level_security(owner) -> None:
    async with owner.connection() as connection:
        for table in (*TENANT_TABLES, "accounts"):
            assert await connection.fetchval("SELECT relrowsecurity FROM pg_class WHERE relname = $1", table), table
            if table != "accounts":
                assert "account_id" in metadata.tables[table].columns


async def test_partitions_stand_a_week_ahead(owner) -> None:
    async with owner.connection() as connection:
        count = await connection.fetchval(
            "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relname LIKE 'chunks\\_%' AND c.relkind = 'r'"
        )
    assert count == 9
