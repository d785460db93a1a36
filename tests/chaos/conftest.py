"""How large a chaos run is: 20,000 products in `make chaos`, 4,000 in `make test`."""

import os

import pytest


@pytest.fixture(scope="session")
def products() -> int:
    """Products of one run."""
    return int(os.environ.get("PIXEE_CHAOS_PRODUCTS", "4000"))
