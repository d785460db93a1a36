"""What makes Amazon slow to believe: writes that reads do not show, ASINs and issues that come later."""

from datetime import datetime

import pytest
from simulators.amazon_sp_api.samples import food, stock
from simulators.amazon_sp_api.seller import FR, Seller

STOCK = {"op": "merge", "path": "/attributes/fulfillment_availability"}


async def test_a_write_is_read_only_after_a_while(seller: Seller) -> None:
    await seller.limits(visible_after_s=300)
    await seller.put("D-1", food())
    assert (await seller.ask("GET", seller.item_path("D-1"), marketplaceIds=FR))[0] == 404
    assert (await seller.search())["numberOfResults"] == 0
    truth = (await seller.truth())["D-1"]
    assert (truth["verdict"], truth["exists"]) == ("accepted", True)
    seller.advance(301)
    assert (await seller.read("D-1"))["sku"] == "D-1"
    await seller.patch("D-1", STOCK | {"value": [stock(99)]})
    assert (await seller.read("D-1", "fulfillmentAvailability"))["fulfillmentAvailability"][0]["quantity"] == 12
    assert (await seller.truth())["D-1"]["attributes"]["fulfillment_availability"] == [stock(99)]
    seller.advance(301)
    assert (await seller.read("D-1", "fulfillmentAvailability"))["fulfillmentAvailability"][0]["quantity"] == 99


async def test_patches_in_a_row_build_on_each_other_before_they_are_seen(seller: Seller) -> None:
    await seller.limits(visible_after_s=300)
    await seller.put("D-1", food())
    seller.advance(100)
    await seller.patch("D-1", STOCK | {"value": [stock(5, lead_time_to_ship_max_days=2)]})
    await seller.patch("D-1", STOCK | {"value": [stock(6)]})
    seller.advance(301)
    attributes = (await seller.read("D-1", "attributes"))["attributes"]
    assert attributes["fulfillment_availability"] == [stock(6, lead_time_to_ship_max_days=2)]


async def test_a_delete_is_seen_later_and_a_new_listing_meanwhile_survives_it(seller: Seller) -> None:
    await seller.put("D-1", food())
    await seller.limits(visible_after_s=300)
    await seller.item("DELETE", "D-1")
    assert (await seller.read("D-1"))["sku"] == "D-1"
    assert (await seller.truth())["D-1"]["exists"] is False
    seller.advance(100)
    await seller.put("D-1", food())
    seller.advance(201)
    assert (await seller.ask("GET", seller.item_path("D-1"), marketplaceIds=FR))[0] == 404
    seller.advance(100)
    assert (await seller.read("D-1"))["sku"] == "D-1"


async def test_a_shorter_delay_does_not_overtake_a_longer_one(seller: Seller) -> None:
    await seller.put("D-1", food())
    await seller.limits(visible_after_s=300)
    await seller.patch("D-1", STOCK | {"value": [stock(1)]})
    await seller.limits(visible_after_s=0)
    await seller.patch("D-1", STOCK | {"value": [stock(2)]})
    assert (await seller.read("D-1", "fulfillmentAvailability"))["fulfillmentAvailability"][0]["quantity"] == 12
    written = seller.simulator.clock.now()
    seller.advance(301)
    item = await seller.read("D-1", "fulfillmentAvailability", "summaries")
    assert item["fulfillmentAvailability"][0]["quantity"] == 2
    shown = datetime.fromisoformat(item["summaries"][0]["lastUpdatedDate"]).timestamp()
    assert shown == pytest.approx(written + 300, abs=0.002)


async def test_asin_and_status_come_later(seller: Seller) -> None:
    await seller.limits(asin_after_s=60, status_after_s=120)
    await seller.put("D-1", food())
    [summary] = (await seller.read("D-1"))["summaries"]
    assert ("asin" in summary, summary["status"]) == (False, [])
    seller.advance(61)
    [summary] = (await seller.read("D-1"))["summaries"]
    assert ("asin" in summary, summary["status"]) == (True, [])
    seller.advance(60)
    assert (await seller.read("D-1"))["summaries"][0]["status"] == ["BUYABLE", "DISCOVERABLE"]


async def test_a_share_of_skus_gets_second_thoughts_on_its_facts(seller: Seller) -> None:
    await seller.limits(late_issue_skus=["D-1"], late_issue_after_s=600)
    await seller.put("D-1", food())
    await seller.put("D-2", food())
    await seller.patch("D-2", STOCK | {"value": [stock(1)]})
    seller.advance(599)
    assert (await seller.read("D-1", "issues"))["issues"] == []
    seller.advance(2)
    [issue] = (await seller.read("D-1", "issues"))["issues"]
    assert (issue["severity"], issue["enforcements"]["actions"]) == ("ERROR", [{"action": "SEARCH_SUPPRESSED"}])
    truth = await seller.truth()
    assert (truth["D-1"]["verdict"], truth["D-1"]["code"]) == ("rejected", "18027")
    assert truth["D-2"]["verdict"] == "accepted"
    assert [one["sku"] for one in (await seller.search(withIssueSeverity="ERROR"))["items"]] == ["D-1"]
    await seller.patch("D-1", STOCK | {"value": [stock(1)]})
    assert (await seller.truth())["D-1"]["verdict"] == "rejected"
    await seller.limits(late_issue_skus=[])
    await seller.put("D-1", food())
    assert (await seller.truth())["D-1"]["verdict"] == "accepted"
