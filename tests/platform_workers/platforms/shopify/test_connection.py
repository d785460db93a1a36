"""Test, describe, tokens."""

import pytest
from platform_workers.direct_context import direct_context
from platform_workers.platforms.shopify.catalog import HOST, SETTINGS, item, simple
from platform_workers.platforms.shopify.conftest import SHOP, Shop

from pixee_common.domain.faults import PlatformFault
from pixee_workers.platforms.shopify import create
from pixee_workers.platforms.shopify import shop as shop_module


async def test_a_good_connection_says_which_shop_it_is(shop: Shop):
    report = await shop.adapter.test(shop.context)
    assert (report.shop_identity, report.currency, report.missing_scopes) == (HOST, "EUR", ())
    assert "write_products" in report.granted_scopes
    assert shop.writes() == []


async def test_missing_scopes_are_named_and_write_implies_read(shop: Shop):
    shop.set(scopes=["write_products", "read_inventory"])
    report = await shop.adapter.test(shop.context)
    assert report.missing_scopes == ("write_inventory", "read_locations")


async def test_a_missing_scope_in_use_is_a_permission_fault_of_the_operation(shop: Shop):
    shop.set(scopes=["read_products", "read_locations"])
    with pytest.raises(PlatformFault) as caught:
        await shop.push(item(simple()))
    assert (caught.value.kind, caught.value.scope, caught.value.reason) == (
        "credentials",
        "operation",
        "permission_missing",
    )
    assert "write_products" in caught.value.message


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"access_token": "other"}, "credentials_refused"),
        ({"frozen": True}, "shop_gone"),
        ({"locked": True}, "shop_gone"),
    ],
)
async def test_a_shop_that_refuses_says_what_to_mend(shop: Shop, settings, reason: str):
    shop.set(**settings)
    with pytest.raises(PlatformFault) as caught:
        await shop.adapter.test(shop.context)
    assert (caught.value.kind, caught.value.scope, caught.value.reason) == ("credentials", "connector", reason)


async def test_an_unknown_shop_is_named(shop: Shop):
    shop.configure(address="nobody.myshopify.com")
    with pytest.raises(PlatformFault) as caught:
        await shop.adapter.test(shop.context)
    assert caught.value.reason == "shop_gone"


async def test_describe_offers_locations_and_currency(shop: Shop):
    described = await shop.adapter.describe(shop.context)
    assert described.currencies == ("EUR",)
    assert [one.label for one in described.locations] == ["Shop location"]
    assert described.locations[0].code.startswith("gid://shopify/Location/")
    assert described.facts["prices_include_tax"] == "yes"


async def test_client_credentials_fetch_a_token_once_and_again_when_it_is_refused(shop: Shop):
    credentials = {"client_id": SHOP["client_id"], "client_secret": SHOP["client_secret"]}
    adapter = create()
    async with direct_context(adapter, shop.url, SETTINGS, credentials) as context:
        await adapter.test(context)
        await adapter.test(context)
        assert [call.label for call in context.calls] == ["access_token", "test", "test"]
        shop.store.tokens.clear()
        with pytest.raises(PlatformFault) as caught:
            await adapter.test(context)
        assert caught.value.reason == "credentials_refused"
        await adapter.test(context)
        assert [call.label for call in context.calls[3:]] == ["test", "access_token", "test"]


async def test_a_wrong_client_secret_asks_the_merchant(shop: Shop):
    adapter = create()
    credentials = {"client_id": "id", "client_secret": "wrong"}
    async with direct_context(adapter, shop.url, SETTINGS, credentials) as context:
        with pytest.raises(PlatformFault) as caught:
            await adapter.test(context)
    assert (caught.value.kind, caught.value.reason) == ("credentials", "credentials_refused")
    assert "wrong" not in caught.value.message


async def test_a_version_that_has_ended_is_noticed(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shop_module, "API_VERSION", "2027-04")
    with pytest.raises(PlatformFault) as caught:
        await shop.adapter.test(shop.context)
    assert caught.value.kind == "contract_broken"
