"""pull_products: by search in windows, and by a report where there is too much for a search."""

from datetime import datetime
from typing import Any

import pytest
from platform_workers.platforms.amazon_sp_api.catalog import SETTINGS, food, item, price, shirt
from platform_workers.platforms.amazon_sp_api.conftest import Shop

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_workers.platforms.amazon_sp_api import reports
from pixee_workers.sync_base.items import PulledProduct
from pixee_workers.sync_base.outcomes import PullPage

PLANTED: dict[str, Any] = {"item_name": [{"value": "Planted", "language_tag": "fr_FR"}]}


async def _pages(shop: Shop, since: datetime | None = None) -> list[PullPage]:
    pages: list[PullPage] = []
    cursor = None
    for _ in range(200):
        page = await shop.adapter.pull(cursor, since, shop.context)
        if page.wait_seconds:
            assert (page.products, page.next_cursor) == ((), cursor)
            shop.advance(page.wait_seconds)
            continue
        pages.append(page)
        cursor = page.next_cursor
        if cursor is None:
            return pages
    raise AssertionError("no end")


def _all(pages: list[PullPage]) -> list[PulledProduct]:
    return [product for page in pages for product in page.products]


async def test_a_listing_comes_in_our_words(shop: Shop) -> None:
    await shop.push(item(food(), cost=price("19.99"), quantity=4))
    (product,) = _all(await _pages(shop))
    assert (product.external_id, product.title, product.brand, product.status) == (
        "CHOC", "Chocolat CHOC", "Pixee", "",
    )  # fmt: skip
    assert product.images == ("https://img.example/a.jpg", "https://img.example/b.jpg")
    (variant,) = product.variants
    assert (variant.sku, variant.ean, variant.price, variant.quantity) == ("CHOC", "4006381333931", "19.99", 4)
    assert str(variant.refs["asin"]).startswith("B0")


async def test_a_family_is_one_product_with_options(shop: Shop) -> None:
    await shop.push(item(shirt()))
    (product,) = _all(await _pages(shop))
    assert (product.external_id, product.options) == ("TEE", ("size",))
    assert [(one.sku, one.options) for one in product.variants] == [("TEE-M", {"size": "M"}), ("TEE-S", {"size": "S"})]


async def test_pages_miss_nothing_and_repeat_nothing(shop: Shop) -> None:
    for number in range(45):
        shop.plant(f"P{number:02}", PLANTED)
        shop.advance(1 if number % 10 else 0)
    pages = await _pages(shop)
    skus = [product.external_id for product in _all(pages)]
    assert sorted(skus) == [f"P{number:02}" for number in range(45)]
    assert max(len(page.products) for page in pages) <= 20


async def test_more_than_a_page_at_one_moment_goes_on_by_token(shop: Shop) -> None:
    for number in range(45):
        shop.plant(f"P{number:02}", PLANTED)
    assert len(_all(await _pages(shop))) == 45


async def test_since_a_moment_only_what_changed_comes(shop: Shop) -> None:
    shop.plant("OLD", PLANTED)
    shop.advance(3600)
    since = shop.context.now()
    shop.advance(60)
    shop.plant("NEW", PLANTED)
    assert [product.external_id for product in _all(await _pages(shop, since))] == ["NEW"]


async def test_a_window_with_more_than_a_thousand_is_halved(shop: Shop) -> None:
    since = shop.context.now()
    shop.advance(600)
    for number in range(1200):
        shop.plant(f"P{number:04}", PLANTED)
        if number % 300 == 0:
            shop.advance(60)
    pages = await _pages(shop, since)
    assert len({product.external_id for product in _all(pages)}) == 1200
    assert "createReport" not in shop.asked()


async def test_everything_of_a_large_account_comes_by_a_report(shop: Shop) -> None:
    for number in range(1010):
        shop.plant(f"P{number:04}", PLANTED)
    await shop.push(item(shirt()))
    pages = await _pages(shop)
    products = _all(pages)
    assert len(products) == 1011
    assert {len(product.variants) for product in products if product.external_id == "TEE"} == {2}
    assert shop.context.downloads.count("report") == 1
    assert pages[0].requested_at == pages[-1].requested_at


async def test_a_process_that_has_not_the_report_gets_it_again(shop: Shop) -> None:
    for number in range(1010):
        shop.plant(f"P{number:04}", PLANTED)
    cursor = None
    for _ in range(8):
        page = await shop.adapter.pull(cursor, None, shop.context)
        shop.advance(page.wait_seconds)
        cursor = page.next_cursor
    first = await shop.adapter.pull(cursor, None, shop.context)
    shop.context.memory.clear()
    again = await shop.adapter.pull(cursor, None, shop.context)
    assert first.products == again.products != ()
    assert shop.context.downloads.count("report") == 2


@pytest.mark.parametrize("end", ["CANCELLED", "FATAL"])
async def test_a_report_that_is_not_made_is_empty_or_a_fault(shop: Shop, end: str) -> None:
    for number in range(1001):
        shop.plant(f"P{number:04}", PLANTED)
    shop.limits(next_reports=[end])
    if end == "CANCELLED":
        assert _all(await _pages(shop)) == []
        return
    with pytest.raises(PlatformFault) as caught:
        await _pages(shop)
    assert caught.value.kind is FaultKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("charset", "codec", "sku"),
    [
        ("windows-31j", "cp932", "日本"),
        ("", "iso-8859-1", "é"),
        ("UTF-8", "utf-8", "é"),
        ("no-such", "iso-8859-1", "é"),
    ],
)
def test_a_report_is_read_in_the_charset_that_amazon_states(charset: str, codec: str, sku: str) -> None:
    raw = f'item-name\tseller-sku\tprice\nA "quoted" name\t{sku}\t1\n'.encode(codec)
    headers = {"content-type": f"text/plain;charset={charset}"} if charset else {}
    assert reports.skus_of(raw, headers) == [sku]


async def test_what_is_sold_by_an_offer_alone_has_the_catalogs_title_and_says_so(shop: Shop) -> None:
    shop.set(catalog={"4006381333931": ["B0KNOWN001"]})
    shop.configure(extra={**SETTINGS.extra, "existing_asins": "offer"})
    await shop.push(item(food()), item(food("OWN", variant={"ean": None})))
    found = {one.external_id: one for one in _all(await _pages(shop))}
    assert (found["CHOC"].borrowed_title, found["OWN"].borrowed_title) == (True, False)
    assert found["CHOC"].title
