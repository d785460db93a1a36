"""The connection test, and what the shop tells of itself."""

import pytest
from platform_workers.platforms.woocommerce.catalog import item, rich, shirt
from platform_workers.platforms.woocommerce.conftest import CREDENTIALS, Shop

from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.requirements import Choice


async def test_a_good_connection_names_the_shop_and_its_currency_and_writes_nothing(shop: Shop) -> None:
    report = await shop.adapter.test(shop.context)
    assert (report.shop_identity, report.currency) == ("shop.example/store", "EUR")
    assert (report.granted_scopes, report.missing_scopes) == (("read", "write"), ())
    assert shop.products == []
    assert shop.writes() == []


async def test_a_key_that_may_only_read_misses_write(shop: Shop) -> None:
    shop.set(permissions="read")
    report = await shop.adapter.test(shop.context)
    assert report.missing_scopes == ("write",)


@pytest.mark.parametrize("field", ["consumer_key", "consumer_secret"])
async def test_wrong_credentials_are_told_without_showing_them(shop: Shop, field: str) -> None:
    wrong = CREDENTIALS | {field: f"{field[0]}k_{'c' * 40}"}
    shop.context.credentials = Credentials(wrong)
    with pytest.raises(PlatformFault) as raised:
        await shop.adapter.test(shop.context)
    assert (raised.value.kind, raised.value.reason) == (FaultKind.CREDENTIALS, ReasonCode.CREDENTIALS_REFUSED)
    assert wrong[field] not in repr(raised.value)


async def test_a_wrong_folder_is_told(shop: Shop) -> None:
    shop.configure(address="https://shop.example/store/elsewhere")
    with pytest.raises(PlatformFault) as raised:
        await shop.adapter.test(shop.context)
    assert raised.value.reason in {ReasonCode.SHOP_GONE, ReasonCode.REFUSED_BY_PLATFORM}


async def test_a_redirect_names_the_address_to_enter(shop: Shop) -> None:
    shop.set(redirect_to="https://www.shop.example")
    with pytest.raises(PlatformFault) as raised:
        await shop.adapter.test(shop.context)
    assert "www.shop.example" in raised.value.message
    shop.set(redirect_to=None)


async def test_the_currency_is_asked_once(shop: Shop) -> None:
    await shop.adapter.test(shop.context)
    await shop.adapter.test(shop.context)
    assert sum("currencies" in call.url for call in shop.context.calls) == 1


async def test_the_setting_stands_in_where_the_key_may_not_ask_for_the_currency(shop: Shop) -> None:
    shop.fault(kind="status", status=404, match={"operation": "GET /data/currencies/current"})
    assert (await shop.adapter.test(shop.context)).currency == "EUR"
    shop.configure(currency=None)
    with pytest.raises(PlatformFault):
        await shop.adapter.test(shop.context)


async def test_the_description_tells_currency_tax_mode_categories_and_attributes(shop: Shop) -> None:
    await shop.push(item(rich("TEE")), item(shirt()))
    told = await shop.adapter.describe(shop.context)
    assert (told.currencies, told.facts["prices_include_tax"]) == (("EUR",), "no")
    assert Choice(code="Vêtements > Hommes", label="Vêtements > Hommes") in told.categories
    assert [one.code for one in told.attributes] == ["Taille"]
    assert Choice(code="reduced-rate", label="Reduced rate") in told.tax_classes


async def test_what_the_keys_owner_may_not_ask_is_left_out_of_the_description(shop: Shop) -> None:
    shop.fault(kind="status", status=404, match={"operation": "GET /taxes/classes"})
    assert (await shop.adapter.describe(shop.context)).tax_classes == ()
