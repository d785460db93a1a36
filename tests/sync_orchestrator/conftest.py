"""A clean database and the orchestrator's parts on it, under the orchestrator's own role."""

import pytest
from sync_orchestrator.world import World

from pixee_common.db import Database
from pixee_orchestrator.dispatch.dispatcher import Dispatcher
from pixee_orchestrator.planning.planner import Planner
from pixee_orchestrator.progress.folder import Folder


@pytest.fixture
async def world(owner: Database) -> World:
    made = World(owner)
    await made.clean()
    return made


@pytest.fixture
def database(as_role) -> Database:
    return as_role("orchestrator")


@pytest.fixture
def planner(database: Database) -> Planner:
    return Planner(database, {}, page_items=200)


@pytest.fixture
def dispatcher(database: Database) -> Dispatcher:
    return Dispatcher(database)


async def _nothing_is_set_aside(messages, reason, text) -> None:
    raise AssertionError(f"set aside: {reason}: {text}")


@pytest.fixture
def folder(database: Database, dispatcher: Dispatcher) -> Folder:
    return Folder(database, dispatcher.poke, _nothing_is_set_aside)
