"""Fixtures that several folders share: one real PostgreSQL and one real Kafka for the whole run."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pixee_common.db import Database
from pixee_common.db.migrate import migrate
from pixee_devstack.kafka import EmbeddedKafka
from pixee_devstack.postgres import EmbeddedPostgres

ROLE_PASSWORD = "only-for-tests"


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    """A migrated database; roles have the password `only-for-tests`."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    await server.start()
    try:
        for service in ("GATEWAY", "ORCHESTRATOR", "WORKER"):
            os.environ[f"PIXEE_ROLE_PASSWORD_{service}"] = ROLE_PASSWORD
        await migrate(server.dsn)
        yield server
    finally:
        await server.stop()


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedKafka]:
    """A single Apache Kafka node without topics."""
    server = EmbeddedKafka(tmp_path_factory.mktemp("kafka"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def owner(postgres: EmbeddedPostgres) -> AsyncIterator[Database]:
    """The database as its owner (row-level security does not bind it)."""
    database = Database(postgres.dsn, name="tests", retry_for=10)
    yield database
    await database.close()


@pytest.fixture
async def as_role(postgres: EmbeddedPostgres) -> AsyncIterator["RoleDoor"]:
    """The database as a service sees it: `as_role("gateway")`."""
    door = RoleDoor(postgres)
    yield door
    await door.close()


class RoleDoor:
    """Opens the database under a service's own role."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._open: list[Database] = []

    def __call__(self, service: str) -> Database:
        database = Database(
            self._server.dsn_for(f"pixee_{service}", ROLE_PASSWORD), name=f"tests {service}", retry_for=10
        )
        self._open.append(database)
        return database

    async def close(self) -> None:
        for database in self._open:
            await database.close()


def pytest_sessionstart() -> None:
    """CI judges by the published schemas: without them it has not tested what it says."""
    folder = Path(os.environ.get("PIXEE_SPECS_DIR") or Path(__file__).parents[1].parent / "shared" / "specs")
    if folder.is_dir():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError("The published schemas are missing: set PIXEE_SPECS_DIR to the folder that holds them.")
    print(f"No published schemas in {folder}: tests that need them are skipped and say so.")
