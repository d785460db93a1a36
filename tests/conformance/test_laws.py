"""Every law on every platform found on disk; there is no list to edit."""

import pytest
from conformance.law import Exempt, exemption
from conformance.laws import LAWS
from conformance.opening import bench_of, manifest_of, platforms, profile_of

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("slug", platforms())
@pytest.mark.parametrize("name", LAWS)
async def test_law(name: str, slug: str, owner, as_role) -> None:
    if why := exemption(name, manifest_of(slug)) or profile_of(slug).exempt.get(name):
        pytest.skip(f"exempt: {why}")
    async with bench_of(slug, owner, as_role("worker")) as bench:
        try:
            await LAWS[name](bench)
        except Exempt as exempt:
            pytest.skip(f"exempt: {slug}: {exempt}")
