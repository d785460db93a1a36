"""A server that ends connections, as a restart does, is waited for and never taken for a fault of ours."""

import asyncio
import contextlib

import asyncpg
import pytest

from pixee_common.db import Connection, Database, is_transient
from pixee_devstack.postgres import EmbeddedPostgres

TIMES = 60
ENDED_BETWEEN_TWO_STATEMENTS = "cannot switch to state 12; another operation (2) is in progress"
"""What asyncpg says in some four of a hundred such cases (its issue 1069)."""


def test_a_connection_that_ended_between_two_statements_is_lost_not_broken() -> None:
    assert is_transient(asyncpg.InternalClientError(ENDED_BETWEEN_TWO_STATEMENTS))


def test_a_value_that_asyncpg_cannot_send_is_no_lost_connection() -> None:
    assert not is_transient(asyncpg.DataError("invalid input for query argument $1"))
    assert not is_transient(asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"))


@pytest.mark.parametrize(
    "state", ["53100", "53200", "25006", "57014"], ids=["disk full", "out of memory", "read-only", "cancelled"]
)
def test_what_ails_the_server_says_nothing_of_the_data(state: str) -> None:
    assert is_transient(asyncpg.PostgresError.new({"C": state, "M": "…"}))


@pytest.mark.parametrize("state", ["22P05", "23505", "42501", "0A000"])
def test_what_ails_the_data_or_the_program_does_not_pass(state: str) -> None:
    assert not is_transient(asyncpg.PostgresError.new({"C": state, "M": "…"}))


@pytest.mark.stack
async def test_a_server_that_was_demoted_under_us_is_left_for_the_one_that_was_promoted(
    postgres: EmbeddedPostgres,
) -> None:
    database = Database(postgres.dsn, name="failover", most_connections=1, retry_for=5)
    try:
        async with database.connection() as connection:
            await connection.execute("SET default_transaction_read_only = on")
        assert await database.run(lambda c: c.execute("CREATE TABLE of_the_primary (n int)")) == "CREATE TABLE"
        await database.run(lambda c: c.execute("DROP TABLE of_the_primary"))
    finally:
        await database.close()


@pytest.mark.stack
async def test_a_migration_under_a_running_service_costs_a_second_try(postgres: EmbeddedPostgres) -> None:
    database = Database(postgres.dsn, name="migrated", most_connections=1, retry_for=5)
    migrating = await asyncpg.connect(postgres.dsn)
    try:
        await migrating.execute("CREATE TABLE migrated (a int)")
        await database.run(lambda c: c.fetch("SELECT * FROM migrated"))
        await migrating.execute("ALTER TABLE migrated ADD COLUMN b int; INSERT INTO migrated VALUES (1, 2)")
        rows = await database.run(lambda c: c.fetch("SELECT * FROM migrated"))
        assert [tuple(row.values()) for row in rows] == [(1, 2)]
    finally:
        await migrating.execute("DROP TABLE IF EXISTS migrated")
        await migrating.close()
        await database.close()


@pytest.mark.stack
@pytest.mark.parametrize("alone", [False, True])
async def test_work_whose_connection_is_ended_by_the_server_is_done_again(
    postgres: EmbeddedPostgres, alone: bool
) -> None:
    database = Database(postgres.dsn, name="lost", most_connections=2, retry_for=10)
    killer = await asyncpg.connect(postgres.dsn)
    try:
        for n in range(TIMES):
            assert await database.run(_ended_once(killer, pause=n % 3 / 1000), alone=alone) == 1
        pool = await database.pool()
        assert pool.get_size() <= 2
    finally:
        await killer.close()
        await database.close()


def _ended_once(killer: "asyncpg.Connection[asyncpg.Record]", *, pause: float):
    first = True

    async def work(connection: Connection) -> int:
        nonlocal first
        if first:
            first = False
            await killer.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await asyncio.sleep(pause)
        return int(await connection.fetchval("SELECT 1"))

    return work
