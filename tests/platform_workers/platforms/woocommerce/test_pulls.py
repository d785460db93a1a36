"""Pulling, page by page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from platform_workers.platforms.woocommerce.catalog import EAN, item, price, rich, shirt, simple
from platform_workers.platforms.woocommerce.conftest import Shop
from pydantic import JsonValue

from pixee_workers.platforms.woocommerce import pulls
from pixee_workers.sync_base.items import PulledProduct


async def _all(shop: Shop, since: datetime | None = None, between: Any = None) -> list[PulledProduct]:
    products: list[PulledProduct] = []
    cursor: Mapping[str, JsonValue] | None = None
    for _ in range(100):
        page = await shop.adapter.pull(cursor, since, shop.context)
        products += page.products
        cursor = page.next_cursor
        if cursor is None:
            return products
        if between is not None:
            between()
    raise AssertionError("the pull does not end")


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulls, "PAGE", 3)


async def test_a_simple_product_comes_back_as_it_went(shop: Shop) -> None:
    await shop.push(item(rich("TEE", variant={"ean": EAN}), quantity=4, cost=price("19.90", "25")))
    [product] = await _all(shop)
    [variant] = product.variants
    assert (product.our_key, product.title, product.brand) == ("TEE", "Chemise & col", "Maison & Fils")
    assert (product.description, product.status) == ("<p>Belle &amp; bonne</p>", "active")
    assert set(product.categories) == {("Vêtements", "Hommes"), ("Soldes",)}
    assert len(product.images) == 2
    assert (variant.external_id, variant.sku, variant.ean) == (product.external_id, "TEE", EAN)
    assert (variant.price, variant.compare_at_price, variant.quantity) == ("19.90", "25.00", 4)
    assert product.options == ()
    assert variant.options == {}


async def test_a_variable_product_comes_back_with_its_variations(shop: Shop) -> None:
    await shop.push(item(shirt()))
    [product] = await _all(shop)
    assert product.options == ("Taille",)
    assert {one.sku: dict(one.options) for one in product.variants} == {
        f"SHIRT-{size}": {"Taille": size} for size in ("S", "M", "L")
    }
    assert {one.price for one in product.variants} == {"19.90"}


@pytest.mark.usefixtures("_small_pages")
async def test_the_last_page_tells_how_many_products_there_are_without_those_that_are_left_out(shop: Shop) -> None:
    for number in range(6):
        await shop.push(item(simple(f"S{number}")))
    shop.by_sku("S1")["type"] = "grouped"
    cursor, totals, count = None, [], 0
    while True:
        page = await shop.adapter.pull(cursor, None, shop.context)
        totals, count, cursor = [*totals, page.total], count + len(page.products), page.next_cursor
        if cursor is None:
            break
    assert count == 5
    assert totals[-1] == 5
    assert set(totals[:-1]) == {None}


async def test_stock_that_the_shop_does_not_manage_is_not_told(shop: Shop) -> None:
    await shop.push(item(simple("TEE"), quantity=None))
    [product] = await _all(shop)
    assert product.variants[0].quantity is None


@pytest.mark.usefixtures("_small_pages")
async def test_a_full_pull_has_every_product_once(shop: Shop) -> None:
    await shop.push(*(item(simple(f"P{number}")) for number in range(10)))
    assert [product.title for product in await _all(shop)] == [f"Produit P{number}" for number in range(10)]


@pytest.mark.usefixtures("_small_pages")
async def test_a_product_removed_during_a_full_pull_hides_no_other(shop: Shop) -> None:
    await shop.push(*(item(simple(f"P{number}")) for number in range(10)))

    def remove_the_first() -> None:
        if len(shop.products) > 6:
            shop.store.drop(shop.products[0])

    titles = [product.title for product in await _all(shop, between=remove_the_first)]
    assert titles == [f"Produit P{number}" for number in range(10)]


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("step", [0, 1])
async def test_an_incremental_pull_misses_nothing_even_of_one_second(shop: Shop, step: int) -> None:
    await shop.push(*(item(simple(f"P{number}")) for number in range(10)))
    start = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    for number, row in enumerate(shop.products):
        row["date_modified_gmt"] = (start + timedelta(seconds=number * step)).strftime("%Y-%m-%dT%H:%M:%S")
    titles = [product.title for product in await _all(shop, since=start + timedelta(seconds=1))]
    assert sorted(titles) == sorted(f"Produit P{number}" for number in range(10))
    assert len(titles) == len(set(titles))


async def test_an_incremental_pull_reaches_back_as_far_as_declared_and_no_further(shop: Shop) -> None:
    shop.set(utc_offset_hours=5)
    await shop.push(*(item(simple(key)) for key in ("OLD", "OVERLAP", "NEW")))
    since = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    for key, seconds in (("OLD", -180), ("OVERLAP", -60), ("NEW", 60)):
        shop.by_sku(key)["date_modified_gmt"] = (since + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    assert [product.our_key for product in await _all(shop, since=since)] == ["OVERLAP", "NEW"]


async def test_an_empty_shop_is_one_page(shop: Shop) -> None:
    page = await shop.adapter.pull(None, None, shop.context)
    assert (page.products, page.next_cursor) == ((), None)


async def test_every_read_has_an_address_of_its_own_against_caches(shop: Shop) -> None:
    moments = iter(datetime(2026, 11, 1, 12, 0, second, tzinfo=UTC) for second in range(10))
    shop.context.now = lambda: next(moments)  # type: ignore[method-assign]
    await shop.adapter.pull(None, None, shop.context)
    await shop.adapter.pull(None, None, shop.context)
    assert len({call.url for call in shop.context.calls}) == 2
