"""test and describe."""

from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import FR, SETTINGS, food, item
from platform_workers.platforms.amazon_sp_api.conftest import CREDENTIALS, Shop

from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.requirements import ValueKind
from pixee_workers.platforms.amazon_sp_api import MANIFEST


async def test_a_connection_that_works_tells_shop_currency_and_role(shop: Shop) -> None:
    report = await shop.adapter.test(shop.context)
    assert report.shop_identity == f"sellingpartnerapi-eu.amazon.com/A1SELLER/{FR}"
    assert report.currency == "EUR"
    assert report.granted_scopes == ("Product Listing",)
    assert report.missing_scopes == ()


async def _refused(shop: Shop) -> PlatformFault:
    with pytest.raises(PlatformFault) as caught:
        await shop.adapter.test(shop.context)
    return caught.value


@pytest.mark.parametrize(
    ("name", "says"), [("refresh_token", "365 days"), ("lwa_client_secret", "180 days"), ("lwa_client_id", "180 days")]
)
async def test_credentials_that_are_wrong_say_which(shop: Shop, name: str, says: str) -> None:
    shop.context.credentials = Credentials(CREDENTIALS | {name: CREDENTIALS[name] + "x"})
    fault = await _refused(shop)
    assert (fault.kind, fault.reason) == (FaultKind.CREDENTIALS, ReasonCode.CREDENTIALS_REFUSED)
    assert says in fault.message


async def test_the_wrong_region_is_the_merchants_to_mend(shop: Shop) -> None:
    shop.configure(address="sellingpartnerapi-na.amazon.com")
    fault = await _refused(shop)
    assert (fault.kind, fault.reason) == (FaultKind.CREDENTIALS, ReasonCode.PERMISSION_MISSING)
    assert "region" in fault.message


async def test_a_marketplace_that_the_seller_has_not_is_named_with_those_it_has(shop: Shop) -> None:
    shop.configure(extra=dict(SETTINGS.extra) | {"marketplace_id": "A1PA6795UKMFR9"})
    fault = await _refused(shop)
    assert FR in fault.message


@pytest.mark.parametrize("wrong", [{"denied_operations": ["searchListingsItems"]}, {"seller_id": "A1OTHER"}])
async def test_a_missing_role_and_another_sellers_id_are_missing_scopes(shop: Shop, wrong: dict[str, Any]) -> None:
    shop.set(**wrong)
    report = await shop.adapter.test(shop.context)
    assert report.missing_scopes
    assert report.granted_scopes == ()


async def test_describe_lists_all_types_and_the_attributes_of_the_mapped_ones(shop: Shop) -> None:
    found = await shop.adapter.describe(shop.context)
    assert {one.code for one in found.product_types} == {"GROCERY", "SHIRT", "PRODUCT", "MERCHANDISE"}
    assert found.complete_for == ("GROCERY", "SHIRT")
    assert found.demands == ("product_types",)
    food_types = {one.code: one for one in found.attributes if one.product_types == ("GROCERY",)}
    assert food_types["country_of_origin"].required
    assert food_types["country_of_origin"].kind is ValueKind.CHOICE
    assert {one.code for one in food_types["country_of_origin"].choices} >= {"FR", "DE"}
    assert food_types["unit_count"].kind is ValueKind.MEASURE
    assert "gram" in food_types["unit_count"].units
    assert food_types["brand"].max_length == 100
    assert food_types["is_expiration_dated_product"].kind is ValueKind.BOOLEAN
    assert "item_name" not in food_types


async def test_answers_tell_the_rate_of_the_call_that_was_made(shop: Shop) -> None:
    shop.limits(rate_scale=1)
    await shop.push(item(food()))
    rates = {reading.restore for reading in shop.context.readings if reading.budget == ""}
    assert 5.0 in rates


@pytest.mark.parametrize("pasted", ["EU", "eu", " EU ", "sellingpartnerapi-eu.amazon.com"])
def test_a_region_becomes_its_host(pasted: str) -> None:
    assert MANIFEST.rewritten("region", pasted) == "sellingpartnerapi-eu.amazon.com"
