"""A simulator inside the test's own process, over real HTTP on a free port."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from pixee_simulators.kit.server import serving
from pixee_simulators.kit.simulator import Simulator


@contextlib.asynccontextmanager
async def running(simulator: Simulator[Any]) -> AsyncIterator[str]:
    """Serve the given simulator while the block lasts; gives its base URL without a trailing slash."""
    async with serving(simulator) as port:
        yield f"http://127.0.0.1:{port}"
