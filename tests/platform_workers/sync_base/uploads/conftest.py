"""A bench for each test, its workers stopped at the end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from platform_workers.sync_base.uploads.bench import FileBench


@pytest.fixture
async def bench(owner, as_role, tmp_path: Path) -> AsyncIterator[FileBench]:
    made = await FileBench(owner, as_role, tmp_path).begin()
    async with made.stack:
        yield made
