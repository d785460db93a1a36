"""A manifest of an ordinary platform in few words says the same as in many."""

import pytest

from pixee_common.domain.job import Operation
from pixee_common.platforms.manifest import Capability, CredentialField, FieldPolicy, HostSpec, Manifest, Mode
from pixee_common.platforms.plain_capabilities import pages, writes


def test_one_item_a_call_is_single_and_several_are_bulk() -> None:
    assert writes(1, sent=("title",), create_only=("price",), concurrency=4) == Capability(
        mode=Mode.SINGLE,
        max_items=1,
        concurrency=4,
        fields=FieldPolicy(sent=("title",), create_only=("price",)),
    )
    assert writes(50, sent=("quantity",), companions=("id",)) == Capability(
        mode=Mode.BULK, max_items=50, fields=FieldPolicy(sent=("quantity",), companions=("id",))
    )
    assert pages(20, incremental=True) == Capability(mode=Mode.BULK, max_items=20, incremental=True)


def test_what_a_capability_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="concurency"):
        writes(1, sent=(), concurency=4)


@pytest.mark.parametrize(
    ("said", "sets"), [({}, (("key", "secret"),)), ({"credential_sets": (("key",),)}, (("key",),))]
)
def test_all_credentials_are_needed_where_nothing_else_is_said(said: dict, sets: tuple) -> None:
    manifest = Manifest(
        slug="shop",
        title="Shop",
        version="1",
        api_version="1",
        credentials=(CredentialField(name="key", label="Key"), CredentialField(name="secret", label="Secret")),
        settings=(),
        host=HostSpec(address_setting="shop"),
        capabilities={Operation.PULL_PRODUCTS: pages(20)},
        **said,
    )
    assert manifest.credential_sets == sets
