"""Sales channels that the connector names, against the simulated shop."""

from __future__ import annotations

import pytest
from platform_workers.platforms.shopify.catalog import item, listed, mapped, shirt, simple, values
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.job import Operation
from pixee_workers.platforms.shopify import manifest
from pixee_workers.sync_base.items import ProductItem
from pixee_workers.sync_base.outcomes import Linked, Outcome, RemoteJob

STORE, POS, MARKET = 71_000_001, 71_000_002, 71_000_003


@pytest.fixture
def channels(shop: Shop) -> Shop:
    shop.set(publications=[{"name": "Online Store", "auto": True}, {"name": "Point of Sale"}, {"name": "Market"}])
    return shop


def labels(shop: Shop) -> list[str]:
    return [call.label for call in shop.context.calls]


def again(one: ProductItem, **changes: object) -> ProductItem:
    known = Linked(one.listing, {entry.id: entry.listing for entry in one.variants if entry.listing is not None})
    return listed(one, known, simple(one.product.key, **changes))


async def test_without_the_setting_channels_are_left_alone(channels: Shop):
    await channels.pushed(item(simple("A")))
    assert channels.products[0].publications == [STORE]
    assert not {"publications", "publishablePublish", "publishableUnpublish"} & set(labels(channels))
    assert "publications" not in values(item(simple("A")))


async def test_a_new_product_is_published_where_the_connector_says_and_leaves_nothing_that_it_does_not_name(
    channels: Shop,
):
    channels.configure(extra={"publications": "point of sale, gid://shopify/Publication/71000003"})
    await channels.pushed(item(simple("A")))
    assert sorted(channels.products[0].publications) == [STORE, POS, MARKET]


async def test_a_product_that_is_where_it_shall_be_costs_no_call(channels: Shop):
    channels.configure(extra={"publications": "Point of Sale"})
    one = await channels.pushed(item(simple("A")))
    channels.context.calls.clear()
    await channels.pushed(again(one, names={"fr": "Autre"}))
    assert labels(channels) == ["productSet"]


async def test_other_channels_in_the_setting_move_what_we_published_and_nothing_else(channels: Shop):
    channels.configure(extra={"publications": "Point of Sale"})
    one = await channels.pushed(item(simple("A")))
    channels.configure(extra={"publications": "Market"})
    assert values(one, channels.context.settings) != values(one), "a changed setting is a changed value"
    two = await channels.pushed(again(one))
    assert sorted(channels.products[0].publications) == [STORE, MARKET]
    channels.configure(extra={"publications": ""})
    await channels.pushed(again(two))
    assert sorted(channels.products[0].publications) == [STORE, MARKET]


async def test_a_channel_that_the_shop_does_not_have_is_refused_before_any_write(channels: Shop):
    channels.configure(extra={"publications": "Nowhere"})
    (outcome,) = await channels.push(item(simple("A")))
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", "missing_mapping", "publications")
    assert "Nowhere" in (outcome.message or "")
    assert channels.products == []
    channels.set(publications=[{"name": "Nowhere"}])
    await channels.pushed(item(simple("A")))


async def test_a_refused_publication_leaves_the_product_linked_and_comes_again(channels: Shop):
    channels.set(planted_errors=[{"operation": "publish", "match": "A", "code": None, "field": ["input"], "times": 1}])
    channels.configure(extra={"publications": "Point of Sale"})
    (outcome,) = await channels.push(item(simple("A")))
    assert (outcome.kind, outcome.reason, outcome.field) == ("rejected", "refused_by_platform", "publications")
    one = listed(item(simple("A")), outcome.linked)
    await channels.pushed(one)
    assert POS in channels.products[0].publications


async def test_a_channel_that_vanished_is_looked_for_again(channels: Shop):
    channels.configure(extra={"publications": "Market"})
    await channels.pushed(item(simple("A")))
    channels.set(publications=[{"name": "Online Store"}, {"name": "Market", "id": 9}])
    (outcome,) = await channels.push(item(simple("B")))
    assert outcome.kind == "transient"
    await channels.pushed(listed(item(simple("B")), outcome.linked))
    assert channels.products[1].publications == [9]


async def test_a_large_product_is_published_when_its_operation_ends(channels: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pixee_workers.platforms.shopify.products.SYNCHRONOUS_VARIANTS", 1)
    channels.configure(extra={"publications": "Point of Sale"})
    given = item(shirt("A"))
    (_, job) = await _background(channels, given)
    channels.advance(10)
    (outcome,) = (await channels.adapter.poll(job, channels.context)).outcomes
    assert outcome.kind == "applied"
    assert POS in channels.products[0].publications


async def _background(shop: Shop, one: ProductItem) -> tuple[Outcome, RemoteJob]:
    submission = await shop.adapter.submit(Operation.PUSH_PRODUCTS, [mapped(one, shop.context.settings)], shop.context)
    return submission.outcomes[0], submission.remote_jobs[0]


@pytest.mark.parametrize(("named", "missing"), [("", ()), ("Market", manifest.PUBLICATION_SCOPES)])
async def test_the_scopes_of_channels_are_needed_where_channels_are_named(channels: Shop, named: str, missing: tuple):
    channels.set(scopes=list(manifest.REQUIRED_SCOPES))
    channels.configure(extra={"publications": named})
    assert (await channels.adapter.test(channels.context)).missing_scopes == missing
