"""Brings a database up to date: revisions, roles, grants, row-level security, functions and day partitions.

Everything but the revisions is written anew at each run, from the tables of facts that declare it. That takes locks against
everybody, for a moment. Where somebody reads a table for long (a backup), all of it is undone and tried again later: who waited for
such a lock would make every reader and writer of a running system wait behind it.
"""

import asyncio
import logging
import os
import time
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from pixee_common.db import grants, partitions

_log = logging.getLogger(__name__)
_ADVISORY_LOCK = 0x70697865
_LOCK_WAIT = "1s"
_PAUSE_SECONDS = 5.0
_BUSY = frozenset({"55P03", "40P01"})
"""Lock not available, deadlock."""


def alembic_config() -> Config:
    """Alembic's configuration, with the scripts inside this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def function_statements() -> list[str]:
    """The SQL functions, one file each."""
    folder = resources.files("pixee_common.db").joinpath("functions")
    return [
        entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".sql")
    ]


def _role_statements(connection: Connection) -> list[str]:
    existing = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    statements = []
    for service, role in grants.ROLES.items():
        password = os.environ.get(f"PIXEE_ROLE_PASSWORD_{service.upper()}")
        if role not in existing:
            statements.append(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS")
        if password:
            quoted = password.replace("'", "''")
            statements.append(f"ALTER ROLE {role} PASSWORD '{quoted}'")
    return statements


def _settle(connection: Connection) -> None:
    today = datetime.now(UTC).date()
    for statement in (
        *_role_statements(connection),
        *partitions.creating(today),
        *function_statements(),
        *grants.grant_statements(),
        *grants.security_statements(),
    ):
        connection.exec_driver_sql(statement)


def _upgrade(connection: Connection, revision: str) -> None:
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'"))
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    if revision == "head":
        _settle(connection)


def engine_url(dsn: str) -> str:
    """The DSN as SQLAlchemy's asyncpg dialect wants it."""
    return dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


async def migrate(dsn: str, revision: str = "head", *, patience: float = 3600.0) -> None:
    """Upgrades the database behind the DSN, whose role must own it. Several at once wait for one another.

    Raises:
        sqlalchemy.exc.DBAPIError: the database refuses; a table was in use for the whole of `patience` (seconds).
    """
    engine = create_async_engine(engine_url(dsn))
    until = time.monotonic() + patience
    try:
        while True:
            last = time.monotonic() >= until
            if await _migrated(engine, revision, last=last):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await engine.dispose()


async def _migrated(engine: AsyncEngine, revision: str, *, last: bool) -> bool:
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, revision)
    except DBAPIError as error:
        if last or getattr(error.orig, "sqlstate", None) not in _BUSY:
            raise
        _log.warning("a table is in use; the migration is tried again in %g s", _PAUSE_SECONDS)
        return False
    return True


def main() -> None:
    """`python -m pixee_common.db migrate`."""
    dsn = os.environ.get("DATABASE_URL")
    if not dsn:
        raise SystemExit(
            "Set DATABASE_URL to the database's owner, for example postgresql://pixee:…@127.0.0.1:5432/pixee"
        )
    asyncio.run(migrate(dsn))
