"""Every law on every platform found on disk; there is no list to edit."""

import pytest
from conformance.bench import bench_of, platforms
from conformance.laws import LAWS, Exempt

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("slug", platforms())
@pytest.mark.parametrize("name", LAWS)
async def test_law(name: str, slug: str, owner, as_role) -> None:
    async with bench_of(slug, owner, as_role("worker")) as bench:
        try:
            await LAWS[name](bench)
        except Exempt as exempt:
            pytest.skip(f"{slug} is exempt: {exempt}")
