"""The embedded PostgreSQL keeps what was committed, over stops, crashes and stale files."""

import os
import socket
import stat
from pathlib import Path

import asyncpg
import pytest

from pixee_devstack.errors import FolderInUseError, PortTakenError
from pixee_devstack.ports import free_port
from pixee_devstack.postgres import EmbeddedPostgres

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory):
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    await server.start()
    yield server
    await server.stop()


async def fetch(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_is_durable_and_speaks_utf8_on_loopback_alone(postgres):
    assert await fetch(postgres, "SHOW fsync") == "on"
    assert await fetch(postgres, "SHOW synchronous_commit") == "on"
    assert await fetch(postgres, "SHOW server_encoding") == "UTF8"
    assert await fetch(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert await fetch(postgres, "SHOW unix_socket_directories") == ""
    assert await fetch(postgres, "SELECT current_database()") == "pixee"


async def test_the_contributed_extensions_are_there(postgres):
    await fetch(postgres, "CREATE EXTENSION pg_trgm")
    assert await fetch(postgres, "SELECT similarity('pixee', 'pixie') > 0.3") is True


async def test_a_wrong_password_is_refused(postgres):
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn_for("postgres", "wrong"))


async def test_the_password_is_readable_by_its_owner_alone(postgres):
    path: Path = postgres.data_dir / "superuser.password"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_committed_rows_are_there_after_a_stop_and_on_the_same_port(postgres):
    await fetch(postgres, "CREATE TABLE kept_by_stop AS SELECT 1 AS n")
    port = postgres.port
    await postgres.restart()
    assert postgres.port == port
    assert await fetch(postgres, "SELECT count(*) FROM kept_by_stop") == 1


async def test_committed_rows_are_there_after_a_crash_while_a_session_is_open(postgres):
    session = await asyncpg.connect(postgres.dsn)
    await session.execute("CREATE TABLE kept_by_crash AS SELECT generate_series(1, 1000) AS n")
    await postgres.kill()
    session.terminate()
    assert not postgres.running
    await postgres.start()
    assert await fetch(postgres, "SELECT count(*) FROM kept_by_crash") == 1000


async def test_a_stop_ends_sessions_that_are_open(postgres):
    session = await asyncpg.connect(postgres.dsn)
    await postgres.stop()
    session.terminate()
    await postgres.start()
    assert postgres.running


async def test_a_stale_process_file_does_not_keep_it_from_starting(postgres):
    await postgres.kill()
    stale = postgres.data_dir / "pgdata" / "postmaster.pid"
    lines = stale.read_text().splitlines()
    lines[0] = str(os.getpid())
    stale.write_text("\n".join(lines) + "\n")
    await postgres.start()
    assert await fetch(postgres, "SELECT 1") == 1


async def test_a_second_server_on_the_folder_is_refused(postgres):
    with pytest.raises(FolderInUseError, match=f"in use by process {os.getpid()}"):
        await EmbeddedPostgres(postgres.data_dir).start()
    other = EmbeddedPostgres(postgres.data_dir)
    await other.stop()
    assert (postgres.data_dir / "postgres.pid").exists()
    assert await fetch(postgres, "SELECT 1") == 1


async def test_another_handle_continues_with_the_data_of_the_first(postgres):
    await fetch(postgres, "CREATE TABLE kept_by_folder AS SELECT 7 AS n")
    await postgres.stop()
    other = EmbeddedPostgres(postgres.data_dir)
    await other.start()
    try:
        assert await fetch(other, "SELECT n FROM kept_by_folder") == 7
    finally:
        await other.stop()
        await postgres.start()


async def test_a_port_that_was_asked_for_and_is_taken_is_refused(tmp_path):
    port = free_port()
    taken = pytest.raises(PortTakenError, match=f"Port {port} for PostgreSQL is taken")
    with socket.create_server(("127.0.0.1", port)), taken:
        await EmbeddedPostgres(tmp_path, port).start()
