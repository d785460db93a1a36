"""A platform cannot be on disk and escape the laws."""

import pytest
from conformance.law import exemption
from conformance.laws import LAWS
from conformance.opening import manifest_of, platforms, profile_of

from pixee_common.domain.job import Operation


@pytest.mark.parametrize("slug", platforms())
def test_every_platform_says_what_the_laws_must_know_of_it(slug: str) -> None:
    assert profile_of(slug).host


def test_a_platform_without_a_profile_fails_with_what_to_write() -> None:
    with pytest.raises(AssertionError, match=r"platforms/newcomer/conformance\.py with a PROFILE .* write one"):
        profile_of("newcomer")


@pytest.mark.parametrize("slug", platforms())
def test_what_a_manifest_does_not_claim_it_gives_a_reason_for(slug: str) -> None:
    manifest = manifest_of(slug)
    exemptions = [why for name in LAWS if (why := exemption(name, manifest))]
    assert all(why.endswith(tuple(manifest.unsupported.values())) for why in exemptions)


def test_a_claim_that_is_missing_exempts_only_with_a_reason() -> None:
    manifest = manifest_of(platforms()[0])
    without = {op: c for op, c in manifest.capabilities.items() if op is not Operation.PUSH_STOCK}
    silent = manifest.model_copy(update={"capabilities": without, "unsupported": {}})
    with pytest.raises(AssertionError, match="does not say why"):
        exemption("a_stale_write_is_dropped", silent)
    honest = silent.model_copy(update={"unsupported": {Operation.PUSH_STOCK: "It sells no goods."}})
    assert "It sells no goods." in (exemption("a_stale_write_is_dropped", honest) or "")
    assert exemption("an_invalid_ean_never_leaves", silent) is None
