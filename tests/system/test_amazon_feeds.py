"""A small run of benchmarks/amazon_feeds.py: feeds that bytes fill, a crash, a FATAL feed, a report with holes, late rejections."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from system.harness import System, running_system

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.amazon_feeds import MOST_MEGABYTES, measured

ITEMS, TEXT = 3_500, 6_000
"""About 1,400 of such items fill a feed; after the first there are still more than the 1,500 from which items go by feeds."""

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[System]:
    """A system of its own: it is killed in the middle, and Amazon's clock runs fast."""
    async with running_system(tmp_path, simulators=("amazon_sp_api",)) as running:
        yield running


async def test_every_outcome_is_amazons_own_verdict_whatever_becomes_of_the_feeds(alone: System) -> None:
    found = await measured(alone, ITEMS, TEXT)
    assert found.differences == []
    assert found.filled >= 1
    assert 0 < found.outcomes["failed"] < ITEMS * 0.03
    assert found.megabytes < MOST_MEGABYTES
    assert await alone.violations() == []
