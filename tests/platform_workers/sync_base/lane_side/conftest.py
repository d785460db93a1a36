"""A worker's lane side on a real PostgreSQL under the worker's own role, with a courier that calls nobody."""

import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from platform_workers.sync_base.lane_side.catalog_rows import Rows
from platform_workers.sync_base.lane_side.lane_side import LaneSide

from pixee_common.clock import FakeClock
from pixee_common.db import Database

StartWorker = Callable[..., "AsyncIterator[LaneSide]"]


@pytest.fixture
async def rows(owner: Database) -> Rows:
    return await Rows(owner).begin()


@pytest.fixture
def database(as_role) -> Database:
    """The database as a worker sees it."""
    return as_role("worker")


@pytest.fixture
async def start_worker(as_role):
    """Starts lane sides; each has a worker row, a database door and (unless one is given) a clock of its own."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(*, marked: bool = False, clock: FakeClock | None = None) -> LaneSide:
            return await stack.enter_async_context(LaneSide(as_role("worker"), marked=marked, clock=clock))

        yield start


@pytest.fixture
async def worker(start_worker) -> LaneSide:
    return await start_worker()
