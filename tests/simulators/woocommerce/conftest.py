"""One fresh shop per test."""

from collections.abc import AsyncIterator

import pytest
from simulators.woocommerce.shop import Shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with Shop() as opened:
        yield opened
