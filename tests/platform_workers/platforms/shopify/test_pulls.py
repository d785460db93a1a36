"""pull_products against the simulated shop."""

from datetime import UTC, datetime, timedelta

import pytest
from platform_workers.platforms.shopify.catalog import EAN, item, price, rich, shirt, simple
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import PlatformFault
from pixee_workers.platforms.shopify import pulls
from pixee_workers.platforms.shopify.pulled import Filter


async def pulled(shop: Shop, since: datetime | None = None):
    found, cursor, pages = [], None, 0
    while cursor is not None or pages == 0:
        page = await shop.adapter.pull(cursor, since, shop.context)
        found += page.products
        cursor, pages = page.next_cursor, pages + 1
    return found


async def test_a_full_pull_reads_every_product_over_pages(shop: Shop):
    for number in range(23):
        await shop.pushed(item(simple(f"P{number}")))
    found = await pulled(shop)
    assert {one.our_key for one in found} == {f"P{number}" for number in range(23)}


async def test_a_product_is_read_in_our_words(shop: Shop):
    one = await shop.pushed(item(rich(variant={"sku": "RICH", "ean": EAN}), cost=price("19.90", "24.90")))
    shop.advance(60)
    (found,) = await pulled(shop)
    assert (found.title, found.brand, found.status, found.our_key) == (
        "Chemise & col",
        "Maison & Fils",
        "active",
        "RICH",
    )
    assert found.external_id == one.listing.external_id
    assert (found.options, len(found.images)) == ((), 2)
    (variant,) = found.variants
    assert (variant.sku, variant.ean, variant.price, variant.compare_at_price, variant.quantity, variant.options) == (
        "RICH",
        EAN,
        "19.90",
        "24.90",
        5,
        {},
    )
    assert variant.refs == one.variants[0].listing.refs


async def test_variants_beyond_the_page_are_fetched(shop: Shop):
    await shop.pushed(item(shirt(sizes=tuple(f"{number}" for number in range(50)))))
    (found,) = await pulled(shop)
    assert len(found.variants) == 50
    assert found.options == ("Taille",)
    assert found.variants[49].options == {"Taille": "49"}


async def test_since_reads_only_what_changed_with_an_overlap(shop: Shop):
    await shop.pushed(item(simple("OLD")))
    shop.advance(3600)
    await shop.pushed(item(simple("NEW")))
    now = datetime.fromtimestamp(shop.simulator.clock.now(), UTC)
    assert [one.our_key for one in await pulled(shop, now - timedelta(seconds=60))] == ["NEW"]
    assert [one.our_key for one in await pulled(shop, now - timedelta(seconds=3550))] == ["OLD", "NEW"]


async def test_a_filter_that_was_not_understood_is_noticed(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    await shop.pushed(item(simple("OLD")))
    monkeypatch.setattr(Filter, "text", property(lambda one: f"changed_at:>='{one.floor}'"))
    with pytest.raises(PlatformFault) as caught:
        await pulled(shop, datetime.fromtimestamp(shop.simulator.clock.now(), UTC) + timedelta(days=1))
    assert caught.value.kind == "contract_broken"


async def test_a_pull_never_goes_deeper_than_the_platform_allows(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulls, "_WINDOW", 20)
    shop.limit(deep_pagination=25)
    for number in range(45):
        await shop.pushed(item(simple(f"P{number}")))
        shop.advance(1)
    found = await pulled(shop)
    assert {one.our_key for one in found} == {f"P{number}" for number in range(45)}


async def test_the_platforms_clock_dates_the_page(shop: Shop):
    page = await shop.adapter.pull(None, None, shop.context)
    assert page.products == ()
    assert page.next_cursor is None
    assert abs((page.requested_at - datetime.now(UTC)).total_seconds()) < 30
