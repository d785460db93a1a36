"""A platform cannot be on disk and escape the laws."""

import dataclasses
import pkgutil

import pytest
from conformance.law import exemption
from conformance.laws import LAWS
from conformance.opening import manifest_of, platforms, products, profile_of

import pixee_simulators
from pixee_common.domain.job import Operation


@pytest.mark.parametrize("slug", platforms())
def test_every_platform_says_what_the_laws_must_know_of_it(slug: str) -> None:
    assert profile_of(slug).host


def test_a_simulator_belongs_to_a_platform_and_a_platform_has_one() -> None:
    simulators = {entry.name for entry in pkgutil.iter_modules(pixee_simulators.__path__) if entry.ispkg} - {"kit"}
    assert simulators == set(products()), (
        "write the missing half: laws are tried on an adapter and its simulator together"
    )


@pytest.mark.parametrize("slug", ["shopify", "woocommerce"])
def test_the_first_two_platforms_claim_everything_that_laws_ask_for(slug: str) -> None:
    manifest = manifest_of(slug)
    assert [why for name in LAWS if (why := exemption(name, manifest))] == []
    assert manifest.capabilities[Operation.PULL_PRODUCTS].incremental


@pytest.mark.parametrize("slug", platforms())
def test_a_platform_that_fetches_no_tokens_says_where_its_sheet_has_it(slug: str) -> None:
    """And one that offers more than one set of credentials has no excuse."""
    fetching = profile_of(slug).fetching
    if isinstance(fetching, str):
        assert "sheet, section" in fetching
        assert len(manifest_of(slug).credential_sets) == 1


@pytest.mark.parametrize("slug", platforms())
def test_an_exemption_is_of_a_law_that_exists_and_names_the_sheets_section(slug: str) -> None:
    exempt = profile_of(slug).exempt
    assert set(exempt) <= set(LAWS)
    assert all("sheet, section" in why for why in exempt.values())


@pytest.mark.parametrize("slug", platforms())
def test_a_platform_that_takes_files_says_how_their_results_go_wrong(slug: str) -> None:
    """And of each way that it does not have, where its sheet says so."""
    takes_files = manifest_of(slug).capabilities[Operation.PUSH_PRODUCTS].upload is not None
    results = profile_of(slug).results
    assert (results is not None) is takes_files
    ways = [] if results is None else [getattr(results, one.name) for one in dataclasses.fields(results)]
    assert all("sheet, section" in way for way in ways if isinstance(way, str))


@pytest.mark.parametrize("slug", ["shopify", "woocommerce"])
def test_the_first_two_platforms_are_exempt_from_nothing(slug: str) -> None:
    assert profile_of(slug).exempt == {}


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
