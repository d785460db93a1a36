"""A platform cannot be on disk and escape the laws."""

import pytest
from conformance.bench import platforms, profile_of


@pytest.mark.parametrize("slug", platforms())
def test_every_platform_says_what_the_laws_must_know_of_it(slug: str) -> None:
    assert profile_of(slug).host


def test_a_platform_without_a_profile_fails_with_what_to_write() -> None:
    with pytest.raises(AssertionError, match=r"platforms/newcomer/conformance\.py with a PROFILE .* write one"):
        profile_of("newcomer")
