"""A connector whose host is chosen, never typed: what a merchant enters for Amazon."""

import pytest

from pixee_common.egress import EgressPolicy
from pixee_common.platforms import catalogue
from pixee_gateway.problems import Problem
from pixee_gateway.usecases.connector_input import checked_credentials, checked_settings

AMAZON = catalogue()["amazon_sp_api"]
GIVEN = {"region": "EU", "marketplace_id": "A13V1IB3VIYZZH", "seller_id": "A1SELLER"}
SECRETS = {
    "lwa_client_id": "amzn1.application-oa2-client.0a1b",
    "lwa_client_secret": "amzn1.oa2-cs.v1.s3cret",
    "refresh_token": "Atzr|abc",
}


def test_a_region_is_enough_for_the_address() -> None:
    settings, address = checked_settings(AMAZON, GIVEN, EgressPolicy())
    assert address.base == "https://sellingpartnerapi-eu.amazon.com"
    assert address.identity == "sellingpartnerapi-eu.amazon.com/A1SELLER/A13V1IB3VIYZZH"
    assert settings["region"] == "sellingpartnerapi-eu.amazon.com"


@pytest.mark.parametrize("region", ["MARS", "https://evil.example", "sellingpartnerapi-eu.amazon.com.evil.example"])
def test_no_other_host_can_be_entered(region: str) -> None:
    with pytest.raises(Problem) as caught:
        checked_settings(AMAZON, GIVEN | {"region": region}, EgressPolicy())
    assert "sellingpartnerapi-na.amazon.com" in str(caught.value.errors)


@pytest.mark.parametrize("name", ["region", "marketplace_id", "seller_id"])
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(Problem) as caught:
        checked_settings(AMAZON, {key: value for key, value in GIVEN.items() if key != name}, EgressPolicy())
    assert f"#/settings/{name}" in str(caught.value.errors)


def test_all_three_secrets_are_needed_and_no_message_holds_one() -> None:
    assert checked_credentials(AMAZON, SECRETS) == SECRETS
    with pytest.raises(Problem) as caught:
        checked_credentials(AMAZON, SECRETS | {"refresh_token": "not-a-token"})
    assert "not-a-token" not in str(caught.value.errors)
