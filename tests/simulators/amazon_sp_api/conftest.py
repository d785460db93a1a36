"""One fresh seller per test."""

from collections.abc import AsyncIterator

import pytest
from simulators.amazon_sp_api.seller import Seller


@pytest.fixture
async def seller() -> AsyncIterator[Seller]:
    async with Seller() as opened:
        yield opened
