"""pull_products of a large shop by a bulk query, against the simulated shop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from platform_workers.platforms.shopify.catalog import item, price, rich, shirt, simple
from platform_workers.platforms.shopify.conftest import Shop

from pixee_common.domain.faults import PlatformFault
from pixee_workers.platforms.shopify import bulk_pulls, pulls
from pixee_workers.platforms.shopify.pulled import Filter
from pixee_workers.sync_base.outcomes import PullPage


@pytest.fixture
def in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pull is a large one, and a page is small."""
    monkeypatch.setattr(pulls, "BULK_FROM", 1)
    monkeypatch.setattr(bulk_pulls, "BULK_PAGE", 4)


async def pages_of(shop: Shop, since: datetime | None = None) -> list[PullPage]:
    """Every page, also those that wait: then time passes as the page says."""
    found: list[PullPage] = []
    cursor = None
    while cursor is not None or not found:
        page = await shop.adapter.pull(cursor, since, shop.context)
        found.append(page)
        assert len(found) < 100, "the pull turns in a circle"
        if page.wait_seconds:
            assert page.products == ()
            shop.advance(page.wait_seconds)
        cursor = page.next_cursor
    return found


def products_in(pages: list[PullPage]) -> list[object]:
    return [one for page in pages for one in page.products]


def labels(shop: Shop) -> list[str]:
    return [call.label for call in shop.context.calls]


async def filled(shop: Shop) -> None:
    for number in range(11):
        await shop.pushed(item(simple(f"P{number}")))
    await shop.pushed(item(rich(), cost=price("19.90", "24.90")))
    await shop.pushed(item(shirt(sizes=tuple(f"{number}" for number in range(50)))))
    shop.advance(60)
    shop.context.calls.clear()


async def test_a_large_shop_is_read_from_a_file_as_it_would_be_page_by_page(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    await filled(shop)
    one_by_one = products_in(await pages_of(shop))
    assert "bulkFile" not in labels(shop)
    monkeypatch.setattr(pulls, "BULK_FROM", 13)
    monkeypatch.setattr(bulk_pulls, "BULK_PAGE", 4)
    shop.context.calls.clear()
    pages = await pages_of(shop)
    assert "products" not in labels(shop)
    assert sorted(products_in(pages), key=lambda one: one.external_id) == sorted(
        one_by_one, key=lambda one: one.external_id
    )
    assert [len(page.products) for page in pages if page.products] == [4, 4, 4, 1]
    assert pages[-1].total == 13


async def test_a_small_shop_is_read_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    await filled(shop)
    monkeypatch.setattr(pulls, "BULK_FROM", 14)
    await pages_of(shop)
    assert "bulkOperationRunQuery" not in labels(shop)


@pytest.mark.usefixtures("in_bulk")
async def test_every_part_of_the_file_is_asked_for_once_and_no_part_is_the_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    await filled(shop)
    monkeypatch.setattr(bulk_pulls, "_PART", 2_000)
    pages = await pages_of(shop)
    found = [one.external_id for one in products_in(pages)]
    assert len(found) == len(set(found)) == 13
    assert labels(shop).count("bulkFile") > 4


@pytest.mark.usefixtures("in_bulk")
async def test_a_product_that_is_longer_than_a_part_comes_whole(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    await shop.pushed(item(shirt(sizes=tuple(f"{number}" for number in range(90)))))
    await shop.pushed(item(simple("AFTER")))
    monkeypatch.setattr(bulk_pulls, "_PART", 300)
    found = products_in(await pages_of(shop))
    assert sorted(len(one.variants) for one in found) == [1, 90]


@pytest.mark.usefixtures("in_bulk")
async def test_a_storage_that_sends_the_whole_file_all_the_same_is_understood(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    await filled(shop)
    download = type(shop.context).download
    monkeypatch.setattr(
        type(shop.context),
        "download",
        lambda self, url, *, label, spend, span=None: download(self, url, label=label, spend=spend),
    )
    assert len({one.external_id for one in products_in(await pages_of(shop))}) == 13


@pytest.mark.usefixtures("in_bulk")
async def test_since_reads_what_changed_and_the_next_pull_begins_where_this_one_did(shop: Shop):
    await shop.pushed(item(simple("OLD")))
    shop.advance(3600)
    await shop.pushed(item(simple("NEW")))
    now = datetime.fromtimestamp(shop.simulator.clock.now(), UTC)
    pages = await pages_of(shop, now - timedelta(seconds=60))
    assert [one.our_key for one in products_in(pages)] == ["NEW"]
    assert len({page.requested_at for page in pages}) == 1


@pytest.mark.usefixtures("in_bulk")
async def test_a_filter_that_was_not_understood_is_noticed_in_bulk_too(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    await shop.pushed(item(simple("OLD")))
    monkeypatch.setattr(Filter, "text", property(lambda one: f"changed_at:>='{one.floor}'"))
    with pytest.raises(PlatformFault) as caught:
        await pages_of(shop, datetime.fromtimestamp(shop.simulator.clock.now(), UTC) + timedelta(days=1))
    assert caught.value.kind == "contract_broken"


@pytest.mark.usefixtures("in_bulk")
async def test_an_operation_that_fails_is_begun_again(shop: Shop):
    await filled(shop)
    shop.limit(bulk_fails=2)
    assert len(products_in(await pages_of(shop))) == 13
    assert labels(shop).count("bulkOperationRunQuery") == 3
    assert "products" not in labels(shop)


@pytest.mark.usefixtures("in_bulk")
@pytest.mark.parametrize(("error", "begun"), [("INTERNAL_SERVER_ERROR", 3), ("TIMEOUT", 1)])
async def test_where_bulk_does_not_do_it_the_pull_goes_page_by_page(shop: Shop, error: str, begun: int):
    await filled(shop)
    shop.limit(bulk_fails=9, bulk_error=error)
    assert len(products_in(await pages_of(shop))) == 13
    assert labels(shop).count("bulkOperationRunQuery") == begun
    assert "products" in labels(shop)


@pytest.mark.usefixtures("in_bulk")
async def test_a_missing_permission_is_told_as_such(shop: Shop):
    await filled(shop)
    shop.limit(bulk_fails=1, bulk_error="ACCESS_DENIED")
    with pytest.raises(PlatformFault) as caught:
        await pages_of(shop)
    assert (caught.value.kind, caught.value.reason) == ("credentials", "permission_missing")


@pytest.mark.usefixtures("in_bulk")
async def test_it_waits_for_a_place_among_the_shops_operations(shop: Shop):
    await filled(shop)
    shop.limit(bulk_queries=0)
    page = await shop.adapter.pull(None, None, shop.context)
    assert page.wait_seconds > 0
    shop.limit(bulk_queries=1)
    page = await shop.adapter.pull(page.next_cursor, None, shop.context)
    assert page.next_cursor["bulk"]


@pytest.mark.usefixtures("in_bulk")
async def test_a_result_that_has_expired_is_made_anew(shop: Shop):
    await filled(shop)
    page = await shop.adapter.pull(None, None, shop.context)
    shop.advance(8 * 86_400)
    await shop.adapter.pull(page.next_cursor, None, shop.context)
    again = await shop.adapter.pull(page.next_cursor, None, shop.context)
    assert again.products == ()
    assert again.next_cursor["bulk"] is None


@pytest.mark.usefixtures("in_bulk")
async def test_no_signed_address_is_kept_in_a_cursor(shop: Shop):
    await filled(shop)
    assert not any("http" in str(page.next_cursor) for page in await pages_of(shop))


@pytest.mark.usefixtures("in_bulk")
async def test_nothing_that_matches_is_an_empty_page(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pulls, "BULK_FROM", 0)
    assert products_in(await pages_of(shop)) == []
