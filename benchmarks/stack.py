"""The embedded stack for benchmarks: the same harness as the tests of the whole system."""

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from system.amazon import amazon_shop, verdicts
from system.harness import Account, Shop, System, running_system, simple_product
from system.shops import read_shop

__all__ = [
    "Account",
    "Shop",
    "System",
    "amazon_shop",
    "read_shop",
    "running_system",
    "simple_product",
    "system",
    "verdicts",
]


@asynccontextmanager
async def system(**options: Any) -> AsyncIterator[System]:
    """A fresh stack with one worker process and the Shopify simulator."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_system(Path(folder), simulators=("shopify",), **options) as running:
            yield running
