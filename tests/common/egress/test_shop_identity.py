"""Shops of one host that are told apart by settings, so that two sellers are never taken for one."""

import pytest

from pixee_common.egress import EgressPolicy
from pixee_common.egress.shops import shop_address
from pixee_common.platforms import catalogue


def _identity(seller: str, marketplace: str = "A13V1IB3VIYZZH", region: str = "EU") -> str:
    settings = {"region": region, "seller_id": seller, "marketplace_id": marketplace}
    return shop_address(catalogue()["amazon_sp_api"], settings, EgressPolicy()).identity


def test_two_sellers_of_a_region_are_two_shops() -> None:
    assert _identity("A1ONE") != _identity("A1TWO")
    assert _identity("A1ONE") == _identity(" A1ONE ")


def test_a_seller_has_a_shop_in_each_marketplace() -> None:
    assert _identity("A1ONE") != _identity("A1ONE", "A1PA6795UKMFR9")


def test_the_region_is_the_host_however_it_is_written() -> None:
    assert _identity("A1ONE") == _identity("A1ONE", region="sellingpartnerapi-eu.amazon.com")
    assert _identity("A1ONE").startswith("sellingpartnerapi-eu.amazon.com/")


@pytest.mark.parametrize("slug", ["shopify", "woocommerce"])
def test_where_the_address_says_it_all_nothing_is_added(slug: str) -> None:
    assert catalogue()[slug].host.identity_settings == ()
